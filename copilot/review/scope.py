"""Whether an aspect is the document's matter at all, told by how often its subject is named.

A design of a scheduler that never speaks of a model's predictions is not to be blamed like one of a
serving platform for saying nothing about their drift. The status stays `missing`; the finding is
less severe and says why.
"""

from __future__ import annotations

from copilot.judges.offline.cues import WordIndex
from copilot.schema import Aspect, Document

MENTIONS = 2.0
"""Mentions of the subject per 1,000 words below which an aspect may be outside the document.

Of the 426 missing rows of 111 labelled documents whose aspect has a subject, the annotators called
73 inapplicable. 55 of these stand in documents with fewer mentions, and so do 80 of the 353 others:
a reason to ask later, not one to be silent.
"""


def outside(aspect: Aspect, document: Document, words: WordIndex) -> str:
    """Why the aspect may be outside the document; empty when its subject is named or not given.

    `words` is the index of the document's text.
    """
    if not aspect.subject:
        return ""
    mentions = len(words.find_any(aspect.subject))
    if mentions * 1000 >= MENTIONS * max(document.words, 1):
        return ""
    times = {0: "nowhere", 1: "once"}.get(mentions, f"{mentions} times")
    words_such_as = " or ".join(f"'{word.rstrip('*')}'" for word in aspect.subject[:2])
    return (
        f"Words such as {words_such_as} stand {times} in its {document.words:,} words, so this may "
        "lie outside what it designs."
    )
