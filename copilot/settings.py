"""What a user may set: command-line options first, then ARCHREVIEW_* variables, then defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from copilot.errors import InputError


class Settings(BaseSettings):
    """Settings of one run; `ARCHREVIEW_MAX_BYTES=1000000` sets `max_bytes`, and so on."""

    model_config = SettingsConfigDict(
        env_prefix="ARCHREVIEW_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    workspace: Path = Path(".archreview")
    """Folder that keeps the index between runs."""
    ephemeral: bool = False
    """Keep the index in memory and write no workspace."""
    chroma: str | None = None
    """Address of a Chroma server (http://host:port) instead of the embedded store."""
    embedder: str = "local"
    """`local` (in-process, no network) or `openai:NAME` for an OpenAI-compatible /v1/embeddings."""
    embedder_base_url: str | None = None
    """Base URL of the embedding endpoint; OpenAI's own when unset."""
    embedder_api_key: SecretStr | None = None
    """Key of the embedding endpoint; sent to `embedder_base_url` only."""
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
