"""Writes the model card: what the weights were learned from and what they score."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.training.corpus import Labelled
from evals.training.scores import Scores

Result = tuple[Scores, tuple[float, ...]]
"""Scores, and evidence hit rates at 1, 3 and 5 (empty when not measured)."""

_COLUMNS = {
    "macro_f1": "macro-F1",
    "addressed_f1": "addressed F1",
    "partial_f1": "partial F1",
    "missing_f1": "missing F1",
    "balanced_accuracy": "addressed-or-not balanced accuracy",
    "ece": "ECE of P(gap)",
}

_HEAD = """\
# Model card: the offline judge

A sentence-level linear model (two heads per aspect over word, vector, cue and form features) and a
document-level model (the mean of a logistic regression and extremely randomised trees over pooled
head scores) that gives calibrated chances of *addressed*, *partial* and *missing* for each of
thirty aspects. The second one learns from whole documents and, with a fifth of the weight, from
what each is quoted for alone. Written by `python -m evals.training.train`; the same data gives the
same bytes.
"""

_LIMITS = """\
## Limits

- The labels come from language-model annotators who followed one guide; agreement with people is
  not measured. Our own designs have two annotators, who agree in .807 of the sealed rows (kappa
  .702; `python -m evals.agreement`); where they differ, both statuses count as right. The second
  is the more generous one in nearly all of these.
- The documents are English. Those of the benchmark are mostly RFCs and proposals of open-source
  projects; the further ones are architecture documents, specifications, decision records and long
  READMEs out of Python packages, each labelled by one annotator in one or two readings. The lowest
  figure above for a kind of real documents is the one to expect.
- *Partial* is the weakest class. A document that speaks of an aspect only in a diagram, in code or
  in words that neither the training text nor the cues hold is read as missing.
- "Held out" scores leave out the repository (or archetype) of the document from both stages of the
  fit, but the head scores of the other documents that the second stage learns from were made by
  heads that had seen it. The leaning between the statuses, and the settings, were chosen on these
  same held-out scores. The figures may therefore be slightly too good.
- 189 of the example sentences were written after errors on held-out training documents had been
  read. They do not quote those documents, but the figures of "repository held out" may gain by it;
  dev/ and the sealed archetypes were not read for that.
- energy, compliance and retraining have few or no positive real examples; what the model knows of
  them comes mainly from our own designs and the knowledge pack.
"""


def write_card(
    path: Path,
    data: Mapping[str, Sequence[Labelled]],
    results: Mapping[str, Result],
    examples: int,
    sizes: Mapping[str, int],
) -> None:
    """Write the card; `data` and `results` are shown in the order given."""
    lines = [
        _HEAD,
        "## Data\n",
        "| set | documents | SHA-256 of texts and labels |",
        "|---|---|---|",
    ]
    for name, documents in data.items():
        lines.append(f"| {name} | {len(documents)} | `{_digest(documents)}` |")
    lines.append(f"\nAnd {examples} example sentences of the knowledge pack and passage bank.\n")
    lines.append("## Scores\n")
    lines.append("| documents | " + " | ".join(_COLUMNS.values()) + " | evidence hit@1/3/5 |")
    lines.append("|---|" + "---|" * (len(_COLUMNS) + 1))
    for name, (scores, hits) in results.items():
        figures = [f"{scores[column]:.3f}" for column in _COLUMNS]
        shown = " / ".join(f"{rate:.3f}" for rate in hits) or "-"
        lines.append(f"| {name} | " + " | ".join(figures) + f" | {shown} |")
    lines.append("")
    weights = ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in sizes.items())
    lines += [f"Files: {weights}.\n", _LIMITS]
    path.write_text("\n".join(lines), encoding="utf-8")


def _digest(documents: Sequence[Labelled]) -> str:
    joined = "".join(sorted(document.digest for document in documents))
    return hashlib.sha256(joined.encode()).hexdigest()[:16]
