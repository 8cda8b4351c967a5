"""Embeddings from any server that speaks OpenAI's `/v1/embeddings`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from copilot.errors import IndexFault
from copilot.index.embedders import Vectors, normalised

if TYPE_CHECKING:
    from openai import OpenAI

_PROBE = "architecture review"
"""Embedded once to learn the size of a model's vectors when no size was given."""
_TODO = {
    400: "check the model's name and its limit on input length",
    401: "check the API key",
    403: "check what the API key may use",
    404: "check the model's name and the base URL",
    429: "wait, or lower the load on the server",
}


class RemoteEmbedder:
    """A model behind HTTP; calls are batched, and retried with back-off by the client."""

    def __init__(
        self,
        base_url: str | None,
        model: str,
        api_key: str | None,
        *,
        dimensions: int | None = None,
        batch: int = 64,
        timeout: float = 60.0,
        retries: int = 4,
    ) -> None:
        """Remember how to reach the model; nothing is sent before the first use.

        `base_url` None means OpenAI itself; `dimensions` asks for vectors of that size.
        """
        self._base_url, self._model, self._api_key = base_url, model, api_key
        self._wanted, self._batch = dimensions, batch
        self._timeout, self._retries = timeout, retries

    @cached_property
    def dimensions(self) -> int:
        """Length of a row; asks the server once when it was not given."""
        return self._wanted or len(self._request([_PROBE])[0])

    @cached_property
    def id(self) -> str:
        """Model, dimensions, and a digest of the server's address in place of a version."""
        server = sha256((self._base_url or "openai").rstrip("/").encode()).hexdigest()[:8]
        return f"openai-{self._model}-{self.dimensions}-at-{server}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed the texts that hold something; the others keep a row of zeros."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        filled = [place for place, text in enumerate(texts) if text.strip()]
        for places in _batches(filled, self._batch):
            rows[places] = self._checked(self._request([texts[place] for place in places]))
        return normalised(rows)

    @cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI

        return OpenAI(
            base_url=self._base_url,
            api_key=self._api_key or "none",  # local servers want no key, the client wants one
            timeout=self._timeout,
            max_retries=self._retries,
        )

    def _request(self, texts: list[str]) -> list[list[float]]:
        """Ask for the vectors of one batch, in the order of the texts."""
        from openai import OpenAIError, omit

        try:
            answer = self._client.embeddings.create(
                model=self._model,
                input=texts,
                dimensions=self._wanted or omit,
                encoding_format="float",
            )
            rows = sorted(answer.data, key=lambda row: row.index)
            vectors = [list(row.embedding) for row in rows]
        except OpenAIError as error:
            raise self._fault(error) from error
        except (AttributeError, TypeError, ValueError) as error:  # an answer of another shape
            raise self._wrong("the answer is not a list of embeddings") from error
        if len(vectors) != len(texts):
            raise self._wrong(f"{len(vectors)} vectors came back for {len(texts)} texts")
        if not all(vectors):
            raise self._wrong("an empty vector came back")
        return vectors

    def _checked(self, vectors: list[list[float]]) -> Vectors:
        sizes = sorted({len(vector) for vector in vectors})
        if sizes != [self.dimensions]:
            got = ", ".join(map(str, sizes))
            raise self._wrong(f"vectors of {got} numbers came back instead of {self.dimensions}")
        try:
            rows = np.asarray(vectors, np.float32)
        except (TypeError, ValueError) as error:
            raise self._wrong("a vector holds a value that is not a number") from error
        if not np.isfinite(rows).all():
            raise self._wrong("a vector holds a value that is not a number")
        return rows

    def _wrong(self, what: str) -> IndexFault:
        return IndexFault(
            f"embedding with {self._model}: {what}",
            where=self._base_url or "OpenAI",
            todo="check that the model is an embedding model and the wanted dimensions",
        )

    def _fault(self, error: Exception) -> IndexFault:
        """Say what failed without repeating the server's text: it may hold the key."""
        status = getattr(error, "status_code", None)
        what = f"HTTP {status}" if status else type(error).__name__
        todo = _TODO.get(status or 0, "check the base URL and that the server runs")
        return IndexFault(
            f"embedding with {self._model} failed ({what})",
            where=self._base_url or "OpenAI",
            todo=todo,
        )


def _batches(places: list[int], size: int) -> Iterator[list[int]]:
    return (places[start : start + size] for start in range(0, len(places), size))
