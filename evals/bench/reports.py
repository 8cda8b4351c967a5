"""Seconds that each form of report takes from a finished review, for a folder of real designs.

`python -m evals.bench.reports [FOLDER] [--json FILE]`; the default folder is
../shared/benchmark/dev/designs. The first report of a process also pays for loading its libraries:
that is shown as the first design's time. Every report is read back by a reader that is not ours
(a browser's job is left to the tests) and must carry the review's findings.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from html.parser import HTMLParser
from pathlib import Path

from copilot.errors import InputError
from copilot.knowledge import Knowledge
from copilot.reports.formats import FORMS
from copilot.review.engine import Engine, make_engine
from copilot.review.events import Done, Read
from copilot.review.reviewed import Reviewed
from copilot.review.run import review
from copilot.settings import load_settings

FOLDER = Path("../shared/benchmark/dev/designs")
TARGET = 3.0
"""Seconds that a form may take."""


async def finished(path: Path, engine: Engine) -> Reviewed:
    """The review of one design with its document."""
    document = None
    async for event in review(path, engine):
        if isinstance(event, Read):
            document = event.document
        elif isinstance(event, Done):
            return Reviewed(event.review, document)
    raise AssertionError("a review ends with Done")


def measure(one: Reviewed, knowledge: Knowledge) -> dict[str, float | None]:
    """Form -> seconds; None where the form does not exist for this kind of design."""
    times: dict[str, float | None] = {}
    for name, form in FORMS.items():
        started = time.perf_counter()
        try:
            data = form.render(one.review, knowledge, one.document)
        except InputError as error:
            print(f"{name}: {error}", file=sys.stderr)
            times[name] = None
            continue
        times[name] = time.perf_counter() - started
        if name in FOUND:
            expected = {finding.fingerprint for finding in one.review.findings}
            assert FOUND[name](data) == expected, f"{name} does not carry the findings"
    return times


class _Articles(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the ids of findings."""
        if tag == "article" and (name := dict(attrs).get("id")):
            self.found.add(name.removeprefix("f-"))


def _html(data: bytes) -> set[str]:
    parser = _Articles()
    parser.feed(data.decode())
    return parser.found


def _csv(data: bytes) -> set[str]:
    rows = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    return {row["fingerprint"] for row in rows}


def _xlsx(data: bytes) -> set[str]:
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(data))["Findings"]
    head = [cell.value for cell in sheet[1]]
    at = head.index("fingerprint")
    return {str(row[at].value) for row in sheet.iter_rows(min_row=2)}


def _junit(data: bytes) -> set[str]:
    failures = ET.fromstring(data).iter("failure")
    return {str(failure.text).rsplit(" ", 1)[1] for failure in failures}


def _sarif(data: bytes) -> set[str]:
    results = json.loads(data)["runs"][0]["results"]
    return {result["partialFingerprints"]["archreview/v1"] for result in results}


FOUND: dict[str, Callable[[bytes], set[str]]] = {
    "html": _html,
    "csv": _csv,
    "xlsx": _xlsx,
    "junit": _junit,
    "sarif": _sarif,
}
"""Form -> the fingerprints that another reader finds in it."""


def table(rows: Sequence[tuple[str, dict[str, float | None]]]) -> str:
    """Designs down, forms across, milliseconds."""
    head = f"{'milliseconds':40}" + "".join(f"{name:>10}" for name in FORMS)
    lines = [
        f"{name[:38]:40}"
        + "".join(f"{'-' if t is None else f'{t * 1000:.0f}':>10}" for t in times.values())
        for name, times in rows
    ]
    slowest = max(t for _, times in rows for t in times.values() if t is not None)
    verdict = "all within" if slowest <= TARGET else "NOT within"
    return "\n".join([head, *lines, f"slowest {slowest:.2f} s: {verdict} {TARGET:.0f} s"])


def main() -> int:
    """Print the table; 1 when a form takes longer than the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--json", type=Path, help="also write the seconds there")
    options = parser.parse_args()
    designs = sorted(path for path in options.folder.iterdir() if path.is_file())
    engine = make_engine(load_settings(ephemeral=True), "offline")
    rows = []
    for path in designs:
        rows.append((path.name, measure(asyncio.run(finished(path, engine)), engine.knowledge)))
        print(f"{path.name} done", file=sys.stderr)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(dict(rows), indent=2) + "\n", "utf-8")
    slowest = max(t for _, times in rows for t in times.values() if t is not None)
    return int(slowest > TARGET)


if __name__ == "__main__":
    sys.exit(main())
