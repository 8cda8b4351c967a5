"""Judging mutants: is an edit noticed where it should be, and only there?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from copilot.documents.load import load_document
from copilot.evaluation.intervals import Score, ratio
from copilot.evaluation.metrics import Floats
from copilot.evaluation.mutants import Mutant, mutants
from copilot.evaluation.run import Judged, Progress, judge_document, lay_out
from copilot.judges.protocol import Judge
from copilot.knowledge import Knowledge
from copilot.schema import Record, Status


@dataclass(frozen=True)
class Trial:
    """What a judge said about one mutant, beside what it said about the original."""

    mutant: Mutant
    label_right: bool
    """The verdict on the original was right; False for neutral mutants, which have no aspect."""
    before: Status | None
    after: Status | None
    """Verdicts on the mutant's aspect; None for neutral ones."""
    changed: int
    """Other aspects whose verdict changed, those with touched evidence left out."""
    compared: int

    @property
    def right(self) -> bool:
        """The verdict on the mutant is right."""
        return self.after in self.mutant.accept


class Group(Record):
    """Mutants of one kind and variant, counted."""

    kind: str
    variant: str
    mutants: int
    right: float
    """Share with the right verdict on the aspect; for neutral ones, of unchanged verdicts."""


async def try_mutants(
    judge: Judge, knowledge: Knowledge, judged: Sequence[Judged], progress: Progress
) -> list[list[Trial]]:
    """Judge the mutants of every case: one list of trials for each, in their order."""
    trials: list[list[Trial]] = []
    with tempfile.TemporaryDirectory(prefix="archreview-mutants-") as folder:
        for original in judged:
            made = list(mutants(original.loaded, knowledge))
            trials.append([await _try(judge, knowledge, original, m, Path(folder)) for m in made])
            progress(f"{judge.name}: mutants of designs", len(trials), len(judged))
    return trials


async def _try(
    judge: Judge, knowledge: Knowledge, original: Judged, mutant: Mutant, folder: Path
) -> Trial:
    """Write the mutant as a file, read it as any design, judge it and compare."""
    path = folder / f"mutant{mutant.suffix}"
    path.write_bytes(mutant.text.encode())
    rows = await judge_document(judge, knowledge, lay_out(load_document(path)))
    before = {row.aspect: row.status for row in original.rows}
    after = {row.aspect: row.status for row in rows}
    others = [aspect for aspect in before if aspect not in mutant.touched]
    label = original.loaded.case.labels.get(mutant.aspect)
    return Trial(
        mutant=mutant,
        label_right=label is not None and before[mutant.aspect] in label.accept,
        before=before.get(mutant.aspect),
        after=after.get(mutant.aspect),
        changed=sum(before[aspect] is not after[aspect] for aspect in others),
        compared=len(others),
    )


def mutant_scores(trials: Sequence[Sequence[Trial]], weights: Floats) -> dict[str, Score]:
    """Scores over all trials, with intervals from the same resamples of documents.

    `..._both_right`: original and mutant both judged right; `delete_all...`: with the quotes of
    both annotators removed, not those of the first alone. `delete_noticed`: judged missing after
    the deletion, of the aspects that were judged present before. `collateral`: verdicts changed on
    other aspects. `decoy_false_accept`: judged addressed with the decoy in; `decoy_flipped`: of
    those that were not judged addressed without it. `neutral_invariance`: verdicts unchanged.
    """
    edited = ("delete", "degrade", "contradict")
    tallies = {
        f"{kind}_both_right": [_both_right(_of(case, kind)) for case in trials] for kind in edited
    }
    tallies["delete_all_both_right"] = [_both_right(_of(case, "delete-all")) for case in trials]
    tallies["retract_both_right"] = [_both_right(_of(case, "retract")) for case in trials]
    tallies["both_right"] = [_both_right(_of(case, *edited)) for case in trials]
    tallies["delete_noticed"] = [_noticed(_of(case, "delete")) for case in trials]
    tallies["collateral"] = [_changed(_of(case, *edited, "decoy")) for case in trials]
    tallies["decoy_false_accept"] = [_accepted(_of(case, "decoy")) for case in trials]
    tallies["decoy_flipped"] = [
        _accepted([t for t in _of(case, "decoy") if t.before is not Status.ADDRESSED])
        for case in trials
    ]
    tallies["neutral_invariance"] = [_unchanged(_of(case, "neutral")) for case in trials]
    return {name: _ratio(tally, weights) for name, tally in tallies.items()}


def groups(trials: Sequence[Sequence[Trial]]) -> tuple[Group, ...]:
    """How each kind and variant went."""
    by_kind: dict[tuple[str, str], list[Trial]] = {}
    for trial in (trial for case in trials for trial in case):
        by_kind.setdefault((trial.mutant.kind, trial.mutant.variant), []).append(trial)
    return tuple(_group(kind, variant, made) for (kind, variant), made in sorted(by_kind.items()))


def _group(kind: str, variant: str, made: list[Trial]) -> Group:
    part, whole = _unchanged(made) if kind == "neutral" else (sum(t.right for t in made), len(made))
    return Group(kind=kind, variant=variant, mutants=len(made), right=round(part / whole, 4))


Tally = tuple[int, int]
"""How many, of how many."""


def _of(case: Iterable[Trial], *kinds: str) -> list[Trial]:
    return [trial for trial in case if trial.mutant.kind in kinds]


def _both_right(trials: list[Trial]) -> Tally:
    return sum(t.label_right and t.right for t in trials), len(trials)


def _noticed(trials: list[Trial]) -> Tally:
    present = [t for t in trials if t.before in (Status.ADDRESSED, Status.PARTIAL)]
    return sum(t.after is Status.MISSING for t in present), len(present)


def _changed(trials: list[Trial]) -> Tally:
    return sum(t.changed for t in trials), sum(t.compared for t in trials)


def _unchanged(trials: list[Trial]) -> Tally:
    changed, compared = _changed(trials)
    return compared - changed, compared


def _accepted(trials: list[Trial]) -> Tally:
    return sum(t.after is Status.ADDRESSED for t in trials), len(trials)


def _ratio(tallies: list[Tally], weights: Floats) -> Score:
    counts = np.array(tallies, float).reshape(len(tallies), 2)
    return ratio(counts[:, 0], counts[:, 1], weights)
