"""The evaluation for a terminal: scores beside the baselines, weakest slices, mutants, gate."""

from __future__ import annotations

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from copilot.evaluation.intervals import Score
from copilot.evaluation.report import METRICS, Evaluation, Slice
from copilot.reports.safe import one_line

WEAKEST = 6
"""Aspects that are listed."""


def print_evaluation(console: Console, evaluation: Evaluation) -> None:
    """Print the report to a console of any width."""
    console.print(report(evaluation), highlight=False)


def report(evaluation: Evaluation) -> RenderableType:
    """The report as one Rich renderable."""
    parts: list[RenderableType] = [Text(headline(evaluation)), _scores(evaluation)]
    parts += [Text(note, style="dim") for note in notes(evaluation)]
    for kind in ("dimension", "archetype", "style", "strength", "length", "format"):
        chosen = [s for s in evaluation.slices if s.kind == kind]
        if len(chosen) > 1:
            parts += ["", _slices(kind, chosen)]
    parts += ["", _slices(f"weakest {WEAKEST} aspects", _weakest(evaluation))]
    if evaluation.mutants:
        parts += ["", _mutants(evaluation)]
    if evaluation.checks:
        parts += ["", _gate(evaluation)]
    return Group(*parts)


def headline(evaluation: Evaluation) -> str:
    """Judge, cases and time in one line."""
    timing = evaluation.timing
    return one_line(
        f"{evaluation.judge} on {evaluation.cases} ({evaluation.split}): {evaluation.documents} "
        f"designs, {evaluation.rows} rows; judged in {timing.total:.1f} s, "
        f"median {timing.median:.2f} s, slowest {timing.slowest:.2f} s"
    )


def notes(evaluation: Evaluation) -> list[str]:
    """How to read the numbers."""
    said = ["In brackets: 95% interval, bootstrap over documents."]
    if evaluation.contested:
        said.append(f"{evaluation.contested} contested rows count either way.")
    if evaluation.gap_source == "confidence":
        said.append(
            "P(gap) is approximated: the confidence of a partial or missing verdict, else one "
            "minus it."
        )
    if evaluation.unlocated:
        said.append(f"{evaluation.unlocated} labelled quotes were not found in the documents.")
    return said


def shown(score: Score | None, interval: bool = True) -> str:
    """`.81 [.77, .85]`, or a dash for what was not measured."""
    if score is None or score.value is None:
        return "-"
    text = _short(score.value)
    if not interval or score.low is None or score.high is None:
        return text
    return f"{text} [{_short(score.low)}, {_short(score.high)}]"


def _short(value: float) -> str:
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 else text


def _signed(score: Score | None) -> str:
    text = shown(score)
    return text if text.startswith("-") else f"+{text}"


def _scores(evaluation: Evaluation) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("score", no_wrap=True)
    table.add_column(one_line(evaluation.judge, 20), justify="right", no_wrap=True)
    if evaluation.comparison:
        table.add_column("against the baseline", justify="right", no_wrap=True)
    for name in evaluation.baselines:
        table.add_column(name, justify="right")
    for metric in METRICS:
        score = evaluation.scores.get(metric.name)
        if score is None:
            continue
        title = metric.title + (" (lower is better)" if metric.lower_is_better else "")
        cells = [title, shown(score)]
        if evaluation.comparison:
            cells.append(_signed(evaluation.comparison.differences.get(metric.name)))
        cells += [shown(s.get(metric.name), interval=False) for s in evaluation.baselines.values()]
        table.add_row(*cells)
    return table


def _slices(title: str, chosen: list[Slice]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(title, no_wrap=True)
    for name in ("rows", "macro-F1", "accuracy", "missing F1", "addressed or not"):
        table.add_column(name, justify="right", no_wrap=True)
    for part in chosen:
        table.add_row(
            one_line(part.value, 40),
            str(part.rows),
            shown(part.macro_f1),
            shown(part.accuracy, interval=False),
            shown(part.missing_f1, interval=False),
            shown(part.addressed_or_not, interval=False),
        )
    return table


def _weakest(evaluation: Evaluation) -> list[Slice]:
    aspects = [s for s in evaluation.slices if s.kind == "aspect"]
    return sorted(aspects, key=lambda s: s.accuracy.value or 0.0)[:WEAKEST]


def _mutants(evaluation: Evaluation) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("mutants", no_wrap=True)
    table.add_column("number", justify="right")
    table.add_column("right (neutral: unchanged)", justify="right")
    for group in evaluation.mutants:
        name = f"{group.kind} {group.variant}".strip()
        table.add_row(name, str(group.mutants), _short(group.right))
    return table


def _gate(evaluation: Evaluation) -> RenderableType:
    lines = [Text(f"{'held  ' if c.passed else 'FAILED'} {c}") for c in evaluation.checks]
    return Group(Text("gate (bounds of the intervals)"), *lines)
