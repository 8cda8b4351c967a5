"""Writes the learned weights as the product reads them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copilot.judges.offline.features import Extractor, Vocabulary
from copilot.judges.offline.heads import Heads
from copilot.judges.offline.model import ARRAYS, TABLES, TREE_ARRAYS
from copilot.judges.offline.verdicts import VerdictModel


def write_weights(
    folder: Path,
    aspects: tuple[str, ...],
    hints: dict[str, Any],
    extractor: Extractor,
    heads: Heads,
    verdicts: VerdictModel,
) -> None:
    """Write arrays and tables; the same model gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    linear, trees = verdicts.linear, verdicts.trees
    arrays: dict[str, NDArray[Any]] = {
        "term_weights": extractor.terms.weights.astype(np.float16),
        "heading_term_weights": extractor.heading_terms.weights.astype(np.float16),
    }
    for name in ("own", "heading", "near", "dense"):
        arrays[f"head_{name}"] = getattr(heads, name).astype(np.float16)
    for name in ("mean", "spread", "weights", "bias"):
        arrays[f"linear_{name}"] = getattr(linear, name)
    for name in TREE_ARRAYS:
        arrays[f"trees_{name}"] = getattr(trees, name)
    np.savez_compressed(folder / ARRAYS, allow_pickle=False, **arrays)
    tables = {
        "aspects": list(aspects),
        **hints,
        "scales": asdict(extractor.scales),
        "sloped": list(linear.sloped),
        "slope_scale": linear.slope_scale,
        "depth": trees.depth,
        "leaning": [round(float(factor), 4) for factor in verdicts.leaning],
        "terms": _words(extractor.terms),
        "heading_terms": _words(extractor.heading_terms),
    }
    text = json.dumps(tables, ensure_ascii=False, indent=0, sort_keys=True)
    (folder / TABLES).write_text(text + "\n", encoding="utf-8")


def _words(vocabulary: Vocabulary) -> list[str]:
    return sorted(vocabulary.index, key=lambda word: vocabulary.index[word])
