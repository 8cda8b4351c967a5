"""One evaluation as a record: everything that the table, the JSON, JUnit and the page show."""

from __future__ import annotations

from typing import Literal, NamedTuple

from copilot.evaluation.gate import Check
from copilot.evaluation.intervals import Score
from copilot.evaluation.trials import Group
from copilot.evaluation.verdicts import Verdicts
from copilot.schema import Record


class Metric(NamedTuple):
    """How a score is shown."""

    name: str
    title: str
    lower_is_better: bool = False


METRICS = (
    Metric("macro_f1", "macro-F1, 3 classes"),
    Metric("accuracy", "accuracy"),
    Metric("addressed_f1", "addressed F1"),
    Metric("partial_f1", "partial F1"),
    Metric("missing_f1", "missing F1"),
    Metric("missing_precision", "missing precision"),
    Metric("missing_recall", "missing recall"),
    Metric("gap_f1", "gap F1 (missing or partial)"),
    Metric("gap_precision", "gap precision"),
    Metric("gap_recall", "gap recall"),
    Metric("addressed_or_not", "addressed or not, balanced accuracy"),
    Metric("missing_or_not", "missing or not, balanced accuracy"),
    Metric("kappa", "kappa, quadratic weights"),
    Metric("ece", "ECE of P(gap)", True),
    Metric("brier", "Brier of P(gap)", True),
    Metric("ece_confidence", "ECE of the confidence", True),
    Metric("accuracy_at_70", "accuracy, surest 70%"),
    Metric("quote_exactness", "quotes exact"),
    Metric("hit_1", "evidence hit@1"),
    Metric("hit_3", "evidence hit@3"),
    Metric("hit_1_given", "evidence hit@1, not judged missing"),
    Metric("hit_3_given", "evidence hit@3, not judged missing"),
    Metric("unjudged", "without a verdict", True),
    Metric("both_right", "mutants: both right"),
    Metric("delete_both_right", "  delete: both right"),
    Metric("delete_all_both_right", "  delete, both annotators' quotes: both right"),
    Metric("delete_noticed", "  delete: noticed"),
    Metric("degrade_both_right", "  degrade: both right"),
    Metric("contradict_both_right", "  contradict: both right"),
    Metric("retract_both_right", "  retract: both right"),
    Metric("collateral", "  collateral changes", True),
    Metric("decoy_false_accept", "  decoys accepted", True),
    Metric("decoy_flipped", "  decoys that turned a verdict", True),
    Metric("neutral_invariance", "  neutral edits: unchanged"),
    Metric("rerun_identical", "reruns byte-identical"),
)
"""The scores that are printed, in order; the JSON holds precision and recall of all classes too."""


class Slice(Record):
    """The scores of one part of the rows."""

    kind: str
    """dimension, aspect, archetype, style, strength, length or format."""
    value: str
    rows: int
    accuracy: Score
    macro_f1: Score
    missing_f1: Score
    addressed_or_not: Score


class Timing(Record):
    """Seconds that judging took, reading the documents left out."""

    documents: int
    total: float
    median: float
    slowest: float


class Comparison(Record):
    """Paired differences to a stored baseline."""

    judge: str
    documents: int
    """Documents that both have."""
    differences: dict[str, Score]


class Evaluation(Record):
    """How well one judge does on one set of cases."""

    schema_version: Literal["1.0"] = "1.0"
    judge: str
    judge_digest: str
    knowledge_digest: str
    cases: str
    """The folder as it was named."""
    split: str
    documents: int
    rows: int
    contested: int
    """Rows for which two statuses count as right."""
    unlocated: int
    """Labelled quotes that were not found in the documents."""
    gap_source: Literal["odds", "confidence"]
    """Whether P(gap) is the judge's own, or approximated from the confidence in its status."""
    cost_usd: float | None
    """None when it is not known."""
    scores: dict[str, Score]
    baselines: dict[str, dict[str, Score]]
    comparison: Comparison | None
    slices: tuple[Slice, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Labels addressed, partial, missing by verdicts addressed, partial, missing, none."""
    calibration: tuple[tuple[float, float, int], ...]
    """Bins of P(gap): mean probability, share of gaps, rows."""
    mutants: tuple[Group, ...]
    timing: Timing
    checks: tuple[Check, ...]
    """The gate's, empty without one."""
    verdicts: Verdicts

    @property
    def passed(self) -> bool:
        """True when every check of the gate holds."""
        return all(check.passed for check in self.checks)
