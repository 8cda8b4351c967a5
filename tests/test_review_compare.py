"""Two reviews side by side: what is resolved, open, new, regressed, and how it was matched."""

from __future__ import annotations

import pytest
from build import make_citation, make_review, make_row

from copilot.knowledge import Knowledge
from copilot.review.anchors import is_same
from copilot.review.compare import Comparison, Outcome, compare
from copilot.review.score import score
from copilot.schema import Coverage, Finding, Review, Severity, Status

KEYS = "Volumes are encrypted with a customer managed key that is rotated every ninety days"
ASPECT, OTHER = "security.encryption", "risk.reliability"


def partial(aspect: str, quote: str) -> Coverage:
    return make_row(aspect, Status.PARTIAL, make_citation(quote))


def row(aspect: str, status: Status) -> Coverage:
    return make_row(aspect, status)


def review(knowledge: Knowledge, *rows: Coverage) -> Review:
    return make_review(knowledge, {row.aspect: row for row in rows})


def outcomes(comparison: Comparison) -> dict[str, tuple[str, str]]:
    """Aspect -> outcome and kind of match."""
    return {c.finding.aspect: (c.outcome.value, c.match) for c in comparison.changes}


def with_finding(review: Review, **fields: object) -> Review:
    """The review with its first finding changed."""
    first = Finding.model_validate(review.findings[0].model_dump() | fields)
    return review.model_copy(update={"findings": (first, *review.findings[1:])})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (partial(ASPECT, KEYS), partial(ASPECT, KEYS), ("open", "fingerprint")),
        (partial(ASPECT, KEYS), partial(ASPECT, KEYS.upper()), ("open", "fingerprint")),
        (
            partial(ASPECT, KEYS),
            partial(ASPECT, KEYS.replace("every", "each")),
            ("open", "text"),
        ),
        (partial(ASPECT, KEYS), partial(ASPECT, "Keys are a later topic"), ("open", "aspect")),
        (row(ASPECT, Status.MISSING), partial(ASPECT, KEYS), ("open", "aspect")),
        (partial(ASPECT, KEYS), row(ASPECT, Status.MISSING), ("regressed", "aspect")),
        (row(ASPECT, Status.ADDRESSED), partial(ASPECT, KEYS), ("regressed", "none")),
        (row(ASPECT, Status.ADDRESSED), row(ASPECT, Status.MISSING), ("regressed", "none")),
        (row(ASPECT, Status.UNJUDGED), row(ASPECT, Status.MISSING), ("new", "none")),
        (row(ASPECT, Status.NOT_APPLICABLE), partial(ASPECT, KEYS), ("new", "none")),
        (partial(ASPECT, KEYS), row(ASPECT, Status.ADDRESSED), ("resolved", "none")),
        (partial(ASPECT, KEYS), row(ASPECT, Status.NOT_APPLICABLE), ("resolved", "none")),
        (partial(ASPECT, KEYS), row(ASPECT, Status.UNJUDGED), ("unjudged", "none")),
    ],
)
def test_what_became_of_a_finding(
    knowledge: Knowledge, old: Coverage, new: Coverage, expected: tuple[str, str]
) -> None:
    comparison = compare(review(knowledge, old), review(knowledge, new))
    assert outcomes(comparison) == {ASPECT: expected}


def test_a_finding_whose_severity_rose_has_regressed(knowledge: Knowledge) -> None:
    old = with_finding(review(knowledge, partial(ASPECT, KEYS)), severity="low")
    new = with_finding(review(knowledge, partial(ASPECT, KEYS)), severity="high")
    assert outcomes(compare(old, new)) == {ASPECT: ("regressed", "fingerprint")}
    assert outcomes(compare(new, old)) == {ASPECT: ("open", "fingerprint")}
    assert compare(old, new).old.severities[Severity.LOW] == 1
    assert compare(old, new).new.severities[Severity.HIGH] == 1


def test_aspects_that_rest_on_one_text_and_are_told_apart_later_are_not_new(
    knowledge: Knowledge,
) -> None:
    merged = review(knowledge, partial(ASPECT, KEYS), partial(OTHER, KEYS))
    apart = review(knowledge, partial(ASPECT, KEYS), partial(OTHER, "One replica is enough"))
    assert len(merged.findings) == 1 and merged.findings[0].also
    assert {o for o, _ in outcomes(compare(merged, apart)).values()} == {"open"}
    assert {o for o, _ in outcomes(compare(apart, merged)).values()} == {"open"}


def test_text_aimed_at_the_reviewer_is_no_verdict_on_an_aspect(knowledge: Knowledge) -> None:
    plain = review(knowledge, partial(ASPECT, KEYS))
    aimed = with_finding(plain, kind="injection", fingerprint="a" * 16)
    both = plain.model_copy(update={"findings": (*aimed.findings, *plain.findings)})
    (new,) = compare(plain, both).of(Outcome.NEW)
    assert new.finding.kind == "injection"
    (gone,) = compare(both, plain).of(Outcome.RESOLVED)
    assert gone.finding.kind == "injection"


def test_findings_that_share_a_fingerprint_are_each_matched(knowledge: Knowledge) -> None:
    made = review(knowledge, partial(ASPECT, KEYS))
    twice = made.model_copy(update={"findings": made.findings * 2})
    changes = compare(twice, twice).changes
    assert [(c.outcome.value, c.match) for c in changes] == [("open", "fingerprint")] * 2


def test_a_review_stuffed_with_findings_is_compared_in_bounded_work(
    knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = review(knowledge, partial(ASPECT, KEYS))
    first = made.findings[0]

    def stuffed(mark: str) -> Review:
        many = [first.model_copy(update={"fingerprint": f"{mark}{n:015x}"}) for n in range(700)]
        return made.model_copy(update={"findings": tuple(many)})

    compared: list[object] = []
    monkeypatch.setattr(
        "copilot.review.compare.is_same", lambda *both: compared.append(both) or is_same(*both)
    )
    assert len(compare(stuffed("a"), stuffed("b")).changes) >= 700
    assert 0 < len(compared) <= 2_000


def test_aspects_and_scores_before_and_after(knowledge: Knowledge) -> None:
    old = review(knowledge, row(ASPECT, Status.MISSING), row(OTHER, Status.ADDRESSED))
    new = review(knowledge, partial(ASPECT, KEYS), row(OTHER, Status.UNJUDGED))
    comparison = compare(old, new)
    steps = {change.aspect: (change.old, change.new, change.step) for change in comparison.aspects}
    assert steps == {
        ASPECT: (Status.MISSING, Status.PARTIAL, -0.5),
        OTHER: (Status.ADDRESSED, Status.UNJUDGED, 0),
    }
    assert comparison.old.score == pytest.approx(29 / 30)
    assert comparison.new.score == pytest.approx(28.5 / 29)
    silent = tuple(r.model_copy(update={"status": Status.UNJUDGED}) for r in new.coverage)
    assert score(new.model_copy(update={"coverage": silent})) is None


def test_reviews_of_different_judges_are_compared_with_a_warning(knowledge: Knowledge) -> None:
    old = review(knowledge, partial(ASPECT, KEYS))
    other = old.manifest.model_copy(update={"judge_digest": "1" * 64, "knowledge_digest": "2"})
    notes = compare(old, old.model_copy(update={"manifest": other})).notes
    assert len(notes) == 2
    assert compare(old, old).notes == ()


def test_every_finding_is_told_once_and_the_worst_news_comes_first(knowledge: Knowledge) -> None:
    aspects = list(knowledge.aspects)
    statuses = [Status.ADDRESSED, Status.PARTIAL, Status.MISSING, Status.UNJUDGED]

    def made(shift: int) -> Review:
        rows = []
        for i, aspect in enumerate(aspects):
            status = statuses[(i + i // 4 * shift) % 4]
            quoted = [make_citation(f"sentence {i} of it")] if status is Status.PARTIAL else []
            rows.append(make_row(aspect, status, *quoted))
        return review(knowledge, *rows)

    old, new = made(0), made(1)
    comparison = compare(old, new)
    assert sorted(c.new.fingerprint for c in comparison.changes if c.new) == sorted(
        f.fingerprint for f in new.findings
    )
    told = {c.old.fingerprint for c in comparison.changes if c.old}
    assert told == {f.fingerprint for f in old.findings}
    order = [list(Outcome).index(change.outcome) for change in comparison.changes]
    assert order == sorted(order)
    assert {change.outcome for change in comparison.changes} == set(Outcome)
