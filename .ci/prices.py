"""Writes knowledge/prices.yaml from the table of the installed package genai-prices.

`pip install genai-prices`, then `python .ci/prices.py`, and read the diff. With a wheel of LiteLLM
(`pip download --no-deps litellm`) as its argument, the head of the file and standard output tell
where that second table differs. Neither package is needed by the product or by CI.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types as source
from genai_prices.data import providers

FILE = Path(__file__).resolve().parent.parent / "knowledge" / "prices.yaml"
NOW = datetime.now(UTC)
DATED = re.compile(r"-20\d\d-?\d\d-?\d\d$")
OTHER = re.compile(
    r"^ft:|\.ft-|:|embed|image|audio|realtime|tts|transcribe|whisper|voxtral|live|omni|nano-banana|"
    r"robotics|ocr|guard|moderation|search|research|computer-use|orpheus|-chat|codex"
)
"""No chat models, or none that reads a design: parts of names, as a regular expression."""
PROVIDERS = {
    "anthropic": ("anthropic", r"claude-(2|v|3|(opus|sonnet)-4($|-[01]|-20)|opus-5-latest|mythos)"),
    "deepseek": ("deepseek", r"deepseek-(chat|reasoner|r1|v3)"),
    "google": (
        "google_genai",
        r".*claude|gemma|gemini-(1|2\.0|2\.5-flash-(latest|preview)|flash-1|pro($|-1))",
    ),
    "groq": ("groq", r"(?!openai/|qwen/qwen3\.8)"),
    "mistral": (
        "mistralai",
        r"deepseek|zai|devstral|codestral|pixtral|(open-)?mixtral|ministral|(open-)?mistral-"
        r"(7b|nemo|saba|tiny|small-(24b|25|3)|medium($|-2[35]|-3$|-3\.)|large($|-24|-4-))",
    ),
    "openai": (
        "openai",
        r"ada|babbage|curie|davinci|text-|chatgpt|gpt-(3|4$|4-|4\.1-nano|4\.5|4o-2024-05|5\.1-mini|"
        r"5\.3|oss)|o1|o3-mini|o4-mini|.*(-pro|cyber|rosalind)",
    ),
}
"""LangChain's name of each provider, and how the names begin that are left out: withdrawn (by
LiteLLM's dates, or gone from its table) without this table's saying so, offered to a few, too
small, asked in another way than for a chat, or priced by somebody else."""
LITELLM = {
    **{name: name for name in ("anthropic", "deepseek", "groq", "openai")},
    **{"azure": "azure_openai", "gemini": "google_genai", "mistral": "mistralai"},
}
"""LiteLLM's names of the same providers."""

HEAD = """\
# List prices in US dollars for a million tokens. They change: lay a knowledge folder with a
# prices.yaml of your own over this one (`--knowledge FOLDER`); a later record that fits a model
# replaces an earlier one. A model that is not here has no cost in the report, and --max-cost
# refuses to run with it. Servers of your own have no price either: give them one with
# `model: "openai:NAME"` and zeros, or your cost.
#
# Written on {today} by .ci/prices.py from the table of genai-prices {version}, MIT licence,
# Copyright (c) Pydantic Services Inc. 2025 to present, https://github.com/pydantic/genai-prices.
# It is the work of people who read the providers' pages, not the providers' word.
# - as_of: the table dates changes, not checks, so that this is the month of its newest change; for
#   a change that is announced and still to come, the month in which it comes.
# - A price that rises with the prompt is that of a short one ("to N": up to so many tokens;
#   a review's prompts have some 60,000, see --context-tokens). One that changes with the hour is
#   that of the dearest hour. Of the price of today and one announced, the dearer counts.
# - cached_input is the input price where the table has none for it. cache_write is what a prompt's
#   token costs that the provider writes into its cache, for Anthropic's models for five minutes;
#   a record without it takes the input price.
# - `*openai` is openai and azure_openai: Azure's global deployments cost the same (the table has no
#   cache_write for them, so that OpenAI's counts), regional ones more (often a tenth), and the name
#   fits where a deployment is called as its model.
# - `*` at the end stands for the date of a snapshot; none covers another model of the table.
# - Left out: models that are withdrawn or for other things than chat, and `-pro` and codex models.
"""


Amounts = tuple[float, float, float, float]
"""Input, cached input, output, writing into the cache."""


@dataclass(frozen=True)
class Line:
    """One record of the file."""

    model: str
    prices: Amounts
    today: Amounts
    """Other than `prices` where a dearer price is announced."""
    as_of: str
    note: str

    def __str__(self) -> str:
        fresh, cached, output, write = (f"{price:g}" for price in self.prices)
        writing = "" if write == fresh else f"cache_write: {write}, "
        record = (
            f'model: "{self.model}", input: {fresh}, cached_input: {cached}, output: {output}, '
            f'{writing}as_of: "{self.as_of}"'
        )
        return f"  - {{{record}}}" + (f"  # {self.note}" if self.note else "")


def literals(clause: source.MatchLogic) -> Iterator[str]:
    """Every name that a model's rule spells out whole."""
    if isinstance(clause, source.ClauseEquals):
        yield clause.equals
    for part in getattr(clause, "or_", getattr(clause, "and_", ())):
        yield from literals(part)


def names(model: source.ModelInfo) -> set[str]:
    """A model's names: its own where the rule allows it, and those that the rule spells out."""
    return {name for name in (model.id, *literals(model.match)) if model.is_match(name)}


def base(price: Any) -> float | None:
    """The price of a short prompt."""
    return None if price is None else float(getattr(price, "base", price))


def amounts(price: source.ModelPrice) -> Amounts:
    """The prices of a short prompt; zeros for a model that is not paid by the token."""
    fresh, output = base(price.input_mtok), base(price.output_mtok)
    if not fresh or not output:
        return 0, 0, 0, 0
    cached, write = base(price.cache_read_mtok), base(price.cache_write_mtok)
    return fresh, cached or fresh, output, write or fresh


def starts(model: source.ModelInfo) -> Iterator[tuple[date, source.ModelPrice]]:
    """The prices of a model that hold from a day on."""
    for price in model.prices if isinstance(model.prices, list) else ():
        if isinstance(price.constraint, source.StartDateConstraint):
            yield price.constraint.start_date, price.prices


@cache
def month() -> str:
    """The month of the table's newest change."""
    models = (model for provider in providers for model in provider.models)
    days = (day for model in models for day, _ in starts(model) if day <= NOW.date())
    return f"{max(days):%Y-%m}"


def read(model: source.ModelInfo) -> Line:
    """A model's record, without its name: the dearest of today's prices and those announced."""
    listed = model.prices if isinstance(model.prices, list) else []
    hours = [p.prices for p in listed if isinstance(p.constraint, source.TimeOfDateConstraint)]
    today = max([model.get_prices(NOW), *hours], key=amounts)
    found, as_of, notes = today, month(), ["dearest hours"] if hours else []
    for when, price in starts(model):
        if when > NOW.date() and amounts(price) > amounts(found):
            found, as_of = price, f"{when:%Y-%m}"
            notes.append(f"from {when}, until then {spelt(amounts(today))}")
    if isinstance(found.input_mtok, source.TieredPrices):
        notes.append(f"to {found.input_mtok.tiers[0].start:,}")
    return Line("", amounts(found), amounts(today), as_of, "; ".join(notes))


def dated(model: source.ModelInfo) -> set[str]:
    """Made-up snapshots that a model's rule takes for its own."""
    return {
        model.id + end for end in ("-2026-01-01", "-20260101") if model.is_match(model.id + end)
    }


def patterns(model: source.ModelInfo, provider: source.Provider) -> set[str]:
    """Few patterns that cover a model's names and the dates behind them, and no other model."""
    known = {name for other in provider.models for name in names(other) | dated(other)}
    known -= {name for name in known if model.is_match(name)}

    def alone(pattern: str) -> bool:
        return not any(fnmatchcase(name, pattern) for name in known)

    own = names(model)
    own -= {name.replace(".", "-") for name in own if "." in name} - {model.id}
    left_out = PROVIDERS[provider.id][1]
    own = {name for name in own if not OTHER.search(name) and not re.match(left_out, name)}
    if model.id not in own or not (dated(model) or any(DATED.search(name) for name in own)):
        return own
    if alone(f"{model.id}*"):
        found = {f"{model.id}*"}
    elif provider.id != "google" and alone(f"{model.id}-20*"):  # Google's names have no dates
        found = {model.id, f"{model.id}-20*"}
    else:
        found = set()
    return found | {name for name in own if not any(fnmatchcase(name, p) for p in found)}


def lines() -> list[Line]:
    """The records in the order of the file."""
    azure, found = next(provider for provider in providers if provider.id == "azure"), []
    for provider in providers:
        for model in provider.models if provider.id in PROVIDERS else ():
            line, name = read(model), PROVIDERS[provider.id][0]
            if model.deprecated or not line.prices[0]:
                continue
            there = azure.find_model(model.id, all_providers=providers)
            if name == "openai" and there and read(there).prices[:3] == line.prices[:3]:
                name = "*openai"
            own = patterns(model, provider)
            found += [replace(line, model=f"{name}:{pattern}") for pattern in own]
    return sorted(found, key=lambda line: line.model)


def second_table(wheel: Path) -> dict[str, Amounts]:
    """LiteLLM's prices by `provider:name`."""
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read("litellm/model_prices_and_context_window_backup.json"))
    found = {}
    for key, entry in table.items():
        theirs = entry.get("litellm_provider", "")
        fresh, output = entry.get("input_cost_per_token"), entry.get("output_cost_per_token")
        if theirs in LITELLM and fresh and output:
            cached = entry.get("cache_read_input_token_cost") or fresh
            costs = (fresh, cached, output, entry.get("cache_creation_input_token_cost") or fresh)
            one, two, three, four = (round(cost * 1_000_000, 6) for cost in costs)
            found[f"{LITELLM[theirs]}:{key.removeprefix(theirs + '/')}"] = (one, two, three, four)
    return found


def differences(records: list[Line], table: dict[str, Amounts]) -> list[str]:
    """What the second table says otherwise about today, a line for each name."""
    return [
        f"{name}: {spelt(prices)} (here {spelt(record.today)})"
        for record in records
        for name, prices in table.items()
        if fnmatchcase(name, record.model) and prices != record.today
    ]


def spelt(prices: Amounts) -> str:
    """The prices for people; that of writing into the cache where it is not the input price."""
    told = prices[:3] if prices[3] == prices[0] else prices
    return " / ".join(f"{price:g}" for price in told)


def main() -> None:
    """Write the file; print what is not in the second table and what differs there."""
    records = lines()
    head = HEAD.format(today=f"{NOW:%Y-%m-%d}", version=version("genai-prices"))
    for wheel in map(Path, sys.argv[1:]):
        table = second_table(wheel)
        other = differences(records, table)
        head += f"# - LiteLLM {wheel.name.split('-')[1]} differs (input / cached input / output / "
        head += "cache write, if not as input):\n"
        head += "".join(f"#   {line}\n" for line in other or ["nowhere"])
        print(*other, sep="\n")
        for record in records:
            if not any(fnmatchcase(name, record.model) for name in table):
                print(f"{record.model}: not there")
    FILE.write_text(head + "prices:\n" + "".join(f"{line}\n" for line in records), encoding="utf-8")
    print(f"{len(records)} records")


if __name__ == "__main__":
    main()
