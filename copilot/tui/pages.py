"""The table of screens: key, name, title and where the class is, imported at its first use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.screen import Screen


@dataclass(frozen=True)
class Entry:
    """One screen that can be gone to by its key."""

    key: str
    name: str
    title: str
    home: str
    """`module:Class` of its `Page`."""


PAGES = (
    Entry("1", "workspace", "Workspace", "copilot.tui.screens.workspace:Workspace"),
    Entry("2", "review", "Review", "copilot.tui.screens.review:ReviewPage"),
    Entry("3", "questions", "Questions", "copilot.tui.screens.questions:Questions"),
    Entry("4", "meeting", "Meeting", "copilot.tui.screens.meeting:Meeting"),
    Entry("5", "compare", "Compare", "copilot.tui.screens.compare:Compare"),
    Entry("6", "ask", "Ask", "copilot.tui.screens.ask:Ask"),
    Entry("7", "doctor", "Doctor", "copilot.tui.screens.doctor:Doctor"),
)


def modes() -> dict[str, str | Callable[[], Screen[Any]]]:
    """Name of each screen -> what makes it; Textual keeps one of each, with its place."""
    return {entry.name: partial(_make, entry) for entry in PAGES}


def _make(entry: Entry) -> Screen[Any]:
    module, _, name = entry.home.partition(":")
    kind: Any = getattr(importlib.import_module(module), name)
    page: Screen[Any] = kind()
    return page
