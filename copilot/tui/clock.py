"""The clock of a meeting: how long it runs, and how long each question took."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Stands still until it is started; time is told to the question that is shown."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._since: float | None = None
        self._question = ""
        self.total = 0.0
        """Seconds of the meeting, without what runs since the last `tick`."""
        self.spent: dict[str, float] = {}
        """Key of a question -> seconds that it took."""

    @property
    def runs(self) -> bool:
        """True while time is counted."""
        return self._since is not None

    def toggle(self) -> None:
        """Start, or pause."""
        self.tick()
        self._since = None if self.runs else self._now()

    def show(self, question: str) -> None:
        """From now on time is this question's."""
        self.tick()
        self._question = question

    def tick(self) -> None:
        """Count what has passed."""
        if self._since is not None:
            now = self._now()
            passed, self._since = now - self._since, now
            self.total += passed
            self.spent[self._question] = self.spent.get(self._question, 0.0) + passed

    def of(self, question: str) -> float:
        """Seconds that a question took so far."""
        return self.spent.get(question, 0.0)


def told(seconds: float) -> str:
    """Minutes and seconds: 7:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
