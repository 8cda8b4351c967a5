"""A real Chromium for tests of pages, without any network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def need(tool: Path) -> None:
    """Skip the test where the program is not installed; fail on a build server."""
    if not tool.exists():
        said = f"{tool} is not installed: .ci/run names the packages"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, closed afterwards."""
    need(CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


class Opened:
    """A page and everything that it did without being asked."""

    def __init__(self, browser: Browser, path: Path, **options: object) -> None:
        self.context = browser.new_context(**options)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.surprises: list[str] = []
        self.page.on("console", lambda message: self.surprises.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.surprises.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", lambda request: self._request(request.url, path.as_uri()))
        self.page.goto(path.as_uri())

    def _dialog(self, dialog: object) -> None:
        self.surprises.append("dialog")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _request(self, url: str, own: str) -> None:
        if url.split("#")[0] != own:
            self.surprises.append(f"request: {url}")
