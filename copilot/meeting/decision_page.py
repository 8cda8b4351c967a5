"""The decision as text, Markdown and JSON, and as the draft of an architecture decision record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from copilot.knowledge import Knowledge
from copilot.meeting.decision import Condition, Item, Outcome, Posture
from copilot.meeting.ledger import Entry
from copilot.reports.safe import markdown as md
from copilot.reports.safe import one_line
from copilot.reports.scorecard import place
from copilot.schema import Citation, Review

QUOTE = 200


def decision_json(outcome: Outcome) -> str:
    """The whole outcome."""
    return outcome.model_dump_json(indent=2) + "\n"


def decision_text(outcome: Outcome) -> str:
    """The outcome for a terminal or a mail."""
    return "\n".join(one_line(line) if line.strip() else "" for line in _text(outcome)) + "\n"


def _text(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.title}: {outcome.posture.value.upper()}"
    yield f"{outcome.decided_on}, policy {outcome.policy}, judge {outcome.judge}"
    for reason in outcome.because:
        yield f"Because: {reason}"
    if outcome.conditions:
        yield ""
        yield "To be settled:" if outcome.posture is Posture.REWORK else "Conditions:"
    for number, condition in enumerate(outcome.conditions, start=1):
        yield (
            f"{number}. [{condition.severity.value}] {condition.text} "
            f"Owner: {condition.owner}. Due: {condition.due}. ({condition.aspect}, "
            f"{condition.fingerprint})"
        )
    for title, items in _groups(outcome):
        yield ""
        yield f"{title}:"
        for item in items:
            yield f"- {item.title} [{item.severity.value}]: {_standing(item)}"


def _groups(outcome: Outcome) -> Iterator[tuple[str, Sequence[Item]]]:
    """The items that are no conditions, by what became of them."""
    risks = outcome.accepted_risks
    conditional = {condition.fingerprint for condition in outcome.conditions}
    closed = [item for item in outcome.items if not item.open and item not in risks]
    left = [i for i in outcome.items if i.open and i.fingerprint not in conditional]
    answered = [i for i in outcome.items if i.open and any(not g.accepted_by for g in i.answers)]
    groups = (
        ("Accepted risks", risks),
        ("Answered, but accepted by nobody yet", answered),
        ("Open, below the conditions", left),
        ("Closed", closed),
    )
    yield from ((title, items) for title, items in groups if items)


def _standing(item: Item) -> str:
    said = item.because
    if item.reason:
        said += f": {item.reason}"
    if item.until:
        said += f" (until {item.until})"
    return said


def decision_markdown(outcome: Outcome) -> str:
    """The outcome for a wiki; text of the document and of people is escaped."""
    lines = [
        f"# Decision: {md(outcome.title)}",
        "",
        f"**{outcome.posture.value.capitalize()}** on {outcome.decided_on}, "
        f"policy {md(outcome.policy)}, judge {md(outcome.judge)}.",
        "",
        *(f"- {md(reason)}" for reason in outcome.because),
        "",
        *_condition_table(outcome),
    ]
    for title, items in _groups(outcome):
        lines += [f"## {title}", ""]
        lines += [f"- {md(i.title)} ({i.severity.value}): {md(_standing(i))}" for i in items]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _condition_table(outcome: Outcome) -> list[str]:
    if not outcome.conditions:
        return []
    rows = [_row(number, c) for number, c in enumerate(outcome.conditions, start=1)]
    title = "To be settled" if outcome.posture is Posture.REWORK else "Conditions"
    head = ["| | what | severity | owner | due | rests on |", "|---|---|---|---|---|---|"]
    return [f"## {title}", "", *head, *rows, ""]


def _row(number: int, condition: Condition) -> str:
    where = md(place(condition.citations[0])) if condition.citations else "nothing in the text"
    return (
        f"| {number} | {md(condition.text)} | {condition.severity.value} | {md(condition.owner)} "
        f"| {condition.due} | {where} |"
    )


FORMS: dict[str, Callable[[Outcome], str]] = {
    "text": decision_text,
    "md": decision_markdown,
    "json": decision_json,
}


# --- the record --------------------------------------------------------------------------------

_STATUS = {
    Posture.APPROVE: "accepted",
    Posture.CONDITIONS: "accepted, with conditions",
    Posture.REWORK: "rejected, to be reworked",
}


def adr(
    outcome: Outcome, review: Review, ledger: Sequence[Entry], knowledge: Knowledge, by: str = ""
) -> str:
    """The draft of a decision record in the form of MADR, citing the design."""
    lines = [
        "---",
        "status: proposed",
        f"date: {outcome.decided_on}",
        f"decision-makers: {_scalar(by) if by else 'to be named'}",
        f"consulted: {', '.join(_consulted(outcome, knowledge)) or 'nobody yet'}",
        "---",
        "",
        f"# Build {md(outcome.title)}: {outcome.posture.value}",
        "",
        "## Context and Problem Statement",
        "",
        f"The design {md(outcome.design)} (SHA-256 of its text `{outcome.digest[:12]}`, "
        f"{review.document.words:,} words) was reviewed on {len(review.coverage)} aspects by "
        f"{md(outcome.judge)}. May it be built as it is written?",
        "",
        "## Decision Drivers",
        "",
        *(f"- {md(reason)}" for reason in outcome.because),
        *(f"- {md(s.text)}: {_cited(s.citation)}" for s in review.strengths),
        "",
        "## Considered Options",
        "",
        "- Approve the design as it is written",
        "- Approve it with conditions",
        "- Send it back for rework",
        "",
        "## Decision Outcome",
        "",
        f"Chosen option: “{_OPTION[outcome.posture]}”, because {md('; '.join(outcome.because))} "
        f"(policy {md(outcome.policy)}). On acceptance the status of this record becomes "
        f"“{_STATUS[outcome.posture]}”.",
        "",
        "### Consequences",
        "",
        *_consequences(outcome),
        "",
        "### Confirmation",
        "",
        *_confirmation(outcome),
        *_options_of_the_design(ledger),
        "",
        "## More Information",
        "",
        *_evidence(outcome),
        f"- Review of {review.manifest.created}, archreview {review.manifest.archreview}, "
        f"knowledge `{review.manifest.knowledge_digest[:12]}`.",
    ]
    return "\n".join(lines) + "\n"


_OPTION = {
    Posture.APPROVE: "Approve the design as it is written",
    Posture.CONDITIONS: "Approve it with conditions",
    Posture.REWORK: "Send it back for rework",
}


def _scalar(text: str) -> str:
    """A name as a YAML scalar that cannot be anything else."""
    return '"' + one_line(text, 200).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _consulted(outcome: Outcome, knowledge: Knowledge) -> list[str]:
    titles = {role.id: role.title for role in knowledge.roles}
    roles = dict.fromkeys(role for item in outcome.items if item.open for role in item.roles)
    return [_scalar(titles.get(role, role)) for role in roles]


def _consequences(outcome: Outcome) -> Iterator[str]:
    titles = {item.fingerprint: f"{item.title} ({item.severity.value})" for item in outcome.items}
    for item in outcome.accepted_risks:
        until = f" until {item.until}" if item.until else ""
        yield f"- Bad, because this risk is carried by {md(item.owner)}{until}: {md(item.title)}."
    conditional = {condition.fingerprint for condition in outcome.conditions}
    left = [item for item in outcome.items if item.open and item.fingerprint not in conditional]
    for condition in outcome.conditions:
        yield f"- Bad, until it is settled: {md(titles[condition.fingerprint])}."
    if left:
        yield f"- Bad, because {len(left)} lesser findings stay open without a condition."
    closed = sum(not item.open for item in outcome.items)
    if closed:
        yield f"- Good, because {closed} findings were closed by people before the decision."
    if not outcome.items:
        yield "- Good, because the review found nothing open."


def _confirmation(outcome: Outcome) -> Iterator[str]:
    if not outcome.conditions:
        yield "Nothing has to be shown."
    for condition in outcome.conditions:
        yield (
            f"- [ ] {md(condition.text)} Owner: {md(condition.owner)}; due {condition.due}; "
            f"`{condition.aspect}`, `{condition.fingerprint}`."
        )


def _options_of_the_design(ledger: Sequence[Entry]) -> Iterator[str]:
    if not ledger:
        return
    yield ""
    yield "## Pros and Cons of the Options"
    yield ""
    yield "The design itself weighs:"
    yield ""
    for entry in ledger:
        against = f" over {md('; '.join(entry.rejected))}" if entry.rejected else ""
        yield f"- {md(entry.taken or 'not stated')}{against}: {_cited(entry.citation)}"


def _evidence(outcome: Outcome) -> Iterator[str]:
    for item in outcome.items:
        if item.open and item.citations:
            yield f"- {md(item.title)}: {_cited(item.citations[0])}"


def _cited(citation: Citation) -> str:
    return f"“{md(one_line(citation.quote, QUOTE))}” ({md(place(citation))})"
