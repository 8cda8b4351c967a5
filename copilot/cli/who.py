"""Who decides: the name that git signs commits with, or the user's."""

from __future__ import annotations

import getpass
import os
import subprocess

from copilot.errors import InputError


def who(given: str | None) -> str:
    """`--who`, or git's author, or the user of this machine; raises InputError without any."""
    name = given or os.environ.get("GIT_AUTHOR_NAME") or _git_name() or _user()
    if not name.strip():
        raise InputError("nobody is named to have decided", todo="give --who NAME")
    return name.strip()


def _git_name() -> str:
    command = ["git", "config", "user.name"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user in a container
        return ""
