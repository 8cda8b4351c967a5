"""Glyphs and styles of statuses, severities and decisions: a colour never speaks alone.

The keys are the values of `Severity`, `Status` and `TriageState`, which are strings: this module
is needed for the first paint and imports nothing.
"""

from __future__ import annotations

SEVERITY = {
    "critical": ("◆", "bold $error"),
    "high": ("▲", "$error"),
    "medium": ("●", "$warning"),
    "low": ("▽", "$primary"),
    "info": ("·", "$muted"),
}
"""Glyph and style of each severity, worst first."""

STATUS = {
    "addressed": ("✓", "$success"),
    "partial": ("◐", "$warning"),
    "missing": ("✗", "$error"),
    "not_applicable": ("–", "$muted"),
    "unjudged": ("?", "$accent"),
}
"""Glyph and style of each status of an aspect."""

STATE = {
    "open": ("○", "$muted", "open"),
    "accepted": ("●", "$primary", "accepted"),
    "dismissed": ("✕", "$muted", "dismissed"),
    "false_positive": ("≠", "$muted", "false pos."),
    "mitigated": ("✔", "$success", "mitigated"),
    "risk_accepted": ("⚑", "$warning", "risk acc."),
}
"""Glyph, style and short name of what people decided."""

CHANGED = ("↻", "$accent", "changed")
"""Of a decision about text that is no longer there."""

EXPIRED = ("‡", "$accent", "expired")
"""Of an accepted risk whose date has passed."""

BAR = 8


def bar(share: float, width: int = BAR) -> str:
    """A share of 0..1 as a bar of this many cells."""
    full = round(share * width)
    return "━" * full + "╌" * (width - full)
