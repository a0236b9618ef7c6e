"""A real browser for the tests that need one: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips loudly without a browser; fails where every test has to run."""
    if not CHROMIUM and not os.environ.get("ALL_TESTS"):
        pytest.skip("NO BROWSER: install Chromium to run this test (apt install chromium)")
    assert CHROMIUM, "Chromium is not installed, and ALL_TESTS asks for every test."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()
