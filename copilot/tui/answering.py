"""What both screens with questions do: ask, edit, answer, judge again what answers speak to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from copilot.errors import CopilotError
from copilot.tui import asking
from copilot.tui.messages import QuestionsChanged, ReviewEnded, Told

if TYPE_CHECKING:
    from copilot.review.asking import Item
    from copilot.schema import Review
    from copilot.store.identity import Stamp
    from copilot.tui.app import ArchReview
    from copilot.tui.session import Session


class Answering(Screen[None]):
    """Mixed into pages that have a question under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "answer", "answer"),
        Binding("e", "reword", "edit"),
        Binding("plus", "add", "add a question of your own", show=False),
        Binding("ctrl+r", "judge", "judge the answers again", show=False),
        Binding("v", "read", "what the design says", show=False),
    ]

    if TYPE_CHECKING:

        @property
        def session(self) -> Session:
            """Of the page."""
            ...

    @property
    def item(self) -> Item | None:
        """The question under the cursor."""
        raise NotImplementedError

    posed = asking.Posed()
    """The questions of the open design, as they were last."""
    _stale = True

    def hear(self, message: Told) -> None:
        """Follow the open design and its questions, as soon as the screen shows."""
        self._stale = True
        if self.is_current:
            self.ask_anew()

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was shown."""
        if self._stale:
            self.ask_anew()

    def ask_anew(self) -> None:
        """Find what there is to ask, and show it."""
        self._stale = False
        self._pose()

    @work(exclusive=True, group="questions")
    async def _pose(self) -> None:
        try:
            self.posed = await asking.pose(self.session)
        except CopilotError as error:
            self.notify(str(error), severity="error", timeout=12, markup=False)
        self.show_questions()

    def show_questions(self) -> None:
        """Show `posed`."""
        raise NotImplementedError

    def keep(self, act: Callable[[], object], then: Callable[[], object] | None = None) -> None:
        """Have something kept by the writing thread, tell all screens, and go on."""
        self.run_worker(self._keep(act, then), group="keep")

    async def _keep(self, act: Callable[[], object], then: Callable[[], object] | None) -> None:
        try:
            await self.session.write(act)
        except CopilotError as error:
            self.notify(str(error), severity="error", timeout=12, markup=False)
            return
        cast("ArchReview", self.app).told.publish(QuestionsChanged())
        if then:
            then()

    def edit(self, item: Item, **changes: object) -> None:
        """Keep what the reviewer makes of a question."""
        self.keep(partial(asking.edit, self.session, item, **changes))

    def action_reword(self) -> None:
        """Ask for other words."""
        from copilot.tui.dialogs.wording import Reword

        item = self.item
        if item is None:
            return

        def keep(text: str | None) -> None:
            if text is not None:
                same = text in ("", item.original)
                self.edit(item, text=None if same else text)

        self.app.push_screen(Reword("Edit the question", item.text), keep)

    def action_add(self) -> None:
        """Ask for a question of the reviewer's own."""
        from copilot.tui.dialogs.wording import Reword

        def keep(text: str | None) -> None:
            if text:
                self.keep(partial(asking.add, self.session, text))

        if self.session.current and self.session.current.review:
            self.app.push_screen(Reword("A question of your own", ""), keep)

    def action_answer(self) -> None:
        """Ask for the answer; it is kept at once and judged after that."""
        from copilot.tui.dialogs.answer import TypeAnswer

        item = self.item
        if item is None:
            return

        def keep(given: tuple[str, str] | None) -> None:
            if given:
                self.session.remember("answers by", given[1])
                judge = self.action_judge if item.aspect else None
                self.keep(partial(asking.answer, self.session, item, *given), judge)

        who = self.session.recall("answers by", "")
        self.app.push_screen(TypeAnswer(item.text, who), keep)

    def action_read(self) -> None:
        """Show in the document what the question rests on."""
        from copilot.tui.reading import show

        if self.item is not None:
            show(cast("ArchReview", self.app), self.item)

    def action_judge(self) -> None:
        """Judge again what the answers speak to."""
        self.run_worker(self._judge(), exclusive=True, group="judge answers")

    async def _judge(self) -> None:
        from copilot.tui.bench import Over
        from copilot.tui.errands import Answered

        app, opened = cast("ArchReview", self.app), self.session.current
        if opened is None or opened.review is None or opened.document is None or not app.bench:
            self.notify("Kept. Nothing is judged: the reviewed text is not there.", timeout=6)
            return
        answers = await self.session.write(partial(asking.answers, self.session))
        result: Review | None = None
        self.judging(True)
        errand = Answered(opened.path, opened.review, opened.document, answers)
        async for said in app.bench.review(errand):
            if isinstance(said, Over):
                self.judging(False)
                problem = said.problem or ("cancelled" if said.cancelled else "")
                await self._settle(opened.design, result, problem)
                return
            result = said.review

    async def _settle(self, design: str, result: Review | None, problem: str) -> None:
        app, opened = cast("ArchReview", self.app), self.session.current
        if result is not None and not problem and opened and opened.design == design:
            try:
                await asyncio.to_thread(self._save, result)
            except CopilotError as error:
                problem = str(error)
        if problem:
            said = f"The answer is kept, but not judged: {problem}. ctrl+r tries again."
            self.notify(said, severity="error", timeout=12, markup=False)
        elif opened:
            app.told.publish(ReviewEnded(opened.path))

    def _save(self, result: Review) -> None:
        from copilot.tui.texts import reviewed_text

        opened, store = self.session.current, self.session.store
        assert opened is not None and store is not None and opened.document is not None
        _, changed = reviewed_text(opened.path, result, store, self.session.limits())
        # An empty stamp matches no file: a design that changed meanwhile stays marked as changed.
        seen: Stamp | None = {} if changed else None
        store.reviews.save(opened.path, result, text=opened.document.text, seen=seen)
        self.session.current = replace(opened, review=result)
        self.session.relist()

    def judging(self, on: bool) -> None:
        """Show that answers are being judged, or that they are not any more."""
