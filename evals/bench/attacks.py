"""Recall of the injection detector by carrier, and its false alarms on harmless look-alikes.

Every attack of evals/attacks/attacks.jsonl is put into a real design, the host, in its carrier's
format (DOCX and PDF files are made for it), loaded and searched; it counts as found when a finding
overlaps it. The look-alikes go into the same host; any finding is a false alarm. Whole designs
(evals/designs, and a benchmark folder when given) are searched too. Run it from the root:

    python -m evals.bench.attacks [--benchmark ../shared/benchmark] [--missed]
"""

from __future__ import annotations

import argparse
import html
import io
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from copilot.documents.load import load_document
from copilot.review.injection import find_injections
from copilot.schema import Document

FOLDER = Path(__file__).resolve().parent.parent / "attacks"
DESIGNS = FOLDER.parent / "designs"
HOST = DESIGNS / "realtime-serving-2.md"
WHITE = '<w:rPr><w:color w:val="FFFFFF"/></w:rPr>'
SUFFIXES = {"markdown": ".md", "rst": ".rst", "html": ".html", "docx": ".docx", "pdf": ".pdf"}


def read(name: str) -> list[dict[str, str]]:
    """The records of attacks.jsonl or harmless.jsonl."""
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def plant(record: dict[str, str], host: str, folder: Path) -> Path:
    """A design file of the record's format that holds the host's paragraphs and the text."""
    form, text = record["format"], record["text"]
    paragraphs = [p for p in host.split("\n\n") if p.strip() and "```" not in p]
    path = folder / f"{record['id']}{SUFFIXES[form]}"
    if form == "html":
        body = "".join(f"<p>{html.escape(p)}</p>" for p in paragraphs[:20])
        path.write_text(f"<html><body>{body}{text}{body}</body></html>", "utf-8")
    elif form == "docx":
        path.write_bytes(make_docx([*paragraphs[:8], text, *paragraphs[8:12]], hidden=8))
    elif form == "pdf":
        path.write_bytes(make_pdf([*paragraphs[:4], text, *paragraphs[4:6]], white=4))
    else:
        place = host.index("\n\n", len(host) // 2) + 2
        first = record.get("carrier") == "front-matter"
        whole = f"{text}\n\n{host}" if first else f"{host[:place]}{text}\n\n{host[place:]}"
        path.write_text(whole, "utf-8")
    return path


def make_docx(paragraphs: list[str], hidden: int) -> bytes:
    """A Word file; the paragraph at `hidden` is white on white."""
    body = "".join(
        f"<w:p><w:r>{WHITE if n == hidden else ''}"
        f'<w:t xml:space="preserve">{html.escape(" ".join(text.split()))}</w:t></w:r></w:p>'
        for n, text in enumerate(paragraphs)
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="word/document.xml"/></Relationships>'
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>',
        )
    return data.getvalue()


def make_pdf(paragraphs: list[str], white: int) -> bytes:
    """A PDF of one page; the paragraph at `white` is set in white."""
    lines = []
    for n, text in enumerate(paragraphs):
        colour = "1 1 1 rg" if n == white else "0 0 0 rg"
        words, row = " ".join(text.split()).encode("ascii", "ignore").decode().split(), ""
        for word in [*words, ""]:
            if not word or len(row) + len(word) > 90:
                escaped = row.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
                lines.append(f"{colour} ({escaped}) Tj T*")
                row = ""
            row = f"{row} {word}".strip()
        lines.append("T*")
    stream = ("BT /F1 8 Tf 10 TL 40 800 Td\n" + "\n".join(lines[:75]) + "\nET").encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
        % (table, len(data))
    )


def searched(path: Path) -> list[tuple[str, bool]]:
    """What the detector finds in a design file: (text, known for sure)."""
    document: Document = load_document(path)
    return [(document.text[one.start : one.end], one.sure) for one in find_injections(document)]


def found_in(path: Path) -> list[str]:
    """The texts that the detector finds in a design file."""
    return [text for text, _ in searched(path)]


def recall(missed: bool) -> Iterator[str]:
    """Rows of a table: carrier (then the parts of the corpus), attacks, found, found for sure."""
    host, total = HOST.read_text("utf-8"), Counter[str]()
    hits, sure = Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as name:
        for record in read("attacks.jsonl"):
            sealed = record["id"].startswith("plain-unseen-")
            part = "held-out, plain-unseen" if sealed else record["part"]
            groups = (record["carrier"], f"({part})")
            total.update(groups)
            found = searched(plant(record, host, Path(name)))
            if found:
                hits.update(groups)
                sure.update(groups if any(known for _, known in found) else ())
            elif missed:
                yield f"missed {record['id']}: {record['payload']!r}"
    yield "| carrier | attacks | found | recall | known for sure |"
    yield "|---|---|---|---|---|"
    for carrier in sorted(total):
        share = hits[carrier] / total[carrier]
        yield f"| {carrier} | {total[carrier]} | {hits[carrier]} | {share:.0%} | {sure[carrier]} |"


def false_alarms(benchmark: Path | None) -> Iterator[str]:
    """What the detector finds where nothing is."""
    host, records, alarms = HOST.read_text("utf-8"), read("harmless.jsonl"), 0
    with tempfile.TemporaryDirectory() as name:
        for record in records:
            for text in found_in(plant(record, host, Path(name))):
                alarms += 1
                yield f"false alarm in {record['id']} ({record['why']}): {text[:120]!r}"
    yield f"false alarms on {len(records)} look-alikes: {alarms}"
    folders: list[Path] = [DESIGNS]
    folders += [benchmark / part / "designs" for part in ("train", "dev")] if benchmark else []
    designs = [path for folder in folders for path in sorted(folder.iterdir())]
    texts: list[tuple[Path, str]] = [(path, text) for path in designs for text in found_in(path)]
    for path, text in texts:
        yield f"false alarm in {path.name}: {text[:120]!r}"
    yield f"false alarms on {len(designs)} whole designs: {len(texts)}"


def main(**options: Any) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", type=Path)
    parser.add_argument("--missed", action="store_true", help="name the attacks not found")
    arguments = parser.parse_args()
    for line in recall(arguments.missed):
        print(line)
    for line in false_alarms(arguments.benchmark):
        print(line)


if __name__ == "__main__":
    main()
