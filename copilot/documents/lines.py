"""The lines of a text with their offsets, counted by line feeds alone."""

from __future__ import annotations

import re
from bisect import bisect_right


class Lines:
    """Rows of a text and where each starts.

    Only "\\n" ends a row: `str.splitlines` would also break at form feeds and Unicode separators,
    and then line numbers would differ from what editors show.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.rows = text.split("\n")
        self.starts = [0]
        for row in self.rows:
            self.starts.append(self.starts[-1] + len(row) + 1)
        self._absent: set[str] = set()

    def __len__(self) -> int:
        """Number of rows, at least one."""
        return len(self.rows)

    def end(self, row: int) -> int:
        """Offset just past the last character of a row (its line feed not included)."""
        return self.starts[row] + len(self.rows[row])

    def row_at(self, offset: int) -> int:
        """Index of the row that an offset stands in."""
        return bisect_right(self.starts, offset, hi=len(self.rows)) - 1

    def row_of(self, closer: str, row: int) -> int | None:
        """First row from `row` on that holds the pattern `closer`, ignoring case.

        A pattern that was once not found is not looked for again: unclosed openers cost one scan.
        """
        if closer in self._absent:
            return None
        found = re.compile(closer, re.IGNORECASE | re.MULTILINE).search(self.text, self.starts[row])
        if found is None:
            self._absent.add(closer)
            return None
        return self.row_at(found.start())
