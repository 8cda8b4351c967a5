"""What calls cost: knowledge/prices.yaml, dated, with each overlay folder's prices.yaml over it."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from copilot.errors import KnowledgeError
from copilot.judges.model.requests import Answer
from copilot.locations import bundled
from copilot.schema import Record

_FILE = "prices.yaml"


class Price(Record):
    """List price of one model in US dollars for a million tokens."""

    model: str
    """`provider:name`; `*` stands for any characters, such as a date at the end."""
    input: float = Field(ge=0)
    cached_input: float = Field(ge=0)
    """Prompt tokens that the provider's cache held."""
    output: float = Field(ge=0)
    cache_write: float | None = Field(default=None, ge=0)
    """Prompt tokens that the provider wrote into its cache; the input price when None."""
    as_of: str
    """Month in which the price was valid, YYYY-MM."""


class Prices(Record):
    """All known prices; of two that fit a model the later one counts."""

    prices: tuple[Price, ...]

    def price(self, model: str) -> Price | None:
        """The price of a model, None when it is not known."""
        return next((p for p in reversed(self.prices) if fnmatchcase(model, p.model)), None)

    def times(self, share: float) -> Prices:
        """The prices of a service that takes this share of the list prices."""
        return Prices(prices=tuple(_times(price, share) for price in self.prices))

    def cost(self, model: str, answer: Answer) -> float | None:
        """US dollars for the tokens of an answer, None when the price is not known."""
        price = self.price(model)
        if price is None:
            return None
        fresh = max(0, answer.prompt_tokens - answer.cached_tokens - answer.written_tokens)
        write = price.input if price.cache_write is None else price.cache_write
        return (
            fresh * price.input
            + answer.cached_tokens * price.cached_input
            + answer.written_tokens * write
            + answer.completion_tokens * price.output
        ) / 1_000_000


def _times(price: Price, share: float) -> Price:
    fields = ("input", "cached_input", "output", "cache_write")
    listed = {name: getattr(price, name) for name in fields}
    return price.model_copy(
        update={name: usd * share for name, usd in listed.items() if usd is not None}
    )


def load_prices(overlays: Iterable[Path] = ()) -> Prices:
    """The bundled prices and those of the overlays; raises KnowledgeError for an invalid file."""
    paths = [bundled("knowledge") / _FILE, *(folder / _FILE for folder in overlays)]
    return Prices(prices=tuple(p for path in paths if path.is_file() for p in _read(path)))


def _read(path: Path) -> list[Price]:
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        records = content["prices"]
        return [Price.model_validate(record) for record in records]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise KnowledgeError("is not YAML", where=path, line=line, todo="correct it") from error
    except (TypeError, KeyError) as error:
        raise KnowledgeError("no list `prices`", where=path, line=1, todo="add it") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise KnowledgeError(
            f"price field {name!r}: {first['msg']}",
            where=path,
            todo="give model, input, cached_input, output and as_of",
        ) from error
