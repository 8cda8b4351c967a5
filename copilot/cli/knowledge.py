"""`archreview knowledge`: what a review knows, and whether a pack of one's own is valid."""

from __future__ import annotations

from pathlib import Path

import click
import yaml

from copilot.errors import InputError
from copilot.knowledge import Knowledge, load_knowledge
from copilot.knowledge.meeting import load_meeting
from copilot.meeting.policy import load_policy
from copilot.schema import Record

_overlay = click.option(
    "--knowledge",
    "overlays",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Lay this folder over the bundled knowledge.",
)


@click.group("knowledge")
def command() -> None:
    """What a review knows: dimensions, aspects, criteria, sources, technologies."""


@command.command("list")
@_overlay
@click.option("--criteria", is_flag=True, help="List the criteria under each aspect too.")
def list_(overlays: tuple[Path, ...], criteria: bool) -> None:
    """List dimensions and aspects with the number of their criteria."""
    knowledge = load_knowledge(overlays)
    for dimension in knowledge.dimensions:
        click.echo(f"{dimension.id}: {dimension.title}")
        for aspect in dimension.aspects:
            note = " (disabled)" if aspect.disabled else ""
            click.echo(f"  {aspect.id}: {aspect.title}, {len(aspect.criteria)} criteria{note}")
            for criterion in aspect.criteria if criteria else ():
                click.echo(f"    {criterion.id}: {criterion.statement}")
    click.echo(_totals(knowledge))


@command.command("show")
@_overlay
@click.argument("identifier", metavar="ID")
def show(overlays: tuple[Path, ...], identifier: str) -> None:
    """Show one record as YAML: a dimension, aspect, criterion, source, technology or role."""
    record = _find(load_knowledge(overlays), identifier)
    click.echo(
        yaml.safe_dump(
            record.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=96
        ),
        nl=False,
    )


@command.command("check")
@click.argument("folders", nargs=-1, metavar="[DIR]...", type=click.Path(path_type=Path))
def check(folders: tuple[Path, ...]) -> None:
    """Check the bundled knowledge with each DIR laid over it; errors name file and line."""
    knowledge = load_knowledge(folders)
    load_meeting(knowledge, folders)
    for file in (folder / "policy.yaml" for folder in folders):
        if file.is_file():
            load_policy(file, knowledge)
    click.echo(f"valid: {_totals(knowledge)}; digest {knowledge.digest[:16]}")


def _totals(knowledge: Knowledge) -> str:
    return (
        f"{len(knowledge.dimensions)} dimensions, {len(knowledge.aspects)} aspects, "
        f"{len(knowledge.criteria)} criteria, {len(knowledge.sources)} sources, "
        f"{len(knowledge.technologies)} technologies, {len(knowledge.roles)} roles"
    )


def _find(knowledge: Knowledge, identifier: str) -> Record:
    records: tuple[Record, ...] = (
        *knowledge.dimensions,
        *knowledge.aspects.values(),
        *knowledge.criteria.values(),
        *knowledge.sources,
        *knowledge.technologies,
        *knowledge.roles,
    )
    for record in records:
        if getattr(record, "id", None) == identifier:
            return record
    raise InputError(f"nothing is called {identifier!r}", todo="see `archreview knowledge list`")
