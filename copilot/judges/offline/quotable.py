"""Which sentences a reviewer would be ashamed to cite: links, code, lead-ins, headings, forms.

Such a unit can hold the words that decide a verdict, but says little when it stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from copilot.judges.offline.features import Floats
from copilot.judges.offline.units import Unit

AWKWARD = 1.0
"""Log-odds that an awkward unit loses when quotes are ranked; verdicts do not change."""
_FEWEST_WORDS = 4
_CODE_SHARE = 0.08
"""Share of code signs among the characters from which a unit reads as code."""

_CODE_SIGN = re.compile(r"[{}=;<>\\$_]|\(\)|->|::")
_COMMAND = re.compile(
    r"\W{0,3}(?:\$ |export |import |from \w+ import|def |class \w+\(|func |return |kubectl |"
    r"helm |pip |git |docker |curl |cd |\./|apiVersion:|--\w)"
)
_LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)|https?://\S+|<[^>]{1,200}>")
_NUMBER = re.compile(r"^[\W\d]+|\W+$")


def awkward(unit: Unit) -> bool:
    """Whether the unit should be cited only where nothing better is found."""
    text = unit.text
    bare = _LINK.sub(" ", text)
    words = [word for word in bare.split() if any(map(str.isalnum, word))]
    return (
        len(words) < _FEWEST_WORDS
        or text.rstrip("*_ ").endswith((":", "::"))
        or _COMMAND.match(text) is not None
        or len(_CODE_SIGN.findall(bare)) > _CODE_SHARE * len(bare)
        or _is_form(text)
        or _title(text) in {_title(title) for title in unit.path}
    )


def _is_form(text: str) -> bool:
    """Whether it is a table row of which half the cells are empty, such as an unsigned sign-off."""
    cells = text.strip().strip("|").split("|") if text.startswith("|") else []
    return 2 * sum(not cell.strip() for cell in cells) >= max(len(cells), 2)


def penalties(units: Sequence[Unit]) -> Floats:
    """What each unit loses when quotes are ranked."""
    return np.array([AWKWARD if awkward(unit) else 0 for unit in units], np.float32)


@lru_cache(maxsize=4_096)
def _title(text: str) -> str:
    return _NUMBER.sub("", text).casefold()
