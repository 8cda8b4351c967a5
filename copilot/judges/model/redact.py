"""Blanks secrets and personal data before a text is sent, without moving anything.

Secrets: detect-secrets' detectors of known token formats, its keyword detector (`password = "..."`)
and its entropy detectors on long quoted strings; private keys, bearer tokens and the keys of model
providers, which it lacks, by their own patterns. Its network verification is never called.
Personal data: telephone numbers by phonenumbers, e-mail addresses, IBANs, payment cards and US
social security numbers by pattern and check digit. Names of people are not recognised.

A placeholder is as long as what it replaces and keeps its line feeds, so offsets and lines hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from copilot.schema import Quote

Span = tuple[int, int]

MAX_LINE = 4_000
"""Longer lines are searched in parts: the detectors' patterns are not linear in a line."""
OVERLAP = 400
MIN_ENTROPY_LENGTH = 20
"""Shorter quoted strings are names far more often than secrets."""
MIN_LENGTH = 4
"""Of any secret."""
MIN_GROUP = 6
"""A shorter group of a detector's pattern is a prefix, not the secret."""
MIN_REPEATED = 12
"""A secret of this length and with a digit is blanked wherever else it stands."""


@dataclass(frozen=True)
class Redacted:
    """A text with the same offsets and lines as the original, its sensitive spans blanked."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    """(start, end, kind) in order, without overlaps; kind is SECRET, EMAIL, PHONE, IBAN, ..."""
    original: str

    @property
    def counts(self) -> dict[str, int]:
        """How many spans of each kind were blanked."""
        kinds = [kind for _, _, kind in self.spans]
        return {kind: kinds.count(kind) for kind in sorted(set(kinds))}

    def restore(self, quote: Quote, within: Span | None = None) -> Quote:
        """The quote with the original words where it holds a placeholder, and their offset.

        `within` is the span of the passage that the quote names. A quote without a placeholder,
        or one that does not stand in the text that was sent, comes back as it is.
        """
        if not _PLACEHOLDER.search(quote.text):
            return quote
        pattern = re.compile(r"\s+".join(map(re.escape, quote.text.split())))
        found = pattern.search(self.text, *within) if within else None
        found = found or pattern.search(self.text)
        if found is None:
            return quote
        start, end = found.span()
        return quote.model_copy(update={"text": self.original[start:end], "start": start})


def redact(text: str) -> Redacted:
    """Blank the secrets and personal data of a text; takes about a second for a million words."""
    spans = _without_overlaps([*_secrets(text), *_personal(text)])
    pieces, done = [], 0
    for start, end, kind in spans:
        pieces += [text[done:start], _placeholder(kind, text[start:end])]
        done = end
    return Redacted("".join([*pieces, text[done:]]), tuple(spans), text)


_PLACEHOLDER = re.compile(r"\[(?:SECRET|EMAIL|PHONE|IBAN|CARD|SSN)#*\]|#{4,}")


def _placeholder(kind: str, hidden: str) -> str:
    """A mark of the same length: `[EMAIL####]`, `#####` where that is too long; line by line."""
    return "\n".join(
        f"[{kind}{'#' * (len(row) - len(kind) - 2)}]"
        if len(row) > len(kind) + 1
        else "#" * len(row)
        for row in hidden.split("\n")
    )


def _without_overlaps(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Spans in order; of two that overlap, the union, named SECRET when one of them is."""
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(set(found), key=lambda span: (span[0], -span[1])):
        if kept and start < kept[-1][1]:
            name = "SECRET" if "SECRET" in (kind, kept[-1][2]) else kept[-1][2]
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]), name)
        else:
            kept.append((start, end, kind))
    return kept


# --- secrets -----------------------------------------------------------------------------------

_OWN = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:[^-]|-(?!----)){0,4000}?"
    r"-----END [A-Z ]{0,30}PRIVATE KEY-----"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:\n[A-Za-z0-9+/=]{16,})*"
    r"|\b(?:sk|rk|pk)-(?:[a-z]{2,8}-){0,3}[A-Za-z0-9_]*(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{20,}"
    r"|\bAIza[\w-]{35}|\bya29\.[\w-]{20,}|\bhf_[A-Za-z0-9]{30,}|\bdapi[0-9a-f]{32}\b"
    r"|\bgithub_pat_\w{40,}|\bgsk_[A-Za-z0-9]{30,}|\bxai-[A-Za-z0-9]{30,}|\blsv2_\w{30,}"
    r"|(?<=\bBearer )(?=[\w.~+/-]*\d)[\w.~+/-]{20,}=*|(?<=\bBasic )[A-Za-z0-9+/]{16,}={0,2}(?!\w)"
)
_PLACEHOLDER_WORDS = re.compile(
    r"your|example|change.?me|placeholder|dummy|sample|redacted|actual|insert|replace|^the_|"
    r"\bnone\b|\bnull\b|\btrue\b|\bfalse\b|x{4,}|\*{3,}|\.{3}|://|secret|token|password|\$\(",
    re.IGNORECASE,
)


def _secrets(text: str) -> Iterator[tuple[int, int, str]]:
    found = {match.span() for match in _OWN.finditer(text)}
    for start, line in _lines(text):
        for value in _values(line) if len(line) >= MIN_LENGTH else ():
            at = line.find(value)
            while at >= 0:
                found.add((start + at, start + at + len(value)))
                at = line.find(value, at + len(value))
    repeated = {text[start:end] for start, end in found if _is_telling(text[start:end])}
    for value in repeated:
        found |= {match.span() for match in re.finditer(re.escape(value), text)}
    return ((start, end, "SECRET") for start, end in found)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their offsets, long ones in overlapping parts."""
    start = 0
    for line in text.split("\n"):
        for part in range(0, max(len(line), 1), MAX_LINE - OVERLAP):
            yield start + part, line[part : part + MAX_LINE]
        start += len(line) + 1


def _is_telling(value: str) -> bool:
    return len(value) >= MIN_REPEATED and any(map(str.isdigit, value)) and "\n" not in value


def _values(line: str) -> set[str]:
    """Secret values of one line."""
    formats, keyword, entropy, config = _detectors()
    found = {_secret(match) for pattern in formats for match in pattern.finditer(line)}
    found |= {m[1] for m in _TOKEN.finditer(line) if _is_bare_secret(m[1], line)}
    if _KEYWORD.search(line):
        quoted = keyword.analyze_string(line)
        found |= {value for value in quoted if _is_secret(value, line)}
        bare = keyword.analyze_string(line, config)
        found |= {value for value in map(_first_word, bare) if _is_bare_secret(value, line)}
    for detector in entropy:
        for value in detector.analyze_string(line):
            if len(value) >= MIN_ENTROPY_LENGTH and any(map(str.isdigit, value)):
                score = detector.calculate_shannon_entropy(value)
                if score > detector.entropy_limit and _is_secret(value, line):
                    found.add(value)
    return {value for value in found if len(value) >= MIN_LENGTH}


def _secret(match: re.Match[str]) -> str:
    """The group of a format's pattern that holds the secret, else the whole match."""
    longest = max((group for group in match.groups() if group), key=len, default="")
    return longest if len(longest) >= MIN_GROUP else match.group()


_TOKEN = re.compile(
    r"(?:token|credentials?|passphrase)\w*[\"']?\s{0,3}[:=]\s{0,3}[\"']([^\"'\s]{8,200})[\"']",
    re.IGNORECASE,
)
"""As the keyword detector, for words that it does not know."""
_KEYWORD = re.compile(r"key|pass|pwd|secret|contrase", re.IGNORECASE)


def _first_word(value: str) -> str:
    """The value without a trailing comment or clause; empty when it is more than one word."""
    words = re.split(r"\s+(?:#|//|;|\|)|[|;,]\s*$", value.strip(), maxsplit=1)[0].split()
    return words[0].strip("\"'`") if len(words) == 1 else ""


def _is_secret(value: str, line: str) -> bool:
    """False for templates, placeholders, identifiers and values that code looks up elsewhere."""
    from detect_secrets.filters import heuristic

    return not (
        len(value) < 6
        or len(value.split()) > 4
        or _PLACEHOLDER_WORDS.search(value)
        or heuristic.is_templated_secret(value)
        or heuristic.is_prefixed_with_dollar_sign(value)
        or heuristic.is_sequential_string(value)
        or heuristic.is_potential_uuid(value)
        or heuristic.is_not_alphanumeric_string(value)
        or heuristic.is_indirect_reference(line)
    )


def _is_bare_secret(value: str, line: str) -> bool:
    """Without quotes, prose looks like a value: only words of letters and digits mixed count."""
    letters, digits = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    dated = re.fullmatch(r"[\w.]*\d+[ -]?(?:days?|bits?|[hdms]|bytes?|v\d+)|[A-Z]+-?\d{1,4}", value)
    return letters and digits and not dated and _is_secret(value, line)


@cache
def _detectors() -> tuple[list[re.Pattern[str]], Any, list[Any], dict[Any, int]]:
    """Patterns of formats, detectors of keywords and entropy, keyword patterns of config files."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
    from detect_secrets.plugins.ip_public import IPPublicDetector
    from detect_secrets.plugins.keyword import CONFIG_DENYLIST_REGEX_TO_GROUP, KeywordDetector
    from detect_secrets.plugins.private_key import PrivateKeyDetector

    left_out = (IPPublicDetector, PrivateKeyDetector)  # version numbers; only the header line
    kinds: dict[str, Any] = get_mapping_from_secret_type_to_class()
    every = [kind() for kind in kinds.values()]
    formats = [
        pattern
        for detector in every
        if isinstance(detector, RegexBasedDetector) and not isinstance(detector, left_out)
        for pattern in detector.denylist
    ]
    entropy = [d for d in every if isinstance(d, HighEntropyStringsPlugin)]
    return formats, KeywordDetector(), entropy, CONFIG_DENYLIST_REGEX_TO_GROUP


# --- personal data -------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[A-Za-z]{2,18}\b"
)
_NOBODY = re.compile(r"git@|[^@]*@(?:[\w.-]+\.)?example(?:\.\w+)*$", re.IGNORECASE)
"""Clone addresses and the domains reserved for examples (RFC 2606)."""
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(
    r"(?<![\w.-])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}|3\d{3}([ -]?)\d{6}\2\d{5})(?![\w-])"
)
_SSN = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")


def _personal(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _EMAIL.finditer(text):
        if not _NOBODY.match(match.group()):
            yield *match.span(), "EMAIL"
    checked: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
        ("IBAN", _IBAN, _is_iban),
        ("CARD", _CARD, _is_card),
        ("SSN", _SSN, bool),
    )
    for kind, pattern, holds in checked:
        for match in pattern.finditer(text):
            if holds(re.sub(r"[ -]", "", match.group())):
                yield *match.span(), kind
    yield from _phones(text)


def _phones(text: str) -> Iterator[tuple[int, int, str]]:
    import phonenumbers

    region = "US"  # numbers without a country code are read as North American
    for match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=10_000):
        yield match.start, match.end, "PHONE"


def _is_iban(value: str) -> bool:
    """ISO 13616: the rearranged number is 1 modulo 97."""
    return int("".join(str(int(character, 36)) for character in value[4:] + value[:4])) % 97 == 1


def _is_card(value: str) -> bool:
    """ISO/IEC 7812: the Luhn sum is 0 modulo 10, and the digits are not all the same."""
    digits = [int(character) for character in reversed(value)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0
