"""`archreview review --dry-run`: what would be sent and what it would cost."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from copilot.errors import InputError
from copilot.judges.model.estimate import Estimate
from copilot.judges.model.judge import ModelJudge
from copilot.reports.safe import one_line
from copilot.review.engine import Engine
from copilot.review.run import prepare, select_dimensions


def dry_run(designs: Sequence[Path], engine: Engine, dimensions: Sequence[str]) -> None:
    """Print the estimate for each design, and the sum; raises InputError without a model."""
    judge = engine.judge
    if not isinstance(judge, ModelJudge):
        raise InputError(
            "--dry-run is about a model, and none is configured", todo="give --model provider:name"
        )
    asked = select_dimensions(engine.knowledge, dimensions)
    estimates = []
    for path in designs:
        evidence = asyncio.run(prepare(path, engine, asked))
        estimates.append(judge.estimate(asked, evidence))
        click.echo(f"{one_line(path.name, 60)}: {_line(estimates[-1])}")
    if len(estimates) > 1:
        click.echo(f"together: {_line(_sum(estimates))}")
    click.echo(f"Nothing was sent. Model {judge.name}, depth {judge.depth}; tokens are estimates.")


def _line(estimate: Estimate) -> str:
    calls = f"{estimate.calls} calls"
    if estimate.further:
        calls += f" and up to {estimate.further} more"
    if estimate.stored:
        calls += f" ({estimate.stored} answers stored)"
    form = "whole document" if estimate.whole_document else "outline and passages"
    return (
        f"{calls}, {form}, {estimate.prompt_tokens:,} prompt tokens "
        f"({estimate.shared_tokens:,} of them shared and cacheable), "
        f"about {estimate.completion_tokens:,} answer tokens, {_cost(estimate)}"
    )


def _cost(estimate: Estimate) -> str:
    if estimate.cost_usd is None or estimate.cost_without_cache_usd is None:
        return "cost unknown: the model is not in prices.yaml"
    low, high = estimate.cost_usd, estimate.cost_without_cache_usd
    return f"about {low:.4f} USD ({high:.4f} if the provider's cache holds nothing)"


def _sum(estimates: Sequence[Estimate]) -> Estimate:
    names = set(Estimate.model_fields) - {"whole_document"}
    values = {name: [getattr(estimate, name) for estimate in estimates] for name in names}
    return Estimate(
        whole_document=all(estimate.whole_document for estimate in estimates),
        **{name: None if None in given else sum(given) for name, given in values.items()},
    )
