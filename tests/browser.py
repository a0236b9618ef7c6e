"""A real browser for tests: Chromium, controlled by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, sync_playwright

SERIOUS_IMPACTS = ("serious", "critical")  # of what axe finds
COLOUR_SCHEMES = ("light", "dark")
RUN_AXE_SCRIPT = """async (scope) => {
    await Promise.all(document.getAnimations().map((colour) => colour.finished));
    return axe.run(scope, {resultTypes: ["violations"]});
}"""
STRICT_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'"
)
CHROMIUM_PATH = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def launch_chromium() -> Iterator[Browser]:
    """Start Chromium. Without it, skip the test, or fail if ALL_TESTS is set."""
    if not CHROMIUM_PATH and not os.environ.get("ALL_TESTS"):
        pytest.skip("NO BROWSER: install Chromium to run this test (apt install chromium)")
    assert CHROMIUM_PATH, "Chromium is not installed, but ALL_TESTS requires every test."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM_PATH,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def enforce_strict_csp(route: Any) -> None:
    response = route.fetch(max_redirects=0)
    headers = {**response.headers, "content-security-policy": STRICT_CSP}
    route.fulfill(response=response, headers=headers)


def open_page(
    browser: Browser, site: str, cookie: str, policed: bool = False, **options: Any
) -> tuple[Any, list[str]]:
    """Open an empty page with a session cookie. Return it and the list of console errors."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    page, errors = context.new_page(), []
    if policed:
        page.route("**/*", enforce_strict_csp)
    page.on("console", lambda message: errors.append(f"{message.text} {message.location['url']}"))
    page.on("pageerror", lambda error: errors.append(str(error)))
    return page, errors


def find_axe_violations(page: Any, scope: str = "html") -> list[str]:
    """Return the serious violations that axe finds, in light and dark mode."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for scheme in COLOUR_SCHEMES:
        page.emulate_media(color_scheme=scheme)
        faults = page.evaluate(RUN_AXE_SCRIPT, scope)["violations"]
        serious = [fault for fault in faults if fault["impact"] in SERIOUS_IMPACTS]
        found += [f"{fault['id']}: {fault['nodes'][0]['html']} ({scheme})" for fault in serious]
    return found


def filter_console_errors(errors: list[str]) -> list[str]:
    return [error for error in errors if "favicon.ico" not in error]
