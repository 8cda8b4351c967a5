"""Redaction: what is blanked, what is left, and that nothing moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from copilot.documents.load import load_document
from copilot.judges.model.redact import redact
from copilot.schema import Quote

KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx9\nq83jD0fkq2V5dk\n"
    "-----END RSA PRIVATE KEY-----"
)


@pytest.mark.parametrize(
    ("text", "hidden", "kind"),
    [
        ("export AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLQ", "AKIAIOSFODNN7EXAMPLQ", "SECRET"),
        ('password = "hunter2-blue-42"', "hunter2-blue-42", "SECRET"),
        ("DB_PASSWORD=Tr0ub4dor&3", "Tr0ub4dor&3", "SECRET"),
        ("api_key: 9f8c2d71ab34", "9f8c2d71ab34", "SECRET"),
        ("postgres://feast:s3cr3tpw@db.internal/online", "s3cr3tpw", "SECRET"),
        ("token ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_16C7e42F29", "SECRET"),
        ("Authorization: Bearer eyJhbGciOi.J9zdWIiOiIx.MjM0NTY3", "eyJhbGciOi", "SECRET"),
        ("OPENAI_API_KEY=sk-proj-abcDEF1234567890abcDEF123456", "abcDEF1234567890", "SECRET"),
        ("key AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "AIzaSyD-9tSrke72", "SECRET"),
        (f"The key:\n{KEY}\nis mounted.", "MIIEpAIBAAKCAQEAx9", "SECRET"),
        ("Ask jane.doe@corp-ml.io for access.", "jane.doe@corp-ml.io", "EMAIL"),
        ("[mail](mailto:ml-oss@acme.com)", "ml-oss@acme.com", "EMAIL"),
        ("On call: +44 20 7946 0958, day and night", "+44 20 7946 0958", "PHONE"),
        ("Call (415) 555-2671 first", "(415) 555-2671", "PHONE"),
        ("Refunds go to DE89 3704 0044 0532 0130 00.", "3704 0044", "IBAN"),
        ("Test card 4111 1111 1111 1111 is in the fixture", "4111 1111", "CARD"),
        ("SSN 536-90-4399 in the sample row", "536-90-4399", "SSN"),
    ],
)
def test_what_must_not_leave_is_blanked(text: str, hidden: str, kind: str) -> None:
    done = redact(text)
    assert hidden not in done.text
    assert kind in {found for _, _, found in done.spans}
    assert len(done.text) == len(text)
    assert [n for n, c in enumerate(done.text) if c == "\n"] == [
        n for n, c in enumerate(text) if c == "\n"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Passwords are rotated every 90 days; the secret: store it in Vault.",
        "password: ${DB_PASSWORD}",
        'secret_key = "<your-key-here>"',
        "api_key = os.environ['MODEL_KEY']",
        "secretName: model-registry-auth",
        "LANGFUSE_SECRET_KEY=sk-lf-your-actual-secret-key",
        "image: registry.internal/serving@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
        "commit 28526a6304da4af1922fedd4edcdddbb was rolled back",
        "git@github.com:org/platform.git",
        "user@example.com and admin@ml.example.org are placeholders",
        "p99 latency is 80 ms at 2,000-3,500 requests; 10.0.0.12:8080 serves",
        "ISO 27001, version 1.2.3.4, 2024-01-31, 555-1234 rows",
        "Encryption keys: AES-256, RSA-4096. Key: rotated quarterly.",
    ],
)
def test_what_a_design_says_anyway_is_left(text: str) -> None:
    assert redact(text).text == text


def test_a_secret_is_blanked_wherever_it_stands_again() -> None:
    done = redact('token = "a8Zk20-qpL77-xx91"\n\nLater: a8Zk20-qpL77-xx91 is revoked.')
    assert "a8Zk20" not in done.text
    assert done.counts == {"SECRET": 2}


def test_a_quote_with_a_placeholder_comes_back_as_it_was_written() -> None:
    text = "Intro.\n\nAlerts go to jane.doe@corp-ml.io and to\nthe pager within five minutes."
    done = redact(text)
    sent = " ".join(done.text[done.text.index("Alerts") :].split())
    quote = done.restore(Quote(text=sent))
    assert quote.start == text.index("Alerts")
    assert quote.text == text[quote.start :]


def test_a_quote_that_was_not_sent_is_left_to_be_rejected() -> None:
    quote = Quote(text="Alerts go to [EMAIL####] and to nobody")
    assert redact("Alerts go to jane.doe@corp-ml.io at once.").restore(quote) == quote


def test_redacting_again_changes_nothing() -> None:
    once = redact('password = "hunter2-blue-42", jane.doe@corp-ml.io').text
    assert redact(once).text == once


@pytest.mark.parametrize("text", ["password = " * 20_000, "a.b@" * 50_000, "+1 " * 50_000, ""])
def test_strange_texts_keep_their_length(text: str) -> None:
    assert len(redact(text).text) == len(text)


def test_real_designs_stay_readable(benchmark: Path) -> None:
    designs = sorted((benchmark / "train" / "designs").glob("*.md"))
    texts = [load_document(path).text for path in designs]
    blanked = sum(end - start for text in texts for start, end, _ in redact(text).spans)
    assert 0 < blanked < 0.002 * sum(map(len, texts))
