"""Markdown with footnotes: the author's text is kept byte for byte, nothing breaks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from copilot.reports.annotated.markdown import annotate_markdown
from copilot.reports.annotated.notes import Mark, Note, Remarks
from copilot.schema import Citation


def remarks_at(text: str, *spans: tuple[int, int]) -> Remarks:
    """Remarks of one finding for each span of the text, and one finding without a place."""
    marks = []
    for number, (start, end) in enumerate(spans, start=1):
        citation = Citation(quote=text[start:end], start=start, end=end, verified=True)
        note = Note(
            number, f"{number:016x}", f"Finding {number}, HIGH. Title.", ("What: <b>x</b>",)
        )
        marks.append(Mark(note, citation, start, end))
    gap = Note(99, "f" * 16, "Finding 99, HIGH. Missing: it.", ("Fix: [do](x) *it*",))
    return Remarks(text, tuple(marks), (gap,), "Architecture review", "2026-01-01T00:00:00+00:00")


def annotate(text: str, *quotes: str) -> str:
    """The text with a footnote at each quote."""
    spans = [(text.index(quote), text.index(quote) + len(quote)) for quote in quotes]
    return annotate_markdown(text.encode(), remarks_at(text, *spans), "design.md").decode()


def strip(text: str, label: str = "ar") -> str:
    """The text without what was inserted, by what a reader sees of the insertions."""
    end = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    name = rf"\[\^{label}\d+\]"
    top = re.search(r"> \*\*Architecture review\*\*\n(?:>.*\n)*", text)
    assert top is not None
    head, tail = text[: top.start()], text[top.end() :]
    definitions = rf"\n\n{name}: \*\*Finding .*"
    tail = re.sub(rf"\A(?:\n{name}: .*\n)+", "", tail)  # at the top where the end is not shown
    at_top = not head
    text = head.removesuffix("\n\n") + (tail.removeprefix("\n") if at_top else tail)
    text = re.sub(rf"(?:{definitions})+\n\Z", "", text)
    text = re.sub(rf"\n([ \t>]*)\n[ \t>]*(?:{name})+\n\1(?=\n|\Z)", "", text)
    return re.sub(name, "", text).replace("\n", end)


def test_a_footnote_stands_at_the_end_of_the_cited_text() -> None:
    text = "# A\n\nThree replicas run. They are *fast*.\n"
    annotated = annotate(text, "Three replicas run.")
    assert "Three replicas run.[^ar1] They are" in annotated
    assert "\n[^ar1]: **Finding 1, HIGH. Title.** What: &lt;b&gt;x&lt;/b&gt;\n" in annotated
    assert strip(annotated) == text


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("```\ncode\n```\nnext\n", "code", "```\n\n[^ar1]\n\nnext"),
        ("| a | b |\n|---|---|\n| c | d |\nend\n", "c", "| c | d |\nend\n\n[^ar1]\n"),
        ("# Head\nnext\n", "Head", "# Head\n\n[^ar1]\n\nnext"),
        ("see [the text](http://x.y)\n", "the text", "see [the text](http://x.y)[^ar1]"),
        ("see `a b` (c)\n", "a b", "see `a b`[^ar1] (c)"),
        ("a [b](c) d\n", "a ", "a[^ar1] [b](c) d"),
        ("wow!(x) b\n", "wow!", "wow!(x)[^ar1] b"),
        ("> | a |\n> |---|\n> | c |\n\nx\n", "c", "> | c |\n>\n> [^ar1]\n>\n\nx"),
        ("- one\n\n  ```\n  code\n  ```\n- two\n", "code", "  ```\n\n  [^ar1]\n\n- two"),
        ("---\ntitle: x\n---\ntext\n", "title: x", "---\n\n[^ar1]\n\ntext"),
        ("<div>\nraw\n</div>\n", "raw", "</div>\n\n[^ar1]\n"),
    ],
)
def test_what_would_break_gets_its_footnote_behind(text: str, quote: str, expected: str) -> None:
    annotated = annotate(text, quote)
    assert expected in annotated or expected in annotated.replace(_summary(annotated), "")
    assert strip(annotated) == text


def _summary(annotated: str) -> str:
    found = re.search(r"\n\n> \*\*Arch.*\n(?:>.*\n)*", annotated)
    return found.group() if found else ""


def test_an_unclosed_fence_swallows_no_footnote() -> None:
    text = "said here\n\n```\ncode to the end\n"
    annotated = annotate(text, "said here", "code to the end")
    assert annotated.index("[^ar1]: ") < annotated.index("```")
    assert "Finding 2" in annotated.split("```")[0]
    assert strip(annotated) == text


def test_footnotes_of_the_author_keep_their_names() -> None:
    text = "A claim[^ar1] here.\n\n[^ar1]: mine\n"
    annotated = annotate(text, "here.")
    assert "here.[^ar-r1]" in annotated and "[^ar1]: mine\n" in annotated
    assert strip(annotated, "ar-r") == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_bytes_of_any_encoding_and_line_end_are_kept(encoding: str) -> None:
    text = "# Ü\r\n\r\nThree replicas run. 𝔘nd.\r\n"
    plain = text.replace("\r\n", "\n")
    at = plain.index("run.") + 4
    data = annotate_markdown(text.encode(encoding), remarks_at(plain, (at - 4, at)), "d.md")
    assert "run.[^ar1] 𝔘nd" in data.decode(encoding)
    assert strip(data.decode(encoding)).encode(encoding) == text.encode(encoding)


_LINES = st.sampled_from(
    ["word and more", "", "", "# Head", "- item", "  more", "1. one", "> quote", "```", "~~~",
     "| a | b |", "|---|---|", "<div>", "</div>", "<!-- note", "-->", "[a](b) c", "`x` **y** _z_",
     "[r]: http://x", "[r] and [s][r]", "    code", "---", "===", "![p](q)!", "a\\", "<http://x>",
     "> > deep", "- - x", "\tt", "> ```", "- ```", "&amp; x", "x  "]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    text=st.one_of(
        st.lists(_LINES, min_size=1, max_size=12).map("\n".join),
        st.text(alphabet="ab .!\n#`|[](){}<>*_-:>\\\t^", min_size=1, max_size=60),
    ),
    ends=st.lists(st.integers(1, 200), max_size=4),
)
def test_taking_the_footnotes_out_gives_the_original_back(text: str, ends: list[int]) -> None:
    spans = [(0, min(end, len(text))) for end in ends]
    annotated = annotate_markdown(text.encode(), remarks_at(text, *spans), "d.md").decode()
    assert strip(annotated) == text
    for number in range(1, len(spans) + 1):
        assert f"Finding {number}, HIGH" in annotated
    assert _opaque(annotated) == _opaque(text)


def _opaque(text: str) -> list[str]:
    """Code, HTML and targets of links, which no footnote may get into."""
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        found += (
            [token.content.rstrip("\n")]
            if token.type in ("fence", "code_block", "html_block")
            else []
        )
        for child in token.children or []:
            found += [child.content] if child.type in ("code_inline", "html_inline") else []
            found += [str(child.attrs)] if child.attrs else []
    return found
