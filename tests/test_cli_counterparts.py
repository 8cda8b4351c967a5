"""Which design of a baseline from another checkout is which design here: told, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from copilot.cli.counterparts import Counterpart, counterparts

HOME = Path("/ci/build")


def found(here: list[str], earlier: list[str], home: Path = HOME) -> list[str | None]:
    return [one.design for one in counterparts(here, earlier, home)]


@pytest.mark.parametrize(
    ("here", "earlier", "expected"),
    [
        (["docs/a.md"], ["docs/a.md", "/ann/repo/docs/a.md"], ["docs/a.md"]),
        # the same files below another root
        (["docs/a.md"], ["/ann/repo/docs/a.md", "/ann/repo/a.md"], ["/ann/repo/docs/a.md"]),
        (["a/README.md", "b/README.md"], ["/r/b/README.md", "/r/a/README.md"],
         ["/r/a/README.md", "/r/b/README.md"]),
        (["/x/a.md", "/x/b.md"], ["/y/b.md", "/y/a.md"], ["/y/a.md", "/y/b.md"]),
        # the baseline was made within docs/: one step explains both
        (["docs/a.md", "docs/b.md"], ["a.md", "b.md"], ["a.md", "b.md"]),
        # the name alone agrees
        (["new/a.md"], ["/ann/repo/docs/a.md", "/ann/repo/docs/b.md"], [None]),
        (["/x/one/a.md"], ["/y/two/a.md", "/y/two/b.md"], [None]),
        (["docs/a.md", "docs/b.md"], ["/r/one/a.md", "/r/two/b.md"], [None, None]),
        # another design has the better claim
        (["a.md", "docs/a.md"], ["/ann/repo/docs/a.md"], [None, "/ann/repo/docs/a.md"]),
        (["docs/c.md"], ["/ann/repo/docs/a.md"], [None]),
        (["docs/a.md"], [], [None]),
    ],
)  # fmt: skip
def test_a_design_is_found_by_what_its_path_shares_below_the_roots(
    here: list[str], earlier: list[str], expected: list[str | None]
) -> None:
    assert found(here, earlier) == expected


@pytest.mark.parametrize(
    ("here", "earlier", "among"),
    [
        (["docs/a.md"], ["/r/docs/a.md", "/s/docs/a.md"], [("/r/docs/a.md", "/s/docs/a.md")]),
        (["a.md", "/ci/a.md"], ["/r/a.md"], [("/r/a.md",), ()]),
    ],
)
def test_where_there_is_no_telling_which_none_is_taken(
    here: list[str], earlier: list[str], among: list[tuple[str, ...]]
) -> None:
    assert counterparts(here, earlier, HOME) == [Counterpart(None, fitting) for fitting in among]


def test_a_design_that_still_lies_where_it_lay_is_no_other(tmp_path: Path) -> None:
    assert found(["a.md"], ["docs/a.md", "docs/b.md"], tmp_path) == ["docs/a.md"]
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# A\n")
    assert found(["a.md"], ["docs/a.md", "docs/b.md"], tmp_path) == [None]


def test_many_designs_of_one_name_are_told_apart_at_once() -> None:
    here = [f"services/s{n}/README.md" for n in range(2_000)]
    earlier = [f"/ann/repo/{path}" for path in reversed(here)]
    assert found(here, earlier) == list(reversed(earlier))
