"""The `archreview` command, run within the test's own process."""

from __future__ import annotations

import signal
import sys
from typing import NamedTuple

import pytest

from copilot.cli.main import main


def hear_ctrl_c() -> None:
    """For `preexec_fn`: a shell starts background jobs, and so their children, deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Outcome(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


class Command:
    """Runs `archreview` with arguments; every failure must be told without a traceback."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: object, code: int = 0) -> Outcome:
        """Run it; its exit code must be `code`."""
        self._monkeypatch.setattr(sys, "argv", ["archreview", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        found = ended.value.code
        assert found == code, err
        return Outcome(code, out, err)

    def refused(self, *arguments: object) -> str:
        """Run what must be refused: exit code 2, no report, and one line, which is returned."""
        done = self(*arguments, code=2)
        assert done.out == ""
        (line,) = done.err.splitlines()
        return line
