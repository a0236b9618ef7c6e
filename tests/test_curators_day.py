"""From a fresh article to a published, cited record: all that people do for it, in a browser."""

import json
from urllib.request import urlopen

import pytest

from tests import factories as make
from tests.browser import filter_console_errors, launch_chromium
from tests.browser_user import ARTICLE_UPLOAD, CURATOR_PASSWORD, BrowserUser

pytestmark = pytest.mark.slow

MOST = 40  # interactions of both together

SUPPORTS = """\
type stated
status derived
stance derived
unit derived
legal_force derived
attribution stated
activities/mining stated
jurisdictions/KZ stated
agencies/ministry-of-energy-of-kazakhstan stated
dates/occurred derived
figures/sites_closed stated"""


@pytest.fixture
def people(committed, quickly):
    for name, group in (("curator", "Curator"), ("reviewer", "Reviewer")):
        person = make.user(name, group)
        person.set_password(CURATOR_PASSWORD)
        person.save()


@pytest.fixture
def ministry(committed):
    name = "Ministry of Energy of Kazakhstan"
    return make.agency("ministry-of-energy-of-kazakhstan", name=name, jurisdiction_id="KZ")


def hands(browser, site, said):
    page = browser.new_context(viewport={"width": 1200, "height": 800}).new_page()
    page.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    return BrowserUser(page, site)


def code(curator):
    """Bring the article in, select a passage, complete the form, send it to review."""
    curator.log_in("curator")
    curator.take_screenshot("start")
    curator.click("Bring in an article")
    curator.upload("file", "article.html", ARTICLE_UPLOAD)
    curator.press("Preview")
    curator.take_screenshot("confirm")
    curator.choose("source_class", "source_class.wire")
    curator.press("Confirm and save")
    curator.click("Read and code it")
    curator.select("#p1 .segment >> nth=0", "#p2 .segment >> nth=-1")
    curator.take_screenshot("read")
    curator.press("New action from this passage")
    curator.fill("title", "Kazakhstan closes unlicensed mining farms")
    curator.fill("summary", "The energy ministry ordered mines without a licence to close.")
    for name in ("type.shut_down", "unit.act", "stance.restrict", "attribution.government"):
        curator.choose(name.partition(".")[0], name)
    curator.press("Use Adopted")
    curator.choose("legal_force", "legal_force.administrative_order")
    curator.tick("Mining")
    curator.choose("dates-0-kind", "date.occurred")
    curator.fill("dates-0-when", "9 June 2021")
    curator.fill("figures-0-unit", "mining farms")
    curator.press("Say why penalty is empty")
    curator.fill("unknowns-0-reason", "The article names none.")
    curator.fill("citations-0-supports", SUPPORTS)
    curator.take_screenshot("evidence", "#citations-group")
    curator.press("Save and continue editing")
    curator.take_screenshot("form")
    curator.click("Send to review")
    curator.press("Send to review")


def review(reviewer):
    """Find it in the queue, read it, publish it with what it refers to."""
    reviewer.log_in("reviewer")
    reviewer.take_screenshot("queue")
    reviewer.click("Kazakhstan closes unlicensed mining farms")
    reviewer.take_screenshot("review")
    reviewer.take_screenshot("passages", ".passage")
    reviewer.press("Publish")
    reviewer.take_screenshot("published")


def get(url):
    with urlopen(url) as response:
        return json.load(response)


def test_an_article_becomes_a_published_record(address, people, ministry):
    said = []
    with launch_chromium() as browser:
        curator, reviewer = hands(browser, address, said), hands(browser, address, said)
        code(curator)
        review(reviewer)
    assert filter_console_errors(said) == []
    assert len(curator.interactions) + len(reviewer.interactions) < MOST, curator.interactions
    action = get(f"{address}/api/v1/actions/kazakhstan-closes-unlicensed-mining-farms/")
    (figure,), (date,), (citation,) = action["figures"], action["dates"], action["citations"]
    assert (figure["kind"], figure["value"], figure["unit"]) == ("sites_closed", 13, "mining farms")
    assert (date["kind"], date["earliest"], date["latest"]) == (
        "occurred",
        "2021-06-09",
        "2021-06-09",
    )
    assert (citation["source"]["id"], citation["start"]) == ("kazakhstan-closes-mines", 0)
    assert {support["field"] for support in citation["supports"]} == {
        line.split()[0] for line in SUPPORTS.splitlines()
    }
    assert (action["review"]["state"], action["review"]["reviewers"]) == ("reviewed", 1)
    assert get(f"{address}/api/v1/sources/kazakhstan-closes-mines/")["review"]["reviewers"] == 1
