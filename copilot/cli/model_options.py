"""The options of every command that may ask a language model; each is a field of Settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--model", metavar="NAME", help="Language model, provider:name."),
    click.option("--critic-model", metavar="NAME", help="Model of the critic (--depth deep)."),
    click.option(
        "--base-url", metavar="URL", help="OpenAI-compatible server, http://host:port/v1."
    ),
    click.option(
        "--depth",
        type=click.Choice(["quick", "standard", "deep"]),
        help="One call for all dimensions, one for each (default), or one for each and a critic.",
    ),
    click.option("--max-cost", type=float, metavar="USD", help="Most to spend on the model."),
    click.option("--max-tokens", type=int, metavar="N", help="Most tokens to use."),
    click.option("--concurrency", type=int, metavar="N", help="Calls in flight at once."),
    click.option("--timeout", type=float, metavar="SECONDS", help="Longest wait for one call."),
    click.option(
        "--context-tokens",
        type=int,
        metavar="N",
        help="Tokens of a prompt; longer documents are sent as outline and passages.",
    ),
    click.option(
        "--redact/--no-redact",
        default=None,
        help="Blank secrets and personal data before anything is sent (the default).",
    ),
)


def model_options(command: F) -> F:
    """Add the options to a command; they arrive as keywords named like the settings."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
