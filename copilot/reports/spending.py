"""What a model judge used, in words; nothing for the offline judge."""

from __future__ import annotations

from collections.abc import Iterator

from copilot.schema import Review, Spending, Usage


def spending_line(usage: Usage) -> str:
    """Calls, tokens and cost on one line; empty when no model was asked."""
    if not usage.by_dimension:
        return ""
    stored = sum(part.stored for part in usage.by_dimension)
    kept = f", {stored} answers stored" if stored else ""
    written = f", {usage.written_tokens:,} written to the cache" if usage.written_tokens else ""
    return (
        f"{usage.calls} calls{kept}, {usage.prompt_tokens:,} prompt tokens "
        f"({usage.cached_tokens:,} cached{written}), {usage.completion_tokens:,} answer tokens, "
        f"{cost(usage.cost_usd)}"
    )


def cost(usd: float | None) -> str:
    """The cost with its currency; an unknown price is said."""
    return "price unknown" if usd is None else f"{usd:.4f} USD"


def spending_by_dimension(review: Review) -> Iterator[Spending]:
    """The parts in report order, calls about several dimensions last."""
    order = {row.dimension: place for place, row in enumerate(review.coverage)}
    yield from sorted(
        review.usage.by_dimension, key=lambda part: order.get(part.dimension, len(order))
    )
