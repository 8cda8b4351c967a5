from __future__ import annotations

import pytest

from copilot.errors import InputError
from copilot.judges.model.access import NO_KEY, OPENAI, resolve

HOME = {"OPENAI_API_KEY": "sk-home"}
GATEWAY = {"OPENAI_API_KEY": "sk-home", "OPENAI_BASE_URL": "https://gateway.example/v1"}


@pytest.mark.parametrize(
    ("base_url", "given", "environment", "address", "key"),
    [
        (None, None, HOME, OPENAI, "sk-home"),
        ("https://api.openai.com/v1/", None, HOME, "https://api.openai.com/v1/", "sk-home"),
        ("https://api.openai.com:443/v1", None, HOME, "https://api.openai.com:443/v1", "sk-home"),
        ("http://127.0.0.1:8091/v1", None, HOME, "http://127.0.0.1:8091/v1", NO_KEY),
        ("https://api.openai.com.evil.example/v1", None, HOME, None, NO_KEY),
        ("http://api.openai.com/v1", None, HOME, None, NO_KEY),
        ("http://127.0.0.1:8091/v1", "own", HOME, "http://127.0.0.1:8091/v1", "own"),
        (None, None, GATEWAY, "https://gateway.example/v1", "sk-home"),
        ("https://gateway.example/other", None, GATEWAY, None, "sk-home"),
        ("https://gateway.example:8443/v1", None, GATEWAY, None, NO_KEY),
    ],
)
def test_a_key_goes_only_to_the_host_it_was_configured_for(
    base_url: str | None,
    given: str | None,
    environment: dict[str, str],
    address: str | None,
    key: str,
) -> None:
    access = resolve("openai:gpt", base_url, given, environment)
    assert access.base_url == (address or base_url)
    assert access.key == key
    assert "sk-" not in repr(access)


@pytest.mark.parametrize("environment", [GATEWAY, {}])
def test_openai_itself_without_its_key_is_refused_before_anything_is_sent(
    environment: dict[str, str],
) -> None:
    with pytest.raises(InputError, match="no key"):
        resolve("openai:gpt", OPENAI, None, environment)


def test_another_providers_library_gets_no_chance_to_send_its_key_elsewhere() -> None:
    assert resolve("anthropic:claude", "http://127.0.0.1:1/v1", None, {}).key == NO_KEY
    assert resolve("anthropic:claude", None, None, HOME).key is None


@pytest.mark.parametrize("model", ["gpt-5", "openai:", ":x", ""])
def test_a_model_needs_its_provider(model: str) -> None:
    with pytest.raises(InputError, match="provider"):
        resolve(model, None, None, HOME)


@pytest.mark.parametrize("url", ["127.0.0.1:80", "file:///etc/passwd", "ftp://x"])
def test_a_base_url_must_be_http(url: str) -> None:
    with pytest.raises(InputError, match="base URL"):
        resolve("openai:x", url, None, HOME)
