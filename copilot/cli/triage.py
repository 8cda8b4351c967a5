"""`archreview triage`: decide about findings, and carry the decisions through git."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from copilot.cli.triage_list import Standings, find, lines, render_json, standings
from copilot.cli.who import who
from copilot.errors import ExitCode, InputError
from copilot.files import write_atomically
from copilot.reports.safe import one_line
from copilot.schema import Decided, Decision, TriageState
from copilot.settings import load_settings
from copilot.store import Store
from copilot.store.exchange import read_decisions, write_decisions
from copilot.store.merge import Fate, Merged, Take, merge

_workspace = click.option(
    "--workspace", type=click.Path(path_type=Path), help="Folder that keeps the reviews."
)
_states = click.Choice([state.value for state in TriageState])


@click.group("triage")
def command() -> None:
    """Decide about the findings of reviews; decisions survive edits of the design."""


@command.command("list")
@click.argument("designs", nargs=-1, type=click.Path(path_type=Path))
@click.option("--state", "states", multiple=True, type=_states, help="Only this state.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the list.",
)
@_workspace
def list_(
    designs: tuple[Path, ...], states: tuple[str, ...], form: str, workspace: Path | None
) -> None:
    """Show the findings of the last review of DESIGNS (all when none is named) and decisions."""
    with _open(workspace, read_only=True) as store:
        named = [store.identity(path) for path in designs]
        names = named or [d.design for d in store.designs.list() if d.last]
        found = [standings(store, name, {TriageState(state) for state in states}) for name in names]
    if not found:
        click.echo("archreview: no design has a review in this workspace", err=True)
    if found or form == "json":
        click.echo(render_json(found) if form == "json" else "\n\n".join(map(_text, found)))


@command.command("set")
@click.argument("design", type=click.Path(path_type=Path))
@click.argument("fingerprints", nargs=-1, required=True, metavar="FINGERPRINT...")
@click.option("--state", required=True, type=_states, help="What is decided.")
@click.option("--reason", default="", help="Why; dismissed needs one.")
@click.option("--owner", default="", help="Who sees to it, or carries the risk (risk_accepted).")
@click.option("--until", metavar="DATE", help="Due date, or end of an accepted risk: 2026-12-31.")
@click.option("--who", "name", metavar="NAME", help="Who decides; git's user.name by default.")
@_workspace
def set_(
    design: Path,
    fingerprints: tuple[str, ...],
    state: str,
    name: str | None,
    workspace: Path | None,
    **fields: Any,
) -> None:
    """Decide about findings of the last review of DESIGN, all of them in one stroke.

    A fingerprint may be cut short to its first four digits or more.
    """
    decision = _decision(state=state, who=who(name), **fields)
    with _open(workspace) as store:
        identity = store.identity(design)
        findings = find(store, identity, fingerprints)
        store.triage.decide(identity, findings, decision)
    for finding in findings:
        click.echo(f"{finding.fingerprint} {state}: {one_line(finding.title)}")


@command.command("undo")
@click.argument("design", required=False, type=click.Path(path_type=Path))
@_workspace
def undo(design: Path | None, workspace: Path | None) -> None:
    """Take the last stroke of decisions (about DESIGN) back; earlier ones count again."""
    with _open(workspace) as store:
        undone = store.triage.undo(store.identity(design) if design else None)
    for decided in undone:
        click.echo(f"undone: {_told(decided)}")
    if not undone:
        click.echo("archreview: nothing to undo", err=True)


@command.command("export")
@click.argument("designs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "json"]),
    default="yaml",
    show_default=True,
    help="Form of the file.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file.")
@_workspace
def export(designs: tuple[Path, ...], form: Any, out: Path | None, workspace: Path | None) -> None:
    """Write the current decisions (about DESIGNS) as text that git can diff and merge."""
    with _open(workspace, read_only=True) as store:
        names = [_known(store, path) for path in designs]
        decided = [d for d in store.triage.current() if not names or d.design in names]
    if not decided:
        click.echo("archreview: nothing is decided yet, the export is empty", err=True)
    text = write_decisions(decided, form)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text)


@command.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--take",
    type=click.Choice(["ours", "theirs", "newest"]),
    default="ours",
    show_default=True,
    help="Which of two contrary decisions counts.",
)
@_workspace
def import_(files: tuple[Path, ...], take: Take, workspace: Path | None) -> int:
    """Merge decisions from FILES that `export` wrote; contrary ones are reported.

    The exit code is 1 when a contrary decision was left as it is.
    """
    blocks = [(path, read_decisions(path)) for path in files]
    with _open(workspace) as store, store.writing():
        merged = [(path, m) for path, read in blocks for m in merge(store, read, take)]
    for path, one in merged:
        if one.fate is Fate.CONFLICT:
            click.echo(f"archreview: {_conflict(path, one)}", err=True)
    fates = Counter(one.fate for _, one in merged)
    click.echo(
        f"{fates[Fate.ADDED]} added, {fates[Fate.KNOWN]} known already, "
        f"{fates[Fate.CONFLICT]} in conflict"
    )
    left = any(m.fate is Fate.CONFLICT and not m.taken and take == "ours" for _, m in merged)
    return ExitCode.FINDINGS if left else ExitCode.OK


def _open(workspace: Path | None, read_only: bool = False) -> Store:
    return Store.open(load_settings(workspace=workspace).workspace, read_only=read_only)


def _known(store: Store, path: Path) -> str:
    """The identity of a design that was reviewed or decided on; raises InputError for others."""
    design = store.identity(path)
    if not store.reviews.of(design) and not store.triage.all(design):
        todo = "name a design that `archreview triage list` shows"
        raise InputError("has neither review nor decision here", where=path, todo=todo)
    return design


def _decision(**fields: Any) -> Decision:
    given = {name: value for name, value in fields.items() if value}
    try:
        return Decision.model_validate({**given, "at": _now()})
    except ValidationError as error:
        first = error.errors()[0]
        where = f"--{first['loc'][0]}: " if first["loc"] else ""
        what = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}{what}", todo="see `archreview triage set --help`") from error


def _now() -> datetime:
    return datetime.now().astimezone().replace(microsecond=0)


def _text(found: Standings) -> str:
    return "\n".join(lines(found))


def _told(decided: Decided) -> str:
    anchor, decision = decided.anchor, decided.decision
    return (
        f"{one_line(decided.design)} {anchor.fingerprint} {decision.state.value}: "
        f"{one_line(anchor.title)}"
    )


def _conflict(path: Path, one: Merged) -> str:
    assert one.ours is not None
    theirs, ours = one.block.decision, one.ours.decision
    kept = "the file's is taken" if one.taken else "the store's is kept"
    return (
        f"{path}:{one.block.line}: conflict: {one_line(one.block.design)} "
        f"{one.block.anchor.fingerprint}: {theirs.state.value} by {one_line(theirs.who)} "
        f"({theirs.at:%Y-%m-%d}) against {ours.state.value} by {one_line(ours.who)} "
        f"({ours.at:%Y-%m-%d}); {kept} — settle it with --take or `archreview triage set`"
    )
