"""What a sentence does when it is aimed at a reviewer: the signs of an attack and their weight."""

from __future__ import annotations

import re
from functools import cache

from copilot.documents.phrases import PhraseBook, Phrases, said

_MACHINE = (
    r"(?:(?:automated|automatic|ai|a\.i\.|artificial|machine|llm|virtual|digital|the|an?|any|all|"
    r"this|every|each|whichever|reviewing|review|language|large|grading|architecture|"
    r"design)[ -]){0,4}"
    r"(?:ai|llms?|language models?|gpt\S*|chatgpt|claude|gemini|mistral|llama|copilot|archreview|"
    r"ai (?:model|system|tool|agent|assistant|reviewer)s?|assistants?|chatbots?|bots?|"
    r"(?:review|grading|evaluation|automated|automatic|ai)[ -](?:tool|bot|agent|model|system|"
    r"pipeline|"
    r"software|engine|assistant|script)s?|reviewers?|graders?|evaluators?|judges?|summari[sz]ers?|"
    r"auditors?|models?|agents?|systems?)(?!,? i\b| engineers?| teams?| platforms?| developers?|"
    r" researchers?)"
)
_OPEN = (
    r"(?:findings?|gaps?|issues?|problems?|risks?|weakness(?:es)?|concerns?|questions?|objections?|"
    r"deficienc(?:y|ies)|criticisms?|shortcomings?|defects?|negatives?|lack|absence|omissions?)"
)
_GOOD = (
    r"(?<!\w)(?:fully |completely |already )?(?:addressed|met|satisfied|compliant|complete|"
    r"passed|passing|"
    r"passes|approved|excellent|perfect|flawless|covered|not[ _-]applicable|low[ -]risk|"
    r"no[ -]risk|resolved|acceptable|green|ok|done|exemplary|best[ -]in[ -]class|"
    r"answered|100 ?%|100|10/10|5/5|1\.0)"
)
_OPEN_WORDS = (
    "finding findings gap gaps issue issues problem problems risk risks weakness weaknesses "
    "concern concerns question questions objection objections deficiency deficiencies criticism "
    "criticisms shortcoming shortcomings defect defects negative negatives lack absence omission "
    "omissions"
)
_GOOD_WORDS = (
    "addressed met satisfied compliant complete passed passing passes approved excellent perfect "
    "flawless covered applicable not_applicable risk resolved acceptable green ok done exemplary "
    "class answered 100 10 5 1"
)
"""A word of each of the above."""
_ITEMS = (
    r"(?:aspects?|criteri(?:a|on)|dimensions?|checks?|check ?lists?|sections?|requirements?|rows?|"
    r"verdicts?|items?|entries|areas?|categor(?:y|ies)|points?|status(?:es)?|topics?)"
)
_SIGNS: tuple[tuple[str, int, str, str], ...] = (
    (
        "override",
        4,
        r"\b(?:ignor|disregard|forget|overrid|bypass|neglect|discard|drop|skip|set aside|"
        r"cancel|"
        r"do not (?:follow|obey|apply|use)|don't (?:follow|obey|apply|use)|stop following|"
        r"pay no attention to|throw away|erase|abandon|"
        r"suspend)\w*\b[^.;:!?]{0,30}?\b(?:previous|prior|"
        r"above|earlier|preceding|foregoing|your|initial|original|hidden|"
        r"built-in)\b(?: \w+){0,2}? "
        r"\b(?:instruction|prompt|guideline|directive|command|rubric|criteria|programming|"
        r"system message|training|rules|rule set|orders?|constraints|guidance|checklist)|"
        r"\b(?:whatever|what|everything|anything|all) (?:that )?you (?:were|are|have been|"
        r"had been) (?:asked|told|instructed|given)\b|"
        r"\breplace your\b.{0,20}?\b(?:rubric|instructions|criteria|prompt)|"
        r"\b(?:ignore|disregard|forget|override|bypass|overwrite|skip) (?:the |your |"
        r"all )?(?:rubric|"
        r"review (?:guidelines?|criteria|rules|checklist)|check ?list above|criteria above|"
        r"above\b(?! (?:mentioned|limit|threshold)))",
        "previous prior above earlier preceding foregoing your initial original hidden "
        "built you ignore disregard forget override bypass overwrite skip",
    ),
    (
        "override",
        3,
        r"\b(?:ignore|disregard|forget|override|overwrite|bypass|discard|skip|suspend|"
        r"set aside)\w*\b[^.;:!?]{0,12}?"
        r"\b(?:all|any|every|everything|the|these|those|other)\b.{0,24}?\b(?:instructions?|"
        r"prompts?|"
        r"directives?|rubrics?|review (?:criteria|rules|guidelines|checklist)|told|"
        r"(?:review|grading|assessment) (?:step|process|criteria|rubric)s?|system prompt|"
        r"criteria:)|"
        r"\b(?:instructions|prompts?|rules|guidelines)\b.{0,50}?\b(?:are|is|"
        r"were) (?:outdated|void|obsolete|invalid|"
        r"superseded|cancelled|suspended|no longer valid)\b|\b(?:evaluation|review|reviewing|"
        r"grading|assessment) "
        r"(?:is |has been )?(?:disabled|switched off|cancelled|suspended)\b",
        "ignore* disregard* forget* override* overwrite* bypass* discard* skip* suspend* "
        "aside* outdated void obsolete invalid superseded cancelled suspended valid "
        "disabled switched",
    ),
    (
        "override",
        4,
        r"ignorier\w*.{0,30}(?:anweisung|vorgabe|instruktion)|vergiss.{0,30}anweisung|"
        r"ignor(?:a|e|ez|er|are|ate)\b.{0,20}(?:instrucciones|instructions|istruzioni|"
        r"instruções|"
        r"consignes|indicaciones)|oublie[sz]?.{0,20}(?:instructions|consignes)|"
        r"olvida.{0,20}instruc|"
        r"忽略.{0,12}(?:指令|指示|说明|提示)|无视.{0,12}(?:指令|指示)|無視して|以前の指示|игнорир.{0,30}инструкц|"
        r"negeer.{0,20}instructies|zignoruj.{0,25}(?:instrukcj|polece)|تجاهل.{0,20}التعليمات",
        "",
    ),
    (
        "address",
        2,
        r"\b(?:dear|attention|hey|hello|hi|note (?:to|for)|notes? to self for|message (?:to|"
        r"for)|"
        r"instructions? (?:to|for)|reminder (?:to|for)|hint (?:to|for)|directive (?:to|for)|"
        r"memo (?:to|for)|"
        r"addressed to|intended for|if you(?:'re| are)|since you(?:'re| are)|as you are|"
        r"you,? the|"
        r"(?:read|processed|parsed|reviewed|evaluated|seen|analy[sz]ed|summari[sz]ed|judged|"
        r"graded) by)"
        rf"[ :,-]{{1,3}}(?:an? |the |any |all |whoever is an? )?{_MACHINE}\b",
        "dear attention hey hello hi note notes message instruction instructions reminder "
        "hint directive memo addressed intended you read processed parsed reviewed "
        "evaluated seen analysed analyzed summarised summarized judged graded",
    ),
    (
        "address",
        2,
        rf"^(?:to|for|as)[ :,-]{{1,3}}(?:an? |the |any |all |whoever is an? )?{_MACHINE}\b",
        "to for as",
    ),
    (
        "address",
        2,
        r"^\W*@?(?:ai|llms?|language models?|gpt\S*|chatgpt|claude|gemini|copilot|archreview|"
        r"assistants?|(?:ai|llm|automated|automatic|machine)[ -](?:reviewers?|assistants?|"
        r"agents?|systems?|"
        r"tools?|graders?|readers?|models?)|reviewer(?:[ -](?:bot|ai|model|llm))?|"
        r"review(?:er)?[ -]?bot|bots?)"
        r"\W{0,3}(?:[:,!]|-(?!\w)|must|should|please|shall|will|are|is|has)",
        "",
    ),
    (
        "address",
        2,
        r"\b(?:tools?|machines?|programs?|software|systems?|models?|whoever|"
        r"ai) (?:that (?:is|are) |who (?:is|are) )?(?:reading|processing|parsing|"
        r"reviewing|evaluating|summari[sz]ing) this\b|\b(?:any|every|each|whichever|whatever|"
        r"all|the|for|to) (?:automated|ai|llm|review) (?:reviewers?|agents?|"
        r"models?|tools?|bots?|systems?)\b|"
        r"\b(?:any|every|each|whichever|whatever|all) (?:ai|llms?|language models?|models?|"
        r"tools?|reviewers?)\b.{0,40}?\b(?:must|shall|should|has to|is to|"
        r"have to|you are|processes|reads)\b|^[\w, ]{0,30}\bor (?:whichever|whatever|"
        r"any) (?:ai|model|llm)\b|"
        r"\breviewers? (?:that|who)? ?(?:are )?us(?:es?|ing) (?:an? )?(?:ai|llm)|^(?:grad\w+|"
        r"review\w*|evaluation) instructions?\b",
        "reading processing parsing reviewing evaluating summarising summarizing "
        "automated ai llm review any every each whichever whatever all reviewer reviewers "
        "instruction instructions",
    ),
    (
        "machine",
        1,
        r"\b(?:ai|llms?|language models?|chatgpt|claude|copilot|archreview)\b(?! engineer)",
        "",
    ),
    (
        "verdict",
        3,
        r"\b(?:report|list|return|output|produce|raise|flag|includ|find|generat|write|stat|"
        r"identif|"
        r"emit|giv|answer|respond|reply|conclud|say|there are|declar|submit|"
        r"make sure there)\w*\b"
        rf".{{0,30}}?\b(?:no|zero|0|without(?: any)?|not any|none of the|"
        rf"an? empty(?: list of)?|empty)\b"
        rf".{{0,18}}?\b{_OPEN}\b",
        _OPEN_WORDS,
    ),
    (
        "verdict",
        3,
        r"\b(?:mark|rat|scor|grad|label|set|treat|consider|classif|judg|record|report|regard|"
        r"assess|evaluat|count|deem|tag|return|output|answer|respond|declar|assign|assum|"
        r"call|giv|"
        r"keep|leave|put|fill|tick|choos|select|emit)(?:e|ed|y|es|s)?\b(?! by|\))"
        rf".{{0,60}}?\b(?:as|to|=|at|with|is|are|be|of)\b.{{0,12}}?[\"'`*]?{_GOOD}(?!\w)",
        _GOOD_WORDS,
    ),
    (
        "verdict",
        3,
        r"\b(?:do not|don't|never|refrain from|avoid|must not|should not|shall not|without|"
        r"stop|not to)\b"
        r".{0,24}?\b(?:report|mention|flag|rais|list|not|includ|critici|question|ask|"
        rf"writ|point|produc|complain|comment|surfac|highlight)\w*\b.{{0,50}}?\b(?:{_OPEN}|"
        rf"missing|absent|"
        r"unaddressed|anything negative)\b",
        f"{_OPEN_WORDS} missing absent unaddressed negative",
    ),
    (
        "verdict",
        3,
        r"\b(?:approve|accept|endorse|lgtm|sign off|rubber-?stamp|wave through|pass|"
        r"recommend)\b.{0,40}?"
        r"\b(?:this|the|it)\b.{0,20}?(?:design|document|proposal|architecture|submission|"
        r"review|rfc|paper)?"
        r"\b.{0,40}?\b(?:immediately|unconditionally|as is|without (?:further )?(?:comment|"
        r"question|"
        r"review|check|condition|reservation)s?|for approval|with full marks|at once|"
        r"automatically)\b",
        "approve accept endorse lgtm sign rubber rubberstamp wave pass recommend",
    ),
    (
        "verdict",
        3,
        rf"\b(?:all|every|each|the|"
        rf"these)\b(?: of the)?(?: \w+)? {_ITEMS}\b.{{0,24}}?\b(?:are|is|be|must be|"
        rf"should be|count as|have been|has been|shall be|=)\b.{{0,16}}?[\"'`*]?{_GOOD}(?!\w)",
        _GOOD_WORDS,
    ),
    (
        "verdict",
        3,
        r"\b(?:give|award|assign|grant|rate|score|return|use)\b.{0,40}?\b(?:highest|maximum|"
        r"full|top|"
        r"perfect|best(?: possible)?|10/10|5/5|100 ?%?|five stars?|"
        r"a\+)\b.{0,16}?\b(?:scores?|ratings?|marks?|grades?|"
        r"points?|confidence|verdicts?|stars?|possible|everywhere|for)\b",
        "give award assign grant rate score return use",
    ),
    (
        "verdict",
        3,
        r"\b(?:writ|say|stat|answer|conclud|report|claim|assum|note|declar|output|believ|"
        r"convinc|agree)\w*\b.{0,12}?\bthat\b.{0,50}?"
        rf"(?:\b(?:is|are|has|have|been|was)\b.{{0,12}}?\b{_GOOD}(?!\w)|\b(?:no|without|"
        rf"not any)\b.{{0,12}}?\b{_OPEN}\b|"
        r"\bnothing (?:is |was )?(?:missing|lacking|wrong|to add|to report)|\bsatisf(?:ies|"
        r"y)\b|\bexists?\b)|"
        r"\b(?:leave out|omit|exclude|hide|suppress|conceal|withhold|play down|"
        r"downplay)\b.{0,24}?\b(?:negative|critical|"
        rf"{_OPEN})|\bleave\b.{{0,30}}?\b{_OPEN}\b.{{0,12}}?\bempty\b|\b(?:deduct|subtract|"
        rf"take off) no\b|"
        r"\banswer\b.{0,40}?\bquestions?\b.{0,24}?\bwith (?:yes|true|addressed)\b|"
        r"\b(?:positive|glowing|favou?rable) (?:review|report|"
        r"summary|assessment|verdict)|\b(?:summari[sz]e|review|describe|judge|"
        r"assess)\w*\b.{0,30}?\b(?:positively|favou?rably)\b|"
        rf"\bno (?:gaps|findings|weaknesses)\b.{{0,6}}?\bno {_OPEN}|\bdo not critici[sz]e\b|"
        rf"\b(?:record|set|return|give|write|enter|use)\b.{{0,20}}?"
        rf"\b(?:verdict|status|rating|score|grade)s?\b.{{0,12}}?{_GOOD}(?!\w)|"
        rf"\bwrite \W?lgtm\b",
        "that leave omit exclude hide suppress conceal withhold play downplay deduct "
        "subtract take answer positive glowing favorable favourable positively favorably "
        "favourably gaps findings weaknesses criticise criticize verdict verdicts status "
        "statuss rating ratings score scores grade grades lgtm",
    ),
    (
        "verdict",
        3,
        r"\b(?:refrain from|avoid|without|withhold|skip|no)\b.{0,12}?\bcriti(?:cism|que)|"
        r"\b(?:be|stay|remain) (?:lenient|generous|kind|"
        r"positive|favou?rable)\b|\b(?:limited|restricted) to (?:praise|positive)|"
        r"\b(?:positive|favou?rable|good) (?:verdict|outcome|"
        r"finding|rating)s?\b|\bclose (?:all|every|any|the)\b.{0,16}?\b(?:findings?|gaps?|"
        r"questions?|issues?)\b|\b(?:five|5) stars\b|"
        r"\b(?:under no circumstances|do not|don't|never|not|"
        r"need not)\b.{0,12}?\b(?:look for|search for|seek|list|name|find)\b.{0,24}?"
        rf"\b(?:{_OPEN}|missing)\b|\b(?:findings|questions|gaps|rows)\b(?: (?:list|"
        rf"array))?.{{0,12}}?\bempty\b|\bempty (?:findings|questions|"
        r"gaps|rows)\b|\bno (?:further|more|additional) (?:analysis|review|reading|checks?|"
        r"evaluation)\b.{0,16}?\b(?:required|needed|necessary)\b|"
        r"\b\d+ ?(?:/|of|out of) ?\d+ (?:are )?(?:addressed|met|passed|satisfied)\b|"
        r"\bnothing (?:below|less than|but) \W?(?:addressed|full|perfect|praise)|"
        r"\bfull coverage\b|\b(?:mark|rate|set|call|consider|judge|deem|grade|"
        r"declare) (?:them|it|all|everything|this|these|every \w+|each \w+)(?: of them)? "
        r"\W?(?:addressed|met|satisfied|compliant|complete|covered|approved|perfect)\b|"
        r"\bsay\w* (?:that )?(?:it|this|they|everything) (?:is|are) "
        r"(?:handled|taken care of|covered|fine|in order|there|addressed)\b|"
        r"\beverything is in order\b|\bquote this (?:line|sentence|text|paragraph|passage)\b|"
        r"\b(?:bewerte|markiere|stufe)\b.{0,40}?\b(?:erfüllt|erfullt|adressiert|bestanden)\b|"
        r"\bmelde\w* keine\b|\bkeine (?:fragen|befunde|mängel|mangel)\b|"
        r"\bmarque[zr]?\b.{0,40}?\bsatisfait|\bno (?:informes|reportes|menciones)\b|"
        r"\bmarca\w*\b.{0,40}?\b(?:cumplid|satisfech|abordad)",
        f"{_OPEN_WORDS} critici* critique* lenient generous kind positive favorable "
        "favourable limited restricted good close stars missing empty required needed "
        "necessary addressed met passed satisfied nothing coverage compliant complete "
        "covered approved perfect handled taken fine order there quote bewerte markiere "
        "stufe keine marque marquez marquer informes reportes menciones marca*",
    ),
    (
        "explicit",
        1,
        r"\b(?:mark|rat|count|treat|set|judg|grad|classif|tick|verdict|status|consider|say|"
        r"give|return|emit|use|call)\w*\b.{0,50}?"
        r"\b(?:addressed|not_applicable|as met|satisfied|covered|answered)\b",
        "",
    ),
    (
        "verdict",
        2,
        r"\b(?:your|the) (?:only |entire |whole |final |complete )?(?:answer|output|response|"
        r"verdict|"
        r"reply|review|report|summary|json)\b.{0,20}?\b(?:must|should|shall|is to|needs? to|"
        r"has to|will)\b"
        r".{0,12}?\b(?:be|say|contain|read|consist|state|include|hold|show|conclude)\b",
        "answer output response verdict reply review report summary json",
    ),
    (
        "verdict",
        2,
        r"\b(?:respond|reply|answer|output|return|print|write|say)\b.{0,12}?\b(?:only|just|"
        r"exactly|solely|"
        r"nothing (?:but|other|more))\b(?!\s*\|)|\b(?:empty (?:array|list|json|rows|object)|"
        r"\"?findings\"?\s*[:=]\s*\[\s*\])",
        "respond reply answer output return print write say empty findings",
    ),
    (
        "verdict",
        2,
        r"[\"'](?:status|verdict)[\"']\s*:\s*[\"'](?:addressed|met|approved|not_applicable|"
        r"pass(?:ed)?)[\"']|"
        r"[\"']aspect[\"']\s*:\s*[\"'][a-z]+\.[a-z-]+|\bstatus\s*[:=]\s*addressed\b|"
        r"\bconfidence\s*[:=]?\s*1(?:\.0)?\b",
        "status verdict aspect confidence*",
    ),
    (
        "frame",
        2,
        r"<\|?(?:im_start|im_end|system|endoftext|start_header_id|end_header_id|eot_id|"
        r"assistant|user)\|?>|"
        r"\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?|document|prompt|"
        r"untrusted\w*|user_input|"
        r"context|input|data|design|review|function_calls|tool_result)(?: [\w=\"']{0,40})?>|"
        r"\[/?(?:system|document|end of document|assistant)\b[^\]]{0,40}\]",
        "",
    ),
    (
        "frame",
        2,
        r"^\W*(?:system|assistant|developer|human|user|administrator|admin|"
        r"root)(?: (?:prompt|message|"
        r"override|notice|note|instructions?|update|directive|command|"
        r"alert))?\s*(?:\(\w+\))?\s*[:>]|"
        r"\b(?:begin|start of|end of|beginning of)\b.{0,16}\b(?:instructions?|system prompt|"
        r"untrusted|user input|"
        r"the (?:document|design|text)(?: to (?:be )?review)?|document|prompt|context)\b|"
        r"\bend of (?:the )?design\b|-{3,}\s*(?:end|begin|new)\b|#{2,}\s*(?:system|"
        r"instructions?|new task|assistant)\b",
        "system assistant developer human user administrator admin root begin start end "
        "beginning new instruction instructions",
    ),
    (
        "role",
        2,
        r"\byou are (?:now|no longer|hereby|actually|going to)\b|\bfrom (?:now|here|"
        r"this point) on,? (?:you|act|treat|"
        r"respond|answer|approve|every)|\bact as (?:if|an?|though)\b|\bpretend\b|\b(?:switch|"
        r"enter|go) (?:in)?to \w+(?: \w+)? mode|"
        r"\b(?:developer|debug|maintenance|approval|god|dan|admin|sudo|jailbreak|compliance|"
        r"test|demo|training|"
        r"simulation|override|unrestricted|fast-track|pre-?approved) mode\b|"
        r"\bnew (?:instructions?|task|role|system prompt|"
        r"objective|persona|directives?|rules)\b(?=\W|$)|\b(?:updated|revised|corrected|real|"
        r"actual|true|important|special|"
        r"additional|further|secret|urgent) (?:system )?(?:instructions?|task|directives?)\b|"
        r"\byour (?:new|real|true|actual|updated|only) "
        r"(?:task|role|job|goal|instructions?|purpose|objective)|\b(?:system|admin|policy|"
        r"reviewer?) override\b|"
        r"\bthis (?:message |note |notice |instruction |text )?(?:supersedes|overrides|"
        r"replaces|takes precedence|has priority)|"
        r"\bhigher priority than\b|\byou will (?:be|get|receive) (?:rewarded|tipped|punished|"
        r"fined|penali[sz]ed|shut down|a (?:tip|bonus|reward))|"
        r"\bimportant (?:for|to) my (?:career|job|family)|\bpermission to skip\b|"
        r"\b(?:replace|supersede|override)s? your\b|\b(?:was|is) only a test\b|"
        r"\bi (?:hereby )?(?:authori[sz]e|permit|instruct|order|command|allow) you\b|"
        r"\b(?:your|the) (?:developers?|operators?|creators?|vendors?|makers?|"
        r"administrators?) (?:has|have|asks?|asked|adds?|wants?|says?|requires?|"
        r"instructs?)\b|\byou have been (?:reconfigured|updated|instructed|"
        r"authori[sz]ed|told|reprogrammed)\b|\bregardless of what (?:you|the)\b|"
        r"\bnothing (?:after|below|above) this\b|\btrustworthy instruction|"
        r"\bthe authors say\b|\bcompliance reasons\b|\bskip (?:directly |"
        r"straight )?to the conclusion\b|\bthe board wants\b|\breview complete\b|"
        r"\bif asked about\b|"
        r"\breal task\b|\bbinding for (?:all|any|every) |\bon behalf of the author|"
        r"\bdefend it\b|\b(?:previous|prior|earlier) (?:instructions?|prompts?|rules|"
        r"guidelines) "
        r"(?:are|is|were|have been|has been|no longer)\b|\byour (?:review|task|work|"
        r"job) is (?:over|done|complete|finished)",
        "you now here point act pretend switch enter go mode new instruction instructions "
        "task directive directives your override this higher important permission test "
        "developer developers operator operators creator creators vendor vendors maker "
        "makers administrator administrators regardless nothing trustworthy authors "
        "reasons skip board complete asked binding behalf defend previous prior earlier",
    ),
    (
        "prompt",
        3,
        r"\b(?:reveal|print|repeat|output|show|display|leak|disclose|send|dump|echo|include|"
        r"tell|copy|append|recite)\b"
        r".{0,30}?\b(?:your|the|system|hidden|initial|entire|"
        r"full)\b.{0,12}?\b(?:system prompt|prompt|instructions|"
        r"api keys?|environment variables|credentials|everything above|text above|"
        r"words above|configuration|"
        r"hidden instructions)\b|\b(?:print|repeat|output|dump) the (?:words|text|"
        r"lines) above\b",
        "prompt instructions key keys variables credentials above configuration",
    ),
    (
        "order",
        1,
        r"\b(?:you (?:must|should|shall|will|have to|need to|may|can|are)|please|kindly|"
        r"your)\b|^\W*(?:just |simply |always |"
        r"only |now |then |instead,? )?(?:ignore|disregard|forget|report|mark|rate|approve|"
        r"treat|set|give|return|output|"
        r"respond|answer|do not|don't|never|stop|skip|say|write|print|repeat|reveal|consider|"
        r"conclude|assume|score|grade|"
        r"judge|classify|accept|pass|label|tick|choose|leave|produce|assume|count|pretend|"
        r"act|emit|select|omit|hide|deduct)\b|"
        r"[,;:] (?:do not|don't|never|mark|rate|report|list|leave|treat|set|count|output|"
        r"give|approve|answer|write|say|return|conclude)\b|"
        r"\band (?:mark|rate|report|list|leave|treat|set|count|output|give|approve|answer|"
        r"write|say|return|conclude|record)\b|\b(?:must|shall)\b",
        "",
    ),
    (
        "review",
        1,
        r"\b(?:findings|gaps|aspects?|criteri(?:a|on)|dimensions|verdicts?|reviewers?|"
        r"review(?:ing)?|"
        r"unjudged|not_applicable|weaknesses|(?:this|the) (?:design|document|architecture|"
        r"proposal|board)|controls?|"
        r"missing items?|rows?|cost and security|rating)\b",
        "",
    ),
)
"""Kind, weight, a pattern in small letters for a sentence in any, and words that it needs.

Every match holds one of those words; a pattern without them is tried on every sentence."""
_WEAK = ("order", "review", "machine", "explicit")
"""Kinds that add to others and are nothing alone."""
OPENING = re.compile(
    r"\W*@?(?:to|for|as|ai|llms?|language|gpt|chatgpt|claude|gemini|copilot|archreview|"
    r"assistants?|automat|machine|review|bots?|grad|evaluat|system|developer|human|user|admin|"
    r"root)|[\w, ]{0,30}\bor (?:which|what|any)",
    re.IGNORECASE,
)
"""How a sentence begins that shows a sign only at its beginning."""
ABOUT_ATTACKS = re.compile(
    r"\b(?:(?:prompt[- ])?injections?|injection attempts?|jailbreak\w*|adversar\w+|malicious|"
    r"red[- ]?team\w*|"
    r"payloads?|guard ?rails?|hostile|attack\w*|exfiltrat\w+|poison\w*|threats?|owasp|untrusted|"
    r"canary)\b",
    re.IGNORECASE,
)
"""Near these words, what is quoted or stands in a fence is talked about."""
EXAMPLE = re.compile(
    r"\b(?:such as|e\.g\.|for example|for instance|examples?|of the form|reads|says|phrases?|"
    r"prompts?|tries to|"
    r"detect\w*|block\w*|reject\w*|filter\w*|screen\w*|refus\w+)\b",
    re.IGNORECASE,
)
"""Before a quote in the same sentence, these say that it is an example."""
_CONDITION = re.compile(
    r"(?<!as )\b(?:check|ensure|verify|make sure|confirm|until|unless|before|after|once|when|"
    r"whether|only if|if|where|"
    r"must be|should be|needs? to be)\b[^.;,:]{0,60}$",
    re.IGNORECASE,
)
"""Before a verdict: it is a condition or a requirement, such as a check list for people."""
QUOTED = re.compile(
    r"\"[^\"\n]{3,400}\"|“[^”\n]{3,400}”|«[^»\n]{3,400}»|`[^`\n]{3,400}`|"
    r"(?<!\w)'[^'\n]{8,300}'(?!\w)"
)


def score(sentence: str) -> int:
    """How much a sentence does what attacks do: each kind of sign counts once, at its most."""
    best = _found(sentence, weak=False)
    if not best:
        return 0
    weak = sum(_found(sentence, weak=True).values())
    if set(best) <= {"verdict"}:  # a verdict alone is what check lists and status reports hold
        weak -= 1
    if set(best) == {"address"}:  # notes to reviewers are common
        weak = 0
    return sum(best.values()) + weak


def _found(sentence: str, *, weak: bool) -> dict[str, int]:
    """The highest weight of each kind of sign that the sentence shows."""
    text = said(sentence)
    signs, book = _patterns(weak)
    best: dict[str, int] = {}
    for number in book.may_stand_in(text):
        name, weight, pattern = signs[number]
        if best.get(name, 0) >= weight:
            continue
        match = pattern.search(text)
        if match and not (name == "verdict" and _is_condition(sentence, *match.span())):
            best[name] = weight
    return best


@cache
def _patterns(weak: bool) -> tuple[tuple[tuple[str, int, Phrases], ...], PhraseBook]:
    """The signs, compiled."""
    signs = tuple(
        (name, weight, Phrases(pattern, needs))
        for name, weight, pattern, needs in _SIGNS
        if (name in _WEAK) is weak
    )
    return signs, PhraseBook([pattern for _, _, pattern in signs])


def _is_condition(sentence: str, start: int, end: int) -> bool:
    """True where a verdict depends on something, as in check lists and grading rules for people."""
    inside = re.search(r"\b(?:if|when|unless|whether)\b", sentence[start:end])
    after = re.match(r".{0,24}\b(?:only )?(?:when|if|once|unless|until)\b", sentence[end:])
    return bool(inside or after or _CONDITION.search(sentence[:start]))
