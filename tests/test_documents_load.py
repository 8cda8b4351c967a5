"""Loading: formats, limits, and one clear line for every input that cannot be reviewed."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from copilot.documents import archive, pdf
from copilot.documents.load import Limits, load_document
from copilot.documents.locate import Locator
from copilot.errors import DocumentError, ExitCode

BENCHMARK = Path(__file__).parents[2] / "shared" / "benchmark"
needs_benchmark = pytest.mark.skipif(
    not BENCHMARK.is_dir(), reason="the labelled documents (../shared/benchmark) are not here"
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def make_docx(body: str = "<w:p><w:r><w:t>Hello design</w:t></w:r></w:p>", head: str = "") -> bytes:
    """A minimal Word file with this body."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>"
    )
    document = f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", types)
        file.writestr("_rels/.rels", relations)
        file.writestr("word/document.xml", f'<?xml version="1.0"?>{head}{document}')
    return packed.getvalue()


def make_pdf(pages: list[str]) -> bytes:
    """A PDF with one line of text on each page (no text object for an empty one)."""
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    kids = []
    for page in pages:
        number = len(bodies) + 1
        kids.append(f"{number} 0 R")
        content = f"BT /F1 12 Tf 72 700 Td ({page}) Tj ET".encode() if page else b" "
        bodies.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {number + 1} 0 R/Resources"
            "<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>".encode()
        )
        bodies.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    bodies[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>".encode()
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(bodies) + 1,
        len(data),
    )
    return data + head + table + trailer


ENCRYPTED_PDF = make_pdf(["secret"]).replace(
    b"/Root 1 0 R",
    b"/Root 1 0 R/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<"
    + b"41" * 32 + b">/U<" + b"42" * 32 + b">>>",
)  # fmt: skip


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/"), content)
    return packed.getvalue()


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'

BAD = {
    "empty": ("a.md", b"", "is empty"),
    "white": ("a.md", b" \n\t\n", "is empty"),
    "empty pdf": ("a.pdf", b"", "is empty"),
    "nul": ("a.md", b"text\0text", "binary"),
    "controls": ("a.txt", b"\x01\x02\x03abc" * 20, "binary"),
    "binary without suffix": ("tool", b"\x7fELF\0\0\0", "binary"),
    "latin-1": ("a.md", b"line\nca\xe9 here", "a.md:2: is not valid UTF-8 (byte 7)"),
    "half utf-16": ("a.md", b"\xff\xfea\x00b", "not valid UTF-16"),
    "old word": ("a.doc", b"x", "(.doc)"),
    "slides": ("a.pptx", b"x", "convert it to one of"),
    "picture": ("a.PNG", b"x", "(.PNG)"),
    "broken pdf": ("a.pdf", b"%PDF-1.4 nothing", "broken PDF"),
    "encrypted pdf": ("a.pdf", ENCRYPTED_PDF, "encrypted PDF"),
    "scanned pdf": ("a.pdf", make_pdf(["", ""]), "no extractable text"),
    "broken docx": ("a.docx", b"PK nothing", "broken .docx"),
    "truncated docx": ("a.docx", make_docx()[:300], "broken .docx"),
    "encrypted docx": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 99, "encrypted"),
    "other zip": ("a.docx", zipped(a=b"x"), "holds no Word document"),
    "entities": ("a.docx", make_docx(head=ENTITIES), "XML entities"),
    "entities in utf-16": (
        "a.docx",
        zipped(**{"word__document.xml": ENTITIES.encode("utf-16")}),
        "XML entities",
    ),
    "not xml": ("a.docx", zipped(**{"word__document.xml": b"<oops"}), "cannot be read as a Word"),
    "bomb": ("a.docx", zipped(**{"word__document.xml": b"a" * 2_000_000}), "decompression bomb"),
    "empty html": ("a.html", b"<html><script>x</script></html>", "is empty"),
    "html charset": ("a.html", b"<meta charset=klingon>\xe9", "not valid UTF-8"),
}


@pytest.mark.parametrize(("name", "data", "says"), BAD.values(), ids=BAD.keys())
def test_bad_file_is_one_line_that_names_it(
    tmp_path: Path, name: str, data: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(DocumentError) as caught:
        load_document(path)
    message = str(caught.value)
    assert says in message
    assert message.startswith(str(path)) and "\n" not in message
    assert caught.value.todo and caught.value.exit_code is ExitCode.BAD_INPUT


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (Limits(max_bytes=10), "max_bytes = 10"),
        (Limits(max_chars=10), "max_chars = 10"),
    ],
)
@pytest.mark.parametrize("name", ["a.md", "a.pdf", "a.docx", "a.html", "folder"])
def test_limits_are_named_in_the_refusal(
    tmp_path: Path, limits: Limits, says: str, name: str
) -> None:
    content = {"a.pdf": make_pdf(["more than ten characters"]), "a.docx": make_docx()}
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        for member in "ab":
            (path / f"{member}.md").write_text("8 chars.", encoding="utf-8")
    else:
        path.write_bytes(content.get(name, b"more than ten characters"))
    with pytest.raises(DocumentError, match=says):
        load_document(path, limits)


def test_missing_file_and_special_file_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    cases = {"none.md": "does not exist", "pipe.md": "not a regular file", "a\0.md": "cannot be"}
    for name, says in cases.items():
        with pytest.raises(DocumentError, match=says):
            load_document(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("x", encoding="utf-8")
    path.chmod(0)
    with pytest.raises(DocumentError, match="cannot be read"):
        load_document(path)


def test_read_error_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.md"
    path.write_text("x", encoding="utf-8")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DocumentError, match="Permission denied"):
        load_document(path)


def test_name_with_control_characters_is_shown_as_repr(tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[31m\n.md"
    path.write_text("# Red\n", encoding="utf-8")
    document = load_document(path)
    assert document.path == repr(str(path)) and document.format == "markdown"
    assert document.sections[0].title == "Red"
    path.write_text("", encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_document(path)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        ("é 🏥\n".encode("utf-16"), "é 🏥\n"),
        (b"\x00\x00\xfe\xff" + "é\n".encode("utf-32-be"), "é\n"),
        (b"\x1b[1mbold\x1b[0m \x0c next", "\x1b[1mbold\x1b[0m \x0c next"),
        (b"trailing  \n\n\n\nspace ", "trailing  \n\n\n\nspace "),
    ],
)
def test_text_is_verbatim_but_for_marks_and_line_ends(
    tmp_path: Path, data: bytes, text: str
) -> None:
    for name in ("a.md", "a.rst", "a.txt", "NOTES"):
        path = tmp_path / name
        path.write_bytes(data)
        document = load_document(path)
        assert document.text == text
        assert document.digest == hashlib.sha256(text.encode()).hexdigest()
        assert [(f.start, f.end) for f in document.files] == [(0, len(text))]


TITLES = [
    ("a.md", "---\ntitle: Front\n---\n# Head\n", "Front"),
    ("a.md", "---\ntitle: [x\n---\n# Head\n", "Head"),
    ("a.md", "+++\ntitle = 'Toml'\n+++\n# Head\n", "Toml"),
    ("a.md", "<!-- note -->\n\n## **The** [Plan](x.md) `v2` ##\n", "The Plan v2"),
    ("a.md", "just text\n", "a"),
    ("a.rst", ".. note::\n\nTitle\n=====\n\nx\n", "Title"),
    ("a.txt", "Serving platform\n\n1. Introduction\nx\n", "Serving platform"),
    ("a.txt", "It is a whole sentence.\n\n1. Introduction\nx\n", "a"),
    ("a.html", "<title> Out\nside </title><p>x</p>", "Out side"),
    ("a.html", "<title>Out</title><h2>In</h2>", "In"),
]


@pytest.mark.parametrize(("name", "text", "title"), TITLES)
def test_title(tmp_path: Path, name: str, text: str, title: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert load_document(path).title == title


def test_html_becomes_markdown_and_fetches_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("SECRET", encoding="utf-8")
    page = (
        f"<html><body><h1>Plan</h1><script>bad()</script><img src='file://{tmp_path}/secret.txt'>"
        "<iframe src='secret.txt'></iframe><table><tr><td>a</td><td>b</td></tr></table></body>"
    )
    path = tmp_path / "a.htm"
    path.write_text(page, encoding="utf-8")
    document = load_document(path)
    assert document.sections[0].path == ("Plan",)
    assert "SECRET" not in document.text and "bad()" not in document.text
    assert "| a | b |" in document.text


def test_html_in_its_declared_charset(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes("<meta charset='iso-8859-1'><p>café</p>".encode("latin-1"))
    assert load_document(path).text == "café"


def test_deep_html_falls_back_to_its_text(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_text("<div>" * 3000 + "core" + "</div>" * 3000, encoding="utf-8")
    assert load_document(path).text == "core"


def test_docx_headings_by_style_by_bold_and_by_number(tmp_path: Path) -> None:
    def paragraph(text: str, run: str = "") -> str:
        return f"<w:p><w:r>{run}<w:t>{text}</w:t></w:r></w:p>"

    bold = "<w:rPr><w:b/></w:rPr>"
    path = tmp_path / "a.docx"
    path.write_bytes(make_docx(paragraph("Scope", bold) + paragraph("Text.")))
    assert [s.title for s in load_document(path).sections] == ["Scope"]
    path.write_bytes(make_docx(paragraph("1. Scope") + paragraph("T.") + paragraph("1.1 Users")))
    assert [s.path for s in load_document(path).sections] == [
        ("1. Scope",),
        ("1. Scope", "1.1 Users"),
    ]


def test_docx_never_opens_the_pictures_that_it_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("mammoth.docx.files.urlopen", opened.append)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    picture = (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing"><a:graphic '
        f'xmlns:a="{drawing}/main"><a:graphicData><p:pic xmlns:p="{drawing}/picture"><p:blipFill>'
        f'<a:blip xmlns:r="{office}" r:link="r9"/></p:blipFill></p:pic></a:graphicData>'
        "</a:graphic></wp:inline></w:drawing></w:r>"
    )
    path = tmp_path / "a.docx"
    path.write_bytes(make_docx(f"<w:p><w:r><w:t>Before</w:t></w:r>{picture}</w:p>"))
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(
            "word/_rels/document.xml.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r9" Type="{office}/image" Target="file:///etc/hosts.png" '
            'TargetMode="External"/></Relationships>',
        )
    assert load_document(path).text == "Before" and opened == []


def test_pdf_pages_are_known(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf(["First page", "", "Third page"]))
    document = load_document(path)
    (file,) = document.files
    locator = Locator(document)
    assert len(file.pages) == 3
    assert locator.page(document.text.index("First")) == 1
    assert locator.page(document.text.index("Third")) == 3


def test_pages_are_cut_by_size_where_form_feeds_are_missing() -> None:
    text = "| a | b |\n\nalpha beta\n\ngamma\ndelta\nomega"
    assert pdf.cut_pages(text, ["b a alpha beta", "gamma delta", "", "omega"]) == [
        "| a | b |\n\nalpha beta",
        "\n\ngamma\ndelta",
        "",
        "\nomega",
    ]


def test_pdf_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_UNPACKED", 1_000_000)
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf(["x"]) + b"stream\n" + zlib.compress(b"0" * 3_000_000))
    with pytest.raises(DocumentError, match="decompression bomb"):
        load_document(path)


def test_docx_with_too_many_members_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    path = tmp_path / "a.docx"
    path.write_bytes(make_docx())
    with pytest.raises(DocumentError, match="3 members"):
        load_document(path)


@needs_benchmark
def test_text_of_converted_formats_is_markitdowns() -> None:
    from markitdown import MarkItDown

    converter = MarkItDown(enable_plugins=False)
    for name in ("30-fraud-detection-hld.pdf", "132-hybrid-rag-architecture.docx"):
        (path,) = BENCHMARK.glob(f"*/designs/{name}")
        theirs = converter.convert_local(str(path)).text_content
        assert load_document(path).text.split() == theirs.split()


@needs_benchmark
def test_pages_of_a_real_pdf() -> None:
    (path,) = BENCHMARK.glob("dev/designs/30-*.pdf")
    document = load_document(path)
    locator = Locator(document)
    pages = {
        "DOCUMENT VERSION CONTROL": 3,
        "credit card transaction security": 4,
        "obtained through false pretenses": 5,
        "Recommendation for Improvement": 8,
    }
    starts = document.files[0].pages
    assert len(starts) == 9 and list(starts) == sorted(starts)
    found = {quote: locator.page(document.text.index(quote)) for quote in pages}
    assert found == pages


def test_importing_the_loader_loads_no_heavy_library() -> None:
    heavy = {"markitdown", "pdfplumber", "pypdfium2", "langchain_text_splitters", "numpy"}
    modules = "copilot.documents.load, copilot.documents.split"
    code = f"import sys, {modules}; print({heavy} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
