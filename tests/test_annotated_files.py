"""The author's document back, in its own format, with every finding in it."""

from __future__ import annotations

import io
import subprocess
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import docx
import pypdf
import pypdfium2
import pytest
from click.testing import CliRunner
from docx.oxml.ns import qn
from originals import SENTENCES, TITLE, WRITE, program, reviewed, write_pdf

from copilot.cli.main import cli
from copilot.documents.load import load_document
from copilot.documents.split import split
from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.annotated.docx import _Body
from copilot.reports.annotated.letters import Letters
from copilot.reports.annotated.write import annotated_files, annotated_suffix, render_annotated
from copilot.reports.formats import render_json
from copilot.schema import Review


def annotated(path: Path, knowledge: Knowledge) -> tuple[bytes, Review]:
    """The bytes of the annotated copy of the design in this format, and its review."""
    WRITE[path.name](path)
    document, review = reviewed(path, knowledge)
    return render_annotated(review, knowledge, document), review


def said(data: bytes, suffix: str) -> str:
    """All that a reader of an annotated file can read in it, notes included."""
    if suffix == ".docx":
        word = docx.Document(io.BytesIO(data))
        return "\n".join(comment.text for comment in word.comments)
    if suffix == ".pdf":
        return "\n".join(str(note["/Contents"]) for _, note in notes_of(data))
    return data.decode("utf-8")


def notes_of(data: bytes) -> list[tuple[int, pypdf.generic.DictionaryObject]]:
    """Page and annotation, for each of ours."""
    found = []
    for number, page in enumerate(pypdf.PdfReader(io.BytesIO(data)).pages):
        notes = [note.get_object() for note in page.annotations or []]
        found += [(number, note) for note in notes if note.get("/T") == "archreview"]
    return found


@pytest.mark.parametrize("name", list(WRITE))
def test_every_finding_is_told_in_every_format(
    name: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    data, review = annotated(tmp_path / name, knowledge)
    text = said(data, Path(name).suffix)
    assert len(review.findings) == 4
    for finding in review.findings:
        assert finding.fingerprint in text
    for severity in {finding.severity.value.upper() for finding in review.findings}:
        assert severity in text
    assert data == annotated(tmp_path / name, knowledge)[0]
    assert annotated_suffix(review) == f".annotated{Path(name).suffix}"


@pytest.mark.parametrize("name", ["design.rst", "design.txt"])
def test_lines_of_text_formats_are_all_kept_in_order(
    name: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    data, _ = annotated(tmp_path / name, knowledge)
    lines = iter(data.splitlines(keepends=True))
    assert all(line in lines for line in (tmp_path / name).read_bytes().splitlines(keepends=True))
    assert (b"\r\n" in data) == (name == "design.txt") and b"\r\r" not in data


# --- Word ----------------------------------------------------------------------------------------


def anchors(data: bytes) -> dict[int, str]:
    """Id of each comment -> the text that it is anchored on."""
    body = docx.Document(io.BytesIO(data)).element.body
    found: dict[int, str] = {}
    opened: set[int] = set()
    for element in body.iter():
        if element.tag in (qn("w:commentRangeStart"), qn("w:commentRangeEnd")):
            opened ^= {int(element.get(qn("w:id")))}
        for number in opened:
            text = element.text if element.tag == qn("w:t") else ""
            found[number] = found.get(number, "") + (text or "")
    return found


def test_word_comments_are_anchored_on_exactly_the_cited_text(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "design.docx"
    data, review = annotated(path, knowledge)
    word = docx.Document(io.BytesIO(data))
    assert list(anchors(data).values()) == [TITLE, SENTENCES[0], SENTENCES[1], SENTENCES[3]]
    assert {comment.author for comment in word.comments} == {"archreview"}
    original = docx.Document(str(path))
    assert [p.text for p in word.paragraphs] == [p.text for p in original.paragraphs]
    bold = [run.text for p in word.paragraphs for run in p.runs if run.bold]
    assert bold == ["scorer"]
    assert next(c.timestamp.isoformat() for c in word.comments if c.timestamp) == (
        review.manifest.created
    )


def test_libreoffice_opens_the_document_and_counts_the_comments(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    soffice = program("soffice")
    data, _ = annotated(tmp_path / "design.docx", knowledge)
    path = tmp_path / "annotated.docx"
    path.write_bytes(data)
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "odt", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(tmp_path / "annotated.odt") as package:
        root = ElementTree.fromstring(package.read("content.xml"))
    office = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
    notes = {e.get(f"{office}name"): e for e in root.iter(f"{office}annotation")}
    assert len(notes) == 4
    creators = {
        note.findtext("{http://purl.org/dc/elements/1.1/}creator") for note in notes.values()
    }
    assert creators == {"archreview"}
    assert sorted(_between(root, office)) == sorted(
        [TITLE, SENTENCES[0], SENTENCES[1], SENTENCES[3]]
    )


def _between(root: ElementTree.Element, office: str) -> list[str]:
    """The text between the two ends of each annotation."""
    found: dict[str, str] = {}
    opened: list[str] = []

    def walk(element: ElementTree.Element) -> None:
        name = element.get(f"{office}name") or ""
        if element.tag == f"{office}annotation":
            opened.append(name)
        elif element.tag == f"{office}annotation-end":
            opened.remove(name)
        else:
            tell(element.text)
            for child in element:
                walk(child)
                tell(child.tail)

    def tell(text: str | None) -> None:
        for name in opened:
            found[name] = found.get(name, "") + (text or "")

    walk(root)
    return list(found.values())


def test_text_that_takes_no_comment_is_told_in_the_summary(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "design.docx"
    WRITE["design.docx"](path)
    document, review = reviewed(path, knowledge)
    word = docx.Document(str(path))
    word.paragraphs[1]._p.getparent().remove(word.paragraphs[1]._p)
    word.save(str(path))  # the text is no longer where the review has seen it
    data = render_annotated(review, knowledge, document)
    summary = docx.Document(io.BytesIO(data)).comments.get(0)
    assert summary is not None
    lost = SENTENCES[0].replace("scorer", "**scorer**")
    assert f"Cited text, not marked in place: “{lost}”" in summary.text
    assert SENTENCES[1] in anchors(data).values()


# --- PDF -----------------------------------------------------------------------------------------


def test_a_pdf_that_can_be_read_no_longer_is_refused_in_one_line(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "design.pdf"
    write_pdf(path)
    document, review = reviewed(path, knowledge)
    path.write_bytes(b"%PDF-1.7 and no more")
    with pytest.raises(InputError, match="cannot be given annotations") as caught:
        render_annotated(review, knowledge, document)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("rotate", [0, 90])
def test_highlights_of_a_pdf_lie_on_the_cited_text(
    rotate: int, tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "design.pdf"
    write_pdf(path)
    document, review = reviewed(path, knowledge)
    write_pdf(path, rotate)  # boxes count in the page's own space, however it is turned
    data = render_annotated(review, knowledge, document)
    layers = [page.get_textpage() for page in pypdfium2.PdfDocument(data)]
    marked = []
    for number, note in notes_of(data):
        if note["/Subtype"] == "/Highlight":
            xs, ys = note["/QuadPoints"][0::2], note["/QuadPoints"][1::2]
            box = (float(min(xs)), float(min(ys)), float(max(xs)), float(max(ys)))
            marked.append((number, layers[number].get_text_bounded(*box).strip()))
    assert sorted(marked) == sorted([(0, SENTENCES[0]), (0, SENTENCES[1]), (1, SENTENCES[3])])
    summaries = [note for number, note in notes_of(data) if note["/Subtype"] == "/Text"]
    assert len(summaries) == 1 and "Missing: " in str(summaries[0]["/Contents"])


def test_poppler_reads_and_draws_the_annotated_pdf(tmp_path: Path, knowledge: Knowledge) -> None:
    pdftotext, pdftoppm = program("pdftotext"), program("pdftoppm")
    data, _ = annotated(tmp_path / "design.pdf", knowledge)
    text = subprocess.run([pdftotext, "-", "-"], input=data, capture_output=True, check=True)
    assert all(sentence in text.stdout.decode() for sentence in SENTENCES) and not text.stderr
    draw = [pdftoppm, "-r", "20", "-f", "1", "-l", "1", "-"]
    picture = subprocess.run(draw, input=data, capture_output=True, check=True).stdout
    pixels = picture.split(b"255\n", 1)[1]
    colours = {pixels[at : at + 3] for at in range(0, len(pixels) - 2, 3)}
    assert any(c[0] > 200 and c[2] < c[0] - 60 for c in colours), "no yellow on the page"


# --- HTML ----------------------------------------------------------------------------------------


class _Marks(HTMLParser):
    """The text of each <mark>, and all text outside of what was inserted."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.marked, self.rest, self.inside = [""], "", [""]
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += [tag] if tag in ("mark", "aside", "sup", "script") else []

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside[-1]:
            self.inside.pop()
        self.marked += [""] if tag == "sup" else []

    def handle_data(self, data: str) -> None:
        if self.inside[-1] == "mark":
            self.marked[-1] += data
        if self.inside[-1] not in ("aside", "sup"):
            self.rest += data


def test_html_marks_the_cited_text_and_nothing_in_scripts(
    tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "design.html"
    data, _ = annotated(path, knowledge)
    page = _Marks(data.decode())
    assert [m for m in page.marked if m] == [SENTENCES[0], SENTENCES[1], SENTENCES[3]]
    assert page.rest == _Marks(path.read_text("utf-8")).rest
    assert f"<script>var x = '{SENTENCES[0]}'</script>" in data.decode()


@pytest.mark.parametrize(
    "head",
    [
        "<!doctype html><html><head><meta charset=utf-8><title>T</title></head>",
        "<!doctype html>\n<meta charset=utf-8>\n<title>T</title>",
        "<!-- <body> --><html><head><style>p{}</style></head><body class=a>",
        "",
    ],
)
def test_html_findings_stand_at_the_head_of_the_content(
    head: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    path = tmp_path / "design.html"
    path.write_text(f"{head}{' '.join(SENTENCES)}</p>", "utf-8")
    document, review = reviewed(path, knowledge)
    page = render_annotated(review, knowledge, document).decode()
    assert page.startswith(f'{head}<aside class="archreview"')


# --- all -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(WRITE))
def test_hostile_words_break_no_format(name: str, tmp_path: Path, knowledge: Knowledge) -> None:
    path = tmp_path / name
    WRITE[name](path)
    document, review = reviewed(path, knowledge)
    evil = "\x1b[31m\x00 \ud800 <script>alert(1)</script> ]]> | `x` [a](b) *\\ \u202e"
    review = review.model_copy(
        update={"findings": tuple(f.model_copy(update={"what": evil}) for f in review.findings)}
    )
    text = said(render_annotated(review, knowledge, document), path.suffix)
    assert "\x1b" not in text and "\x00" not in text and "\u202e" not in text
    if path.suffix in (".md", ".html"):
        assert "<script>alert(1)" not in text
    assert all(finding.fingerprint in text for finding in review.findings)


def test_a_folder_gets_a_copy_of_each_file(tmp_path: Path, knowledge: Knowledge) -> None:
    folder = tmp_path / "platform"
    (folder / "parts").mkdir(parents=True)
    (folder / "README.md").write_text(f"# {TITLE}\n\n{SENTENCES[0]} {SENTENCES[1]}\n")
    (folder / "parts" / "cost.md").write_text(f"# Cost\n\n{SENTENCES[3]}\n")
    document, review = reviewed(folder, knowledge)
    files = {name: data.decode() for name, data in annotated_files(review, document).items()}
    assert f"{SENTENCES[0]}[^ar" in files["README.md"]
    assert f"{SENTENCES[3]}[^ar" in files["parts/cost.md"]
    assert all(f.fingerprint in "".join(files.values()) for f in review.findings)
    assert "Missing: " not in files["parts/cost.md"]
    (tmp_path / "saved.json").write_text(render_json(review))
    out = tmp_path / "out"
    out.mkdir()
    command = ["report", "saved.json", "--format", "annotated", "--out"]
    done = CliRunner().invoke(cli, [*command, str(out)], catch_exceptions=False)
    assert done.exit_code == 0
    written = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert written == ["platform.annotated/README.md", "platform.annotated/parts/cost.md"]
    refused = CliRunner().invoke(cli, [*command, str(tmp_path / "one.md")])
    assert isinstance(refused.exception, InputError)
    assert "--out FOLDER" in str(refused.exception)


@pytest.mark.parametrize("name", ["one.md", "platform"])
def test_the_names_in_an_edited_review_lead_no_report_out_of_its_folder(
    name: str, tmp_path: Path, knowledge: Knowledge
) -> None:
    home = tmp_path / name
    file = home if home.suffix else home / "README.md"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"# {TITLE}\n\n{SENTENCES[0]} {SENTENCES[1]} {SENTENCES[3]}\n")
    (tmp_path / "evil.md").write_bytes(file.read_bytes())
    _, review = reviewed(home, knowledge)
    info = review.document.model_copy(update={"format": "folder", "files": ("../../evil.md",)})
    edited = review.model_copy(update={"document": info})
    (tmp_path / "saved.json").write_text(render_json(edited))
    out = tmp_path / "in" / "out"
    out.mkdir(parents=True)
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(out)}
    command = ["report", "saved.json", "--format", "annotated", "--out", str(out)]
    assert CliRunner().invoke(cli, command, catch_exceptions=False).exit_code == 0
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(out)} == before
    assert "archreview" not in (tmp_path / "evil.md").read_text()


def test_a_document_that_changed_since_is_refused(tmp_path: Path, knowledge: Knowledge) -> None:
    path = tmp_path / "design.md"
    WRITE[path.name](path)
    _, review = reviewed(path, knowledge)
    (tmp_path / "saved.json").write_text(render_json(review))
    path.write_text(path.read_text() + "More.\n")
    command = ["report", "saved.json", "--format", "annotated", "--out", "out"]
    done = CliRunner().invoke(cli, command)
    assert isinstance(done.exception, InputError)
    assert "has changed since it was reviewed" in str(done.exception)
    assert "\n" not in str(done.exception) and not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="not at hand"):
        render_annotated(review, knowledge, load_document(path))


def test_every_passage_of_a_real_document_is_found_again_in_its_runs(benchmark: Path) -> None:
    path = benchmark / "train" / "designs" / "133-hybrid-rag-project-proposal.docx"
    document = load_document(path)
    letters = Letters(_Body(docx.Document(str(path))).text)
    size = len(document.text)
    assert all(letters.find(p.text, p.start / size) for p in split(document))
