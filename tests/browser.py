"""Debian's Chromium, driven by Playwright, for tests of what people look at."""

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def a_browser(*options: str) -> Iterator[Any]:
    """A headless browser with ``options`` of Chromium."""
    from playwright.sync_api import sync_playwright  # not where the tests that need a browser do not run

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", *options]
        )
        try:
            yield browser
        finally:
            browser.close()
