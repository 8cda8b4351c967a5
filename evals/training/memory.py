"""Remembers what stays the same from fold to fold: cues, technologies and vectors of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from copilot.judges.offline.features import Embed, Floats
from copilot.judges.offline.signals import Hits, Signals


class RememberedSignals(Signals):
    """Signals that look at each text once."""

    def __init__(
        self, cues: Sequence[Sequence[str]], technologies: Sequence[Mapping[str, object]]
    ) -> None:
        super().__init__(cues, technologies)
        self._seen: dict[tuple[bool, str], Hits] = {}

    def cues(self, text: str) -> Hits:
        """As `Signals` finds them."""
        if (True, text) not in self._seen:
            self._seen[True, text] = super().cues(text)
        return self._seen[True, text]

    def technologies(self, text: str) -> Hits:
        """As `Signals` finds them."""
        if (False, text) not in self._seen:
            self._seen[False, text] = super().technologies(text)
        return self._seen[False, text]


def remembered(embed: Embed) -> Embed:
    """The same vectors, each text embedded once."""
    seen: dict[str, Floats] = {}

    def recall(texts: list[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in seen]
        if new:
            seen.update(zip(new, embed(new), strict=True))
        return np.stack([seen[text] for text in texts])

    return recall
