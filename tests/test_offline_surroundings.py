"""Titles tell what kind of section a sentence stands in."""

from __future__ import annotations

import pytest

from copilot.documents.outline import outline
from copilot.judges.offline.surroundings import KINDS, surroundings
from copilot.judges.offline.units import SHAPE, units


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("7. Future Work", "in_future"),
        ("Related work", "in_background"),
        ("Alternatives considered", "in_choices"),
        ("Troubleshooting", "in_usage"),
        ("Test Plan", "in_tests"),
        ("Required Reviewers", "in_people"),
    ],
)
def test_titles_name_the_kind_of_section(title: str, kind: str) -> None:
    assert surroundings(("Design", title))[KINDS.index(kind)] == 1
    assert not any(surroundings(("Design", "Write path")))


def test_lines_of_a_table_of_contents_are_no_units() -> None:
    text = "1.2 Failover . . . . . . . . . 7\n\n1.3 Cost ........ 12\n\nA replica takes over.\n"
    found = [unit.text for unit in units(text, ())]
    assert found[-1] == "A replica takes over."
    assert not any("Failover" in line or "Cost" in line for line in found)


def test_bullets_and_steps_are_no_titles_of_what_follows() -> None:
    text = "• Retrieves documents\n\n1. Load model\n\n2. Score rows\n\nRows are kept for a day.\n"
    assert all(unit.path == () for unit in units(text, ()))


def test_the_shape_has_a_column_for_every_name() -> None:
    whole = "# Owners\n\n- @petra (cloud group)\n"
    unit = units(whole, outline(whole, "markdown"))[-1]
    assert len(unit.shape) == len(SHAPE)
    assert unit.shape[SHAPE.index("person")] == unit.shape[SHAPE.index("in_people")] == 1
