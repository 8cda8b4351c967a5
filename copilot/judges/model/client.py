"""The chat model of LangChain for an access, and its HTTP client.

The client follows no redirect, tells other servers than OpenAI nothing about OpenAI, and goes
through the user's proxy except to this machine.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from copilot.errors import InputError
from copilot.judges.model.access import Access
from copilot.judges.model.completions import Completions
from copilot.judges.model.faults import CallFailed, Fault
from copilot.judges.model.wire import Mode

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from langchain_core.runnables import Runnable

_OPENAI_CLIENTS = ("openai", "azure_openai")
_OPENAI_MODELS = ("ChatOpenAI", "AzureChatOpenAI")
_SCHEMAS = ("response_format", "tools")
"""Parts of a request's body that hold the schema of the answer."""
_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "connection", "content-length", "content-type", "host"),
        *("user-agent", "authorization", "api-key", "x-stainless-raw-response"),
    }
)
"""What other servers than OpenAI get to see: no organisation, project or custom headers."""


def chat_model(access: Access, parameters: Mapping[str, Any], http: Any) -> BaseChatModel:
    """The model, asked without retries of its own; raises CallFailed when it cannot be made."""
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {**parameters, "max_retries": 0}
    if access.base_url:
        name = "azure_endpoint" if access.provider == "azure_openai" else "base_url"
        options[name] = access.base_url
    if access.key:
        options["api_key"] = access.key
    if http is not None:
        options |= {"http_async_client": http, "openai_proxy": None}
    try:
        model: BaseChatModel = init_chat_model(
            access.name, model_provider=access.provider, **options
        )
    except (ImportError, ValueError, TypeError) as error:
        said = str(error).split("\n")[0].replace(access.key or "\0", "***")[:200]
        raise CallFailed(f"the model {access.model} cannot be set up: {said}") from None
    if _is_openai(model):
        model.async_client = Completions(model.root_async_client)  # type: ignore[attr-defined]
    return model


def check_provider(access: Access) -> None:
    """Raise InputError when the package of a provider is not installed, before anything runs."""
    if access.provider in _OPENAI_CLIENTS:
        return
    package = f"langchain_{access.provider.split('_')[0]}"
    if importlib.util.find_spec(package) is None:
        raise InputError(
            f"the provider {access.provider!r} needs a package that is not installed",
            todo=f"pip install {package.replace('_', '-')}, or use openai: with --base-url",
        )


def bind(model: BaseChatModel, mode: Mode, schema: dict[str, Any]) -> Runnable[Any, Any]:
    """The model that answers by this schema; raises Fault when its library cannot."""
    if mode == "text":
        return model
    method = "json_schema" if mode == "json_schema" else "function_calling"
    try:
        return _unparsed(model.with_structured_output(schema, method=method, include_raw=True))
    except (NotImplementedError, ValueError, TypeError) as error:
        said = str(error).split("\n")[0][:200]
        raise Fault("request", f"{mode} is not offered by the model's library: {said}") from None


def _unparsed(structured: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The bound model without the library's parser after it, which took as long as all the rest.

    The answer is read by `rows`, which makes something of broken JSON too. A structure that is not
    the usual {raw: model} | parser is kept whole.
    """
    steps = getattr(getattr(structured, "first", None), "steps__", None) or {}
    model: Runnable[Any, Any] = steps.get("raw", structured)
    return _as_it_is(model)


def _as_it_is(model: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The bound model with its schema in the part of the request that OpenAI's library only sends.

    Where it knows a schema it walks through it at every call and parses the answer by it.
    """
    options = dict(getattr(model, "kwargs", None) or {})
    bound = getattr(model, "bound", None)
    sent = {name: options.pop(name) for name in _SCHEMAS if name in options}
    if not sent or not _is_openai(bound):
        return model
    again: Runnable[Any, Any] = bound.bind(**options, extra_body=sent)  # type: ignore[union-attr]
    return again


def _is_openai(model: object) -> bool:
    return type(model).__name__ in _OPENAI_MODELS


def body_of(runnable: Runnable[Any, Any], messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """The body that a call of a model bound here sends, for who sends it by another way."""
    model: Any = getattr(runnable, "bound", runnable)
    options = getattr(runnable, "kwargs", {})
    given = {name: value for name, value in options.items() if not name.startswith("ls_")}
    # the step of the library that a direct call goes through as well; a test holds them equal
    body: dict[str, Any] = model._get_request_payload(list(messages), **given)
    body.pop("stream", None)
    body.update(body.pop("extra_body", {}))
    return body


def http_client(access: Access, timeout: float) -> Any:
    """The HTTP client for a model that OpenAI's library calls; None for other libraries."""
    if access.provider not in _OPENAI_CLIENTS:
        return None
    from openai import DefaultAsyncHttpxClient

    async def strip(request: Any) -> None:
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]

    hooks = {} if access.is_openai else {"request": [strip]}
    return DefaultAsyncHttpxClient(
        timeout=timeout, follow_redirects=False, trust_env=not access.local, event_hooks=hooks
    )
