"""The application: screens by key, one session, reviews in a process of their own."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.signal import Signal

from copilot.tui import messages
from copilot.tui.pages import PAGES, modes
from copilot.tui.session import Session
from copilot.tui.themes import THEMES

if TYPE_CHECKING:
    from copilot.knowledge import Knowledge
    from copilot.schema import Document, Review
    from copilot.tui.bench import Bench, Over


class ArchReview(App[None]):
    """Reviews designs, shows findings beside the text, keeps what people decide."""

    TITLE = "archreview"
    MODES = modes()
    DEFAULT_MODE = "workspace"
    ENABLE_COMMAND_PALETTE = True
    CSS_PATH = "look.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"),
        (100, "-middle"),
        (150, "-wide"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(e.key, f"go('{e.name}')", e.title, show=False) for e in PAGES),
        Binding("question_mark", "help", "help", show=False),
        Binding("T", "next_theme", "next theme", show=False),
        Binding("ctrl+x", "cancel_review", "cancel the review", show=False),
        Binding("q", "quit", "quit", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name
        self.session = session
        self.told: Signal[messages.Told] = Signal(self, "told")
        self.bench: Bench | None = None
        self._queue: asyncio.Queue[tuple[Path, tuple[str, ...]]] = asyncio.Queue()
        self.queued: list[Path] = []

    # --- start and end ------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the first screen, and only then load what takes time."""
        self.call_after_refresh(self.load)

    @work(exclusive=True, group="load")
    async def load(self) -> None:
        """Settings and store, then the process that reviews; it tells the knowledge."""
        from copilot.errors import CopilotError

        try:
            await asyncio.to_thread(self.session.load)
        except CopilotError as error:
            self.exit(message=f"archreview: {error}", return_code=int(error.exit_code))
            return
        self.theme = self._known_theme(self.session.recall("theme", self.theme))
        self.told.publish(messages.DesignsChanged())
        await self._start_bench()
        self.review_queued()

    async def _start_bench(self) -> None:
        from copilot.tui.bench import Bench

        assert self.session.settings is not None
        self.bench = Bench(self.session.settings, self._know, self.session.judge)
        if self.session.knowledge is None:
            await self.bench.start()  # else the first review starts it

    def _know(self, knowledge: Knowledge) -> None:
        self.session.knowledge = knowledge
        self.told.publish(messages.KnowledgeLoaded())
        _spare_collector()

    def _known_theme(self, name: str) -> str:
        return name if name in self.available_themes else self.theme

    def on_unmount(self) -> None:
        """End the reviewing process and close the store."""
        if self.bench:
            self.bench.close()
        self.session.close()

    # --- going about --------------------------------------------------------------------------

    def action_go(self, name: str) -> None:
        """Go to a screen."""
        self.switch_mode(name)

    def action_help(self) -> None:
        """Show all keys that work here."""
        from copilot.tui.dialogs.help import Help

        if not isinstance(self.screen, Help):
            self.push_screen(Help(self.screen))

    def action_next_theme(self) -> None:
        """Dark, light, high contrast, and on from there."""
        names = [theme.name for theme in THEMES]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        self.session.remember("theme", self.theme)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The palette: every key of the screen by its name, the screens, and Textual's own."""
        for entry in PAGES:
            yield SystemCommand(
                f"Go to {entry.title}", f"key {entry.key}", lambda e=entry: self.action_go(e.name)
            )
        for binding in self._commands(screen):
            run = lambda key=binding.key: self.simulate_key(key)  # noqa: E731
            shown = self.get_key_display(binding)
            yield SystemCommand(binding.description.capitalize(), f"key {shown}", run)
        yield from super().get_system_commands(screen)

    def _commands(self, screen: Screen[Any]) -> list[Binding]:
        found: dict[str, Binding] = {}
        for active in screen.active_bindings.values():
            binding = active.binding
            if binding.description and active.enabled and not binding.system:
                found.setdefault(binding.action, binding)
        return [b for b in found.values() if not b.action.startswith(("go(", "move(", "page("))]

    # --- designs ------------------------------------------------------------------------------

    @work(exclusive=True, group="open")
    async def open(self, path: Path, page: str = "review") -> None:
        """Open a design on the Review screen."""
        await asyncio.to_thread(self.session.open, path)
        self.told.publish(messages.ReviewOpened())
        self.switch_mode(page)
        _spare_collector()

    # --- reviews ------------------------------------------------------------------------------

    def review(self, paths: Iterable[Path], dimensions: tuple[str, ...] = ()) -> None:
        """Review these designs one after the other; those that wait already are not added."""
        for path in paths:
            if path not in self.queued:
                self.queued.append(path)
                self._queue.put_nowait((path, dimensions))
        self.told.publish(messages.DesignsChanged())

    @work(group="review")
    async def review_queued(self) -> None:
        """Takes designs from the queue for as long as the application runs."""
        while True:
            path, dimensions = await self._queue.get()
            if path in self.queued:
                await self._review(path, dimensions)

    async def _review(self, path: Path, dimensions: tuple[str, ...]) -> None:
        from copilot.tui.bench import Over, Request

        assert self.bench is not None
        self.session.running = path
        self.told.publish(messages.ReviewStarted(path))
        seen = await asyncio.to_thread(self.session.stamp, path)
        document: Document | None = None
        result: Review | None = None
        async for said in self.bench.review(Request(path, dimensions)):
            if isinstance(said, Over):
                await self._finish(path, said, document, result, seen)
                continue
            document = getattr(said, "document", document)
            result = getattr(said, "review", result)
            self.told.publish(messages.ReviewMoved(path, said))

    async def _finish(
        self, path: Path, over: Over, document: Document | None, result: Review | None, seen: Any
    ) -> None:
        from copilot.errors import CopilotError

        problem = over.problem
        if result is not None and document is not None:
            try:
                settle = self.session.settle
                result = await asyncio.to_thread(settle, path, result, document, seen)
            except CopilotError as error:
                problem = str(error)
        self.session.running = None
        self.queued = [each for each in self.queued if each != path]
        self.told.publish(messages.ReviewEnded(path, problem, over.cancelled))
        self._say(path, over.cancelled, problem, result)
        _spare_collector()

    def _say(self, path: Path, cancelled: bool, problem: str, result: Review | None) -> None:
        from copilot.tui.progress import gaps

        if problem:
            self.notify(problem, title="not reviewed", severity="error", timeout=12, markup=False)
        elif cancelled:
            self.notify(f"{path.name}: cancelled, nothing changed", timeout=4, markup=False)
        elif result is not None and (missing := gaps(result)):
            said = f"{path.name}: {missing}"
            self.notify(said, title="not complete", severity="warning", timeout=12, markup=False)
        elif result is not None:
            said = f"{path.name}: {len(result.findings)} findings in {result.usage.seconds:.1f} s"
            self.notify(said, timeout=4, markup=False)

    def action_cancel_review(self) -> None:
        """Stop the review that runs, and forget those that wait."""
        self.queued = [p for p in self.queued if p == self.session.running]
        if self.bench and self.session.running:
            self.bench.cancel()
        self.told.publish(messages.DesignsChanged())


def _spare_collector() -> None:
    """Let the garbage collector pass over what stays: knowledge, review, widgets.

    A full collection that looks at all of them took 150 ms, and would come between key and paint;
    drawing makes many short-lived objects, so that collections would be frequent too.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 100)
