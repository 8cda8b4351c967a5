"""Asks what is decided about findings: state, reason, owner, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Label, Select, Static

from copilot.schema import TriageState
from copilot.tui import looks
from copilot.tui.dialogs.base import Dialog

OWNED = (TriageState.ACCEPTED, TriageState.MITIGATED, TriageState.RISK_ACCEPTED)


@dataclass(frozen=True)
class Decided:
    """What was typed in."""

    state: TriageState
    reason: str
    owner: str
    until: date | None


class Decide(Dialog[Decided]):
    """Answers with a decision that has what its state needs."""

    DEFAULT_CSS = """
    Decide Select { margin-bottom: 1; }
    Decide SelectCurrent { border: none; background: $panel; padding: 0 1; height: 1; }
    Decide #about { margin-bottom: 1; }
    """

    def __init__(self, state: TriageState, titles: list[str]) -> None:
        super().__init__()
        self._state, self._titles = state, titles
        count = len(titles)
        self.title_text = "Decide" if count == 1 else f"Decide about {count} findings"

    def body(self) -> ComposeResult:
        """State, reason, and where the state takes them, owner and date."""
        more = len(self._titles) - 3
        shown = "\n".join(self._titles[:3]) + (f"\nand {more} more" if more > 0 else "")
        yield Static(Content.styled(shown, "bold"), id="about")
        yield Label("State", classes="label")
        options = [(f"{looks.STATE[s][0]} {s.value.replace('_', ' ')}", s) for s in TriageState]
        yield Select(options, value=self._state, allow_blank=False, id="state", compact=True)
        yield Label("Reason", classes="label", id="reason-label")
        yield Input(id="reason")
        yield Label("Owner", classes="label owned", id="owner-label")
        yield Input(id="owner", classes="owned")
        yield Label("Until (YYYY-MM-DD)", classes="label owned", id="until-label")
        yield Input(id="until", classes="owned", placeholder=f"{date.today().year + 1}-01-31")

    def on_mount(self) -> None:
        """Begin with the reason: most states need no more."""
        self._fit(self._state)
        self.query_one("#reason", Input).focus()

    @on(Select.Changed, "#state")
    def _other_state(self, event: Select.Changed) -> None:
        self._fit(TriageState(str(event.value)))

    def _fit(self, state: TriageState) -> None:
        """Show what the state takes, and say what it needs."""
        self._state = state
        for widget in self.query(".owned"):
            widget.display = state in OWNED
        risk = state is TriageState.RISK_ACCEPTED
        needed = " (needed)" if state is TriageState.DISMISSED else ""
        self.query_one("#reason-label", Label).update(f"Reason{needed}")
        self.query_one("#owner-label", Label).update(f"Owner{' (needed)' if risk else ''}")
        until = f"Until (YYYY-MM-DD{', needed' if risk else ''})"
        self.query_one("#until-label", Label).update(Content(until))

    @on(Input.Submitted)
    def _submitted(self) -> None:
        """Enter in any field: decide, or say what is missing."""
        reason, owner = (self.query_one(f"#{name}", Input).value.strip() for name in _TEXTS)
        typed = self.query_one("#until", Input).value.strip()
        owned = self._state in OWNED
        try:
            until = date.fromisoformat(typed) if typed and owned else None
        except ValueError:
            self._miss("until", f"{typed!r} is no date: write it like 2027-01-31")
            return
        if self._state is TriageState.DISMISSED and not reason:
            self._miss("reason", "A dismissed finding needs a reason: it is shown with it.")
        elif self._state is TriageState.RISK_ACCEPTED and not owner:
            self._miss("owner", "An accepted risk needs an owner.")
        elif self._state is TriageState.RISK_ACCEPTED and until is None:
            self._miss("until", "An accepted risk needs a date on which it is looked at again.")
        elif until is not None and until < date.today():
            self._miss("until", f"{until} is past: name a day to come.")
        else:
            self.dismiss(Decided(self._state, reason, owner if owned else "", until))

    def _miss(self, field: str, what: str) -> None:
        self.complain(what)
        self.query_one(f"#{field}", Input).focus()


_TEXTS = ("reason", "owner")
