"""Every page in a real browser: accessible, within its frame, nothing blocked, nothing fetched."""

import pytest
from django.core.management import call_command

from tests.browser import find_axe_violations, launch_chromium
from tests.conftest import FIXTURES

pytestmark = pytest.mark.slow

PAGES = [
    "/",
    "/actions/",
    "/actions/?stance=nosuch",
    "/actions/china-crypto-laundering-arrests/",
    "/actions/china-crypto-laundering-arrests/revisions/",
    "/actions/china-crypto-laundering-arrests/revisions/1/",
    "/sources/china-crypto-arrests-article/",
    "/agencies/peoples-bank-of-china/",
    "/entities/bitcoin/",
    "/jurisdictions/CN/",
    "/jurisdictions/FR/",
    "/codebook/",
    "/nosuch/",
    "/api/problems/unknown-parameter/",
]


@pytest.fixture
def site(address):
    call_command("load_dataset", FIXTURES, verbosity=0)
    return address


def test_axe_finds_no_serious_violation(site):
    with launch_chromium() as browser:
        # the policy of the pages keeps the examiner's script out, as it should
        page = browser.new_context(bypass_csp=True).new_page()
        found = {}
        for path in PAGES:
            page.goto(site + path)
            found[path] = find_axe_violations(page)
    assert found == {path: [] for path in PAGES}


def test_nothing_is_blocked_fetched_or_wider_than_a_phone(site):
    with launch_chromium() as browser:
        page = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
        said, asked, wide = [], set(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.add(request.url))
        for path in PAGES:
            page.goto(site + path)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(path)
        page.goto(f"{site}/api/docs/")
        page.wait_for_selector(".opblock")
    assert [text for text in said if "Content Security Policy" in text] == []
    assert {url for url in asked if not url.startswith((site, "data:"))} == set()
    assert wide == []


def test_the_picture_is_reached_by_keyboard(site):
    with launch_chromium() as browser:
        page = browser.new_context(java_script_enabled=True).new_page()
        page.goto(site)
        page.focus(".timeline a")
        page.keyboard.press("Enter")
        page.wait_for_url("**/actions/*/")
        assert page.locator("h1").count() == 1
