"""Bring in an article in a real browser: no script, a strict policy, accessible, on a phone."""

from typing import Any

import pytest

from policy.models import Source
from tests import factories as make
from tests.admin_pages import login_client as client_of
from tests.articles import ARTICLE_HTML
from tests.browser import find_axe_violations, launch_chromium, open_page

pytestmark = pytest.mark.slow


def brought(
    browser: Any, site: str, cookie: str, policed: bool = False, **options: Any
) -> tuple[Any, list[str]]:
    page, said = open_page(browser, site, cookie, policed, **options)
    page.goto(f"{site}/admin/policy/source/")
    page.get_by_role("link", name="Bring in an article").click()
    page.get_by_label("Or its text").fill(ARTICLE_HTML)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Confirm and save").wait_for()
    return page, said


@pytest.fixture
def cookie(address: str) -> str:
    return client_of(make.curator()).cookies["sessionid"].value


def test_it_needs_no_script_under_a_strict_policy_on_a_phone(address, cookie):
    phone = {"width": 360, "height": 740}
    with launch_chromium() as browser:
        page, said = brought(
            browser, address, cookie, policed=True, java_script_enabled=False, viewport=phone
        )
        page.get_by_label("Source class").select_option("source_class.wire")
        page.get_by_label("Title").fill("Ours")
        page.get_by_role("button", name="Confirm and save").click()
        page.wait_for_url("**/change/")
    assert said == []
    assert Source.objects.values_list("title", "language").get() == ("Ours", "en-GB")


def test_axe_finds_no_serious_violation(address, cookie):
    with launch_chromium() as browser:
        page, _ = brought(browser, address, cookie)
        assert find_axe_violations(page, "#content-main") == []
