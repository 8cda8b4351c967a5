"""Passages, sections and places: what holds for any text, and for the labelled documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from copilot.documents.load import load_document
from copilot.documents.locate import Locator
from copilot.documents.outline import outline
from copilot.documents.scan import scan
from copilot.documents.split import LIMIT, count_tokens, split
from copilot.errors import DocumentError
from copilot.schema import Document, Passage, SourceFile

BENCHMARK = Path(__file__).parents[2] / "shared" / "benchmark"
needs_benchmark = pytest.mark.skipif(
    not BENCHMARK.is_dir(), reason="the labelled documents (../shared/benchmark) are not here"
)


def document_of(text: str, format: str = "markdown") -> Document:
    return Document(
        path="a.md",
        title="a",
        text=text,
        digest="",
        format=format,
        files=(SourceFile(path="a.md", start=0, end=len(text)),),
        sections=outline(text, format),
    )


def solid(text: str) -> str:
    return "".join(text.split())


def assert_covers(document: Document, passages: tuple[Passage, ...]) -> None:
    """The invariants of `split` and of `Locator`."""
    end = 0
    for number, passage in enumerate(passages, 1):
        assert passage.id == f"p{number:04d}"
        assert passage.text == document.text[passage.start : passage.end] == passage.text.strip()
        assert passage.text and not document.text[end : passage.start].strip()
        end = passage.end
        (file,) = (f for f in document.files if f.path == passage.file)
        assert file.start <= passage.start and passage.end <= file.end
        lines = document.text[file.start : file.end].split("\n")
        inside = "\n".join(lines[passage.line_start - 1 : passage.line_end])
        assert passage.text in inside
        assert passage.line_end - passage.line_start == passage.text.count("\n")
    assert not document.text[end:].strip()


MARKS = (
    *("# One", "## Two", "### Three", "Title", "=====", "-----", "---", "```", "~~~~", "    code"),
    *("<!-- c", "-->", "- item", "  1. deep", "x", "", " ", ".. code::", "Text::", "1. Scope"),
    *("2.1 Users", "> ```", ">", "<table>", "<tr><td>x</td></tr>", "</table>", "@startuml"),
    *("@enduml", "ALL CAPITALS", ":::mermaid", ":::", "<pre>", "+--+", "\f"),
)
LONG = ("word " * 60, "Sentence. " * 90, "x" * 3000, "设计" * 500, "| a | b |", "|---|---|")
LINE = st.sampled_from(MARKS + LONG)
TEXT = st.one_of(
    st.lists(LINE, max_size=60).map("\n".join), st.text(max_size=300), st.text("#`~-=|> \n.:a")
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXT, st.sampled_from(["markdown", "rst", "text", "pdf", "docx", "html"]))
def test_any_text_is_covered_once_and_in_order(text: str, format: str) -> None:
    document = document_of(text, format)
    assert_covers(document, split(document))
    blocks = scan(text, format)
    assert solid("".join(text[b.start : b.end] for b in blocks)) == solid(text)
    locator = Locator(document)
    for section in document.sections:
        assert 0 <= section.start < section.end <= len(text)
        assert section.path[-1] == section.title == locator.heading(section.start)[-1]


@needs_benchmark
def test_real_documents_are_covered_and_hold_their_labels() -> None:
    """Text formats only, for speed; PDF and DOCX have their own test in test_documents_load."""
    lost = []
    for label in sorted(BENCHMARK.glob("*/labels/*.json")):
        row = json.loads(label.read_text(encoding="utf-8"))
        path = label.parent.parent / row["document"]
        if path.suffix in (".pdf", ".docx"):
            continue
        document = load_document(path)
        passages = split(document)
        assert_covers(document, passages)
        assert max(count_tokens(p.text) for p in passages) <= LIMIT * 1.1
        flat = " ".join(document.text.split())
        quotes = [q for a in row["aspects"].values() for q in a.get("evidence", [])]
        lost += [(path.name, q) for q in quotes if " ".join(q.split()) not in flat]
    assert lost == []


OUTLINES = [
    ("markdown", "# A\ntext\n## B ##\n### C\n## D\n# E\n", ["A", "A>B", "A>B>C", "A>D", "E"]),
    ("markdown", "A\n===\n\nB\n---\ntext\n---\n", ["A", "A>B", "A>text"]),
    ("markdown", "para\ngoes on\n---\n", []),
    ("markdown", "---\n# no: yes\n---\n# A\n", ["A"]),
    ("markdown", "```sh\n# no\n```\n- x\n  ~~~\n# no\n  ~~~\n# A\n", ["A"]),
    ("markdown", "````\n```\n# no\n````\n# A\n", ["A"]),
    ("markdown", "1. ```yaml\n   # no\n   ```\n# A\n", ["A"]),
    ("markdown", "<!--\n# no\n-->\n# A\n", ["A"]),
    ("markdown", "    # code\n#tag\n####### seven\n#\n# A\n", ["A"]),
    ("markdown", "# [A](b) `c` **d** {#id}\n", ["A c d"]),
    ("markdown", "#### deep\n# A\n", ["deep", "A"]),
    ("markdown", "a | b\n--- | ---\n1 | 2\n\n# A\n", ["A"]),
    ("rst", "===\nTop\n===\n\nA\n---\n\nB\n~~~\n\nC\n---\n", ["Top", "Top>A", "Top>A>B", "Top>C"]),
    ("rst", "Aa\n==\n\n::\n\n  no\n  ==\n\nBb\n==\n", ["Aa", "Bb"]),
    ("rst", "Text over\ntwo lines\n=========\n", []),
    ("rst", ".. code-block:: sh\n\n   no\n   --\n\nTitle\n-----\n", ["Title"]),
    ("text", "1. Scope\nx\n1.1 Use\nx\n2. End\nx\n", ["1. Scope", "1. Scope>1.1 Use", "2. End"]),
    ("text", "GOALS AND SCOPE\n\nxy\n\nNOT THIS. no\n", ["GOALS AND SCOPE"]),
    ("text", "Plan\n====\nx\n\nPart\n----\n", ["Plan", "Plan>Part"]),
    ("pdf", "Contents\n1. Scope\n2. End\n\n1. Scope\nbody\n2. End\n", ["1. Scope", "2. End"]),
    ("pdf", "1 Scope . . . . . 3\n2 Design ..... 4\n1 Scope\nbody\n", ["1 Scope"]),
    ("pdf", "1. Goals\nx\n2. Plan\nx\n1. item\n2. Store\n3. Serve\nx\n", ["1. Goals", "2. Plan"]),
    ("pdf", "# comment\n2024 was good\n3.5 GB of memory.\n", []),
]  # fmt: skip


@pytest.mark.parametrize(("format", "text", "paths"), OUTLINES)
def test_outline(format: str, text: str, paths: list[str]) -> None:
    assert [">".join(section.path) for section in outline(text, format)] == paths


def test_sections_end_where_the_next_of_their_level_starts() -> None:
    text = "# A\n\n## B\nx\n\n# C\ny\n"
    spans = {s.title: text[s.start : s.end] for s in outline(text, "markdown")}
    assert spans == {"A": "# A\n\n## B\nx\n\n", "B": "## B\nx\n\n", "C": "# C\ny\n"}


def test_huge_input_is_cut_in_one_pass() -> None:
    for text in ("x" * 2_000_000, "- " * 500_000, "```\n" * 100_000, "<pre>\n" * 100_000):
        document = document_of(text)
        passages = split(document)
        assert solid("".join(p.text for p in passages)) == solid(text)
        assert max(count_tokens(p.text) for p in passages) <= LIMIT


def test_one_hundred_thousand_headings() -> None:
    text = "".join(f"{'#' * (n % 6 + 1)} h{n}\n" for n in range(100_000))
    assert len(outline(text, "markdown")) == 100_000


ROWS = "".join(f"| row {n} | {'words ' * 20}|\n" for n in range(60))
LONG_ROW = "| " + "cell " * 800 + "|\n"


@pytest.mark.parametrize("table", [ROWS, "| a | b |\n|---|---|\n" + LONG_ROW * 2 + ROWS])
def test_tables_are_cut_between_rows(table: str) -> None:
    for passage in split(document_of("# T\n\nIntro.\n\n" + table)):
        rows = passage.text.split("\n")
        assert all(row.rstrip().endswith("|") for row in rows if row.startswith("|"))
        assert all(row.startswith("|") or row in ("# T", "", "Intro.") for row in rows)


def test_html_tables_are_cut_between_rows() -> None:
    rows = "".join(f"<tr>\n<td>{n} {'word ' * 40}</td>\n</tr>\n" for n in range(30))
    passages = split(document_of(f"<table>\n{rows}</table>\n"))
    assert len(passages) > 1
    assert all(p.text.count("<tr>") == p.text.count("</tr>") for p in passages)


@pytest.mark.parametrize(
    ("format", "opening", "closing"),
    [
        ("markdown", "```mermaid", "```"),
        ("markdown", "@startuml", "@enduml"),
        ("markdown", ":::mermaid", ":::"),
        ("rst", ".. uml::\n", ""),
        ("rst", "Like this::\n", ""),
    ],
)
def test_a_fence_stays_whole_when_it_fits(format: str, opening: str, closing: str) -> None:
    code = "\n\n".join(f"   step{n} --> step{n + 1} text" for n in range(50))
    prose = "Some prose that fills the passage. " * 30
    text = f"{prose}\n\n{opening}\n{code}\n{closing}\n\n{prose}"
    holding = [p for p in split(document_of(text, format)) if "-->" in p.text]
    assert len(holding) == 1


def test_a_fence_beyond_the_limit_is_cut_between_lines() -> None:
    code = "\n".join(f"line {n} of the code" for n in range(400))
    passages = split(document_of(f"```\n{code}\n```\n"))
    assert len(passages) > 2
    assert all(p.text.split("\n")[-1] in ("```", *code.split("\n")) for p in passages)


def test_tiny_sections_join_their_siblings_but_not_another_chapter() -> None:
    body = "word " * 300
    text = f"# A\n\n## B\nb\n\n## C\nc\n\n# D\n\n{body}\n\n{body}"
    passages = split(document_of(text))
    assert [p.heading for p in passages] == [("A",), ("D",), ("D",)]
    assert passages[0].text == "# A\n\n## B\nb\n\n## C\nc"


def test_a_heading_stays_with_its_text() -> None:
    text = "# A\n\n" + "One sentence here. " * 120
    first = split(document_of(text))[0]
    assert first.text.startswith("# A\n\nOne") and count_tokens(first.text) > LIMIT // 2


# --- folders ---------------------------------------------------------------------------------


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_folder_is_one_design_in_reading_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        **{"README_dot_md": "# Top\nintro\n", "10-x_dot_md": "ten", "2-x_dot_rst": "Two\n===\n"},
        **{"sub__index_dot_md": "```\nunclosed\n", "sub__a_dot_txt": "alpha\nbeta", "z_dot_py": ""},
        **{"_dot_git__a_dot_md": "x", "node_modules__a_dot_md": "x", "empty_dot_md": "\n"},
        **{"LICENSE_dot_txt": "x", "Makefile": "x", "_dot_archreview__r_dot_md": "x"},
    )  # fmt: skip
    document = load_document(tmp_path)
    names = ["README.md", "2-x.rst", "10-x.md", "sub/index.md", "sub/a.txt"]
    assert [file.path for file in document.files] == names
    assert (document.format, document.title) == ("folder", "Top")
    assert [(s.title, document.text[s.start : s.end]) for s in document.sections] == [
        ("Top", "# Top\nintro\n"),
        ("Two", "Two\n===\n"),
    ]
    passages = split(document)
    assert_covers(document, passages)
    assert [p.file for p in passages] == names
    locator = Locator(document)
    at = document.text.index("beta")
    assert locator.file(at).path == "sub/a.txt"
    assert locator.lines(at, at + 4) == (2, 2)
    assert locator.heading(at) == () and locator.page(at) is None
    assert locator.heading(document.text.index("intro")) == ("Top",)


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "out", tmp_path / "design"
    write(outside, a_dot_md="SECRET")
    write(inside, a_dot_md="own", sub__b_dot_md="more")
    (inside / "link.md").symlink_to(outside / "a.md")
    (inside / "folder").symlink_to(outside)
    (inside / "circle").symlink_to(inside)
    (inside / "self.md").symlink_to("self.md")
    (inside / "same.md").symlink_to(inside / "sub" / "b.md")
    document = load_document(inside)
    assert [file.path for file in document.files] == ["a.md", "sub/b.md"]
    assert "SECRET" not in document.text


def test_broken_member_of_a_folder_is_named(tmp_path: Path) -> None:
    write(tmp_path, a_dot_md="fine")
    (tmp_path / "b.pdf").write_bytes(b"not a pdf")
    with pytest.raises(DocumentError, match=r"b\.pdf: is a broken PDF"):
        load_document(tmp_path)


@pytest.mark.parametrize("files", [{}, {"a_dot_py": "x"}, {"a_dot_md": " "}])
def test_folder_without_a_design_is_refused(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, **files)
    with pytest.raises(DocumentError, match="no design in it"):
        load_document(tmp_path)


def test_places_in_a_document() -> None:
    text = "# A\none\n## B\ntwo\n# C\n"
    locator = Locator(document_of(text))
    table = {"one": ("A",), "two": ("A", "B"), "# C": ("C",)}
    for word, path in table.items():
        assert locator.heading(text.index(word)) == path
    assert locator.lines(text.index("one"), text.index("two") + 3) == (2, 4)
    assert locator.lines(0, len(text)) == (1, 5)
    assert locator.page(3) is None
