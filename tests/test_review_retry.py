"""Filling the gaps of a review with a later one."""

import pytest

from copilot.knowledge import Knowledge
from copilot.review.coverage import unjudged
from copilot.review.retry import both, filled, may_fill, unjudged_dimensions
from copilot.schema import Review, Status, Usage
from tests.build import make_citation, make_review, make_row


def partial(knowledge: Knowledge, *dimensions: str, **rows: object) -> Review:
    """A review of these dimensions alone; the other rows are unjudged."""
    others = [d for d in knowledge.dimensions if d.id not in dimensions]
    empty = {row.aspect: row for d in others for row in unjudged(d, "not asked")}
    review = make_review(knowledge, {**empty, **rows})  # type: ignore[arg-type]
    manifest = review.manifest.model_copy(update={"dimensions": dimensions})
    return review.model_copy(update={"manifest": manifest})


@pytest.fixture
def broken(knowledge: Knowledge) -> Review:
    """Whole but for two aspects of security; cost is a finding."""
    rows = {
        "security.encryption": make_row("security.encryption", Status.UNJUDGED),
        "security.audit": make_row("security.audit", Status.UNJUDGED),
        "resources.cost": make_row("resources.cost", Status.MISSING),
    }
    return make_review(knowledge, rows)


def test_only_dimensions_with_gaps_are_asked_again(knowledge: Knowledge, broken: Review) -> None:
    assert unjudged_dimensions(broken, knowledge) == ("security",)
    assert unjudged_dimensions(make_review(knowledge, {}), knowledge) == ()


def test_gaps_are_filled_and_verdicts_stay(knowledge: Knowledge, broken: Review) -> None:
    missing = make_row("security.encryption", Status.MISSING)
    other = make_row("security.compliance", Status.PARTIAL, make_citation("we log"))
    changes = {"security.encryption": missing, "security.compliance": other}
    later = partial(knowledge, "security", **changes)
    assert may_fill(broken, later, knowledge)
    whole = filled(broken, later, knowledge)
    statuses = {row.aspect: row.status for row in whole.coverage}
    assert statuses["security.encryption"] is Status.MISSING
    assert statuses["security.compliance"] is Status.ADDRESSED, "it had a verdict before"
    assert Status.UNJUDGED not in statuses.values()
    assert {f.aspect for f in whole.findings} == {"security.encryption", "resources.cost"}
    assert whole.manifest.dimensions == broken.manifest.dimensions
    assert whole.usage.seconds == broken.usage.seconds + later.usage.seconds


def test_the_tokens_of_both_are_counted() -> None:
    first, later = (
        Usage(prompt_tokens=9, written_tokens=5),
        Usage(cached_tokens=4, written_tokens=2),
    )
    whole = both(first, later)
    assert (whole.prompt_tokens, whole.cached_tokens, whole.written_tokens) == (9, 4, 7)


def test_findings_keep_who_found_them(knowledge: Knowledge, broken: Review) -> None:
    later = partial(
        knowledge,
        "security",
        **{"security.encryption": make_row("security.encryption", Status.MISSING)},
    )
    manifest = later.manifest.model_copy(update={"judge": "model:x"})
    later = later.model_copy(update={"manifest": manifest, "usage": Usage(cost_usd=0.1)})
    origins = {f.aspect: f.origin for f in filled(broken, later, knowledge).findings}
    assert origins == {"resources.cost": "offline", "security.encryption": "model"}


def test_a_whole_review_or_another_text_fills_nothing(knowledge: Knowledge, broken: Review) -> None:
    later = partial(knowledge, "security")
    assert not may_fill(broken, make_review(knowledge, {}), knowledge)
    info = later.document.model_copy(update={"digest": "1" * 64})
    assert not may_fill(broken, later.model_copy(update={"document": info}), knowledge)
