"""The evaluation as JUnit XML: a test case for each limit of the gate and for each design."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from copilot.evaluation.report import Evaluation
from copilot.evaluation.verdicts import NO_VERDICT
from copilot.reports.junit import document, suite
from copilot.reports.safe import printable


def render_junit(evaluation: Evaluation) -> str:
    """XML of two suites: `gate` fails with the gate, `designs` where a verdict is absent."""
    root = ET.Element("testsuites", name="archreview eval")
    gate = suite(root, "gate")
    for check in evaluation.checks:
        case = ET.SubElement(gate, "testcase", classname="gate", name=check.name)
        if not check.passed:
            ET.SubElement(case, "failure", message=str(check))
    designs = suite(root, "designs")
    for one in evaluation.verdicts.cases:
        case = ET.SubElement(designs, "testcase", classname="designs", name=printable(one.case))
        if absent := one.status.count(NO_VERDICT):
            ET.SubElement(case, "error", message=f"{absent} aspects without a verdict")
    return document(root)
