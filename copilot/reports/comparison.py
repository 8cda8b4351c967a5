"""Two reviews side by side, for a terminal, a pull request or a program."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from copilot.knowledge import Knowledge
from copilot.reports.safe import markdown as md
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place
from copilot.reports.terminal import STYLES
from copilot.review.compare import AspectChange, Change, Comparison, Outcome, Side
from copilot.schema import Finding, Severity

_HEADINGS = {
    Outcome.REGRESSED: "Regressed",
    Outcome.NEW: "New",
    Outcome.OPEN: "Still open",
    Outcome.RESOLVED: "Resolved",
    Outcome.UNJUDGED: "Not judged this time",
}
_SIGNS = {
    Outcome.REGRESSED: "!",
    Outcome.NEW: "+",
    Outcome.OPEN: "=",
    Outcome.RESOLVED: "-",
    Outcome.UNJUDGED: "?",
}
_QUOTE = 160


def render_json(comparisons: Sequence[Comparison]) -> str:
    """One comparison as a JSON object, several as an array."""
    if len(comparisons) == 1:
        return comparisons[0].model_dump_json(indent=2) + "\n"
    return "[\n" + ",\n".join(c.model_dump_json(indent=2) for c in comparisons) + "\n]\n"


# --- terminal --------------------------------------------------------------------------------


def render_text(comparison: Comparison, knowledge: Knowledge) -> str:
    """The comparison as plain text, 100 columns wide."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=100, color_system=None, force_terminal=False)
    console.print(comparison_report(comparison, knowledge), highlight=False)
    return buffer.getvalue()


def comparison_report(comparison: Comparison, knowledge: Knowledge) -> RenderableType:
    """The comparison as one Rich renderable."""
    parts: list[RenderableType] = [_head(comparison)]
    parts += [Text(f"Note: {one_line(note)}", style="yellow") for note in comparison.notes]
    for outcome, changes in _groups(comparison):
        parts.append(Rule(Text(f"{_HEADINGS[outcome]} ({len(changes)})"), align="left"))
        parts += [_change(change) for change in changes]
    if comparison.aspects:
        parts.append(Rule(Text(f"Aspects ({len(comparison.aspects)})"), align="left"))
        parts += [_aspect(change, knowledge) for change in comparison.aspects]
    return Group(*parts)


def summary(comparison: Comparison) -> str:
    """`1 regressed, 2 new, 3 still open, 4 resolved`: how many findings had each outcome."""
    counts = [(o, len(comparison.of(o))) for o in Outcome]
    shown = [(o, n) for o, n in counts if n or o is not Outcome.UNJUDGED]
    return ", ".join(f"{n} {_HEADINGS[o].lower()}" for o, n in shown)


def _groups(comparison: Comparison) -> Iterator[tuple[Outcome, tuple[Change, ...]]]:
    for outcome in Outcome:
        if changes := comparison.of(outcome):
            yield outcome, changes


def _head(comparison: Comparison) -> Text:
    old, new = comparison.old, comparison.new
    head = Text(one_line(new.title, 120), style="bold")
    head.append(f"\n{_names(comparison)}", style="not bold dim")
    head.append(f"\n{summary(comparison)}", style="not bold")
    head.append(f"\nscore {_score(old)} -> {_score(new)} · ", style="not bold")
    counts = [
        f"{severity.value} {old.severities[severity]} -> {new.severities[severity]}"
        for severity in Severity
        if old.severities[severity] or new.severities[severity]
    ]
    return head.append(", ".join(counts) or "no findings", style="not bold")


def _names(comparison: Comparison) -> str:
    old, new = comparison.old, comparison.new
    names = f"{one_line(old.path)} {old.digest[:8]} -> {one_line(new.path)} {new.digest[:8]}"
    return names + (" (the same text)" if old.digest == new.digest else "")


def _score(side: Side) -> str:
    return "-" if side.score is None else f"{side.score:.0%}"


def _change(change: Change) -> RenderableType:
    finding = change.finding
    line = Text(f"{_SIGNS[change.outcome]} ")
    line.append(f"{finding.fingerprint} ", style="dim")
    line.append(f" {finding.severity.value.upper()} ", style=STYLES[finding.severity])
    line.append(f" {one_line(finding.title)}", style="bold")
    line.append(f"  [{one_line(finding.aspect)}]", style="dim")
    below = [Text(was)] if (was := _was(change)) else []
    if cited := _cited(finding):
        quote = Text(f"“{one_line(cited[0], _QUOTE)}”", style="italic")
        below.append(quote.append(f" — {one_line(cited[1])}", style="not italic dim"))
    return Group(line, *(Padding(text, (0, 0, 0, 3)) for text in below))


def _was(change: Change) -> str:
    """What is different about a finding that both reviews have; empty when nothing is."""
    old, new = change.old, change.new
    if old is None or new is None:
        return ""
    said = []
    if old.kind != new.kind:
        said.append(f"was a {old.kind}, is a {new.kind}")
    if old.severity is not new.severity:
        said.append(f"severity was {old.severity.value}")
    if change.match == "text":
        said.append("its text was edited")
    if change.match == "aspect" and old.kind == new.kind:
        said.append("another text is cited")
    return "; ".join(said)


def _cited(finding: Finding) -> tuple[str, str] | None:
    citation = next((c for c in finding.citations if c.verified), None)
    return (citation.quote, place(citation)) if citation else None


def _aspect(change: AspectChange, knowledge: Knowledge) -> Text:
    style = "red" if change.step > 0 else "green" if change.step < 0 else "dim"
    return Text(f"  {_aspect_title(change, knowledge)}: ").append(_statuses(change), style=style)


def _aspect_title(change: AspectChange, knowledge: Knowledge) -> str:
    known = knowledge.aspects.get(change.aspect)
    return known.title if known else one_line(change.aspect)


def _statuses(change: AspectChange) -> str:
    word = "worse" if change.step > 0 else "better" if change.step < 0 else ""
    old = change.old.value if change.old else "unknown"
    return f"{old} -> {change.new.value}" + (f" ({word})" if word else "")


# --- Markdown --------------------------------------------------------------------------------


def render_markdown(comparison: Comparison, knowledge: Knowledge) -> str:
    """The comparison for a pull request; text of the documents is escaped."""
    return "\n".join(_markdown(comparison, knowledge)) + "\n"


def _markdown(comparison: Comparison, knowledge: Knowledge) -> Iterator[str]:
    old, new = comparison.old, comparison.new
    yield f"# Architecture review: what changed in {md(new.title)}"
    yield ""
    yield f"{md(_names(comparison))}: {summary(comparison)}."
    yield ""
    yield "| | " + " | ".join(severity.value for severity in Severity) + " | score |"
    yield "|---|" + "---|" * (len(Severity) + 1)
    for name, side in (("before", old), ("after", new)):
        counts = " | ".join(str(side.severities[severity]) for severity in Severity)
        yield f"| {name} | {counts} | {_score(side)} |"
    for note in comparison.notes:
        yield ""
        yield f"> {md(note)}"
    for outcome, changes in _groups(comparison):
        yield ""
        yield f"## {_HEADINGS[outcome]} ({len(changes)})"
        yield ""
        for change in changes:
            yield from _markdown_change(change)
    if comparison.aspects:
        yield from ("", "## Aspects", "", "| aspect | change |", "|---|---|")
        for aspect in comparison.aspects:
            yield f"| {md(_aspect_title(aspect, knowledge))} | {md(_statuses(aspect))} |"


def _markdown_change(change: Change) -> Iterator[str]:
    finding = change.finding
    was = f" ({md(was)})" if (was := _was(change)) else ""
    yield (
        f"- **{finding.severity.value}** {md(finding.title)}{was} · `{finding.aspect}` · "
        f"`{finding.fingerprint}`"
    )
    if cited := _cited(finding):
        yield f"  - “{md(cited[0])}” ({md(cited[1])})"
    if change.outcome in (Outcome.NEW, Outcome.REGRESSED):
        yield f"  - **So what:** {md(finding.so_what)}"
        yield f"  - **Fix:** {md(finding.fix)}"
