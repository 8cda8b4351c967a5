"""Asks for the form of a report and where to write it."""

from __future__ import annotations

from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from copilot.documents.formats import bare_name
from copilot.reports.formats import FORMS
from copilot.tui.dialogs.base import Dialog
from copilot.tui.dialogs.path import Completer


class Export(Dialog[tuple[str, Path]]):
    """Answers with a form of `FORMS` and a path; the path follows the form until it is edited."""

    DEFAULT_CSS = """
    Export OptionList { height: auto; max-height: 12; border: none; margin-bottom: 1; padding: 0; }
    """
    title_text = "Export the report"
    keys_text = "↑↓ form · tab path · enter writes · esc leaves"

    def __init__(self, design: Path) -> None:
        """`design` itself is never written over."""
        super().__init__()
        self._design, self._stem = design, f"{bare_name(design) or 'design'}-review"
        self._warned = Path()

    def body(self) -> ComposeResult:
        """The forms, and a path that fits."""
        yield Label("Form", classes="label")
        yield OptionList(*(Option(f"{name:<10} {f.suffix}", id=name) for name, f in FORMS.items()))
        yield Label("Write to", classes="label")
        yield Input(self._path("text"), suggester=Completer(), id="path")

    def _path(self, form: str) -> str:
        return f"{self._stem}{FORMS[form].suffix}"

    @property
    def _form(self) -> str:
        highlighted = self.query_one(OptionList).highlighted or 0
        return list(FORMS)[highlighted]

    @on(OptionList.OptionHighlighted)
    def _follow(self, event: OptionList.OptionHighlighted) -> None:
        field = self.query_one(Input)
        if field.value in {self._path(form) for form in FORMS}:
            field.value = self._path(event.option_id or "text")

    @on(OptionList.OptionSelected)
    @on(Input.Submitted)
    def _done(self) -> None:
        path = Path(self.query_one(Input).value.strip()).expanduser()
        if path.is_dir():
            self.complain(f"{path} is a folder: name a file")
        elif not path.parent.is_dir():
            self.complain(f"{path.parent} is no folder: create it, or name another")
        elif path.resolve() == self._design.resolve():
            self.complain("That is the design itself: name another file")
        elif path.exists() and path != self._warned:
            self._warned = path
            self.complain(f"{path} is there already: enter once more replaces it")
        else:
            self.dismiss((self._form, path))
