"""Findings: what, so what, fix; ordered, merged, and known again after edits elsewhere."""

from __future__ import annotations

from build import make_citation, make_review, make_row

from copilot.knowledge import Knowledge
from copilot.review.findings import fingerprint
from copilot.schema import CriterionVerdict, Met, Severity, Status


def test_one_finding_for_each_aspect_that_is_not_addressed(knowledge: Knowledge) -> None:
    rows = {
        "security.encryption": make_row("security.encryption", Status.MISSING),
        "resources.cost": make_row(
            "resources.cost", Status.PARTIAL, make_citation("spot instances are used")
        ),
        "risk.latency-throughput": make_row("risk.latency-throughput", Status.UNJUDGED),
        "lifecycle.tooling": make_row("lifecycle.tooling", Status.NOT_APPLICABLE),
    }
    found = make_review(knowledge, rows).findings
    assert {(f.aspect, f.kind) for f in found} == {
        ("security.encryption", "gap"),
        ("resources.cost", "weakness"),
    }
    assert all(f.what and f.so_what and f.fix and f.roles for f in found)


def test_the_most_severe_finding_comes_first(knowledge: Knowledge) -> None:
    rows = {aspect: make_row(aspect, Status.MISSING) for aspect in knowledge.aspects}
    ranks = [f.severity.rank for f in make_review(knowledge, rows).findings]
    assert ranks == sorted(ranks)
    assert len(ranks) == 30
    assert len(set(ranks)) > 1


def test_weaknesses_on_the_same_text_are_one_finding(knowledge: Knowledge) -> None:
    quote = make_citation("security and access are to be decided later")
    rows = {
        aspect: make_row(aspect, Status.PARTIAL, quote)
        for aspect in ("security.encryption", "security.access-control", "resources.cost")
    }
    (finding,) = make_review(knowledge, rows).findings
    assert {finding.aspect, *finding.also} == set(rows)


def test_a_fingerprint_ignores_where_the_text_stands_and_how_it_is_wrapped() -> None:
    here = make_citation("spot instances are used", start=10)
    there = make_citation("spot  instances\nare used", start=900)
    other = make_citation("spot instances were used", start=10)
    assert fingerprint("a.b", "weakness", (here,)) == fingerprint("a.b", "weakness", (there,))
    assert fingerprint("a.b", "weakness", (here,)) != fingerprint("a.b", "weakness", (other,))
    assert fingerprint("a.b", "weakness", (here,)) != fingerprint("a.c", "weakness", (here,))
    rejected = make_citation("invented", verified=False)
    assert fingerprint("a.b", "gap", (rejected,)) == fingerprint("a.b", "gap", ())


def test_questions_follow_the_findings_and_skip_met_criteria(knowledge: Knowledge) -> None:
    aspect = knowledge.aspects["security.encryption"]
    met = aspect.criteria[0]
    verdicts = tuple(
        CriterionVerdict(criterion=c.id, verdict=Met.MET if c is met else Met.UNMET)
        for c in aspect.criteria
    )
    quote = make_citation("traffic between services uses TLS 1.3")
    rows = {
        aspect.id: make_row(aspect.id, Status.PARTIAL, quote, criteria=verdicts),
        "risk.reliability": make_row("risk.reliability", Status.MISSING),
    }
    review = make_review(knowledge, rows)
    assert [q.priority for q in review.questions] == list(range(1, len(review.questions) + 1))
    assert {q.aspect for q in review.questions} == set(rows)
    assert met.id not in {q.criterion for q in review.questions}
    assert len({q.text for q in review.questions}) == len(review.questions)


def test_strengths_carry_their_quote(knowledge: Knowledge) -> None:
    review = make_review(knowledge, {})
    assert not review.findings
    assert 0 < len(review.strengths) <= 6
    assert all(s.citation.verified for s in review.strengths)
    assert Severity.CRITICAL.rank < Severity.INFO.rank
