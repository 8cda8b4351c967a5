"""OpenAI's Batch API over HTTP: files in, a batch, its state, files out.

What may pass is tried again. Before an upload or a batch is tried again, the service is asked
whether the first try arrived after all, so that nothing is sent or paid twice. The key goes to the
address that it is for, as with direct calls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from copilot.errors import InputError, JudgeError
from copilot.judges.model.access import NO_KEY, Access
from copilot.judges.model.batch_lines import URL
from copilot.judges.model.client import http_client
from copilot.judges.model.faults import Fault, Kind, classify
from copilot.judges.model.limits import MAX_RETRY_AFTER, backoff

T = TypeVar("T")

NAME = "archreview"
"""Key of the metadata that a batch's name stands under."""
_LISTED = 500
"""Newest batches or files that are looked through for a name."""
_REASON = 200


class ServiceFault(JudgeError):
    """The Batch API did not do what it was asked for."""

    def __init__(
        self, kind: Kind, what: str, *, where: str, todo: str, status: int | None = None
    ) -> None:
        super().__init__(what, where=where, todo=todo)
        self.kind, self.status = kind, status


@dataclass(frozen=True)
class State:
    """How a batch stands."""

    status: str
    """validating, in_progress, finalizing, completed, failed, expired, cancelling, cancelled, or
    `lost` where the service does not know the batch."""
    done: int = 0
    failed: int = 0
    total: int = 0
    files: tuple[str, ...] = ()
    """Ids of the output and the error file, as far as there are any."""
    reason: str = ""
    codes: tuple[str, ...] = ()
    """Codes of the errors that the batch as a whole met."""

    @property
    def ended(self) -> bool:
        """True when nothing more will come of it."""
        return self.status in ("completed", "failed", "expired", "cancelled", "lost")


class BatchService:
    """The Batch API of one address."""

    def __init__(self, access: Access, timeout: float = 300.0, retries: int = 4) -> None:
        """Nothing is imported or sent before the first call; `timeout` in seconds for one."""
        self.access, self._timeout, self._retries = access, timeout, retries
        self._made: Any = None

    async def upload(self, path: Path, name: str) -> str:
        """Upload a file of requests under this name; returns its id."""
        filename = f"{name}.jsonl"

        async def send() -> str:
            content = await asyncio.to_thread(path.read_bytes)
            file = await self._client.files.create(file=(filename, content), purpose="batch")
            return str(file.id)

        return await self._call("upload", send, lambda: self.uploaded(name))

    async def create(self, file: str, name: str) -> str:
        """Begin the batch of an uploaded file; returns its id."""

        async def send() -> str:
            batch = await self._client.batches.create(
                input_file_id=file,
                endpoint=URL,
                completion_window="24h",
                metadata={NAME: name},
            )
            return str(batch.id)

        return await self._call("create", send, lambda: self.created(name))

    async def uploaded(self, name: str) -> str | None:
        """Id of the file that was uploaded under this name, None when there is none."""
        wanted = f"{name}.jsonl"
        return await self._find("files", {"purpose": "batch"}, lambda f: f.filename == wanted)

    async def created(self, name: str) -> str | None:
        """Id of the batch that was begun under this name, None when there is none."""
        return await self._find("batches", {}, lambda b: (b.metadata or {}).get(NAME) == name)

    async def state(self, batch: str) -> State:
        """How a batch stands."""

        async def send() -> State:
            return _state(await self._client.batches.retrieve(batch))

        return await self._call("look", send)

    async def download(self, file: str, path: Path) -> None:
        """Write a file of the service to `path`."""

        async def send() -> None:
            streamed = self._client.files.with_streaming_response
            async with streamed.content(file) as response:
                await response.stream_to_file(path)

        await self._call("download", send)

    async def delete(self, file: str) -> None:
        """Remove a file from the service, which else keeps it; that it fails does no harm."""

        async def send() -> None:
            await self._client.files.delete(file)

        try:
            await self._call("delete", send)
        except ServiceFault:
            return

    async def close(self) -> None:
        """Give the connections back."""
        if self._made is not None:
            await self._made.close()
            self._made = None

    @property
    def _client(self) -> Any:
        if self._made is None:
            from openai import AsyncOpenAI

            self._made = AsyncOpenAI(
                api_key=self.access.key or NO_KEY,
                base_url=self.access.base_url,
                max_retries=0,
                timeout=self._timeout,
                http_client=http_client(self.access, self._timeout),
            )
        return self._made

    async def _find(
        self,
        kind: Literal["files", "batches"],
        options: dict[str, str],
        fits: Callable[[Any], bool],
    ) -> str | None:
        async def send() -> str | None:
            seen = 0
            async for item in getattr(self._client, kind).list(limit=100, **options):
                if fits(item):
                    return str(item.id)
                seen += 1
                if seen >= _LISTED:
                    break
            return None

        return await self._call("list", send)

    async def _call(
        self,
        what: str,
        send: Callable[[], Awaitable[T]],
        arrived: Callable[[], Awaitable[T | None]] | None = None,
    ) -> T:
        """The result of one call, tried again where that makes sense; raises ServiceFault."""
        attempt = 0
        while True:
            try:
                return await send()
            except Exception as error:  # the library raises what its HTTP client raises, too
                if isinstance(error, OSError) and not isinstance(error, ConnectionError):
                    raise _disk(error) from error
                fault = classify(error, self.access.key or "")
            attempt += 1
            if not self._again(fault, attempt):
                raise self._fault(what, fault)
            await asyncio.sleep(backoff(attempt, fault.retry_after))
            if arrived and (known := await arrived()) is not None:
                return known

    def _again(self, fault: Fault, attempt: int) -> bool:
        if fault.kind in ("request", "key") or (fault.retry_after or 0) > MAX_RETRY_AFTER:
            return False
        return attempt <= self._retries

    def _fault(self, what: str, fault: Fault) -> ServiceFault:
        said = f"the Batch API did not answer the call to {what} ({fault.reason})"
        todo = "run the same command again; what is under way is not sent again"
        if fault.status == 404 and what in ("upload", "create"):
            said = "there is no Batch API at this address"
            todo = "use --via direct, or the address of a server that has /v1/batches"
        elif fault.kind == "key":
            todo = "give the key of the account that may use /v1/files and /v1/batches"
        address, status = self.access.address, fault.status
        return ServiceFault(fault.kind, said, where=address, todo=todo, status=status)


def _disk(error: OSError) -> InputError:
    what = f"a file of the batch cannot be used ({error.strerror})"
    return InputError(what, where=error.filename, todo="check the right to it and the free space")


def _state(batch: Any) -> State:
    counts = batch.request_counts
    errors = list(getattr(batch.errors, "data", None) or [])
    said = "; ".join(" ".join(str(error.message or error.code).split()) for error in errors)
    return State(
        status=str(batch.status),
        done=getattr(counts, "completed", 0) or 0,
        failed=getattr(counts, "failed", 0) or 0,
        total=getattr(counts, "total", 0) or 0,
        files=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
        reason=said[:_REASON],
        codes=tuple(str(error.code) for error in errors if error.code),
    )
