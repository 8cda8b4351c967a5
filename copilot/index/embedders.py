"""Embedders turn texts into vectors: the protocol, and the one that ships with the package.

The local embedder reads the static word vectors that the `wordllama` distribution carries
(32,000 tokens x 256 dimensions) straight from its files. It does not import `wordllama`, whose
import reconfigures logging and loads a downloader that must never run.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from copilot.errors import IndexFault, InputError

Vectors = NDArray[np.float32]
"""One row per text, L2-normalised; a text with nothing to embed has a row of zeros."""

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
_WORDS_KEPT, _SHORT = 50_000, 40
"""Words whose tokens are remembered, and the letters of the longest one."""


class Embedder(Protocol):
    """Anything that maps texts to vectors of one fixed size."""

    @property
    def id(self) -> str:
        """Names model, dimensions and version; vectors of different ids are never mixed."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of a row."""
        ...

    def __hash__(self) -> int:
        """Embedders are told apart, so that the vectors of queries can be kept."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed the texts into a (len(texts), dimensions) array; raise IndexFault on failure."""
        ...


def normalised(rows: Vectors) -> Vectors:
    """Scale each row to length 1; rows of zeros stay zeros."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = np.zeros(rows.shape, np.float32)
    np.divide(rows, lengths, out=scaled, where=lengths > 0)
    return scaled


class LocalEmbedder:
    """Mean of static token vectors: no network, no model to run, the same bytes every time."""

    def __init__(self, folder: Path, version: str) -> None:
        """Read vectors and tokenizer from the folder of the installed `wordllama` package."""
        from safetensors import safe_open
        from tokenizers import Tokenizer

        try:
            with safe_open(folder / _WEIGHTS, framework="np") as weights:
                self._half: NDArray[np.float16] = weights.get_tensor("embedding.weight")
            self._tokenizer = Tokenizer.from_file(str(folder / _TOKENIZER))
        except Exception as error:  # tokenizers raises Exception itself
            raise IndexFault(
                f"the packaged word vectors cannot be read ({error})",
                where=folder,
                todo="reinstall wordllama",
            ) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        # Widening all 32,000 rows costs 90 ms at start; a document touches a few thousand.
        self._rows = np.empty(self._half.shape, np.float32)
        self._widened = np.zeros(len(self._half), bool)
        self._known: dict[str, list[int]] = {}
        self.id = f"wordllama-l2-supercat-{self.dimensions}-v{version}"

    @property
    def dimensions(self) -> int:
        """Length of a row: 256."""
        return int(self._half.shape[1])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed each text as the normalised mean of its words' token vectors.

        Words are tokenised apart from each other, each distinct one once: line breaks then do
        not change a text's vector, and a document repeats most of its words.
        """
        texts_words = [text.split() for text in texts]
        tokens = self._tokens(set().union(*texts_words))
        means = np.zeros((len(texts), self.dimensions), np.float32)
        for row, words in zip(means, texts_words, strict=True):
            if words:
                row[:] = self._mean(list(chain.from_iterable(map(tokens, words))))
        return normalised(means)

    def _tokens(self, wanted: set[str]) -> Callable[[str], list[int]]:
        """Word -> its tokens; short words are remembered, the documents of a library share them."""
        known = self._known
        new = [word for word in wanted if word not in known]
        encodings = self._tokenizer.encode_batch_fast(new, add_special_tokens=False)
        fresh = {word: coded.ids for word, coded in zip(new, encodings, strict=True)}
        self._widen(chain.from_iterable(fresh.values()))
        if len(known) + len(fresh) > _WORDS_KEPT:
            fresh |= {word: known[word] for word in wanted - fresh.keys()}
            self._known = known = {}
        if len(fresh) <= _WORDS_KEPT:
            known.update({word: ids for word, ids in fresh.items() if len(word) <= _SHORT})
        return lambda word: known[word] if word in known else fresh[word]

    def _widen(self, tokens: Iterable[int]) -> None:
        """Make float32 rows of the tokens that are used for the first time."""
        rows = np.fromiter(tokens, np.intp)
        new = rows[~self._widened[rows]]
        self._rows[new] = self._half[new]
        self._widened[new] = True

    def _mean(self, tokens: list[int]) -> Vectors:
        """Mean of the tokens' rows; `ndarray.mean` says the same and takes twice as long."""
        rows = self._rows.take(tokens, axis=0)
        mean: Vectors = np.add.reduce(rows, axis=0) / np.float32(len(tokens))
        return mean


@lru_cache(maxsize=1)
def local_embedder() -> LocalEmbedder:
    """Load the packaged embedder once per process."""
    package = importlib.util.find_spec("wordllama")
    if package is None or package.origin is None:
        raise IndexFault("wordllama is not installed", todo="pip install wordllama")
    return LocalEmbedder(Path(package.origin).parent, importlib.metadata.version("wordllama"))


def make_embedder(
    spec: str,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    dimensions: int | None = None,
) -> Embedder:
    """Build the embedder that a setting names: `local` or `openai:NAME`."""
    kind, _, name = spec.partition(":")
    if spec == "local":
        return local_embedder()
    if kind == "openai" and name:
        from copilot.index.remote import RemoteEmbedder

        return RemoteEmbedder(base_url, name, api_key, dimensions=dimensions)
    raise InputError(f"unknown embedder {spec!r}", todo="use `local` or `openai:NAME`")
