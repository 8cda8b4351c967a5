"""Glyphs and styles of statuses, severities and decisions: a colour never speaks alone.

The keys are the values of `Severity`, `Status` and `TriageState`, which are strings: this module
is needed for the first paint and imports nothing.
"""

from __future__ import annotations

SEVERITY = {
    "critical": ("◆", "bold $text-error"),
    "high": ("▲", "$text-error"),
    "medium": ("●", "$text-warning"),
    "low": ("▽", "$text-primary"),
    "info": ("·", "$muted"),
}
"""Glyph and style of each severity, worst first."""

STATUS = {
    "addressed": ("✓", "$text-success"),
    "partial": ("◐", "$text-warning"),
    "missing": ("✗", "$text-error"),
    "not_applicable": ("–", "$muted"),
    "unjudged": ("?", "$text-accent"),
}
"""Glyph and style of each status of an aspect."""

STATE = {
    "open": ("○", "$muted", "open"),
    "accepted": ("●", "$text-primary", "accepted"),
    "dismissed": ("✕", "$muted", "dismissed"),
    "false_positive": ("≠", "$muted", "false pos."),
    "mitigated": ("✔", "$text-success", "mitigated"),
    "risk_accepted": ("⚑", "$text-warning", "risk acc."),
}
"""Glyph, style and short name of what people decided."""

CHANGED = ("↻", "$text-accent", "changed")
"""Of a decision about text that is no longer there."""

EXPIRED = ("‡", "$text-accent", "expired")
"""Of an accepted risk whose date has passed."""

BAR = 8


def bar(share: float, width: int = BAR) -> str:
    """A share of 0..1 as a bar of this many cells."""
    full = round(share * width)
    return "━" * full + "╌" * (width - full)
