"""The action's form in a real browser: it helps while somebody types, by keyboard, and runs nothing
that the desk's policy forbids."""

from typing import Any

import pytest

from policy.models import Action
from tests import factories as make
from tests.admin_pages import admin_url as page_of
from tests.admin_pages import login_client as client_of
from tests.browser import filter_console_errors, find_axe_violations, launch_chromium
from tests.browser import open_page as blank

pytestmark = pytest.mark.slow

STOCK = 'list: <ul class="select2-'  # the admin's own search box: its list holds more than items
NARROW = {"width": 390, "height": 844}


def opened(
    browser: Any, site: str, cookie: str, path: str, **options: Any
) -> tuple[Any, list[str]]:
    page, said = blank(browser, site, cookie, **options)
    page.goto(f"{site}{path}")
    page.wait_for_load_state("networkidle")
    return page, said


def focused(page: Any) -> str:
    return page.evaluate("document.activeElement.name")


def add(page: Any, part: str) -> None:
    """By keyboard: the new row takes the focus."""
    page.locator(f"#{part}-group .add-row a").focus()
    page.keyboard.press("Enter")


@pytest.fixture
def cookie(address: str) -> str:
    return client_of(make.curator()).cookies["sessionid"].value


@pytest.fixture
def ban(committed: None) -> Action:
    source = make.source("article")
    make.attach_source_text(source, make.SOURCE_TEXT)
    title = "Qinghai bans the mining of crypto-assets"
    agency = make.agency("province")
    return make.action("ban", source=source, agency=agency, title=title, place="CN-QH")


def test_it_helps_while_somebody_types(address, cookie, ban):
    with launch_chromium() as browser:
        page, said = opened(browser, address, cookie, "/admin/policy/action/add/")
        page.get_by_label("Title").fill("Qinghai bans mining of crypto-assets")
        page.locator(".possible-duplicate").wait_for()
        assert page.locator("#possible-duplicates a").inner_text() == ban.title

        page.locator("#id_type").select_option("type.pledge")
        page.get_by_role("button", name="Use Planned").click()
        assert page.locator("#id_status").input_value() == "status.planned"
        page.locator("#badges-status .lacks-citation").wait_for()

        add(page, "dates")
        assert focused(page) == "dates-0-kind"
        page.locator("#id_dates-0-kind").select_option("date.announced")
        page.locator("#id_dates-0-when").fill("end of May 2021")
        page.locator("#dates-0 .date-reading", has_text="2021-05-21 to 2021-05-31").wait_for()
        names = ("earliest", "latest", "precision")
        filled = [page.locator(f"#id_dates-0-{name}").input_value() for name in names]
        assert filled == ["2021-05-21", "2021-05-31", "precision.part_of_month"]
        page.locator("#id_dates-0-basis").select_option("basis.stated")
        page.locator("#live-preview pre", has_text='"latest": "2021-05-31"').wait_for()

        add(page, "citations")
        keys = page.get_by_label("Field that the passage supports")
        keys.locator("option[value='dates/announced']").wait_for(state="attached")
        keys.select_option("dates/announced")
        page.get_by_label("Basis", exact=True).last.select_option("inferred")
        page.get_by_label("Reason", exact=True).last.fill("Told elsewhere.")
        page.get_by_role("button", name="Add to supports").press("Enter")
        supports = page.locator("#id_citations-0-supports").input_value()
        assert supports == "dates/announced inferred: Told elsewhere."
        assert keys.locator("option[value='dates/announced']").count() == 0

        add(page, "dates")
        page.locator("#id_dates-1-kind").select_option("date.adopted")
        page.locator("#id_dates-1-when").fill("unknown")
        page.get_by_role("button", name="Say why dates/adopted is unknown").press("Enter")
        assert focused(page) == "unknowns-0-reason"
        assert page.locator("#id_unknowns-0-field").input_value() == "dates/adopted"
        assert page.locator("#dates-1").count() == 0
    assert filter_console_errors(said) == []
    assert list(Action.objects.all()) == [ban]


def test_days_that_are_typed_win_over_the_words(address, cookie, ban):
    with launch_chromium() as browser:
        page, said = opened(browser, address, cookie, page_of(ban))
        page.locator("#dates-0 summary").press("Enter")
        assert page.locator("#id_dates-0-when").input_value() == "9 June 2021"
        page.locator("#id_dates-0-latest").fill("2021-06-10")
        page.locator("#id_dates-0-precision").select_option("precision.range")
        assert page.locator("#id_dates-0-when").input_value() == ""
        page.locator("#dates-0 .date-reading", has_text="2021-06-09 to 2021-06-10").wait_for()
        page.get_by_role("button", name="Save and continue editing").click()
        page.wait_for_load_state("networkidle")
        assert (
            page.locator("#id_dates-0-when").input_value() == "between 9 June 2021 and 10 June 2021"
        )
    assert filter_console_errors(said) == []


def test_a_badge_leads_to_its_citation(address, cookie, ban):
    with launch_chromium() as browser:
        page, said = opened(browser, address, cookie, page_of(ban))
        page.locator("#badges-status a").press("Enter")
        assert page.locator("#citations-0 details").get_attribute("open") == ""
        focus = "document.activeElement.closest('.inline-related').id"
        assert page.evaluate(focus) == "citations-0"
    assert filter_console_errors(said) == []


def test_a_value_without_a_citation_leads_to_one(address, cookie, ban):
    ban.citations.update(supports=[{"field": "type", "basis": "stated", "reason": ""}])
    with launch_chromium() as browser:
        page, said = opened(browser, address, cookie, page_of(ban))
        page.get_by_role("button", name="Cite for agencies/").press("Enter")
        page.keyboard.press("d")  # derived
        page.get_by_role("button", name="Add to supports").press("Enter")
        page.locator("#agencies-0 .badges", has_text="citation 1, derived").wait_for()
        supports = page.locator("#id_citations-0-supports").input_value()
    assert supports == "type stated\nagencies/province derived"
    assert filter_console_errors(said) == []


def test_without_a_script_the_form_saves_what_the_words_say(address, cookie, ban):
    with launch_chromium() as browser:
        page, said = opened(browser, address, cookie, page_of(ban), java_script_enabled=False)
        page.locator("#dates-0 summary b").click()
        page.locator("#id_dates-0-when").fill("before 10 June 2021")
        page.get_by_role("button", name="Save and continue editing").click()
        page.wait_for_url("**/change/")
        assert (
            page.locator("#dates-0 .date-reading").text_content()
            == "Stored as 2021-06-09 or earlier."
        )
    assert filter_console_errors(said) == []


@pytest.mark.parametrize("options", [{}, {"viewport": NARROW}])
def test_axe_finds_no_serious_violation(address, cookie, ban, options):
    ban.citations.update(supports=[{"field": "type", "basis": "stated", "reason": ""}])
    with launch_chromium() as browser:
        page, _ = opened(browser, address, cookie, page_of(ban), **options)
        page.locator("details").evaluate_all("rows => rows.forEach((row) => { row.open = true; })")
        width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found = find_axe_violations(page, "#content")
    assert width <= 0
    assert [fault for fault in found if not fault.startswith(STOCK)] == []
