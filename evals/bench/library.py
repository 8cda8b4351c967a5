"""A library of made-up designs: paragraphs of evals/designs put together anew, each time others."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DESIGNS = sorted((ROOT / "evals" / "designs").glob("*.md"))
WORDS = 2_000


@cache
def _blocks() -> tuple[str, ...]:
    texts = (path.read_text(encoding="utf-8") for path in DESIGNS)
    return tuple(block for text in texts for block in text.split("\n\n") if block.strip())


def design(number: int, words: int = WORDS) -> str:
    """The design of this number, of about so many words: the same text every time."""
    draw = random.Random(number)
    blocks = [f"# Design {number}"]
    count = 0
    while count < words:
        block = draw.choice(_blocks())
        blocks.append(block)
        count += len(block.split())
    return "\n\n".join(blocks) + "\n"


def write_library(folder: Path, count: int, words: int = WORDS) -> Path:
    """Write designs 0 to count - 1 into the folder, a thousand to a subfolder."""
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"design-{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(design(number, words), encoding="utf-8")
    return folder
