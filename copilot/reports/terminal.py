"""The review for a terminal: scorecard, findings with their quotes, the first questions.

Text of the document is shown through `printable` in plain Text objects: no markup of Rich's, no
escape sequence of the document's is ever interpreted.
"""

from __future__ import annotations

import io
from collections import Counter

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from copilot.knowledge import Knowledge
from copilot.reports.safe import one_line
from copilot.reports.scorecard import (
    Score,
    low_confidence,
    place,
    scorecard,
    unjudged_rows,
)
from copilot.reports.spending import spending_line
from copilot.schema import (
    LOW_CONFIDENCE,
    Citation,
    Coverage,
    Finding,
    Question,
    Review,
    Searched,
    Severity,
    Strength,
)

TOP_QUESTIONS = 7
QUOTE_LIMIT = 400
SHOWN_REASONS, SHOWN_REJECTED = 8, 5
QUOTES_SHOWN = 2

STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
BAR = 10


def render_text(review: Review, knowledge: Knowledge) -> str:
    """The report as plain text, 100 columns wide, for a pipe or a file."""
    buffer = io.StringIO()
    console = Console(file=buffer, width=100, color_system=None, force_terminal=False)
    print_review(console, review, knowledge)
    return buffer.getvalue()


def print_review(console: Console, review: Review, knowledge: Knowledge) -> None:
    """Print the report to a console of any width."""
    console.print(report(review, knowledge), highlight=False)


def report(review: Review, knowledge: Knowledge) -> RenderableType:
    """The report as one Rich renderable."""
    parts: list[RenderableType] = [_head(review), _scorecard(review, knowledge)]
    parts += [Rule(Text(f"Findings ({len(review.findings)})"), align="left")]
    parts += [_finding(n, finding) for n, finding in enumerate(review.findings, start=1)]
    if review.questions:
        parts += [Rule(Text("Ask first"), align="left"), _questions(review.questions)]
    if review.strengths:
        parts += [Rule(Text("Strengths"), align="left"), *map(_strength, review.strengths)]
    parts += [Rule(), _foot(review, knowledge)]
    return Group(*parts)


def _head(review: Review) -> Text:
    document = review.document
    head = Text(one_line(document.title, 120), style="bold")
    head.append(
        f"\n{one_line(document.path)} · {document.words:,} words · {document.format}", style="dim"
    )
    return head


def _scorecard(review: Review, knowledge: Knowledge) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify in (
        ("Dimension", "left"),
        ("", "left"),
        ("addressed", "right"),
        ("partial", "right"),
        ("missing", "right"),
        ("worst", "left"),
    ):
        table.add_column(heading, justify="right" if justify == "right" else "left", no_wrap=True)
    for score in scorecard(review, knowledge):
        table.add_row(
            Text(score.title),
            _bar(score),
            str(score.addressed),
            str(score.partial),
            str(score.missing),
            Text(score.worst.value, style=STYLES[score.worst]) if score.worst else Text("-"),
        )
    return table


def _bar(score: Score) -> Text:
    if score.share is None:
        return Text("not judged", style="dim")
    full = round(score.share * BAR)
    return Text("█" * full, style="green") + Text("░" * (BAR - full), style="dim")


def _finding(number: int, finding: Finding) -> Padding:
    title = Text(f"{number}. ")
    title.append(f" {finding.severity.value.upper()} ", style=STYLES[finding.severity])
    title.append(f" {finding.title}", style="bold")
    title.append(f"  [{', '.join((finding.aspect, *finding.also))}]", style="dim")
    lines = [
        title,
        _labelled("what", finding.what),
        _labelled("so what", finding.so_what),
        _labelled("fix", finding.fix),
        *(_quote(citation) for citation in _shown(finding.citations)),
    ]
    if finding.searched is not None:
        lines.append(_proof(finding.searched))
    return Padding(Group(*(Padding(line, (0, 0, 0, 3 * (n > 0))) for n, line in enumerate(lines))))


def _shown(citations: tuple[Citation, ...]) -> tuple[Citation, ...]:
    """The best verified quotes and every rejected one."""
    verified = [citation for citation in citations if citation.verified][:QUOTES_SHOWN]
    return (*verified, *(citation for citation in citations if not citation.verified))


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", "dim"), one_line(text))


def _quote(citation: Citation) -> Text:
    quote = Text("“" + one_line(citation.quote, QUOTE_LIMIT) + "”", style="italic")
    if citation.verified:
        return quote.append(f" — {one_line(place(citation))}", style="not italic dim")
    return quote.append(" — REJECTED: not in the document", style="not italic red")


def _proof(searched: Searched) -> Text:
    near = ", ".join(
        f"lines {n.line_start}-{n.line_end} ({n.similarity:.2f})" for n in searched.nearest
    )
    return Text(
        f"searched: {searched.share_read:.0%} of the text, {len(searched.queries)} queries; "
        f"nearest {near or 'nothing'}",
        style="dim",
    )


def _questions(questions: tuple[Question, ...]) -> Group:
    lines = []
    for question in questions[:TOP_QUESTIONS]:
        line = Text(f"{question.priority}. {one_line(question.text)}")
        lines.append(line.append(f"  ({', '.join(question.roles)})", style="dim"))
    if len(questions) > TOP_QUESTIONS:
        rest = len(questions) - TOP_QUESTIONS
        lines.append(Text(f"... and {rest} more: --format json or md", style="dim"))
    return Group(*lines)


def _strength(strength: Strength) -> Text:
    line = Text(f"+ {strength.text}: ", style="green")
    line.append("“" + one_line(strength.citation.quote, 160) + "”", style="not green italic")
    return line.append(f" — {one_line(place(strength.citation))}", style="not italic dim")


def _foot(review: Review, knowledge: Knowledge) -> Group:
    manifest, lines = review.manifest, []
    unjudged, unsure = unjudged_rows(review), low_confidence(review)
    lines += [Text(f"Note: {one_line(note)}", style="yellow") for note in review.notes]
    if unjudged:
        titles = ", ".join(knowledge.aspects[row.aspect].title for row in unjudged)
        lines.append(Text(f"Unjudged ({len(unjudged)}): {titles}", style="red"))
        lines += [Text(f"  {one_line(reason)}", style="dim") for reason in _reasons(unjudged)]
        rejected = [c for row in unjudged for c in row.citations if not c.verified]
        lines += [_quote(citation) for citation in rejected[:SHOWN_REJECTED]]
    if unsure:
        titles = ", ".join(
            f"{knowledge.aspects[row.aspect].title} ({row.status.value} {row.confidence:.2f})"
            for row in unsure
        )
        lines.append(Text(f"Least certain (below {LOW_CONFIDENCE}): {titles}", style="yellow"))
    if spent := spending_line(review.usage):
        lines.append(Text(spent, style="dim"))
    lines.append(
        Text(
            f"judge {manifest.judge} · {review.usage.passages} passages · "
            f"{review.usage.seconds:.1f} s · knowledge {manifest.knowledge_digest[:8]}",
            style="dim",
        )
    )
    return Group(*lines)


def _reasons(unjudged: list[Coverage]) -> list[str]:
    """Why aspects are unjudged, each reason once with how many aspects it holds for."""
    counts = Counter(row.rationale for row in unjudged)
    reasons = [f"{count} x {reason}" if count > 1 else reason for reason, count in counts.items()]
    more = len(reasons) - SHOWN_REASONS
    return reasons[:SHOWN_REASONS] + ([f"and {more} more: --format md"] if more > 0 else [])
