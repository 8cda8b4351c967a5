"""JUnit XML, for CI servers that show test results: a test case for each aspect of a review.

An aspect passes where it is addressed, fails with its findings, and is an error where it could not
be judged. The frame is shared with `archreview eval`.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from copilot.knowledge import Knowledge
from copilot.reports.safe import xml_text
from copilot.reports.scorecard import place
from copilot.schema import Coverage, Finding, Review, Status


def render_reviews(reviews: Sequence[Review], knowledge: Knowledge) -> str:
    """One suite for each design."""
    root = ET.Element("testsuites", name="archreview review")
    for review in reviews:
        _suite_of(root, review, knowledge)
    return finished(root)


def suite(root: ET.Element, name: str) -> ET.Element:
    """A new suite of `root`, with the name written out safely; `finished` counts what it holds."""
    return ET.SubElement(root, "testsuite", name=xml_text(name))


def finished(root: ET.Element) -> str:
    """The XML of `root` with the counts of every suite filled in."""
    for one in root.iter("testsuite"):
        one.set("tests", str(len(one.findall("testcase"))))
        for count, path in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            with_it = [case for case in one.iter("testcase") if case.find(path) is not None]
            one.set(count, str(len(with_it)))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite_of(root: ET.Element, review: Review, knowledge: Knowledge) -> None:
    made = review.manifest.created[:19]
    design = suite(root, review.document.path)
    design.set("timestamp", xml_text(made))
    design.set("time", f"{review.usage.seconds:.3f}")
    for row in review.coverage:
        title = knowledge.aspects[row.aspect].title
        case = ET.SubElement(
            design, "testcase", classname=row.dimension, name=f"{title} [{row.aspect}]"
        )
        case.set("file", xml_text(review.document.path))
        _outcome(case, row, review)


def _outcome(case: ET.Element, row: Coverage, review: Review) -> None:
    findings = [f for f in review.findings if row.aspect in (f.aspect, *f.also)]
    for finding in findings:
        message = f"{finding.severity.value}: {finding.title}"
        failure = ET.SubElement(case, "failure", type=finding.kind, message=xml_text(message))
        failure.text = _said(finding)
    if findings:
        return
    if row.status is Status.UNJUDGED:
        asked = row.dimension in review.manifest.dimensions
        ET.SubElement(case, "error" if asked else "skipped", message=xml_text(row.rationale))
    elif row.status is Status.NOT_APPLICABLE:
        ET.SubElement(case, "skipped", message=xml_text(row.rationale))


def _said(finding: Finding) -> str:
    """The finding in lines, for the detail view of a CI server."""
    lines = [f"What: {finding.what}", f"So what: {finding.so_what}", f"Fix: {finding.fix}"]
    for citation in finding.citations:
        where = place(citation) if citation.verified else "rejected: not in the document"
        lines.append(f"{where}: {citation.quote}")
    if finding.searched is not None:
        lines.append(f"Searched: {'; '.join(finding.searched.queries)}")
    lines.append(f"Aspects: {', '.join((finding.aspect, *finding.also))}")
    lines.append(f"Fingerprint: {finding.fingerprint}")
    return xml_text("\n".join(lines))
