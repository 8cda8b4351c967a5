"""Which design of an earlier report is which design of this run, when their paths differ.

A checkout that lies elsewhere changes the beginning of its paths, so it is the shared end that
tells. It must be the longest on either side and no other's as well; and it must be all of the path
below the working folder, or another design must have moved by the same step. Otherwise a design
stays without a counterpart: a wrong one would hide its findings.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Counterpart:
    """What an earlier report holds of one design, by identities."""

    design: str | None
    """The same design; None when there is none, or no telling which."""
    among: tuple[str, ...] = ()
    """The designs that it may be, where there is no telling."""


def counterparts(here: Sequence[str], earlier: Sequence[str], home: Path) -> list[Counterpart]:
    """For each design of this run its counterpart; identities are those of the folder `home`."""
    pairs, known = _Pairs(here, earlier, home), set(earlier)
    return [Counterpart(one) if one in known else pairs.counterpart(one) for one in here]


class _Pairs:
    """The designs whose paths stand on one side alone, and how their ends agree."""

    def __init__(self, here: Sequence[str], earlier: Sequence[str], home: Path) -> None:
        self._home = home.resolve()
        known, reviewed = set(earlier), set(here)
        mine = [one for one in dict.fromkeys(here) if one not in known]
        theirs = [old for old in dict.fromkeys(earlier) if old not in reviewed]
        theirs = [old for old in theirs if not self._stays(old)]
        self._nearest = self._with_longest_end(mine, theirs)
        self._wanted = self._with_longest_end(theirs, mine)
        self._steps = Counter(self._step(one, old) for one in mine for old in self._mutual(one))

    def counterpart(self, one: str) -> Counterpart:
        """The one that fits, or all that fit alike."""
        fitting = tuple(old for old in self._mutual(one) if self._fits(one, old))
        if len(fitting) == 1 and len(self._wanted[fitting[0]]) == 1:
            return Counterpart(fitting[0])
        return Counterpart(None, fitting)

    def _stays(self, old: str) -> bool:
        """True for a design that still lies where it lay: it is no other."""
        path = self._home / old
        return not PurePath(old).is_absolute() and os.path.exists(path)  # noqa: PTH110 - long names

    def _mutual(self, one: str) -> list[str]:
        return [old for old in self._nearest[one] if one in self._wanted[old]]

    def _fits(self, one: str, old: str) -> bool:
        whole = self._shared(one, old) >= len(PurePath(one).parts)
        return whole or self._steps[self._step(one, old)] > 1

    def _step(self, one: str, old: str) -> tuple[Parts, Parts]:
        """The folder here, and the folder that it was."""
        shared = self._shared(one, old)
        return self._parts(one)[:-shared], self._parts(old)[:-shared]

    def _with_longest_end(
        self, paths: Iterable[str], others: Iterable[str]
    ) -> dict[str, list[str]]:
        """Path -> the others whose end agrees most; none where even the names differ."""
        having = defaultdict(list)
        for other in others:
            for end in self._ends(other):
                having[end].append(other)
        return {
            path: next((having[end] for end in self._ends(path) if end in having), [])
            for path in paths
        }

    def _shared(self, one: str, other: str) -> int:
        """How many parts at the end are the same."""
        ends = set(self._ends(other))
        return next((len(end) for end in self._ends(one) if end in ends), 0)

    def _ends(self, path: str) -> list[Parts]:
        """The ends of the full path, the longest first."""
        parts = self._parts(path)
        return [parts[start:] for start in range(len(parts))]

    def _parts(self, path: str) -> Parts:
        """Of the full path, the root apart."""
        return (self._home / path).parts[1:]
