"""The evaluation as one HTML page with its charts inside; opens without a network.

Matplotlib (the extra `archreview[eval]`) draws the charts as SVG.
"""

from __future__ import annotations

import html
import importlib.util
import io
from typing import TYPE_CHECKING

from copilot.errors import InputError
from copilot.evaluation.console import headline, notes, shown
from copilot.evaluation.report import METRICS, Evaluation
from copilot.reports.safe import one_line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STATUS_NAMES = ("addressed", "partial", "missing")
INK, ACCENT, FAINT = "#1f2933", "#2563a6", "#9aa5b1"

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2933; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #e4e7eb; text-align: right; }
th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; } svg { max-width: 100%; height: auto; }
.failed { color: #b42318; font-weight: 600; }
"""


def check_plotting() -> None:
    """Raise InputError when matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        raise InputError(
            "--html needs matplotlib to draw its charts", todo="pip install 'archreview[eval]'"
        )


def render_page(evaluation: Evaluation) -> str:
    """The page; raises InputError when matplotlib is not installed."""
    check_plotting()
    title = html.escape(one_line(f"archreview eval: {evaluation.judge} on {evaluation.cases}"))
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{html.escape(headline(evaluation))}</p>",
        f"<p>{html.escape(' '.join(notes(evaluation)))}</p>",
        _gate(evaluation),
        "<h2>Scores</h2>",
        _scores(evaluation),
        "<h2>Confusion</h2>",
        _svg(_confusion(evaluation)),
        "<h2>Calibration of P(gap)</h2>",
        _svg(_calibration(evaluation)),
        "<h2>Aspects</h2>",
        _svg(_aspects(evaluation)),
        "<h2>Slices</h2>",
        _slices(evaluation),
    ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _gate(evaluation: Evaluation) -> str:
    if not evaluation.checks:
        return ""
    lines = [
        f'<li class="{verdict}">{verdict}: {html.escape(str(check))}</li>'
        for check in evaluation.checks
        for verdict in ["held" if check.passed else "failed"]
    ]
    return f"<h2>Gate</h2><ul>{''.join(lines)}</ul>"


def _scores(evaluation: Evaluation) -> str:
    heads = ["score", evaluation.judge, *evaluation.baselines]
    if evaluation.comparison:
        heads.append(f"difference to the stored {evaluation.comparison.judge}")
    rows = []
    for metric in METRICS:
        if metric.name not in evaluation.scores:
            continue
        title = metric.title.strip() + (" (lower is better)" if metric.lower_is_better else "")
        cells = [title, shown(evaluation.scores[metric.name])]
        cells += [shown(s.get(metric.name), False) for s in evaluation.baselines.values()]
        if evaluation.comparison:
            cells.append(shown(evaluation.comparison.differences.get(metric.name)))
        rows.append(cells)
    return _table(heads, rows)


def _slices(evaluation: Evaluation) -> str:
    heads = ["slice", "rows", "macro-F1", "accuracy", "missing F1", "addressed or not"]
    rows = [
        [
            f"{s.kind}: {s.value}",
            str(s.rows),
            *map(shown, (s.macro_f1, s.accuracy, s.missing_f1, s.addressed_or_not)),
        ]
        for s in evaluation.slices
        if s.kind != "aspect"
    ]
    return _table(heads, rows)


def _table(heads: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{html.escape(one_line(cell))}</th>" for cell in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(one_line(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


# --- charts ----------------------------------------------------------------------------------


def _figure(width: float, height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _confusion(evaluation: Evaluation) -> Figure:
    figure = _figure(5.2, 3.4)
    axes = figure.add_subplot()
    counts = [
        row[: 4 if any(r[3] for r in evaluation.confusion) else 3] for row in evaluation.confusion
    ]
    shares = [[cell / max(1, sum(row)) for cell in row] for row in counts]
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolor="white", linewidth=2)
    axes.invert_yaxis()
    for y, row in enumerate(counts):
        for x, cell in enumerate(row):
            color = "white" if shares[y][x] > 0.55 else INK
            axes.text(
                x + 0.5,
                y + 0.5,
                f"{cell}\n{shares[y][x]:.0%}",
                ha="center",
                va="center",
                color=color,
            )
    ticks = [place + 0.5 for place in range(len(counts[0]))]
    axes.set_xticks(ticks, [*STATUS_NAMES, "none"][: len(counts[0])])
    axes.set_yticks([0.5, 1.5, 2.5], STATUS_NAMES)
    axes.set_xlabel("verdict")
    axes.set_ylabel("label")
    return figure


def _calibration(evaluation: Evaluation) -> Figure:
    figure = _figure(5.2, 3.8)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1)
    said, was, rows = zip(*evaluation.calibration, strict=True)
    axes.plot(said, was, color=ACCENT, linewidth=1.5)
    axes.scatter(said, was, s=[12 + 200 * n / max(rows) for n in rows], color=ACCENT, alpha=0.7)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("P(gap) as judged; a larger point holds more rows")
    axes.set_ylabel("share that is a gap")
    return figure


def _aspects(evaluation: Evaluation) -> Figure:
    chosen = sorted(
        (s for s in evaluation.slices if s.kind == "aspect"), key=lambda s: s.accuracy.value or 0.0
    )
    values = [s.accuracy.value or 0.0 for s in chosen]
    low = [max(0.0, v - (s.accuracy.low or 0.0)) for v, s in zip(values, chosen, strict=True)]
    high = [max(0.0, (s.accuracy.high or 0.0) - v) for v, s in zip(values, chosen, strict=True)]
    figure = _figure(7.5, 0.24 * len(chosen) + 1)
    axes = figure.add_subplot()
    places = list(range(len(chosen)))
    axes.barh(places, values, xerr=[low, high], color=ACCENT, ecolor=FAINT, height=0.65)
    axes.set_yticks(places, [s.value for s in chosen], fontsize=8)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.6, len(chosen) - 0.4)
    axes.set_xlabel("accuracy, with its 95% interval")
    return figure


def _svg(figure: Figure) -> str:
    """The drawing as an element: text stays text, no dates, the same bytes every time."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "archreview"}):
        empty = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=empty)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
