"""The ledger of trade-offs as text, Markdown and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from copilot.knowledge import Knowledge
from copilot.meeting.ledger import Effect, Entry
from copilot.reports.safe import markdown as md
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place
from copilot.schema import Record

QUOTE = 200
UNSTATED = "(the design as described)"


class LedgerReport(Record):
    """The JSON form."""

    design: str
    entries: tuple[Entry, ...]


def ledger_json(design: str, entries: Sequence[Entry], knowledge: Knowledge) -> str:
    """The entries as indented JSON."""
    return LedgerReport(design=design, entries=tuple(entries)).model_dump_json(indent=2) + "\n"


def ledger_text(design: str, entries: Sequence[Entry], knowledge: Knowledge) -> str:
    """The entries for a terminal."""
    lines = [_count(design, entries)]
    for number, entry in enumerate(entries, start=1):
        lines += ["", f"{number}. Taken: {entry.taken or UNSTATED}"]
        lines += [f"   Rejected: {option}" for option in entry.rejected]
        lines += [f"   {said}" for said in _effects(entry, knowledge)]
        lines += [f"   Flag: {flag}" for flag in flags(entry)]
        lines.append(f"   {place(entry.citation)}: “{one_line(entry.citation.quote, QUOTE)}”")
    return "\n".join(map(_printed, lines)) + "\n"


def _printed(line: str) -> str:
    indent = "   " if line.startswith("   ") else ""
    return indent + one_line(line)


def ledger_markdown(design: str, entries: Sequence[Entry], knowledge: Knowledge) -> str:
    """The entries as a table; text of the document is escaped."""
    lines = [f"# Trade-offs: {md(design)}", "", md(_count(design, entries))]
    if entries:
        lines += [
            "",
            "| | taken | rejected | effects | flags | stated |",
            "|---|---|---|---|---|---|",
        ]
    for number, entry in enumerate(entries, start=1):
        lines.append(
            f"| {number} | {md(entry.taken or UNSTATED)} | {md('; '.join(entry.rejected))} "
            f"| {md('; '.join(_effects(entry, knowledge)))} | {md('; '.join(flags(entry)))} "
            f"| “{md(one_line(entry.citation.quote, QUOTE))}” ({md(place(entry.citation))}) |"
        )
    return "\n".join(lines) + "\n"


FORMS: dict[str, Callable[[str, Sequence[Entry], Knowledge], str]] = {
    "text": ledger_text,
    "md": ledger_markdown,
    "json": ledger_json,
}


def _count(design: str, entries: Sequence[Entry]) -> str:
    if not entries:
        return f"{design}: no decision is stated in words that say so"
    alone = sum(entry.no_alternative for entry in entries)
    free = sum(entry.no_cost for entry in entries)
    return (
        f"{design}: {len(entries)} stated decision{'s' * (len(entries) != 1)}, {alone} without an "
        f"alternative, {free} without a stated cost"
    )


def flags(entry: Entry) -> list[str]:
    """What a reviewer should ask about it."""
    found = []
    if entry.no_alternative:
        found.append("no alternative is named")
    if entry.no_cost:
        found.append("no cost is stated")
    return found


def _effects(entry: Entry, knowledge: Knowledge) -> Iterator[str]:
    for effect in entry.effects:
        yield f"{knowledge.dimension(effect.dimension).title}: {_words(effect)}"


def _words(effect: Effect) -> str:
    better = [f"+ {word}" for word in effect.better]
    worse = [f"- {word}" for word in effect.worse]
    return ", ".join([*better, *worse])
