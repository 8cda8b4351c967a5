"""What the screens share: settings, store, knowledge, and the design that is open.

It holds values and asks lower layers; it knows no widget. Calls that read files or the store for
long are made from workers of the application.
"""

from __future__ import annotations

import asyncio
import getpass
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copilot.knowledge import Knowledge
    from copilot.knowledge.meeting import MeetingKnowledge
    from copilot.review.asking import Item
    from copilot.schema import Document, Finding, Note, Review, TriageState
    from copilot.settings import Settings
    from copilot.store import DesignSummary, Store
    from copilot.tui.facets import Entry


T = TypeVar("T")


@dataclass(frozen=True)
class Open:
    """The design that the Review screen shows."""

    path: Path
    design: str
    """Its identity in the store."""
    review: Review | None = None
    document: Document | None = None
    """The reviewed text; None when there is no review and the file cannot be read."""
    notice: str = ""
    """What the reader should know: that the file changed, or why there is no text."""


@dataclass
class Session:
    """The state of one run of the application."""

    options: dict[str, Any] = field(default_factory=dict)
    """Options of the command line, as `load_settings` takes them."""
    judge: str = "auto"
    paths: tuple[Path, ...] = ()
    """Designs and folders that were named at the start."""
    settings: Settings | None = None
    store: Store | None = None
    knowledge: Knowledge | None = None
    current: Open | None = None
    designs: tuple[DesignSummary, ...] = ()
    running: Path | None = None
    """The design that is under review now."""
    meeting: MeetingKnowledge | None = None
    """What questions are made with; read when the first is."""
    drafted: deque[tuple[Review, tuple[Item, ...]]] = field(default_factory=lambda: deque(maxlen=4))
    """Questions of the reviews that were shown last."""
    drafting: threading.Lock = field(default_factory=threading.Lock)
    """Held while questions are worked out: two screens want the same ones."""
    _notes: tuple[str, tuple[Note, ...]] = ("", ())
    """A design, and the notes on its findings."""
    _memory: tempfile.TemporaryDirectory[str] | None = None
    _writer: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    """One thread for what is written, so that it is kept in the order in which it was done."""

    # --- start and end ------------------------------------------------------------------------

    def load(self) -> None:
        """Read settings, open the store, list the designs; raises CopilotError."""
        from copilot.settings import load_settings
        from copilot.store import Store

        self.settings = load_settings(**self.options)
        workspace = self.settings.workspace
        if self.settings.ephemeral:
            self._memory = tempfile.TemporaryDirectory(prefix="archreview-")
            workspace = Path(self._memory.name) / "workspace"
        self.store = Store.open(workspace)
        for path in self.paths:
            self.add(path)
        self.relist()

    def close(self) -> None:
        """Keep what is still to be written, and close the store."""
        self._writer.shutdown(wait=True)
        if self.store:
            self.store.close()
        if self._memory:
            self._memory.cleanup()

    # --- designs ------------------------------------------------------------------------------

    def add(self, path: Path) -> int:
        """List a design, or each design file directly in a folder of them; how many there were.

        Raises DocumentError for a path that holds no design.
        """
        from copilot.tui.adding import designs_at

        assert self.store is not None
        found = designs_at(path)
        for design in found:
            self.store.designs.add(design)
        return len(found)

    def remove(self, designs: Sequence[str]) -> None:
        """Take designs off the list; their reviews and decisions are kept."""
        assert self.store is not None
        for design in designs:
            self.store.designs.remove(design)

    def relist(self) -> None:
        """Read the list of designs anew."""
        assert self.store is not None
        self.designs = self.store.designs.list()

    def path(self, design: str) -> Path:
        """Where a design lies, as one would type it from here."""
        assert self.store is not None
        full = self.store.path(design)
        here = Path.cwd()
        return full.relative_to(here) if full.is_relative_to(here) else full

    def open(self, path: Path) -> Open:
        """The design at `path` with its last review and text, as `current`."""
        from copilot.errors import CopilotError
        from copilot.tui.texts import reviewed_text

        assert self.store is not None
        design = self.store.identity(path)
        review = self.store.reviews.latest(design)
        try:
            document, notice = reviewed_text(path, review, self.store, self.limits())
        except CopilotError as error:
            document, notice = None, str(error)
        self.current = Open(path, design, review, document, notice)
        return self.current

    def limits(self) -> Any:
        """The limits of documents that the settings give."""
        from copilot.documents.load import Limits

        assert self.settings is not None
        return Limits(max_bytes=self.settings.max_bytes, max_chars=self.settings.max_chars)

    def settle(self, path: Path, review: Review, document: Document, seen: Any) -> Review:
        """Save a review and show it if its design is the open one; returns what was saved.

        A review of some dimensions alone fills the gaps of the last one of the same text.
        `seen` is the stamp of the files from before the review.
        """
        from copilot.review.retry import filled, may_fill

        assert self.store is not None and self.knowledge is not None
        last = self.store.reviews.latest(self.store.identity(path))
        if last is not None and may_fill(last, review, self.knowledge):
            review = filled(last, review, self.knowledge)
        self.store.reviews.save(path, review, text=document.text, seen=seen)
        if self.current and self.current.path == path:
            self.current = replace(self.current, review=review, document=document, notice="")
        self.relist()
        return review

    def stamp(self, path: Path) -> Any:
        """What the files of a design hold now, to tell later whether they changed."""
        from copilot.store.identity import stamp

        return stamp(path)

    def subject(self) -> str:
        """What is open, for the top line."""
        from copilot.reports.safe import one_line

        return one_line(self.current.path.name, 60) if self.current else ""

    # --- decisions ----------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """The findings of the open review with what was decided about them."""
        from copilot.tui.facets import Entry

        opened = self.current
        if opened is None or opened.review is None or self.store is None:
            return []
        text = opened.document.text if opened.document else None
        triage = self.store.triage.of(opened.design, opened.review, text=text)
        notes = self.store.notes.of(opened.design)
        self._notes = (opened.design, notes)
        noted = {note.about for note in notes}
        return [
            Entry(f, triage[f.fingerprint], f.fingerprint in noted) for f in opened.review.findings
        ]

    def decide(
        self,
        findings: Sequence[Finding],
        state: TriageState,
        reason: str = "",
        owner: str = "",
        until: date | None = None,
    ) -> None:
        """Decide about findings of the open design; raises InputError for what is missing."""
        from pydantic import ValidationError

        from copilot.errors import InputError
        from copilot.schema import Decision

        assert self.store is not None and self.current is not None
        now = datetime.now().astimezone()
        try:
            decision = Decision(
                state=state, reason=reason, owner=owner, until=until, who=who(), at=now
            )
        except ValidationError as error:
            raise InputError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
        self.store.triage.decide(self.current.design, findings, decision)

    def undo(self) -> int:
        """Take the last decision about the open design back; how many findings it was about."""
        assert self.store is not None and self.current is not None
        return len(self.store.triage.undo(self.current.design))

    def note(self, about: str, text: str) -> None:
        """Keep a note on a finding or an aspect of the open design."""
        from copilot.schema import Note

        assert self.store is not None and self.current is not None
        now = datetime.now().astimezone()
        note = Note(design=self.current.design, about=about, text=text, who=who(), at=now)
        self.store.notes.add(note)

    def notes(self, *about: str) -> tuple[Any, ...]:
        """Notes on these findings or aspects of the open design, as `entries` read them last."""
        design, notes = self._notes
        if self.current is None or self.current.design != design:
            return ()
        return tuple(note for note in notes if note.about in about)

    def export(self, form: str, path: Path) -> None:
        """Write the open review in one of `FORMS`; raises CopilotError."""
        from copilot.files import write_atomically
        from copilot.reports.formats import FORMS
        from copilot.review.reviewed import Reviewed

        opened = self.current
        assert opened is not None and opened.review is not None and self.knowledge is not None
        triage = {entry.finding.fingerprint: entry.triage for entry in self.entries()}
        one = Reviewed(opened.review, opened.document, triage=triage)
        write_atomically(path, FORMS[form].report(one, self.knowledge))

    # --- memory -------------------------------------------------------------------------------

    def recall(self, key: str, default: Any = None) -> Any:
        """What the screens remember from an earlier run."""
        return self.store.screen.get(key, default) if self.store else default

    def remember(self, key: str, value: Any) -> None:
        """Keep something for the next run; returns at once."""
        if self.store:
            self._writer.submit(self.store.screen.set, key, value)

    async def write(self, act: Callable[[], T]) -> T:
        """Let the writing thread do something and wait for it; errors come through."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, act)


def who() -> str:
    """The name under which decisions are kept."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user: a container with a bare number
        return "unknown"
