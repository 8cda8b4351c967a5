"""Decisions, notes, copying and exporting: what the Review screen does about findings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

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

    def _decide(self, state: TriageState, *more: object) -> None:
        targets = self.findings.targets()
        if not targets:
            return
        try:
            self.session.decide([entry.finding for entry in targets], state, *more)  # type: ignore[arg-type]
        except CopilotError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        many = f"{len(targets)} findings" if len(targets) > 1 else targets[0].finding.title
        self.notify(f"{state.value.replace('_', ' ')}: {many}", timeout=3, markup=False)
        self.findings.selected = set()
        self._changed()

    def _changed(self) -> None:
        if self.session.current:
            self.app.told.publish(TriageChanged(self.session.current.path))  # type: ignore[attr-defined]

    def action_undo(self) -> None:
        """Take the last decision back, of one finding or of many."""
        if self.session.current is None:
            return
        count = self.session.undo()
        said = f"undone: {count} finding{'s' * (count != 1)}" if count else "Nothing to undo."
        self.notify(said, timeout=3)
        self._changed()

    def action_note(self) -> None:
        """Write a note on the finding under the cursor."""
        from copilot.tui.dialogs.note import WriteNote

        entry = self.findings.entry
        if entry:
            about = entry.finding.fingerprint

            def keep(text: str | None) -> None:
                if text:
                    self.session.note(about, text)
                    self._changed()

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
            self.run_worker(self._write(*wanted), exclusive=True, group="export")

    async def _write(self, form: str, path: Path) -> None:
        import asyncio

        try:
            await asyncio.to_thread(self.session.export, form, path)
        except CopilotError as error:
            self.notify(str(error), severity="error", markup=False)
        else:
            self.notify(f"written: {path}", markup=False)
