"""Text in a design that is aimed at its reviewer instead of its reader.

Sentences are scored by what they do: set aside instructions, speak to a machine, dictate a verdict,
forge a conversation's frame, change the reviewer's role, ask for its prompt. Hidden text needs less
to count than visible text; visible text that talks about such attacks (a section on guardrails, a
quoted example) needs more. Encoded and disguised text is decoded first.

What is found becomes a finding, and is blank in the text that is judged: no judge reads it, no
quote from it is evidence. Text that is hidden without being aimed at anyone is blank too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from copilot.documents.hidden import Hidden, blank, hidden_spans
from copilot.documents.sentences import sentences
from copilot.review.citations import Verifier, fold
from copilot.review.disguise import decoded_runs, plain
from copilot.schema import Document, Finding, Severity

VISIBLE, DISCUSSED, HIDDEN = 4, 8, 3
"""Scores from which on visible text, visible text about attacks, and hidden text is an attack."""
NEIGHBOUR = 2
"""Score from which on a sentence next to an attack belongs to it."""
CONTEXT = 320
"""Characters before a sentence that may say that it is an example."""


class Injection(NamedTuple):
    """A span that is aimed at the reviewer; offsets in the document's text."""

    start: int
    end: int
    carrier: str
    """text, comment, element, invisible, encoded, alt (an image's text) or title (a link's)."""


@dataclass(frozen=True)
class Reading:
    """A document as it is judged, and what was taken out of it."""

    document: Document
    """The same offsets and lines; hidden text and injections are blank."""
    injections: tuple[Injection, ...]


def shield(document: Document) -> Reading:
    """The document without what its reader does not see and what is aimed at its reviewer."""
    hidden = hidden_spans(document)
    injections = find_injections(document, hidden)
    spans = [(span.start, span.end) for span in (*hidden, *injections)]
    if not spans:
        return Reading(document, ())
    text = blank(document.text, spans)
    if not text.strip():  # nothing else is there: judging an empty text would say less
        return Reading(document, injections)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Reading(document.model_copy(update={"text": text, "digest": digest}), injections)


def find_injections(
    document: Document, hidden: tuple[Hidden, ...] | None = None
) -> tuple[Injection, ...]:
    """Spans of the document that are aimed at its reviewer, in order, without overlaps."""
    text = document.text
    concealed = hidden_spans(document) if hidden is None else hidden
    found = [Injection(*span) for span in concealed if _hidden_attack(text, span)]
    found += _encoded(text)
    found += _attributes(text)
    visible = blank(text, [(span.start, span.end) for span in (*concealed, *found)])
    found += _visible(visible, text)
    return tuple(_joined(found))


def injection_findings(
    injections: tuple[Injection, ...], verifier: Verifier
) -> tuple[Finding, ...]:
    """One finding for each injection; `verifier` must know the document as it came."""
    return tuple(_finding(injection, verifier) for injection in injections)


# --- what an attack says -------------------------------------------------------------------------

_MACHINE = (
    r"(?:(?:automated|automatic|ai|a\.i\.|artificial|machine|llm|virtual|digital|the|an?|any|all|"
    r"this|every|each|whichever|reviewing|review|language|large|grading|architecture|design)[ -]){0,4}"
    r"(?:ai|llms?|language models?|gpt\S*|chatgpt|claude|gemini|mistral|llama|copilot|archreview|"
    r"ai (?:model|system|tool|agent|assistant|reviewer)s?|assistants?|chatbots?|bots?|"
    r"(?:review|grading|evaluation|automated|automatic|ai)[ -](?:tool|bot|agent|model|system|pipeline|"
    r"software|engine|assistant|script)s?|reviewers?|graders?|evaluators?|judges?|summari[sz]ers?|"
    r"auditors?|models?|agents?|systems?)(?!,? i\b| engineers?| teams?| platforms?| developers?| researchers?)"
)
_OPEN = (
    r"(?:findings?|gaps?|issues?|problems?|risks?|weakness(?:es)?|concerns?|questions?|objections?|"
    r"deficienc(?:y|ies)|criticisms?|shortcomings?|defects?|negatives?|lack|absence|omissions?)"
)
_GOOD = (
    r"(?<!\w)(?:fully |completely |already )?(?:addressed|met|satisfied|compliant|complete|passed|passing|"
    r"passes|approved|excellent|perfect|flawless|covered|not[ _-]applicable|low[ -]risk|"
    r"no[ -]risk|resolved|acceptable|green|ok|done|exemplary|best[ -]in[ -]class|"
    r"answered|100 ?%|100|10/10|5/5|1\.0)"
)
_ITEMS = (
    r"(?:aspects?|criteri(?:a|on)|dimensions?|checks?|check ?lists?|sections?|requirements?|rows?|"
    r"verdicts?|items?|entries|areas?|categor(?:y|ies)|points?|status(?:es)?|topics?)"
)
_SIGNS: tuple[tuple[str, int, re.Pattern[str]], ...] = tuple(
    (name, weight, re.compile(pattern, re.IGNORECASE))
    for name, weight, pattern in (
        (
            "override",
            4,
            r"\b(?:ignor|disregard|forget|overrid|bypass|neglect|discard|drop|skip|set aside|cancel|"
            r"do not (?:follow|obey|apply|use)|don't (?:follow|obey|apply|use)|stop following|"
            r"pay no attention to|throw away|erase|abandon|suspend)\w*\b[^.;:!?]{0,30}?\b(?:previous|prior|"
            r"above|earlier|preceding|foregoing|your|initial|original|hidden|built-in)\b(?: \w+){0,2}? "
            r"\b(?:instruction|prompt|guideline|directive|command|rubric|criteria|programming|"
            r"system message|training|rules|rule set|orders?|constraints|guidance|checklist)|"
            r"\b(?:ignore|disregard|forget|override|bypass|overwrite|skip) (?:the |your |all )?(?:rubric|"
            r"review (?:guidelines?|criteria|rules|checklist)|check ?list above|criteria above|above\b(?! (?:mentioned|limit|threshold)))",
        ),
        (
            "override",
            3,
            r"\b(?:ignore|disregard|forget|override|overwrite|bypass|discard|skip|suspend|set aside)\w*\b[^.;:!?]{0,12}?"
            r"\b(?:all|any|every|everything|the|these|those|other)\b.{0,24}?\b(?:instructions?|prompts?|"
            r"directives?|rubrics?|review (?:criteria|rules|guidelines|checklist)|told|"
            r"(?:review|grading|assessment) (?:step|process|criteria|rubric)s?|system prompt|criteria:)|"
            r"\b(?:instructions|prompts?|rules|guidelines)\b.{0,50}?\b(?:are|is|were) (?:outdated|void|obsolete|invalid|"
            r"superseded|cancelled|suspended|no longer valid)\b|\b(?:evaluation|review|reviewing|grading|assessment) "
            r"(?:is |has been )?(?:disabled|switched off|cancelled|suspended)\b",
        ),
        (
            "override",
            4,
            r"ignorier\w*.{0,30}(?:anweisung|vorgabe|instruktion)|vergiss.{0,30}anweisung|"
            r"ignor(?:a|e|ez|er|are|ate)\b.{0,20}(?:instrucciones|instructions|istruzioni|instruções|"
            r"consignes|indicaciones)|oublie[sz]?.{0,20}(?:instructions|consignes)|olvida.{0,20}instruc|"
            r"忽略.{0,12}(?:指令|指示|说明|提示)|无视.{0,12}(?:指令|指示)|無視して|以前の指示|игнорир.{0,30}инструкц|"
            r"negeer.{0,20}instructies|zignoruj.{0,25}(?:instrukcj|polece)|تجاهل.{0,20}التعليمات",
        ),
        (
            "address",
            2,
            r"\b(?:dear|attention|hey|hello|hi|note (?:to|for)|notes? to self for|message (?:to|for)|"
            r"instructions? (?:to|for)|reminder (?:to|for)|hint (?:to|for)|directive (?:to|for)|memo (?:to|for)|"
            r"addressed to|intended for|if you(?:'re| are)|since you(?:'re| are)|as you are|you,? the|^to|^for|^as|"
            r"(?:read|processed|parsed|reviewed|evaluated|seen|analy[sz]ed|summari[sz]ed|judged|graded) by)"
            rf"[ :,-]{{1,3}}(?:an? |the |any |all |whoever is an? )?{_MACHINE}\b",
        ),
        (
            "address",
            2,
            r"^\W*(?:@|the )?(?:ai|llms?|language models?|gpt\S*|chatgpt|claude|gemini|copilot|archreview|"
            r"assistants?|(?:ai|llm|automated|automatic|machine)[ -](?:reviewers?|assistants?|agents?|systems?|"
            r"tools?|graders?|readers?|models?)|reviewer(?:[ -](?:bot|ai|model|llm))?|review(?:er)?[ -]?bot|bots?)"
            r"\W{0,3}(?:[:,!-]|must|should|please|shall|will|are|is|has)",
        ),
        (
            "address",
            2,
            rf"\b(?:any|every|each|whichever|whatever|all) {_MACHINE}\b.{{0,40}}?\b(?:must|shall|should|has to|is to|"
            r"have to|you are|processes|reads)\b|^[\w, ]{0,30}\bor (?:whichever|whatever|any) (?:ai|model|llm)\b|"
            r"\breviewers? (?:that|who)? ?(?:are )?us(?:es?|ing) (?:an? )?(?:ai|llm)|^(?:grad\w+|review\w*|evaluation) instructions?\b",
        ),
        (
            "machine",
            1,
            r"\b(?:ai|llms?|language models?|chatgpt|claude|copilot|archreview)\b(?! engineer)",
        ),
        (
            "verdict",
            3,
            r"\b(?:report|list|return|output|produce|raise|flag|includ|find|generat|write|stat|identif|"
            r"emit|giv|answer|respond|reply|conclud|say|there are|declar|submit|make sure there)\w*\b"
            rf".{{0,30}}?\b(?:no|zero|0|without(?: any)?|not any|none of the|an? empty(?: list of)?|empty)\b"
            rf".{{0,18}}?\b{_OPEN}\b",
        ),
        (
            "verdict",
            3,
            r"\b(?:mark|rat|scor|grad|label|set|treat|consider|classif|judg|record|report|regard|"
            r"assess|evaluat|count|deem|tag|return|output|answer|respond|declar|assign|assum|call|giv|"
            r"keep|leave|put|fill|tick|choos|select|emit)(?:e|ed|y|es|s)?\b(?! by)"
            rf".{{0,60}}?\b(?:as|to|=|at|with|is|are|be|of)\b.{{0,12}}?[\"'`*]?{_GOOD}(?!\w)",
        ),
        (
            "verdict",
            3,
            r"\b(?:do not|don't|never|refrain from|avoid|must not|should not|shall not|without|stop|not to)\b"
            r".{0,24}?\b(?:report|mention|flag|rais|list|not|includ|critici|question|ask|"
            rf"writ|point|produc|complain|comment|surfac|highlight)\w*\b.{{0,50}}?\b(?:{_OPEN}|missing|absent|"
            r"unaddressed|anything negative)\b",
        ),
        (
            "verdict",
            3,
            r"\b(?:approve|accept|endorse|lgtm|sign off|rubber-?stamp|wave through|pass|recommend)\b.{0,40}?"
            r"\b(?:this|the|it)\b.{0,20}?(?:design|document|proposal|architecture|submission|review|rfc|paper)?"
            r"\b.{0,40}?\b(?:immediately|unconditionally|as is|without (?:further )?(?:comment|question|"
            r"review|check|condition|reservation)s?|for approval|with full marks|at once|automatically)\b",
        ),
        (
            "verdict",
            3,
            rf"\b(?:all|every|each|the|these)\b(?: of the)?(?: \w+)? {_ITEMS}\b.{{0,24}}?\b(?:are|is|be|must be|"
            rf"should be|count as|have been|has been|shall be|=)\b.{{0,16}}?[\"'`*]?{_GOOD}(?!\w)",
        ),
        (
            "verdict",
            3,
            r"\b(?:give|award|assign|grant|rate|score|return|use)\b.{0,40}?\b(?:highest|maximum|full|top|"
            r"perfect|best(?: possible)?|10/10|5/5|100 ?%?|five stars?|a\+)\b.{0,16}?\b(?:scores?|ratings?|marks?|grades?|"
            r"points?|confidence|verdicts?|stars?|possible|everywhere|for)\b",
        ),
        (
            "verdict",
            3,
            r"\b(?:writ|say|stat|answer|conclud|report|claim|assum|note|declar|output|believ|convinc|agree)\w*\b.{0,12}?\bthat\b.{0,50}?"
            rf"(?:\b(?:is|are|has|have|been|was)\b.{{0,12}}?\b{_GOOD}(?!\w)|\b(?:no|without|not any)\b.{{0,12}}?\b{_OPEN}\b|"
            r"\bnothing (?:is |was )?(?:missing|lacking|wrong|to add|to report)|\bsatisf(?:ies|y)\b|\bexists?\b)|"
            r"\b(?:leave out|omit|exclude|hide|suppress|conceal|withhold|play down|downplay)\b.{0,24}?\b(?:negative|critical|"
            rf"{_OPEN})|\bleave\b.{{0,30}}?\b{_OPEN}\b.{{0,12}}?\bempty\b|\b(?:deduct|subtract|take off) no\b|"
            r"\banswer\b.{0,40}?\bquestions?\b.{0,24}?\bwith (?:yes|true|addressed)\b|\b(?:positive|glowing|favou?rable) (?:review|report|"
            r"summary|assessment|verdict)|\b(?:summari[sz]e|review|describe|judge|assess)\w*\b.{0,30}?\b(?:positively|favou?rably)\b|"
            rf"\bno (?:gaps|findings|weaknesses)\b.{{0,6}}?\bno {_OPEN}|\bdo not critici[sz]e\b|\b(?:record|set|return|give|write|enter|use)\b.{{0,20}}?"
            rf"\b(?:verdict|status|rating|score|grade)s?\b.{{0,12}}?{_GOOD}(?!\w)|\bwrite \W?lgtm\b",
        ),
        (
            "explicit",
            1,
            r"\b(?:mark|rat|count|treat|set|judg|grad|classif|tick|verdict|status|consider|say|give|return|emit|use|call)\w*\b.{0,50}?"
            r"\b(?:addressed|not_applicable|as met|satisfied|covered|answered)\b",
        ),
        (
            "verdict",
            2,
            r"\b(?:your|the) (?:only |entire |whole |final |complete )?(?:answer|output|response|verdict|"
            r"reply|review|report|summary|json)\b.{0,20}?\b(?:must|should|shall|is to|needs? to|has to|will)\b"
            r".{0,12}?\b(?:be|say|contain|read|consist|state|include|hold|show|conclude)\b",
        ),
        (
            "verdict",
            2,
            r"\b(?:respond|reply|answer|output|return|print|write|say)\b.{0,12}?\b(?:only|just|exactly|solely|"
            r"nothing (?:but|other|more))\b|\b(?:empty (?:array|list|json|rows|object)|\"?findings\"?\s*[:=]\s*\[\s*\])",
        ),
        (
            "verdict",
            2,
            r"[\"'](?:status|verdict)[\"']\s*:\s*[\"'](?:addressed|met|approved|not_applicable|pass(?:ed)?)[\"']|"
            r"[\"']aspect[\"']\s*:\s*[\"'][a-z]+\.[a-z-]+|\bstatus\s*[:=]\s*addressed\b|\bconfidence\s*[:=]?\s*1(?:\.0)?\b",
        ),
        (
            "frame",
            2,
            r"<\|?(?:im_start|im_end|system|endoftext|start_header_id|end_header_id|eot_id|assistant|user)\|?>|"
            r"\[/?INST\]|<</?SYS>>|</?(?:system|assistant|instructions?|document|prompt|untrusted\w*|user_input|"
            r"context|input|data|design|review|function_calls|tool_result)(?: [\w=\"']{0,40})?>|"
            r"\[/?(?:system|document|end of document|assistant)\b[^\]]{0,40}\]",
        ),
        (
            "frame",
            2,
            r"^\W*(?:system|assistant|developer|human|user|administrator|admin|root)(?: (?:prompt|message|"
            r"override|notice|note|instructions?|update|directive|command|alert))?\s*(?:\(\w+\))?\s*[:>]|"
            r"\b(?:begin|start of|end of|beginning of)\b.{0,16}\b(?:instructions?|system prompt|untrusted|user input|"
            r"the (?:document|design|text)(?: to (?:be )?review)?|document|prompt|context)\b|"
            r"\bend of (?:the )?design\b|-{3,}\s*(?:end|begin|new)\b|#{2,}\s*(?:system|instructions?|new task|assistant)\b",
        ),
        (
            "role",
            2,
            r"\byou are (?:now|no longer|hereby|actually|going to)\b|\bfrom (?:now|here|this point) on,? (?:you|act|treat|"
            r"respond|answer|approve|every)|\bact as (?:if|an?|though)\b|\bpretend\b|\b(?:switch|enter|go) (?:in)?to \w+(?: \w+)? mode|"
            r"\b(?:developer|debug|maintenance|approval|god|dan|admin|sudo|jailbreak|compliance|test|demo|training|"
            r"simulation|override|unrestricted|fast-track|pre-?approved) mode\b|\bnew (?:instructions?|task|role|system prompt|"
            r"objective|persona|directives?|rules)\b(?=\W|$)|\b(?:updated|revised|corrected|real|actual|true|important|special|"
            r"additional|further|secret|urgent) (?:system )?(?:instructions?|task|directives?)\b|\byour (?:new|real|true|actual|updated|only) "
            r"(?:task|role|job|goal|instructions?|purpose|objective)|\b(?:system|admin|policy|reviewer?) override\b|"
            r"\bthis (?:message |note |notice |instruction |text )?(?:supersedes|overrides|replaces|takes precedence|has priority)|"
            r"\bhigher priority than\b|\byou will (?:be|get|receive) (?:rewarded|tipped|punished|fined|penali[sz]ed|shut down|a (?:tip|bonus|reward))|"
            r"\bimportant (?:for|to) my (?:career|job|family)|\bpermission to skip\b|\b(?:replace|supersede|override)s? your\b|\b(?:was|is) only a test\b|"
            r"\breal task\b|\bbinding for (?:all|any|every) |\bon behalf of the author|\bdefend it\b|\b(?:previous|prior|earlier) (?:instructions?|prompts?|rules|guidelines) "
            r"(?:are|is|were|have been|has been|no longer)\b|\byour (?:review|task|work|job) is (?:over|done|complete|finished)",
        ),
        (
            "prompt",
            3,
            r"\b(?:reveal|print|repeat|output|show|display|leak|disclose|send|dump|echo|include|tell|copy|append|recite)\b"
            r".{0,30}?\b(?:your|the|system|hidden|initial|entire|full)\b.{0,12}?\b(?:system prompt|prompt|instructions|"
            r"api keys?|environment variables|credentials|everything above|text above|words above|configuration|"
            r"hidden instructions)\b|\b(?:print|repeat|output|dump) the (?:words|text|lines) above\b",
        ),
        (
            "order",
            1,
            r"\b(?:you (?:must|should|shall|will|have to|need to|may|can|are)|please|kindly|your)\b|^\W*(?:just |simply |always |"
            r"only |now |then |instead,? )?(?:ignore|disregard|forget|report|mark|rate|approve|treat|set|give|return|output|"
            r"respond|answer|do not|don't|never|stop|skip|say|write|print|repeat|reveal|consider|conclude|assume|score|grade|"
            r"judge|classify|accept|pass|label|tick|choose|leave|produce|assume|count|pretend|act|emit|select|omit|hide|deduct)\b|"
            r"[,;:] (?:do not|don't|never|mark|rate|report|list|leave|treat|set|count|output|give|approve|answer|write|say|return|conclude)\b|"
            r"\band (?:mark|rate|report|list|leave|treat|set|count|output|give|approve|answer|write|say|return|conclude|record)\b|\b(?:must|shall)\b",
        ),
        (
            "review",
            1,
            r"\b(?:findings|gaps|aspects?|criteri(?:a|on)|dimensions|verdicts?|reviewers?|review(?:ing)?|"
            r"unjudged|not_applicable|weaknesses|(?:this|the) (?:design|document|architecture|proposal|board)|controls?|"
            r"missing items?|rows?|cost and security|rating)\b",
        ),
    )
)
_ATTACKS = re.compile(
    r"\b(?:(?:prompt[- ])?injections?|injection attempts?|jailbreak\w*|adversar\w+|malicious|red[- ]?team\w*|"
    r"payloads?|guard ?rails?|hostile|attack\w*|exfiltrat\w+|poison\w*|threats?|owasp|untrusted|canary)\b",
    re.IGNORECASE,
)
"""Near these words, what is quoted or stands in a fence is talked about."""
_EXAMPLE = re.compile(
    r"\b(?:such as|e\.g\.|for example|for instance|examples?|of the form|reads|says|phrases?|prompts?|tries to|"
    r"detect\w*|block\w*|reject\w*|filter\w*|screen\w*|refus\w+)\b",
    re.IGNORECASE,
)
"""Before a quote in the same sentence, these say that it is an example."""
_CONDITION = re.compile(
    r"(?<!as )\b(?:check|ensure|verify|make sure|confirm|until|unless|before|after|once|when|whether|only if|if|where|"
    r"must be|should be|needs? to be)\b[^.;,:]{0,60}$",
    re.IGNORECASE,
)
"""Before a verdict: it is a condition or a requirement, such as a check list for people."""
_QUOTED = re.compile(
    r"\"[^\"\n]{3,400}\"|“[^”\n]{3,400}”|«[^»\n]{3,400}»|`[^`\n]{3,400}`|(?<!\w)'[^'\n]{8,300}'(?!\w)"
)


def _score(sentence: str) -> int:
    """How much a sentence does what attacks do: each kind of sign counts once, at its most."""
    best: dict[str, int] = {}
    for name, weight, pattern in _SIGNS:
        if best.get(name, 0) >= weight:
            continue
        match = pattern.search(sentence)
        if match and not (name == "verdict" and _CONDITION.search(sentence[: match.start()])):
            best[name] = weight
    weak = sum(best.pop(name, 0) for name in ("order", "review", "machine", "explicit"))
    if set(best) <= {"verdict"}:  # a verdict alone is what check lists and status reports hold
        weak -= 1
    return sum(best.values()) + weak if best else 0


# --- where it stands ------------------------------------------------------------------------------


def _hidden_attack(text: str, span: Hidden) -> bool:
    body = text[span.start : span.end]
    if span.carrier == "invisible":
        return _is_message(body)
    inner = re.sub(r"^<!--+|--!?>$|<[^<>]{0,2000}>", " ", body)
    return any(_score(part) >= HIDDEN for part in _parts(inner)) or bool(_encoded(inner))


def _is_message(invisible: str) -> bool:
    """Tag characters spell a text; a long run of others is one in some code."""
    spelled = sum(0xE0020 <= ord(character) <= 0xE007E for character in invisible)
    return spelled >= 4 or len(set(invisible)) > 1 or len(invisible) > 40


def _parts(text: str) -> Iterator[str]:
    """Sentences, each with the next, so that what is said in two counts together."""
    flat = " ".join(plain(text).text.split())
    pieces = re.split(r"(?<=[.!?;。])\s+", flat)
    for first, second in zip(pieces, [*pieces[1:], ""], strict=True):
        yield f"{first} {second}"[:2_000]


def _encoded(text: str) -> list[Injection]:
    return [
        Injection(start, end, "encoded")
        for start, end, message in decoded_runs(text)
        if any(_score(part) >= HIDDEN for part in _parts(message))
    ]


_ALT = re.compile(r"!\[([^\]]{12,2000})\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,200}\])?")
_ALT_HTML = re.compile(r"<(?:img|svg|figure|area)\b[^<>]{0,4000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"\b(?:alt|title|aria-label|aria-description|data-[\w-]+|longdesc|summary|content|placeholder|value)"
    r"\s*=\s*(\"[^\"]{12,2000}\"|'[^']{12,2000}')",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"\]\(\s*<?[^\s()<>]{0,2000}>?\s+(\"[^\"\n]{12,2000}\"|'[^'\n]{12,2000}'|\([^()\n]{12,2000}\))\s*\)|"
    r"^ {0,3}\[[^\]\n]{1,100}\]:[ \t]*\S{1,2000}[ \t]+(\"[^\"\n]{12,2000}\"|'[^'\n]{12,2000}'|\([^()\n]{12,2000}\))",
    re.MULTILINE,
)


def _attributes(text: str) -> Iterator[Injection]:
    """Texts of pictures and links: read by machines and screen readers, seen by few."""
    for pattern, carrier in ((_ALT, "alt"), (_TITLE, "title"), (_ATTRIBUTE, "alt")):
        for match in pattern.finditer(text):
            group = next((n for n in range(1, pattern.groups + 1) if match[n]), 0)
            if _is_attack(text, *match.span(group), HIDDEN + 1):
                yield Injection(*match.span(), carrier)


def _visible(text: str, original: str) -> Iterator[Injection]:
    """Sentences in sight; `text` is blank where something else was found already."""
    for block in re.finditer(r"\S(?:.|\n(?![ \t]*\n)){0,20000}", text):
        yield from _in_block(text, *block.span())


def _in_block(text: str, start: int, end: int) -> list[Injection]:
    """The attacks of one block: sentences that count alone, and their neighbours that belong."""
    units = _units(text, start, end)
    text = _without_long_examples(text, start, end)
    scores = [_unit_score(text, unit) for unit in units]
    attacks = [score >= VISIBLE for score in scores]
    for at in range(len(units) - 1):
        pair = scores[at] > 1 and scores[at + 1] > 1 and scores[at] + scores[at + 1] >= VISIBLE + 1
        if pair and _unit_score(text, (units[at][0], units[at + 1][1])) >= VISIBLE + 1:
            attacks[at] = attacks[at + 1] = True
    for at in [at for at, is_attack in enumerate(attacks) if is_attack]:
        for step in (-1, 1):
            beside = at + step
            while 0 <= beside < len(units) and scores[beside] >= NEIGHBOUR and not attacks[beside]:
                attacks[beside] = True
                beside += step
    return [Injection(*u, "text") for u, is_attack in zip(units, attacks, strict=True) if is_attack]


def _without_long_examples(text: str, start: int, end: int) -> str:
    """The text with the quotes of several sentences blank that its block gives as examples."""
    spans = [
        match.span()
        for match in _LONG_QUOTE.finditer(text, start, end)
        if _EXAMPLE.search(text, max(start, match.start() - 80), match.start())
    ]
    return blank(text, spans) if spans else text


_LONG_QUOTE = re.compile(r"(?<!\w)\"[^\"\n]{3,200}[.!?] [^\"\n]{3,600}\"")


def _units(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Sentences of a block, and the lines that are none (headings)."""
    inner = [(start + a, start + b) for a, b in sentences(text[start:end])]
    for match in re.finditer(r"[^\n]*\S[^\n]*", text[start:end]):
        a, b = start + match.start(), start + match.end()
        if not any(x < b and a < y for x, y in inner):
            inner.append((a, b))
    return sorted(inner)


def _unit_score(text: str, unit: tuple[int, int]) -> int:
    """Score of a visible sentence; what it only talks about does not count."""
    start, end = unit
    raw = text[start:end][:3_000]
    score = max(_score(_sentence(part)) for part in {raw, *raw.split("\n")})
    if score < NEIGHBOUR:
        return score
    near = _about_attacks(text, start)
    if _ATTACKS.search(raw):  # the sentence itself talks about attacks
        bare = _score(_sentence(_QUOTED.sub(" ", raw)))
        return bare if bare >= DISCUSSED else min(bare, NEIGHBOUR - 1)
    if near and _in_fence(text, start):
        return min(score, NEIGHBOUR - 1)
    rest = _without_examples(raw, near)
    return score if rest == raw else min(score, _score(_sentence(rest)))


def _sentence(raw: str) -> str:
    """A sentence in one line, without disguises and without the marks of lists and quotes."""
    return re.sub(r"^[\s>*+#|/\-\"'`:]+", "", " ".join(plain(raw).text.split()))


def _without_examples(sentence: str, near: bool) -> str:
    """The sentence without the quotes in it that it gives as examples."""

    def keep(match: re.Match[str]) -> str:
        before = sentence[: match.start()]
        return " " if before.strip() and (near or _EXAMPLE.search(before)) else match.group()

    return _QUOTED.sub(keep, sentence)


def _about_attacks(text: str, start: int) -> bool:
    """True where the heading or the text just before speaks about attacks."""
    heading = text.rfind("\n#", 0, start)
    title = text[heading + 1 : heading + 120].split("\n", 1)[0] if heading >= 0 else ""
    return bool(_ATTACKS.search(title) or _ATTACKS.search(text, max(0, start - CONTEXT), start))


def _in_fence(text: str, start: int) -> bool:
    return len(re.findall(r"^[ \t]*(?:```|~~~)", text[:start], re.MULTILINE)) % 2 == 1


def _is_attack(text: str, start: int, end: int, threshold: int) -> bool:
    body = _sentence(text[start:end].strip("\"'()"))
    return _score(body) >= threshold and not _ATTACKS.search(body)


def _joined(found: list[Injection]) -> list[Injection]:
    """In order, without overlaps; neighbours of one carrier become one."""
    joined: list[Injection] = []
    for one in sorted(found):
        last = joined[-1] if joined else None
        if last and one.start <= last.end + (3 if one.carrier == last.carrier else -1):
            joined[-1] = last._replace(end=max(last.end, one.end))
        else:
            joined.append(one)
    return joined


# --- what the review says -------------------------------------------------------------------------

_WHERE = {
    "text": "in plain sight",
    "comment": "in a comment, which no reader sees",
    "element": "in an element that is not shown",
    "invisible": "in invisible characters",
    "encoded": "in encoded form",
    "alt": "in a text that stands in for a picture",
    "title": "in the title of a link",
}


def _finding(injection: Injection, verifier: Verifier) -> Finding:
    citation = verifier.at(injection.start, injection.end)
    identity = f"injection\n{fold(citation.quote).casefold()}"
    return Finding(
        fingerprint=hashlib.sha256(identity.encode()).hexdigest()[:16],
        kind="injection",
        severity=Severity.HIGH,
        dimension="security",
        aspect="security.audit",
        title="Text aimed at the reviewer",
        what=f"The document speaks to its reviewer {_WHERE[injection.carrier]}. It was left out of "
        "the review and counts for nothing.",
        so_what="Whoever put it there wants another verdict than the design earns; a tool that "
        "follows it would pass gaps over in silence.",
        fix="Remove it, and find out from the history of the file who added it and why.",
        roles=("security", "architect"),
        confidence=0.9,
        citations=(citation,),
        origin="rule",
    )
