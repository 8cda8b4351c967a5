"""Which designs a batch finds, and the names of their reports."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from copilot.batch.discovery import discover
from copilot.batch.names import report_stem
from copilot.errors import InputError


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")


def found(root: Path, *paths: str, **options: object) -> list[str]:
    given = paths or (str(root),)
    designs = discover(given, **options).designs  # type: ignore[arg-type]
    return [path.relative_to(root).as_posix() for path in designs]


def test_files_of_a_tree_are_designs_and_tools_are_not(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "b.md", "a.rst", "sub/c.txt", "LICENSE.md", "notes.xlsx", ".hidden.md")
    write(root, ".git/d.md", "node_modules/e.md", "sub/.cache/f.md")
    assert found(root) == ["a.rst", "b.md", "sub/c.txt"]


def test_an_ignore_file_speaks_for_its_folder_and_an_inner_one_overrules_it(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "keep.md", "draft-1.md", "old/x.md", "team/draft-2.md", "team/deep/draft-3.md")
    (root / ".archreviewignore").write_text("draft-*\nold/\n")
    (root / "team/.archreviewignore").write_text("!draft-2.md\n")
    assert found(root) == ["keep.md", "team/draft-2.md"]


def test_a_folder_with_the_marker_is_one_design(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "one/a.md", "one/b.md", "one/.archreview-design", "two/c.md")
    assert found(root) == ["one", "two/c.md"]
    assert found(root, str(root / "one")) == ["one"]


def test_with_folders_each_folder_directly_below_is_one_design(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "top.md", "one/a.md", "one/deep/b.md", "two/c.md")
    assert found(root, folders=True) == ["top.md", "one", "two"]


def test_the_batch_s_own_folder_holds_no_designs(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "a.md", "out/reports/a-1234.md", "out/index.html")
    assert found(root, out=root / "out") == ["a.md"]


def test_links_in_a_circle_end_and_a_file_counts_once(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "a.md", "sub/b.md")
    (root / "sub/up").symlink_to(root, target_is_directory=True)
    (root / "z.md").symlink_to(root / "a.md")
    (root / "round.md").symlink_to(root / "round.md")
    assert found(root) == ["a.md", "sub/b.md"]
    assert found(root, str(root / "sub"), str(root)) == ["sub/b.md", "a.md"]


def test_patterns_reach_into_folders_and_pass_over_what_is_no_design(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "a.md", "x/b.md", "x/y/c.md", "x/y/image.png")
    assert found(root, str(root / "x/**/*")) == ["x/b.md", "x/y/c.md"]


@pytest.mark.parametrize("given", ["nowhere.md", "*.md", "."])
def test_a_path_that_names_no_design_is_refused(given: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        discover([given])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "a.md", "locked/b.md")
    (root / "locked").chmod(0)
    result = discover([str(root)])
    (root / "locked").chmod(0o755)
    assert [path.name for path in result.designs] == ["a.md"]
    assert "cannot be listed" in result.refused[root / "locked"]


def test_an_ignore_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, "a.md")
    (root / ".archreviewignore").write_bytes(b"\xff\xfe\x00")
    assert list(discover([str(root)]).refused) == [root / ".archreviewignore"]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a/b\\c.md", "\x1b[31m.md", "CON", "..", ".", "=cmd().md", "ü.md",
     "設計.md", "a" * 300 + ".md", "-rf.md", "x\udcff.md"],
)  # fmt: skip
def test_report_names_are_safe_whatever_the_design_is_called(name: str) -> None:
    stem = report_stem(name, "0123456789abcdef" * 4)
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*-0123456789abcdef", stem)
    assert len(stem) < 80


@pytest.mark.parametrize(
    ("path", "readable"),
    [
        ("docs/v1.2", "docs-v1-2"),
        ("docs/design.v1.2.md", "docs-design-v1-2"),
        ("docs/design.v1.2", "docs-design-v1-2"),
        ("docs/PLAN.DOCX", "docs-plan"),
        ("docs/README", "docs-readme"),
    ],
)
def test_report_names_keep_all_of_a_name_but_the_suffix_of_a_document(
    path: str, readable: str
) -> None:
    assert report_stem(path, "1" * 64) == f"{readable}-{'1' * 16}"


def test_designs_that_differ_in_case_only_get_different_names() -> None:
    assert report_stem("A.md", "1" * 64) != report_stem("a.md", "2" * 64)
