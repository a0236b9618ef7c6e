"""Export and import in a real browser: no script, a strict policy, accessible, on a phone."""

from typing import Any

import pytest

from policy.models import Action
from tests import factories as make
from tests.admin_pages import login_client as client_of
from tests.browser import enforce_strict_csp, find_axe_violations, launch_chromium, open_page
from tests.drafts import make_three_actions

pytestmark = pytest.mark.slow

LIST = "/admin/policy/action/"


@pytest.fixture
def cookie(address: str) -> str:
    make_three_actions()
    return client_of(make.curator()).cookies["sessionid"].value


def taken(page: Any, site: str) -> bytes:
    """The file of an export, by its buttons."""
    page.goto(f"{site}{LIST}")
    page.get_by_role("link", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()
    return bytes(download.value.path().read_bytes())


def handed(page: Any, site: str, raw: bytes) -> None:
    page.goto(f"{site}{LIST}")
    page.get_by_role("link", name="Import", exact=True).click()
    file = {"name": "drafts.csv", "mimeType": "text/csv", "buffer": raw}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="What the import would do").wait_for()
    page.wait_for_load_state()  # styles and all


def test_a_round_needs_no_script_under_a_strict_policy_on_a_phone(address, cookie):
    phone = {"width": 360, "height": 740}
    with launch_chromium() as browser:
        page, said = open_page(browser, address, cookie, java_script_enabled=False, viewport=phone)
        page.route("**/*", enforce_strict_csp)
        raw = taken(page, address)
        handed(page, address, raw.replace(b",Law,", b",A law,"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.get_by_role("button", name="Confirm and write").click()
        page.get_by_text("Imported: 0 new, 1 changed, 2 unchanged.").wait_for()
    assert said == []
    assert list(Action.objects.values_list("title", flat=True)) == ["Ban", "A law", "Raid"]


def test_axe_finds_no_serious_violation(address, cookie):
    with launch_chromium() as browser:
        page, _ = open_page(browser, address, cookie)
        page.goto(f"{address}{LIST}export/")
        found = find_axe_violations(page, "#content-main")
        raw = taken(page, address)
        faulty = raw.replace(b",prohibit,", b",no,", 1).replace(b",Law,", b",A law,")
        handed(page, address, faulty.replace(b"raid,saved", b"other,saved"))
        found += find_axe_violations(page, "#content-main")
    assert found == []
