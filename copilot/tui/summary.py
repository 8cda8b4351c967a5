"""The line that says how the open review stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from textual.content import Content

from copilot.reports.safe import one_line
from copilot.schema import Coverage, Status
from copilot.tui import looks
from copilot.tui.session import Session

Part = Content | tuple[str, str] | str


def line(session: Session, rows: Mapping[str, Coverage], width: int) -> Content:
    """Score, statuses, when and by whom; progress while a review runs; what to know at the end."""
    opened = session.current
    if opened is None:
        return Content.styled(" Open a design on the Workspace screen (1).", "$muted")
    parts: list[Part] = [" "]
    if session.running == opened.path:
        parts += _running(session, rows)
    elif opened.review is None:
        parts.append(("not reviewed yet: r reviews it", "$muted"))
    parts += _statuses(rows)
    if opened.review is not None and session.running != opened.path:
        made = opened.review.manifest
        parts.append((f"  {made.created[:16].replace('T', ' ')} · {made.judge}", "$muted"))
    if opened.notice:
        parts.append((f"   {one_line(opened.notice)}", "$accent"))
    return Content.assemble(*parts).truncate(max(10, width - 1), ellipsis=True)


def _running(session: Session, rows: Mapping[str, Coverage]) -> list[Part]:
    total = len(session.knowledge.dimensions) if session.knowledge else 9
    done = len({row.dimension for row in rows.values()})
    says = f" {done}/{total} dimensions  "
    return [("⟳ ", "$accent"), (looks.bar(done / total, 9), "$accent"), says]


def _statuses(rows: Mapping[str, Coverage]) -> list[Part]:
    if not rows:
        return []
    counts = Counter(row.status for row in rows.values())
    judged = sum(counts[s] for s in (Status.ADDRESSED, Status.PARTIAL, Status.MISSING))
    parts: list[Part] = []
    if judged:
        share = (counts[Status.ADDRESSED] + counts[Status.PARTIAL] / 2) / judged
        parts += [(f"{looks.bar(share)} ", "$primary"), (f"{share:.0%}   ", "bold")]
    for status, (glyph, style) in looks.STATUS.items():
        if count := counts[Status(status)]:
            parts += [(f"{glyph} {count} ", style), (f"{status.replace('_', ' ')}  ", "$muted")]
    return parts
