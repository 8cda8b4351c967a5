"""Merging decisions from a file into the store: what is added, known, or contrary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Literal

from copilot.review.anchors import is_same
from copilot.schema import Decided, Decision, Record
from copilot.store.decisions import identifier
from copilot.store.exchange import Block
from copilot.store.store import Store

Take = Literal["ours", "theirs", "newest"]


class Fate(StrEnum):
    """What became of a decision of the file."""

    ADDED = "added"
    """Nothing was decided about its finding before, or it follows on what was."""
    KNOWN = "known"
    """The store has it, as the current decision or as one that it follows on."""
    CONFLICT = "conflict"
    """The store holds another decision that neither follows on the other."""


class Merged(Record):
    """One decision of the file and what became of it."""

    block: Block
    fate: Fate
    ours: Decided | None
    """The store's decision about the same finding, before the merge."""
    taken: bool
    """True when the file's decision counts now."""


def merge(store: Store, blocks: Sequence[Block], take: Take = "ours") -> tuple[Merged, ...]:
    """Add the decisions of a file, all or none; each design is one stroke for `undo`.

    A decision that was undone here counts as not made: the file brings it back.
    `take` settles conflicts: ours keeps the store's decision, theirs takes the file's, newest the
    one that was made later.
    """
    merged: list[Merged] = []
    with store.writing():
        for design in sorted({block.design for block in blocks}):
            known = store.triage.all(design)
            fates = [_fate(block, known, take) for block in blocks if block.design == design]
            taken = sorted((m.block for m in fates if m.taken), key=lambda b: b.decision.at)
            store.triage.add(design, [(block.anchor, block.decision) for block in taken])
            merged += fates
    return tuple(merged)


def _fate(block: Block, known: Iterable[Decided], take: Take) -> Merged:
    earlier = [d for d in known if d.undone is None and is_same(d.anchor, block.anchor)]
    ours = earlier[-1] if earlier else None
    number = identifier(block.design, block.anchor, block.decision)
    seen = any(number == d.id or number in d.replaces for d in earlier)
    if seen or (ours is not None and _alike(ours.decision, block.decision)):
        return Merged(block=block, fate=Fate.KNOWN, ours=ours, taken=False)
    if ours is None or ours.id in block.replaces:
        return Merged(block=block, fate=Fate.ADDED, ours=ours, taken=True)
    newer = block.decision.at > ours.decision.at
    taken = take == "theirs" or (take == "newest" and newer)
    return Merged(block=block, fate=Fate.CONFLICT, ours=ours, taken=taken)


def _alike(one: Decision, other: Decision) -> bool:
    """True when both decide the same, whoever did it when."""
    return one.model_copy(update={"who": other.who, "at": other.at}) == other
