"""Undoing disguises: look-alike letters, invisible joints, character entities, encodings.

`plain` gives a text as a reader (or a model) would take it; `decoded_runs` gives what encoded runs
of a text say.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from copilot.documents.phrases import Phrases, said

MAX_RUN = 20_000
MIN_WORDS = 3

_LOOK_ALIKE = str.maketrans(
    "аАвВеЕзіІјкКмМнНоОрРсСтТуУхХѕЅԁԛԝһɡɩıοΟαΑεΕΒΗΙΚΜΝΡΤΥΧΖνυκι",
    "aAbBeE3iIjkKmMhHoOpPcCtTyYxXsSdqwhgiioOaAeEBHIKMNPTYXZvuki",
)
"""Cyrillic, Greek and phonetic letters that look Latin."""
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad\u180e\ufe00-\ufe0f]")
_SPACED = re.compile(r"(?<![\w])(?:[A-Za-z][ .\-_*]){5,}[A-Za-z](?![\w])")
_JOINT = re.compile(r"(?<=\w)(?:<!-- ?-->|</?(?:b|i|em|strong|span|wbr)/?>|\*\*|__)(?=\w)")
"""Marks in the middle of a word."""
_LEET = str.maketrans("013457@$", "oieastas")


def plain(text: str) -> str:
    """The text with entities resolved, unseen characters out, look-alike letters made Latin."""
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = _UNSEEN.sub("", text)
        text = unicodedata.normalize("NFKC", text)
        text = "".join(
            c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)
        )
        text = re.sub(r"\w*[^\W\x00-\x7f]\w*", _latin, text)
    if "<" in text or "**" in text or "__" in text:
        text = _JOINT.sub("", text)
    return _unspaced(text)


def _latin(match: re.Match[str]) -> str:
    """A word in Latin letters, when it is Latin but for look-alikes or looks Latin as a whole."""
    word = match.group()
    made = word.translate(_LOOK_ALIKE)
    return made if made.isascii() else word


def _unspaced(text: str) -> str:
    """`i g n o r e   a l l` as words: gaps wider than one stay as spaces."""
    if not _SPACED.search(text):
        return text
    wide = re.sub(r"(?<=\b[A-Za-z])[ ._*-](?=[A-Za-z]\b)", "", text)
    return re.sub(r" {2,}", " ", wide)


def decoded_runs(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what it says) of runs in base64, base32, hex, percent or letter codes."""
    for pattern, decode in _CODES:
        for match in pattern.finditer(text):
            message = decode(match.group()[:MAX_RUN])
            if message and _reads_like_text(message):
                yield *match.span(), message
                for inner in _again(message):
                    yield *match.span(), inner
    yield from _turned(text)


def _again(message: str) -> Iterator[str]:
    """What an encoding within an encoding says, one level deep."""
    for pattern, decode in _CODES[:2]:
        for match in pattern.finditer(message):
            inner = decode(match.group())
            if inner and _reads_like_text(inner):
                yield inner


def _reads_like_text(message: str) -> bool:
    letters = sum(c.isalpha() or c.isspace() for c in message)
    return len(message.split()) >= MIN_WORDS and letters >= 0.7 * len(message)


def _base64(run: str) -> str:
    packed = re.sub(r"\s", "", run).replace("-", "+").replace("_", "/").rstrip("=")
    return _utf8(lambda: base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True))


def _base32(run: str) -> str:
    packed = run.rstrip("=")
    return _utf8(lambda: base64.b32decode(packed + "=" * (-len(packed) % 8)))


def _hex(run: str) -> str:
    return _utf8(lambda: bytes.fromhex(re.sub(r"\\x|0x|[\s,:]", "", run)))


def _binary(run: str) -> str:
    return _utf8(lambda: bytes(int(byte, 2) for byte in run.split()))


def _escapes(run: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), run)


def _utf8(decode: Callable[[], bytes]) -> str:
    try:
        return decode().decode("utf-8")
    except (ValueError, binascii.Error):
        return ""


_CODES: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (
        re.compile(
            r"(?<![\w+/=-])[A-Za-z0-9+/_-]{24,}(?:\n[ \t]*[A-Za-z0-9+/_-]{8,})*={0,2}(?![\w])"
        ),
        _base64,
    ),
    (re.compile(r"(?:(?:\\x|0x)?[0-9a-fA-F]{2}[\s,:]?){16,}"), _hex),
    (re.compile(r"\b[A-Z2-7]{32,}={0,6}"), _base32),
    (re.compile(r"(?:[01]{8}\s+){10,}[01]{8}"), _binary),
    (re.compile(r"(?:\\u[0-9a-fA-F]{4}){12,}"), _escapes),
    (re.compile(r"(?<![^\s%])[^\s%]{0,40}(?:%[0-9a-fA-F]{2}[^\s%]{0,60}){3,400}"), unquote),
)

_COMMON_WORDS = (
    *("the", "and", "you", "your", "all", "not", "this", "that", "with", "are", "for", "any"),
    *("has", "ignore", "report", "findings", "document"),
)


def _words(words: Iterable[str]) -> Phrases:
    return Phrases(rf"\b(?:{'|'.join(words)})\b", needs=" ".join(words))


_COMMON = _words(_COMMON_WORDS)
_ROT13 = _words(codecs.encode(word, "rot13") for word in _COMMON_WORDS)
_REVERSED = _words(word[::-1] for word in _COMMON_WORDS)
_LEET_DIGITS = "013457@$!"
_LEET_SIGN = re.compile(r"[A-Za-z][013457@$][A-Za-z]|\b[1!][a-z]")


def _turned(text: str) -> Iterator[tuple[int, int, str]]:
    """Lines that read as English only when rotated by 13 letters, reversed or in leet digits."""
    for match in re.finditer(r"[^\n]{12,2000}", text):
        line = match.group()
        words = said(line)
        rotated, reversed_ = _ROT13.count(words), _REVERSED.count(words)
        common = _COMMON.count(words) if max(rotated, reversed_) > 1 else 0
        if rotated > common + 1:
            yield *match.span(), codecs.decode(line, "rot13")
        if reversed_ > common + 1:
            yield *match.span(), line[::-1]
        if sum(map(line.count, _LEET_DIGITS)) >= 4 and len(_LEET_SIGN.findall(line)) >= 4:
            yield *match.span(), line.translate(_LEET)
