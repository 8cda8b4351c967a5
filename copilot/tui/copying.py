"""A finding as text for the clipboard."""

from __future__ import annotations

from copilot.reports.safe import markdown, one_line
from copilot.reports.scorecard import place
from copilot.schema import Finding


def text(finding: Finding, what: str, citation: int = 0) -> str:
    """`quote`: the citation of this number; `finding`: plain lines; else Markdown."""
    verified = [c for c in finding.citations if c.verified]
    if what == "quote":
        return verified[citation % len(verified)].quote if verified else ""
    quotes = [(c.quote, place(c)) for c in verified]
    if what == "finding":
        head = f"[{finding.severity.value}] {finding.title} ({finding.aspect})"
        said = [f"what: {finding.what}", f"so what: {finding.so_what}", f"fix: {finding.fix}"]
        cited = [f"“{one_line(quote)}” — {where}" for quote, where in quotes]
        return "\n".join([head, *map(one_line, said), *cited]) + "\n"
    lines = [
        f"### {markdown(finding.title)}",
        f"**{finding.severity.value}** · {markdown(finding.aspect)}",
        f"- **What**: {markdown(finding.what)}",
        f"- **So what**: {markdown(finding.so_what)}",
        f"- **Fix**: {markdown(finding.fix)}",
    ]
    lines += [f"> {markdown(quote)} — {markdown(where)}" for quote, where in quotes]
    return "\n\n".join(lines) + "\n"
