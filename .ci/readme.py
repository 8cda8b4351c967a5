"""Writes the generated parts of README.md: help texts, exit codes, settings, the picture.

`python .ci/readme.py` rewrites them; `--check` fails where they have drifted (the pictures, which
hold timings, are not compared).
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.terminal_theme import MONOKAI
from textual.pilot import Pilot

from copilot.cli.main import cli
from copilot.errors import ExitCode
from copilot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "images" / "report.svg"
DESIGN = "evals/designs/realtime-serving-2.md"
BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def help_text(command: str) -> str:
    """The help of `archreview ...` as a code block."""
    names = command.split()[1:]
    context, current = click.Context(cli, info_name="archreview", **cli.context_settings), cli
    for name in names:
        found = current.get_command(context, name)
        assert found is not None, name
        context, current = click.Context(found, info_name=name, parent=context), found
    return f"```text\n$ {command} --help\n{context.get_help()}\n```\n"


def exit_codes() -> str:
    """The exit codes with their reasons, read from the source's own strings."""
    source = (ROOT / "copilot" / "errors.py").read_text(encoding="utf-8")
    rows = ["| code | meaning |", "|---|---|"]
    for code in ExitCode:
        match = re.search(rf'{code.name} = {code.value}\n    """(.+?)"""', source)
        assert match, code
        rows.append(f"| {code.value} | {match.group(1)} |")
    return "\n".join(rows) + "\n"


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, ()) else f"`{field.default}`"
        rows.append(f"| `ARCHREVIEW_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows) + "\n"


def generated(what: str) -> str:
    """The text of one generated block."""
    if what == "exit codes":
        return exit_codes()
    if what == "settings":
        return settings()
    return help_text(what)


def draw() -> None:
    """Review the sample design and export what the terminal shows."""
    from copilot.reports.terminal import print_review
    from copilot.review.engine import make_engine
    from copilot.review.events import Done
    from copilot.review.run import review
    from copilot.settings import load_settings

    async def finished() -> Done:
        async for event in review(Path(DESIGN), engine):
            if isinstance(event, Done):
                return event
        raise AssertionError

    engine = make_engine(load_settings(ephemeral=True))
    done = asyncio.run(finished())
    console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
    short = done.review.model_copy(update={"findings": done.review.findings[:5]})
    print_review(console, short, engine.knowledge)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    console.save_svg(str(PICTURE), title=f"archreview review {DESIGN}", theme=MONOKAI)


ANSWER = (
    "=We run at 18 to 25 thousand dollars a month, of which 60% is GPU serving; serving grows with "
    "load, storage does not."
)
KEEP = ("tab", "=Dana Lee", "ctrl+s", *("~",) * 5)
SCREENS = (
    ("workspace", (116, 18), "archreview-dark", ("k", "k")),
    ("review", (152, 42), "archreview-dark", ("enter", "~", "j", "j")),
    ("decide", (110, 30), "archreview-light", ("enter", "~", "t")),
    ("questions", (130, 30), "archreview-light", ("enter", "~", "3", "j")),
    ("meeting", (130, 30), "archreview-dark", ("enter", "~", "4", *"nnnsa", ANSWER, *KEEP)),
    ("compare", (130, 24), "archreview-dark", ("enter", "~", "5", "~", "G")),
)
"""Name of a picture of the terminal application, its size, theme, and the keys that lead there."""


async def draw_screens() -> None:
    """Review sample designs in the terminal application and export its screens."""
    from copilot.tui.app import ArchReview
    from copilot.tui.session import Session

    paths = tuple(sorted((ROOT / "evals" / "designs").glob("re*-[2345].md")))
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder) / ".archreview"
        for name, size, theme, keys in SCREENS:
            session = Session(options={"workspace": workspace}, paths=paths)
            app = ArchReview(session)
            async with app.run_test(size=size) as pilot:
                while session.knowledge is None:
                    await pilot.pause(0.05)
                app.theme = theme
                if not any(design.last for design in session.designs):
                    app.review(session.path(design.design) for design in session.designs[-9:])
                while app.queued:
                    await pilot.pause(0.1)
                await pilot.press("G")
                for key in keys:
                    await _press(pilot, key)
                await pilot.pause(0.5)
                app.clear_notifications()
                await pilot.pause(0.2)
                picture = app.export_screenshot(title="archreview tui evals/designs")
                (PICTURE.parent / f"tui-{name}.svg").write_text(picture, encoding="utf-8")


async def _press(pilot: Pilot[None], key: str) -> None:
    """Press a key; `~` waits, `=text` types."""
    if key == "~":
        await pilot.pause(2.0)
    elif key.startswith("="):
        await pilot.press(*("space" if character == " " else character for character in key[1:]))
    else:
        await pilot.press(key)


def main() -> int:
    """Rewrite or check; returns the exit code."""
    text = README.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda m: m.group(1) + generated(m.group(2)) + m.group(3), text)
    if "--check" in sys.argv:
        if fresh != text:
            print("README.md: generated parts have drifted; run `make readme`")
        return int(fresh != text)
    README.write_text(fresh, encoding="utf-8")
    draw()
    asyncio.run(draw_screens())
    return 0


if __name__ == "__main__":
    sys.exit(main())
