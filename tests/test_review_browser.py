"""Review in a real browser: no script, a strict policy, accessible, by keyboard, on a phone."""

import pytest

from policy.models import Action, Comment, Review
from policy.publishing import review
from tests import factories as make
from tests.admin_pages import admin_url as address_of
from tests.admin_pages import login_client as client_of
from tests.browser import find_axe_violations, launch_chromium, open_page

pytestmark = pytest.mark.slow

PHONE = {"width": 360, "height": 740}


@pytest.fixture
def pages(address: str) -> list[str]:
    """Every page of a review, of an action that changed since it was published."""
    source = make.source("article")
    make.attach_source_text(source, make.SOURCE_TEXT)
    row = make.publish_new_action("ban", source=source)
    Action.objects.filter(pk=row.pk).update(title="A wider ban", edited_by=make.curator())
    review.request_review(row, make.curator(), "Is it wider?")
    review.return_to_editor(row, make.reviewer(), [("title", "By how much?"), ("", "Else fine.")])
    review.request_review(row, make.curator(), "By much.")
    make.agency("idle", edited_by=make.reviewer())
    found = [address_of(row, page) for page in ("publish", "comments", "history", "change")]
    bulk = f"/admin/policy/action/publish/?id={row.pk}"
    return ["/admin/", "/admin/queue/review/", "/admin/credit/", bulk, *found]


@pytest.fixture
def cookie(address: str) -> str:
    return client_of(make.reviewer()).cookies["sessionid"].value


def test_axe_finds_no_serious_violation(address, cookie, pages):
    with launch_chromium() as browser:
        page, _ = open_page(browser, address, cookie)
        found = {}
        for path in pages[:-1]:  # the form is its own file's promise
            page.goto(address + path)
            found[path] = find_axe_violations(page, "#content-main")
    assert found == {path: [] for path in pages[:-1]}


def test_no_page_is_wider_than_a_phone_or_breaks_a_strict_policy(address, cookie, pages):
    with launch_chromium() as browser:
        page, said = open_page(
            browser, address, cookie, policed=True, java_script_enabled=False, viewport=PHONE
        )
        wide = []
        for path in pages[:-1]:
            page.goto(address + path)
            if page.locator("html").evaluate("e => e.scrollWidth") > PHONE["width"]:
                wide.append(path)
    assert (wide, said) == ([], [])


def test_a_record_is_returned_by_keyboard_without_script(address, cookie, pages):
    with launch_chromium() as browser:
        page, said = open_page(browser, address, cookie, policed=True, java_script_enabled=False)
        page.goto(address + "/admin/")
        page.get_by_role("link", name="A wider ban").press("Enter")
        page.locator("summary", has_text="Comment").first.press("Enter")
        page.get_by_label("Comment on title").fill("Still unclear.")
        page.get_by_role("button", name="Return with comments").press("Enter")
        page.wait_for_url("**/change/")
    assert said == []
    assert Review.objects.latest("pk").outcome == "returned"
    last = Comment.objects.latest("pk")
    assert (last.field, last.text) == ("title", "Still unclear.")


def test_the_enter_key_in_the_reason_is_no_button_and_publishing_takes_one_press(
    address, cookie, pages
):
    with launch_chromium() as browser:
        page, said = open_page(browser, address, cookie, policed=True, java_script_enabled=False)
        page.goto(address + pages[4])
        page.get_by_label("Reason").press("Enter")
        assert page.url.endswith("/publish/")
        page.get_by_label("Reason").fill("Wider than thought.")
        page.get_by_role("button", name="Publish").press("Enter")
        page.wait_for_url("**/change/")
    assert said == []
    assert Action.objects.get(slug="ban").current.number == 2
