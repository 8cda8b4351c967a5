"""Decisions, notes, copying and exporting: what the Review screen does about findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copilot.errors import CopilotError
from copilot.schema import TriageState
from copilot.tui import copying
from copilot.tui.messages import TriageChanged

if TYPE_CHECKING:
    from copilot.tui.dialogs.decide import Decided
    from copilot.tui.findings import FindingsTable
    from copilot.tui.session import Session


T = TypeVar("T")


class Deciding(Screen[None]):
    """Mixed into the Review screen, which has the table and the session."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('accepted')", "accept"),
        Binding("d", "ask('dismissed')", "dismiss"),
        Binding("t", "ask('')", "decide"),
        Binding("w", "decide('false_positive')", "false positive (wrong)", show=False),
        Binding("m", "decide('mitigated')", "mitigated", show=False),
        Binding("x", "ask('risk_accepted')", "accept the risk", show=False),
        Binding("o", "decide('open')", "open again", show=False),
        Binding("u", "undo", "undo"),
        Binding("e", "note", "write a note", show=False),
        Binding("y", "copy('quote')", "copy the quote", show=False),
        Binding("Y", "copy('finding')", "copy the finding", show=False),
        Binding("ctrl+y", "copy('markdown')", "copy as Markdown", show=False),
        Binding("E", "export", "export", show=False),
    ]

    if TYPE_CHECKING:

        @property
        def session(self) -> Session:
            """Of the page."""
            ...

        @property
        def findings(self) -> FindingsTable:
            """Of the page."""
            ...

        _citation: int

    def action_decide(self, state: str) -> None:
        """Decide at once, for states that need nothing more."""
        self._decide(TriageState(state))

    def action_ask(self, state: str) -> None:
        """Ask for reason, owner and date."""
        from copilot.tui.dialogs.decide import Decide

        targets = self.findings.targets()
        if targets:
            wanted = TriageState(state) if state else targets[0].triage.state
            titles = [entry.finding.title for entry in targets]
            self.app.push_screen(Decide(wanted, titles), self._decided)

    def _decided(self, decided: Decided | None) -> None:
        if decided:
            self._decide(decided.state, decided.reason, decided.owner, decided.until)

    def _decide(self, state: TriageState, *more: Any) -> None:
        targets = [entry.finding for entry in self.findings.targets()]
        if not targets:
            return
        many = f"{len(targets)} findings" if len(targets) > 1 else targets[0].title
        self.findings.selected = set()
        said = f"{state.value.replace('_', ' ')}: {many}"
        self._write(partial(self.session.decide, targets, state, *more), lambda _: said)

    def _write(self, act: Callable[[], T], tell: Callable[[T], str]) -> None:
        """Have something kept by the writing thread, then say so and show it."""
        self._kept(act, tell)

    @work(group="decide")
    async def _kept(self, act: Callable[[], T], tell: Callable[[T], str]) -> None:
        try:
            done = await self.session.write(act)
        except CopilotError as error:
            self.notify(str(error), severity="error", timeout=12, markup=False)
            return
        self.notify(tell(done), timeout=3, markup=False)
        if self.session.current:
            self.app.told.publish(TriageChanged(self.session.current.path))  # type: ignore[attr-defined]

    def action_undo(self) -> None:
        """Take the last decision back, of one finding or of many."""

        def tell(count: int) -> str:
            return f"undone: {count} finding{'s' * (count != 1)}" if count else "Nothing to undo."

        if self.session.current:
            self._write(self.session.undo, tell)

    def action_note(self) -> None:
        """Write a note on the finding under the cursor."""
        from copilot.tui.dialogs.note import WriteNote

        entry = self.findings.entry
        if entry:
            about = entry.finding.fingerprint

            def keep(text: str | None) -> None:
                if text:
                    self._write(partial(self.session.note, about, text), lambda _: "noted")

            self.app.push_screen(WriteNote(f"Note on: {entry.finding.title}"), keep)

    def action_copy(self, what: str) -> None:
        """Copy to the terminal's clipboard (OSC 52)."""
        entry = self.findings.entry
        text = copying.text(entry.finding, what, self._citation) if entry else ""
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"copied the {what}, {len(text):,} characters", timeout=3)
        else:
            self.notify("Nothing to copy here.", timeout=3)

    def action_export(self) -> None:
        """Write a report of the open review."""
        from copilot.tui.dialogs.export import Export

        opened = self.session.current
        if opened and opened.review:
            self.app.push_screen(Export(opened.path), self._export)

    def _export(self, wanted: tuple[str, Path] | None) -> None:
        if wanted:
            self._written(*wanted)

    @work(exclusive=True, group="export")
    async def _written(self, form: str, path: Path) -> None:
        try:
            await asyncio.to_thread(self.session.export, form, path)
        except CopilotError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(f"written: {path}", markup=False)
