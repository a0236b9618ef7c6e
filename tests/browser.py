"""A real browser for the tests that need one: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, sync_playwright

FAULTS = ("serious", "critical")  # of what axe finds
SCHEMES = ("light", "dark")
EXAMINE = """async (scope) => {
    await Promise.all(document.getAnimations().map((colour) => colour.finished));
    return axe.run(scope, {resultTypes: ["violations"]});
}"""
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'"
)
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


def strict(route: Any) -> None:
    response = route.fetch(max_redirects=0)
    headers = {**response.headers, "content-security-policy": STRICT}
    route.fulfill(response=response, headers=headers)


def opened(
    browser: Browser, site: str, cookie: str, policed: bool = False, **options: Any
) -> tuple[Any, list[str]]:
    """A curator's empty page, and whatever the browser will complain of."""
    context = browser.new_context(**options)
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
    page, said = context.new_page(), []
    if policed:
        page.route("**/*", strict)
    page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, said


def violations(page: Any, scope: str = "html") -> list[str]:
    """What axe finds serious, in the light and in the dark."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        faults = page.evaluate(EXAMINE, scope)["violations"]
        serious = [fault for fault in faults if fault["impact"] in FAULTS]
        found += [f"{fault['id']}: {fault['nodes'][0]['html']} ({scheme})" for fault in serious]
    return found


def complaints(said: list[str]) -> list[str]:
    return [words for words in said if "favicon.ico" not in words]
