"""The nouns of a review: documents, knowledge, judgements, citations, findings, the review itself.

Every record is frozen and refuses unknown fields. Offsets are counted in Unicode code points of
`Document.text`; lines start at 1; scores and confidences lie in 0..1.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

SCHEMA_VERSION: Literal["1.0"] = "1.0"
"""Version of the review JSON: the major part changes when a reader would break."""

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Fingerprint = Annotated[str, StringConstraints(pattern="^[0-9a-f]{16}$")]


def _moment(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("has no offset from UTC")
    return text


Moment = Annotated[str, AfterValidator(_moment)]
"""ISO 8601 with offset, kept as it was written."""


LOW_CONFIDENCE = 0.6
"""A verdict below this is said to be uncertain, wherever it is shown."""


class Record(BaseModel):
    """Base of all nouns: immutable, and strict about its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Status(StrEnum):
    """What a document does about an aspect."""

    ADDRESSED = "addressed"
    PARTIAL = "partial"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    UNJUDGED = "unjudged"


class Severity(StrEnum):
    """How much a finding matters, from most to least."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @cached_property
    def rank(self) -> int:
        """0 for critical up to 4 for info, so that sorting puts the worst first."""
        return list(Severity).index(self)


class Level(StrEnum):
    """Qualitative level of impact or likelihood (the five values of NIST SP 800-30 Rev. 1)."""

    VERY_LOW = "very_low"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    VERY_HIGH = "very_high"

    @cached_property
    def rank(self) -> int:
        """0 for very low up to 4 for very high."""
        return list(Level).index(self)


class Met(StrEnum):
    """Whether the text satisfies one criterion."""

    MET = "met"
    UNMET = "unmet"
    UNCLEAR = "unclear"


# --- documents -------------------------------------------------------------------------------


class Section(Record):
    """A heading and the text under it, up to the next heading of the same or a higher level."""

    title: str
    level: int
    """1 for the outermost."""
    start: int
    end: int
    path: tuple[str, ...]
    """Titles from the outermost section down to this one."""


class SourceFile(Record):
    """One file's share of a document's text."""

    path: str
    """As the user named it, or relative to the design's folder."""
    start: int
    end: int
    pages: tuple[int, ...] = ()
    """Start offset of each page in the document's text, for paged formats (PDF)."""


class Document(Record):
    """A design as the review reads it: one text, whatever files and formats it came from."""

    path: str
    title: str
    text: str
    digest: str
    """SHA-256 of the text, in hexadecimal."""
    format: str
    """markdown, rst, text, html, pdf, docx or folder."""
    files: tuple[SourceFile, ...]
    sections: tuple[Section, ...] = ()

    @property
    def words(self) -> int:
        """Number of whitespace-separated words."""
        return len(self.text.split())


class Passage(Record):
    """A piece of a document that is retrieved as a whole; `text == document.text[start:end]`."""

    id: str
    """p0001, p0002, ... in document order."""
    start: int
    end: int
    line_start: int
    line_end: int
    file: str
    heading: tuple[str, ...]
    text: str


class Citation(Record):
    """A quote with its place in the document, checked in code.

    With `source` answer it is no text of the document but of `Review.answers`: `file` names the
    answer, lines are counted in it, offsets go on behind the end of `Document.text`.
    """

    quote: str
    source: Literal["document", "answer"] = "document"
    """Whether the document says it, or somebody who was asked about it."""
    file: str = ""
    start: int = -1
    """Offset in `Document.text`; -1 when the quote was not found."""
    end: int = -1
    line_start: int = 0
    """Line in the file (for PDF and DOCX: in its extracted text)."""
    line_end: int = 0
    page: int | None = None
    heading: tuple[str, ...] = ()
    verified: bool
    """True when `document.text[start:end] == quote`; a rejected quote is shown, never counted."""


# --- knowledge -------------------------------------------------------------------------------


class Source(Record):
    """A public document that criteria lean on; its sentences are never copied, only cited."""

    id: str
    title: str
    publisher: str
    year: int
    url: str
    items: dict[str, str] = {}
    """Item of the source (section, question, article) -> its short name."""


class Technology(Record):
    """A product or library of the field and what its use in a design is evidence for."""

    id: str
    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    """Other spellings, matched as whole words without regard to case."""
    case_sensitive: bool = False
    """True for names that are also common words (Ray, Beam, Spark): match the exact case only."""
    evidence_for: tuple[str, ...] = ()
    """Aspects that its use speaks to (it alone never makes one addressed)."""


class Criterion(Record):
    """One checkable statement under an aspect."""

    id: str
    """`<aspect>.<slug>`."""
    statement: str
    """What the design must state, so that a reader can say met or unmet."""
    addressed: str
    """What counts as satisfied."""
    partial: str
    """What counts as only partly satisfied."""
    counter_example: str
    """A text that looks like evidence and is not."""
    red_flags: tuple[str, ...]
    impact: Level
    likelihood: Level
    roles: tuple[str, ...]
    """Ids of roles.yaml: who cares and can answer."""
    risk: str
    """So what: what goes wrong when the design is silent."""
    fix: str
    """What to add to the design."""
    question: str
    """Follow-up question to the authors."""
    good_answer: str
    """What a good answer to the question sounds like."""
    cues: tuple[str, ...] = ()
    """Phrases that text about this criterion often holds; `*` ends a word stem."""
    sources: tuple[str, ...]
    """`<source id>#<item>` references into sources.yaml."""


class Aspect(Record):
    """One of the thirty things a review looks at."""

    id: str
    title: str
    meaning: str
    not_evidence: tuple[str, ...] = ()
    """Homonyms and look-alikes that do not count."""
    queries: tuple[str, ...]
    """What to search a document for."""
    cues: tuple[str, ...]
    """Phrases that text about the aspect often holds; `*` ends a word stem."""
    criteria: tuple[Criterion, ...]
    subject: tuple[str, ...] = ()
    """Words that a document must use for the aspect to be its matter; `*` ends a word stem.
    Empty for an aspect that every design is asked about."""
    disabled: bool = False
    """True when an organisation's pack switched the whole aspect off."""


class Dimension(Record):
    """One of the nine concerns of an architecture review, with its aspects."""

    id: str
    title: str
    question: str
    aspects: tuple[Aspect, ...]


# --- judging ---------------------------------------------------------------------------------


class Hit(Record):
    """A passage that retrieval returned for a query."""

    passage: str
    score: float
    """Fused score; only comparable within one query."""
    similarity: float
    """Cosine similarity of the query and the passage, -1..1."""


class Quote(Record):
    """A quote as a judge gives it, before anyone has checked it."""

    text: str
    passage: str | None = None
    start: int | None = None
    """Offset in the document where the judge says that it stands, if it knows."""


class CriterionVerdict(Record):
    """Whether one criterion is met."""

    criterion: str
    verdict: Met


class Judgement(Record):
    """A judge's verdict on one aspect, unverified."""

    aspect: str
    status: Status
    confidence: Share
    """Probability that the status is right, as the judge estimates it."""
    rationale: str
    quotes: tuple[Quote, ...] = ()
    criteria: tuple[CriterionVerdict, ...] = ()
    questions: tuple[str, ...] = ()
    share_read: Share | None = None
    """Share of the document's characters that the judge read; None for all of it."""
    addressed: Share | None = None
    """Chance that the aspect is addressed, from a judge that tells its odds."""


class Nearest(Record):
    """A passage that came close without being evidence."""

    passage: str
    file: str
    line_start: int
    line_end: int
    heading: tuple[str, ...]
    score: float
    similarity: float
    """Cosine similarity of the query and the passage, -1..1."""


class Searched(Record):
    """Proof of absence: what was looked for, what came nearest, how much was read."""

    queries: tuple[str, ...]
    nearest: tuple[Nearest, ...]
    share_read: Share
    """Share of the document's characters that the judge read."""


class Coverage(Record):
    """The verified verdict on one aspect: one row for each of the thirty."""

    aspect: str
    dimension: str
    status: Status
    confidence: Share
    rationale: str
    citations: tuple[Citation, ...] = ()
    criteria: tuple[CriterionVerdict, ...] = ()
    searched: Searched | None = None
    addressed: Share | None = None
    """Chance that the aspect is addressed, from a judge that tells its odds."""
    outside: str = ""
    """Why a missing aspect may lie outside what the document designs; empty when it does not."""


# --- the review ------------------------------------------------------------------------------

Origin = Literal["offline", "model", "rule"]


class Finding(Record):
    """Something the authors should change or answer."""

    fingerprint: Fingerprint
    """Stable over edits elsewhere in the document: 16 hexadecimal digits."""
    kind: Literal["gap", "weakness", "injection"]
    """gap: nothing speaks to the aspect; weakness: only part of it is there;
    injection: text aimed at the reviewer instead of the reader."""
    severity: Severity
    dimension: str
    aspect: str
    also: tuple[str, ...] = ()
    """Other aspects that the same text is the evidence of, merged into this finding."""
    title: str
    what: str
    so_what: str
    fix: str
    roles: tuple[str, ...]
    confidence: Share
    citations: tuple[Citation, ...] = ()
    searched: Searched | None = None
    unmet: tuple[str, ...] = ()
    """Criteria that were found unmet or unclear."""
    origin: Origin


class Strength(Record):
    """Something the design does well, in brief."""

    aspect: str
    dimension: str
    text: str
    citation: Citation


class Question(Record):
    """A question to ask the authors."""

    text: str
    roles: tuple[str, ...]
    aspect: str
    criterion: str
    priority: int
    """1 is asked first."""
    why: str
    good_answer: str


class DocumentInfo(Record):
    """What a review says about the document it read."""

    path: str
    title: str
    digest: str
    words: int
    format: str
    files: tuple[str, ...]


class Spending(Record):
    """What a model was paid for one dimension."""

    dimension: str
    """Id of the dimension, or `all` for calls about several."""
    calls: int = 0
    """HTTP requests, failed ones included."""
    stored: int = 0
    """Answers that came from the cache instead."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that the provider's cache held."""
    completion_tokens: int = 0
    written_tokens: int = 0
    """Prompt tokens that the provider wrote into its cache."""
    cost_usd: float | None = None
    """None when the price of the model is not known."""


class Usage(Record):
    """What the review cost."""

    seconds: float = 0.0
    passages: int = 0
    embedded: int = 0
    """Passages that had to be embedded now; 0 when the index was warm."""
    calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    written_tokens: int = 0
    cost_usd: float | None = None
    """None when the price of the model is not known."""
    by_dimension: tuple[Spending, ...] = ()
    """For a model judge: where the calls went."""


class Manifest(Record):
    """What made this review: enough to repeat it."""

    archreview: str
    judge: str
    judge_digest: str
    """Digest of the learned files or of the model's name and prompts."""
    knowledge_digest: str
    embedder: str
    dimensions: tuple[str, ...]
    """The dimensions that were asked for."""
    created: Moment


class Review(Record):
    """The whole answer about one document."""

    schema_version: Literal["1.0"] = SCHEMA_VERSION
    document: DocumentInfo
    coverage: tuple[Coverage, ...]
    """Exactly one row for each aspect of the knowledge."""
    findings: tuple[Finding, ...]
    """Most severe first."""
    strengths: tuple[Strength, ...]
    questions: tuple[Question, ...]
    usage: Usage
    manifest: Manifest
    notes: tuple[str, ...] = ()
    """What a reader should know before trusting the review: disagreement of judges, doubts."""
    answers: tuple[Answer, ...] = ()
    """What people answered to questions, as far as it counted as evidence beside the document."""


# --- triage ----------------------------------------------------------------------------------


class TriageState(StrEnum):
    """What people decided about a finding."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    FALSE_POSITIVE = "false_positive"
    MITIGATED = "mitigated"
    RISK_ACCEPTED = "risk_accepted"


_NEEDED = {
    TriageState.DISMISSED: ("reason",),
    TriageState.RISK_ACCEPTED: ("owner", "until"),
}
_OWNED = (TriageState.ACCEPTED, TriageState.MITIGATED, TriageState.RISK_ACCEPTED)

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Who = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Decision(Record):
    """One decision of one person; a state that lacks what it needs cannot be built."""

    state: TriageState
    reason: Prose = ""
    """Why; a dismissed finding must have one."""
    owner: Line = ""
    """Who sees to it (accepted, mitigated) or carries the risk (risk_accepted, required)."""
    until: date | None = None
    """When it is due, or when an accepted risk is looked at again (risk_accepted, required)."""
    who: Who
    """Who decided."""
    at: AwareDatetime
    """When it was decided."""

    @model_validator(mode="after")
    def _complete(self) -> Decision:
        for name in _NEEDED.get(self.state, ()):
            if not getattr(self, name):
                raise ValueError(f"state {self.state.value} needs {name}")
        if self.state not in _OWNED and (self.owner or self.until):
            raise ValueError(f"state {self.state.value} takes neither owner nor until")
        if self.until is not None and self.until < self.at.date():
            raise ValueError(f"until ({self.until}) lies before the decision ({self.at.date()})")
        return self


class Anchor(Record):
    """What a finding rests on, so that it is known again after the document was edited."""

    fingerprint: Fingerprint
    kind: Literal["gap", "weakness", "injection"]
    aspect: str
    also: tuple[str, ...] = ()
    severity: Severity
    title: str
    quotes: tuple[str, ...] = ()
    """Its verified quotes; none for a gap."""


class Decided(Record):
    """A decision about one finding, as it is kept: decisions are added, never rewritten."""

    id: str
    """16 hexadecimal digits over design, finding and decision: the same in every store."""
    design: str
    anchor: Anchor
    """The finding as it was when it was decided on."""
    decision: Decision
    replaces: tuple[str, ...] = ()
    """Ids of earlier decisions about the same finding, oldest first."""
    batch: str
    """Decisions made in one stroke share it, and are undone together."""
    undone: AwareDatetime | None = None


class Standing(StrEnum):
    """Whether a decision still holds for a finding."""

    UNDECIDED = "undecided"
    HOLDS = "holds"
    CHANGED = "changed"
    """What the decision was about is no longer there: changed since."""
    EXPIRED = "expired"
    """The date until which a risk was accepted has passed."""


class Triage(Record):
    """Where one finding of a review stands."""

    fingerprint: str
    standing: Standing = Standing.UNDECIDED
    decided: Decided | None = None
    """The last decision about it, whether it still holds or not."""

    @property
    def state(self) -> TriageState:
        """The state that counts: open, unless a decision holds."""
        held = self.decided is not None and self.standing is Standing.HOLDS
        return self.decided.decision.state if self.decided and held else TriageState.OPEN


class Note(Record):
    """A remark of a reviewer on a design or on one of its aspects or findings."""

    id: int = 0
    """Given by the store."""
    design: str
    about: str = ""
    """Fingerprint of a finding or id of an aspect; empty for the design as a whole."""
    text: Filled
    who: Who
    at: AwareDatetime


class Answer(Record):
    """What the authors answered to a question."""

    id: int = 0
    """Given by the store."""
    design: str
    aspect: str
    criterion: str
    question: Filled
    text: Filled
    """The answer in the words of whoever gave it."""
    who: Who
    """Who gave it."""
    at: AwareDatetime


class QuestionEdit(Record):
    """What a reviewer made of a question: other words, another place, asked or left out."""

    design: str
    key: str
    """The question, by the id of its criterion; for a question of one's own, any other text."""
    text: Prose | None = None
    """Other words for it; None keeps the review's own."""
    position: float | None = None
    """Its place in the reviewer's order; None leaves it where its rank puts it."""
    asked: AwareDatetime | None = None
    hidden: bool = False
    """True when the reviewer left it out."""
