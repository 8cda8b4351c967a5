"""The sentence heads: two scores per aspect for every unit of a document."""

from __future__ import annotations

from dataclasses import dataclass

from copilot.judges.offline.features import Floats, UnitFeatures


@dataclass(frozen=True)
class Heads:
    """Linear weights, one column per output.

    With K aspects, columns 0 to K - 1 score "this is evidence for the aspect" and columns K to
    2K - 1 "this is evidence that it is addressed", both as log-odds.
    """

    own: Floats
    heading: Floats
    near: Floats
    dense: Floats

    def score(self, features: UnitFeatures) -> Floats:
        """Log-odds of shape (units, 2K)."""
        words = features.own.dot(self.own) + features.heading.dot(self.heading)
        scores: Floats = words + features.near.dot(self.near) + features.dense @ self.dense
        return scores
