"""What a user may set: command-line options first, then ARCHREVIEW_* variables, then defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from copilot.errors import InputError


class Settings(BaseSettings):
    """Settings of one run; `ARCHREVIEW_MAX_BYTES=1000000` sets `max_bytes`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="ARCHREVIEW_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    workspace: Path = Path(".archreview")
    """Folder that keeps reviews, decisions, the index and a model's answers between runs."""
    ephemeral: bool = False
    """Keep index and answers in memory and write no workspace."""
    chroma: str | None = None
    """Address of a Chroma server (http://host:port) instead of the embedded store."""
    embedder: str = "local"
    """`local` (in-process, no network) or `openai:NAME` for an OpenAI-compatible /v1/embeddings."""
    embedder_base_url: str | None = None
    """Base URL of the embedding endpoint; OpenAI's own when unset."""
    embedder_api_key: SecretStr | None = None
    """Key of the embedding endpoint; sent to `embedder_base_url` only."""
    model: str | None = None
    """Language model that judges, `provider:name`; the offline judge when unset."""
    critic_model: str | None = None
    """Model of the critic and the completeness pass at depth `deep`; `model` when unset."""
    base_url: str | None = None
    """Base URL of an OpenAI-compatible server; OPENAI_BASE_URL or OpenAI's own when unset."""
    api_key: SecretStr | None = None
    """Key for the model's endpoint; OPENAI_API_KEY goes only to OPENAI_BASE_URL or OpenAI."""
    depth: Literal["quick", "standard", "deep"] = "standard"
    """One call for all dimensions, one for each, or one for each and a critic."""
    max_cost: float | None = Field(default=None, gt=0)
    """Most that a run may spend on a model, in US dollars."""
    max_tokens: int | None = Field(default=None, gt=0)
    """Most tokens, prompts and answers together, that a run may use."""
    concurrency: int = Field(default=8, gt=0)
    """Calls to a model in flight at once, over all designs of a run."""
    requests_per_minute: int | None = Field(default=None, gt=0)
    """Most calls a minute to one endpoint."""
    tokens_per_minute: int | None = Field(default=None, gt=0)
    """Most tokens a minute to one endpoint, as estimated before each call."""
    timeout: float = Field(default=300.0, gt=0)
    """Seconds that one call to a model may take."""
    batch_poll: float = Field(default=60.0, gt=0)
    """Seconds between two looks at the batches under way at OpenAI's Batch API."""
    retries: int = Field(default=4, ge=0)
    """How often a call that failed is repeated."""
    context_tokens: int = Field(default=60_000, ge=4_000)
    """Tokens that a prompt may have; a longer document is sent as outline and passages."""
    answer_tokens: int = Field(default=8_000, gt=0)
    """Tokens that an answer may have."""
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Sampling temperature; left out for models that take none."""
    redact: bool = True
    """Replace secrets and personal data before anything is sent to a model."""
    max_bytes: int = Field(default=20_000_000, gt=0)
    """Largest file that is read, in bytes."""
    max_chars: int = Field(default=2_000_000, gt=0)
    """Longest text that is reviewed, in characters."""
    knowledge: tuple[Path, ...] = ()
    """Folders of an organisation's own knowledge, laid over the bundled one in this order."""


def load_settings(**options: Any) -> Settings:
    """Settings from the options that were given (None: not given) and the environment.

    Raises InputError naming the variable or option that cannot be used.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"setting {name!r} cannot be used: {first['msg']}",
            todo=f"correct --{name.replace('_', '-')} or ARCHREVIEW_{name.upper()}",
        ) from error
