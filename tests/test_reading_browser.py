"""The reading desk in a real browser: by mouse, by keyboard, under a strict policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from policy.models import Action, Citation
from tests import factories as make
from tests.admin_pages import admin_url as path_of
from tests.admin_pages import login_client as client_of
from tests.browser import find_axe_violations, launch_chromium, open_page

pytestmark = pytest.mark.slow

HOSTILE = (
    "<script>document.title = 'run'</script><svg onload=\"document.title = 'run'\"></svg>"
    "<style>* { display: none }</style> {{ 7*7 }} \u202edelrever\u202c &lt;b&gt; <img src=x>"
)
TEXT = (
    "First words.\n\n"
    "\U0001f600\U0001f468\u200d\U0001f469 Peru arrested 30 people on Wednesday.\n\n"
    "警方抓获了人 中国\U00020bb7野家。\n\n"
    f"{HOSTILE}\n"
)


@pytest.fixture
def site(address: str) -> tuple[str, str]:
    """The address of the source's page, and a curator's cookie."""
    row = make.source(
        "article", text=TEXT, published_earliest="2021-06-10", published_latest="2021-06-10"
    )
    make.attach_source_text(row, TEXT)
    make.action("arrests", type_id="type.arrest")
    cookie = client_of(make.curator()).cookies["sessionid"].value
    return f"{address}{path_of(row, 'read')}", cookie


@contextmanager
def desk(site: tuple[str, str], **options: Any) -> Iterator[tuple[Any, list[str]]]:
    """The page, and what its browser complained of."""
    address, cookie = site
    with launch_chromium() as browser:
        page, said = open_page(
            browser, address.partition("/admin/")[0], cookie, policed=True, **options
        )
        page.goto(address)
        yield page, said


def chosen(page: Any) -> str:
    """The passage in the panel, read from the text as the dataset counts it."""
    start, end = (int(page.input_value(f"#{name}")) for name in ("start", "end"))
    passage = TEXT[start:end]
    assert page.inner_text("#chosen").startswith(f"{end - start} character")
    return passage


def drag(page: Any, words: str) -> None:
    """Select words with the mouse, from before the first to behind the last."""
    box = page.evaluate(
        """words => {
            const walker = document.createTreeWalker(document.getElementById("text"), 4);
            for (let node; (node = walker.nextNode());) {
                const at = node.data.indexOf(words);
                if (at < 0) continue;
                node.parentElement.scrollIntoView({block: "center"});
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + words.length);
                const {left, right, top, bottom} = range.getBoundingClientRect();
                return {left, right, middle: (top + bottom) / 2};
            }
        }""",
        words,
    )
    page.mouse.move(box["left"] + 1, box["middle"])
    page.mouse.down()
    page.mouse.move(box["right"] - 1, box["middle"], steps=5)
    page.mouse.up()


def test_the_mouse_selects_to_the_code_point(site):
    with desk(site) as (page, said):
        drag(page, "arrested")
        assert chosen(page) == "arrested"
        drag(page, "\U00020bb7野家")
        assert chosen(page) == "\U00020bb7野家"
        drag(page, " people")  # the space before it is left out
        assert chosen(page) in ("people", "30 people")
        assert said == []


def test_the_keyboard_selects_and_a_new_action_is_saved(site):
    with desk(site) as (page, said):
        page.focus("#text")
        for key in ("ArrowDown", "ArrowDown"):
            page.keyboard.press(key)
        assert chosen(page) == "Peru"
        page.keyboard.press("Shift+End")
        assert chosen(page) == "Peru arrested 30 people on Wednesday"
        page.keyboard.press("Escape")
        assert page.input_value("#start") == ""
        page.keyboard.press("n")
        assert chosen(page) == "Peru"
        page.keyboard.press("n")
        page.keyboard.press("n")
        assert chosen(page) == "30 people"
        page.keyboard.press("p")
        assert chosen(page) == "arrested"
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Home")
        page.keyboard.press("Shift+ArrowDown")
        assert chosen(page) == "Peru arrested 30 people on Wednesday"
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        page.wait_for_url("**/action/add/**")
        page.get_by_label("Title:").fill("Peru arrests thirty")
        page.get_by_label("Summary:").fill("Ours.")
        page.locator("#id_unit").select_option("unit.act")
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_url("**/policy/action/")
    row = Action.objects.get(slug="peru-arrests-thirty")
    assert row.type_id == "type.arrest"
    citation = Citation.objects.get(action=row)
    assert TEXT[citation.start : citation.end] == "Peru arrested 30 people on Wednesday"
    assert said == []


def test_a_passage_is_cited_without_a_script(site):
    with desk(site, java_script_enabled=False, viewport={"width": 360, "height": 740}) as (
        page,
        said,
    ):
        start = TEXT.index("Peru")
        page.locator("#start").fill(str(start))
        page.locator("#end").fill(str(start + 13))
        page.get_by_role("button", name="Cite for …").click()
        page.get_by_label("Words in the title or id:").fill("arrests")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Arrests").click()
        page.get_by_label("type", exact=True).select_option("stated")
        page.get_by_role("button", name="Cite it").click()
        page.wait_for_url("**/read/?at=*")
    found = Citation.objects.get(action__slug="arrests", start=start)
    assert {"field": "type", "basis": "stated", "reason": ""} in found.supports
    assert said == []


def test_hostile_text_does_nothing_and_says_what_it_hides(site):
    with desk(site) as (page, said):
        assert page.title() == "Article | Read and code | Policy Events"
        assert page.locator("#text script, #text svg, #text img, #text style").count() == 0
        controls = page.locator("#text .control")
        assert [controls.nth(number).get_attribute("data-control") for number in range(3)] == [
            "U+200D",
            "U+202E",
            "U+202C",
        ]
        # The words behind the override stand to its right, as they do without it.
        before, after = (
            page.get_by_text(words, exact=True).bounding_box()["x"]
            for words in ("delrever", "\u202c")
        )
        assert before < after
        page.focus("#text")
        page.keyboard.press("Shift+End")
        for _ in range(6):
            page.keyboard.press("Shift+ArrowDown")
        assert chosen(page) == TEXT.strip()[: TEXT.strip().rindex("x>") + 1]
        assert said == []


def test_axe_finds_no_serious_violation(site):
    with desk(site) as (page, _):
        found = find_axe_violations(page, "#content-main")
        page.locator("#start").fill("0")
        page.locator("#end").fill("5")
        page.get_by_role("button", name="Cite for …").click()
        page.get_by_label("Words in the title or id:").fill("arrests")
        page.get_by_role("button", name="Search").click()
        page.get_by_role("link", name="Arrests").wait_for()
        found += find_axe_violations(page, "#content-main")
        page.get_by_role("link", name="Arrests").click()
        page.get_by_role("button", name="Cite it").wait_for()
        found += find_axe_violations(page, "#content-main")
    assert found == []
