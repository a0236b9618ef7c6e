"""The readers' pages: what was published in plain words, and nothing else."""

import json
from datetime import date

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.test.html import Element, parse_html
from django.views.defaults import page_not_found, server_error

from policy.models import (
    Action,
    ActionAgency,
    ActionDate,
    ActionEntity,
    Agency,
    Citation,
    Figure,
    Note,
    Relation,
    Revision,
    Source,
    Term,
    Unknown,
)
from policy.publishing import publish
from tests import factories as make
from web import text_formats
from web.views import rendering

db = pytest.mark.django_db

CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


# Words


def span(precision: str, earliest: str | None, latest: str | None) -> dict:
    return {"precision": precision, "earliest": earliest, "latest": latest}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (span("day", "2021-06-09", "2021-06-09"), "9 June 2021"),
        (span("week", "2021-05-31", "2021-06-06"), "week of 31 May to 6 June 2021"),
        (span("week", "2021-06-07", "2021-06-13"), "week of 7 to 13 June 2021"),
        (
            span("week", "2020-12-28", "2021-01-03"),
            "week of 28 December 2020 to 3 January 2021",
        ),
        (span("part_of_month", "2021-06-01", "2021-06-10"), "early June 2021 (1 to 10 June)"),
        (span("part_of_month", "2021-06-11", "2021-06-20"), "mid-June 2021 (11 to 20 June)"),
        (span("part_of_month", "2021-05-21", "2021-05-31"), "late May 2021 (21 to 31 May)"),
        (
            span("part_of_month", "2024-02-21", "2024-02-29"),
            "late February 2024 (21 to 29 February)",
        ),
        (span("month", "2021-05-01", "2021-05-31"), "May 2021"),
        (span("year", "2021-01-01", "2021-12-31"), "2021"),
        (span("range", "2021-06-08", "2021-06-09"), "8 or 9 June 2021"),
        (span("range", "2021-05-31", "2021-06-01"), "31 May or 1 June 2021"),
        (span("range", "2021-06-08", "2021-06-10"), "between 8 and 10 June 2021"),
        (span("range", "2021-09-01", "2021-12-21"), "between 1 September and 21 December 2021"),
        (
            span("range", "2020-12-30", "2021-01-02"),
            "between 30 December 2020 and 2 January 2021",
        ),
        (span("before", None, "2021-06-10"), "by 10 June 2021"),
        (span("after", "2021-06-10", None), "on or after 10 June 2021"),
        (span("range", None, "2021-06-10"), "by 10 June 2021"),
        (span("month", "2021-06-01", None), "on or after 1 June 2021"),
        (span("range", None, None), "unknown"),
    ],
)
def test_dates_are_said_as_exactly_as_they_are_known(row, said):
    assert text_formats.format_date_range(row) == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (span("week", "2021-06-01", "2021-06-07"), "between 1 and 7 June 2021"),
        (span("part_of_month", "2021-05-20", "2021-05-31"), "between 20 and 31 May 2021"),
        (span("part_of_month", "2021-05-21", "2021-06-10"), "between 21 May and 10 June 2021"),
        (span("month", "2021-05-01", "2021-05-30"), "between 1 and 30 May 2021"),
        (span("year", "2021-01-01", "2021-06-30"), "between 1 January and 30 June 2021"),
        (span("before", "2021-05-01", "2021-05-04"), "between 1 and 4 May 2021"),
    ],
)
def test_a_name_for_a_span_is_used_only_where_its_days_fit(row, said):
    assert text_formats.format_date_range(row) == said


@pytest.mark.parametrize(
    ("comparator", "value", "unit", "said"),
    [
        ("more_than", 1100, "persons", "more than 1,100 persons"),
        ("exactly", 23, "areas", "23 areas"),
        ("at_least", 1500000, "CNY", "at least 1,500,000 CNY"),
        ("about", 2.5, "MW", "about 2.5 MW"),
        ("less_than", 0.0001, "MW", "less than 0.0001 MW"),
        ("at_most", 0, "days", "at most 0 days"),
    ],
)
def test_figures_are_said_with_their_bound(comparator, value, unit, said):
    label = comparator.replace("_", " ").capitalize()
    row = {"comparator": comparator, "value": value, "unit": unit}
    assert text_formats.format_figure(row, label) == said


def test_instants_are_said_in_utc():
    assert (
        text_formats.format_utc_instant("2026-11-22T06:07:59.123456Z")
        == "22 November 2026, 06:07 UTC"
    )
    assert (
        text_formats.format_utc_instant("2026-11-22T00:30:00+02:00")
        == "21 November 2026, 22:30 UTC"
    )


def test_lists_are_said_as_one_speaks():
    lists = [[], ["a"], ["a", "b"], ["a", "b", "c"]]
    assert [text_formats.join_with_and(items) for items in lists] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("row", "identified", "said"),
    [
        ({"naming": "named", "described_as": ""}, True, "Named in the source"),
        ({"naming": "described", "described_as": ""}, True, ""),
        (
            {"naming": "described", "described_as": "the bank"},
            True,
            "The source's words: “the bank”",
        ),
        (
            {"naming": "described", "described_as": "police"},
            False,
            "Described but not named in the source",
        ),
        (
            {"naming": "unnamed", "described_as": "officials"},
            False,
            "The source does not say who it was",
        ),
    ],
)
def test_actors_are_named_as_far_as_the_source_names_them(row, identified, said):
    assert text_formats.describe_naming(row, identified) == said


def test_review_is_said_in_words():
    released = {"state": "released", "released_by": "seed@1"}
    assert text_formats.describe_review(released) == "As released by seed@1"
    reviewed = {"state": "reviewed", "released_by": None}
    assert text_formats.describe_review(reviewed) == "Reviewed by someone other than its editor"


@db
def test_every_relation_can_be_said_from_its_target():
    codes = Term.objects.filter(vocabulary="relation").values_list("code", flat=True)
    assert set(codes) == set(text_formats.REVERSE_RELATION_LABELS)


@db
def test_every_level_of_evidence_can_be_said():
    codes = Term.objects.filter(vocabulary="evidence").values_list("code", flat=True)
    assert set(codes) == set(text_formats.EVIDENCE_LABELS)


# Reading pages


def tree(response) -> Element:
    """The page's elements; fails where a tag is not closed."""
    return parse_html(response.content.decode())


def elements(node: Element, name: str = "", css: str = "") -> list[Element]:
    """The elements of a name and class below a node, in order."""
    found = []
    for child in getattr(node, "children", []):
        if isinstance(child, str):
            continue
        attributes = dict(child.attributes)
        if child.name == (name or child.name) and css in f" {attributes.get('class', '')} ":
            found.append(child)
        found += elements(child, name, css)
    return found


def text(node: Element | str) -> str:
    if isinstance(node, str):
        return " ".join(node.split())
    return " ".join(filter(None, (text(child) for child in node.children)))


def texts(node: Element, name: str = "", css: str = "") -> list[str]:
    return [text(found) for found in elements(node, name, css)]


def links(node: Element, attribute: str = "href") -> list[str]:
    found = (dict(child.attributes).get(attribute) for child in elements(node))
    return [address for address in found if address]


def facts(page: Element, table: int = 0) -> list[tuple[str, str, list[str], list[str]]]:
    """(label, value, remarks, backings) for each value of the first table."""
    found = []
    for row in elements(elements(page, "table")[table], "tr"):
        label = text(elements(row, "th")[0]) if elements(row, "th") else ""
        for value in elements(row, "div", " value "):
            said = text(elements(value, "p", " value-text ")[0])
            remarks = texts(value, "p", " remark ")
            found.append((label, said, remarks, texts(value, "a", " backing ")))
    return found


def action_page(client: Client, slug: str) -> Element:
    response = client.get(f"/actions/{slug}/")
    assert response.status_code == 200
    return tree(response)


def recite(row: Action, where: Source, **changes) -> Citation:
    """Cite everything that was added since, in a second passage."""
    citation = make.cite(row, where, start=4, end=37)
    Citation.objects.filter(pk=citation.pk).update(**changes)
    return citation


@pytest.fixture
def rich(db) -> Action:
    """One action with a value of every sort."""
    where = make.source("report", title="A report")
    target = make.publish_new_action("plan", title="The plan", source=where, day="2021-05-01")
    row = make.action("raid", title="The raid", source=where, place="CN-QH")
    Action.objects.filter(pk=row.pk).update(legal_force_id=None)
    row.citations.all().delete()
    row.refresh_from_db()
    Unknown.objects.create(action=row, field="legal_force", reason="No form is named.")
    Unknown.objects.create(action=row, field="dates/effective", reason="Not said.")
    police = ActionAgency.objects.create(
        action=row,
        role_id="agency_role.enforcer",
        naming_id="naming.described",
        described_as="local police",
    )
    firm = make.entity("firm", name="The Firm")
    ActionEntity.objects.create(
        action=row, entity=firm, role_id="entity_role.claimed", naming_id="naming.named"
    )
    ActionDate.objects.create(
        action=row,
        kind_id="date.announced",
        latest=date(2021, 6, 10),
        precision_id="precision.before",
        basis_id="basis.derived",
        resolution="Told on that day.",
    )
    Figure.objects.create(
        action=row,
        kind_id="figure.persons_arrested",
        value=1100,
        comparator_id="comparator.more_than",
        unit="persons",
        claimed_by="entities/firm",
    )
    Relation.objects.create(
        action=row, type_id="relation.implements", target=target, reason="It says so."
    )
    Note.objects.create(
        action=row, kind_id="note.reading", field="type", text="Read for its sense."
    )
    Note.objects.create(
        action=row, kind_id="note.doubt", field="figures/persons_arrested", text="Perhaps fewer."
    )
    make.cite(row, where)
    fields = [
        {"field": f"agencies/{police.key}/enforcer", "basis": "derived", "reason": ""},
        {"field": "type", "basis": "inferred", "reason": "Such rules are known."},
    ]
    recite(row, where, supports=fields, quote="on 9 June", note="A garbled line.")
    make.publish_all(row)
    return row


def test_every_value_is_shown_with_what_backs_it(rich, client):
    issuer = ActionAgency.objects.get(action=rich, role="agency_role.issuer").agency.name
    first, second = "stated in citation 1", "inferred in citation 2"
    reason = "Inferred from citation 2: Such rules are known."
    assert facts(action_page(client, "raid")) == [
        ("Type", "Regulate", [reason], [first, second]),
        ("Status", "In force", [], [first]),
        ("Stance", "Prohibit", [], [first]),
        ("Legal force", "Unknown", ["No form is named."], []),
        ("Penalty", "Unknown", ["The source names none."], []),
        ("Attribution", "Government", [], [first]),
        ("Unit", "Act", [], [first]),
        ("Activity", "Mining", [], [first]),
        ("Place", "Qinghai, China", [], [first]),
        ("Occurred", "9 June 2021", ["Stated."], [first]),
        ("Announced", "by 10 June 2021", ["Derived: Told on that day."], [first]),
        ("Effective", "Unknown", ["Not said."], []),
        ("Issuer", issuer, ["Named in the source"], [first]),
        (
            "Enforcer",
            "“local police”",
            ["Described but not named in the source"],
            [first, "derived in citation 2"],
        ),
        ("Claimed", "The Firm", ["Named in the source"], [first]),
        (
            "Persons arrested",
            "more than 1,100 persons",
            ["Claimed by The Firm"],
            [first, "doubt in note 2"],
        ),
    ]


def test_evidence_notes_and_record_are_told(rich, client):
    page = action_page(client, "raid")
    assert texts(page, "p", " evidence ") == [
        "Reported by one source. 2 passages are cited . It is based on a claim by The Firm. "
        "One doubt is noted ."
    ]
    assert texts(page, "li", " note ") == [
        "Reading 1 on Type Read for its sense.",
        "Doubt 2 on Figure: Persons arrested Perhaps fewer.",
    ]
    revision = Revision.objects.get(kind="action", record="raid")
    assert texts(page, "dd") == [
        "raid",
        "1",
        text_formats.format_utc_instant(revision.published_at),
        "Reviewed by someone other than its editor",
        "CC-BY-4.0",
    ]


def test_citations_say_where_the_passage_stands_and_what_it_backs(rich, client):
    page = action_page(client, "raid")
    digest = Citation.objects.get(action=rich, start=4).sha256
    citation = elements(page, "li", " citation ")[1]
    assert text(citation) == (
        "Citation 2 on 9 June Paragraph 1 characters 4 to 37 "
        "Agency: “local police” (enforcer) derived Type inferred Such rules are known. "
        f"A garbled line. SHA-256 of the passage {digest[:12]}… {digest}"
    )
    assert links(citation) == ["#fact-agencies/local-police", "#fact-type"]
    assert texts(page, "section", " source ")[0].startswith(
        "A report Unknown date Unknown publisher Wire About the source SHA-256 of the source’s"
    )


def test_every_link_within_the_page_has_a_target(rich, client):
    page = action_page(client, "raid")
    targets = links(page, "id")
    assert len(targets) == len(set(targets))
    within = {address[1:] for address in links(page) if address.startswith("#")}
    assert within - set(targets) == set()


@db
def test_no_word_of_the_article_but_the_quote(client):
    where = make.source("report")
    make.attach_source_text(where, make.SOURCE_TEXT)
    make.publish_new_action("ban", source=where)
    body = client.get("/actions/ban/").content.decode()
    assert "banned mining" in body
    assert "Police arrested" not in body
    assert "The ministry banned" not in body


def test_relations_show_on_both_ends(rich, client):
    assert facts(action_page(client, "raid"), table=1) == [
        ("Implements", "The plan", ["It says so."], ["stated in citation 1"])
    ]
    page = action_page(client, "plan")
    assert facts(page, table=1) == [
        ("Implemented by", "The raid", ["It says so.", "Stated by the other record."], [])
    ]
    assert "/actions/raid/" in links(page)


@db
def test_a_relation_that_holds_both_ways_is_told_once(client):
    where = make.source()
    one, two = make.action("one", source=where), make.action("two", source=where)
    for row, other in ((one, two), (two, one)):
        Relation.objects.create(action=row, type_id="relation.issued_with", target=other)
        recite(row, where)
    make.publish_all(one, two)
    assert facts(action_page(client, "one"), table=1) == [
        ("Issued with", "Two", [], ["stated in citation 2"])
    ]


@db
def test_home_tells_what_there_is(client):
    make.publish_new_action(
        "old", title="The old one", day="2019-02-03", stance_id="stance.promote"
    )
    make.publish_new_action("new", title="The new one", place="CN-QH")
    page = tree(client.get("/"))
    assert texts(page, "li", " headline ") == [
        "Occurred 9 June 2021 The new one Stance: Prohibit Qinghai, China Regulate In force",
        "Occurred 3 February 2019 The old one Stance: Promote China Regulate In force",
    ]
    counts = elements(page, "ul", " counts ")[0]
    assert texts(counts, "li") == ["2 actions", "2 sources", "0 entities", "2 agencies"]
    last = Revision.objects.latest("id")
    intro = elements(page, "div", " intro ")[0]
    published_at = text_formats.format_utc_instant(last.published_at)
    assert texts(intro, "p", " small ") == [
        f"Dataset version 6.{last.seal[:8]}, published on {published_at}. Licence CC-BY-4.0."
    ]


@db
def test_an_empty_dataset_has_a_home(client):
    page = tree(client.get("/"))
    assert elements(page, "li", " headline ") == []
    assert texts(page, "p", " small ") == ["Licence CC-BY-4.0."]
    assert client.get("/").content.count(b"Nothing is published yet.") == 1


@db
def test_home_lists_the_latest_ten(client):
    where, who = make.source(), make.agency()
    rows = [
        make.action(f"a-{n:02}", source=where, agency=who, day=f"2021-01-{n:02}")
        for n in range(1, 13)
    ]
    make.publish_all(*rows)
    latest = elements(tree(client.get("/")), "ol", " headlines ")[0]
    assert texts(latest, "h3") == [f"A-{n:02}" for n in range(12, 2, -1)]


def test_every_link_leads_somewhere(rich, client):
    found = {"/api/v1/actions/?jurisdiction=CN", "/api/v1/actions/?type=enforcement"}
    for page in ("/", "/actions/raid/", "/actions/plan/"):
        found |= {a for a in links(tree(client.get(page))) if a.startswith("/")}
    assert {"/api/v1/", "/api/docs/", "/api/schema/", "/admin/"} < found
    assert "/api/v1/actions/?occurred__overlaps=2021-06" in found
    for address in found - {a for a in found if a.startswith(f"/{settings.STATIC_URL.strip('/')}")}:
        expected = 302 if address == "/admin/" else 200
        assert (address, client.get(address).status_code) == (address, expected)


def test_pages_say_what_they_are(rich, client):
    head = elements(action_page(client, "raid"), "head")[0]
    assert texts(head, "title") == ["The raid · Policy Events"]
    named = {dict(m.attributes).get("name"): dict(m.attributes) for m in elements(head, "meta")}
    assert named["description"]["content"] == "What raid did."
    related = [dict(link.attributes) for link in elements(head, "link")]
    assert {r["rel"]: r["href"] for r in related} == {
        "canonical": "http://testserver/actions/raid/",
        "alternate": "/api/v1/actions/raid/",
        "icon": "/static/web/favicon.svg",
        "stylesheet": "/static/web/site.css",
    }
    assert dict(tree(client.get("/")).attributes) == {"lang": "en"}


# Nothing else


@db
def test_drafts_and_unpublished_edits_do_not_show(client):
    where = make.source("report")
    row = make.publish_new_action("ban", source=where)
    before = {page: client.get(page).content for page in ("/", "/actions/ban/")}
    Action.objects.update(title="SENTINEL", summary="SENTINEL", note="SENTINEL")
    Agency.objects.update(name="SENTINEL", description="SENTINEL")
    Source.objects.update(title="SENTINEL", publisher="SENTINEL", note="SENTINEL")
    Citation.objects.update(quote="SENTINEL", note="SENTINEL")
    Unknown.objects.update(reason="SENTINEL")
    Note.objects.create(action=row, kind_id="note.doubt", text="SENTINEL")
    make.entity("sentinel", name="SENTINEL")
    draft = make.action("draft", title="SENTINEL", source=where, day="2031-01-01")
    Relation.objects.create(action=draft, type_id="relation.amends", target=row)
    assert b"SENTINEL" not in b"".join(before.values())
    assert {page: client.get(page).content for page in before} == before
    assert client.get("/actions/draft/").status_code == 404


@db
def test_a_published_edit_takes_over(client):
    row = make.publish_new_action("ban", title="The first title")
    Action.objects.update(title="The second title")
    publish.publish([row], by=make.reviewer(), reason="Mended.")
    page = action_page(client, "ban")
    assert texts(page, "h1") == ["The second title"]
    assert texts(page, "dd")[1] == "2"


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


@db
def test_hostile_text_is_inert(client):
    where = make.source("report", title=HOSTILE, publisher=HOSTILE, language='en"><script>')
    who = make.agency(name=HOSTILE)
    one = make.publish_new_action("one", title=HOSTILE, source=where)
    row = make.action("two", title=HOSTILE, summary=HOSTILE, source=where, agency=who)
    ActionEntity.objects.create(
        action=row,
        role_id="entity_role.claimed",
        naming_id="naming.described",
        described_as=HOSTILE,
    )
    Figure.objects.create(
        action=row,
        kind_id="figure.sites_closed",
        value=1,
        comparator_id="comparator.about",
        unit=HOSTILE[:60],
        claimed_by=f"agencies/{who.slug}",
    )
    Relation.objects.create(action=row, type_id="relation.amends", target=one, reason=HOSTILE)
    Note.objects.create(action=row, kind_id="note.doubt", text=HOSTILE)
    Unknown.objects.update(reason=HOSTILE)
    ActionDate.objects.update(resolution=HOSTILE)
    supports = [{"field": "type", "basis": "inferred", "reason": HOSTILE}]
    recite(row, where)
    Citation.objects.filter(action=row, start=0).update(
        quote=HOSTILE, note=HOSTILE, supports=supports
    )
    make.publish_all(row)
    Term.objects.filter(vocabulary="type").update(label=HOSTILE)
    for address in ("/", "/actions/one/", "/actions/two/"):
        response = client.get(address)
        page = tree(response)
        assert {e.name for e in elements(page)} & {"script", "style", "iframe", "form"} == set()
        names = {name for e in elements(page) for name, _ in e.attributes}
        assert {name for name in names if name.startswith("on") or name == "style"} == set()
        assert links(page, "src") == ["/static/web/favicon.svg"]
        assert b"<script" not in response.content
        assert response.content.count(b"&lt;script&gt;alert(1)") >= 2
        assert b"{{7*7}}" in response.content


@pytest.mark.parametrize("path", ["/", "/actions/raid/", "/actions/plan/", "/actions/none/"])
def test_nothing_loads_from_elsewhere(rich, client, path):
    response = client.get(path)
    assert response.headers["Content-Security-Policy"] == CSP
    page = tree(response)
    found = [*links(page), *links(page, "src"), *links(page, "action"), *links(page, "srcset")]
    outside = [a for a in found if not a.startswith(("/", "#"))]
    ours = f"http://testserver{path}"
    assert {address for address in outside if not address.startswith(ours)} == set()
    assert [a for a in found if a.startswith("//")] == []
    assert elements(page, "script") + elements(page, "style") == []


def test_stylesheet_is_small_and_loads_nothing():
    sheet = (settings.BASE_DIR / "web/static/web/site.css").read_text()
    assert len(sheet.encode()) < 14_000
    assert "url(" not in sheet
    assert "@import" not in sheet


# Other answers


@db
def test_withdrawn_says_why(client):
    row = make.publish_new_action("ban")
    publish.withdraw(row, by=make.reviewer(), reason="It was <b>invented</b>.")
    response = client.get("/actions/ban/")
    assert response.status_code == 410
    assert response.headers["Content-Security-Policy"] == CSP
    assert b"<b>" not in response.content
    page = tree(response)
    assert texts(page, "h1") == ["This record was withdrawn"]
    assert texts(page, "p", " lead ") == ["It was <b>invented</b>."]
    assert "/api/v1/actions/ban/revisions/" in links(page)
    assert texts(tree(client.get("/")), "li", " headline ") == []


@db
def test_merged_leads_to_what_took_over(client):
    row, other = make.publish_new_action("ban"), make.publish_new_action("the-ban")
    publish.merge(row, other, by=make.reviewer(), reason="The same.")
    response = client.get("/actions/ban/")
    assert (response.status_code, response.headers["Location"]) == (301, "/actions/the-ban/")


@db
def test_unknown_id_is_a_friendly_404(client):
    response = client.get("/actions/no-such-ban/")
    assert response.status_code == 404
    assert texts(tree(response), "p", " lead ") == ["There is no action with the id no-such-ban."]


def test_unknown_address_is_a_friendly_404(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    assert texts(tree(response), "h1") == ["Page not found"]


@pytest.mark.parametrize("id", ["a%00b", "%C3%A9t%C3%A9", "a b", "A'--"])
def test_ids_that_cannot_be_are_not_looked_up(client, id):
    assert client.get(f"/actions/{id}/").status_code == 404


@pytest.mark.parametrize("handler", [rendering.page_not_found, page_not_found])
def test_404_stands_by_itself(handler):
    response = handler(RequestFactory().get("/x/"), Exception("no"))
    assert response.status_code == 404
    assert texts(tree(response), "h1") == ["Page not found"]


@pytest.mark.parametrize("handler", [rendering.render_server_error, server_error])
def test_500_stands_by_itself(handler):
    response = handler(RequestFactory().get("/x/"))
    assert response.status_code == 500
    assert texts(tree(response), "h1") == ["Server error"]


@pytest.mark.parametrize("path", ["/", "/actions/ban/"])
def test_pages_are_only_read(client, path):
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)(path).status_code == 405


@db
def test_head_answers_like_get(client):
    make.publish_new_action("ban")
    assert client.head("/actions/ban/").status_code == 200
    assert client.head("/actions/none/").status_code == 404


# Who reads


@db
def test_only_staff_see_the_way_to_the_desk(client, admin_client):
    make.publish_new_action("ban")
    desk = "/admin/policy/action/?q=ban"
    assert desk in links(action_page(admin_client, "ban"))
    assert desk not in links(action_page(client, "ban"))


@db
def test_a_reader_gets_no_session(client):
    make.publish_new_action("ban")
    for path in ("/", "/actions/ban/"):
        assert client.get(path).cookies == {}
    assert client.get("/actions/ban/").headers["Vary"] == "Cookie, Accept-Encoding"
    assert client.get("/").headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("rows", [1, 3])
@db
def test_home_asks_sixteen_questions(client, rows, django_assert_num_queries):
    make.publish_all(*(make.action(f"a-{n}", place="CN-QH") for n in range(rows)))
    # The state; latest revisions, their documents, terms, parents of places; counts by kind;
    # six for the charts, values and their names; coverage; official sources; acts and their links.
    with django_assert_num_queries(16):
        assert len(elements(tree(client.get("/")), "li", " headline ")) == rows


@pytest.mark.parametrize("rows", [1, 3])
@db
def test_an_action_asks_seven_questions(client, rows, django_assert_num_queries):
    target = make.action("target", place="CN-QH")
    for n in range(rows):
        firm = make.entity(f"firm-{n}")
        ActionEntity.objects.create(
            action=target, entity=firm, role_id="entity_role.acted", naming_id="naming.named"
        )
        make.cite(target, make.source(), start=n + 1)
    others = [make.action(f"other-{n}") for n in range(rows)]
    for other in others:
        Relation.objects.create(action=other, type_id="relation.part_of", target=target)
        recite(other, other.citations.get().source)
    make.publish_all(target, *others)
    # The state, the revision, terms, parents of places, sources, referring revisions, their
    # documents.
    with django_assert_num_queries(7):
        page = action_page(client, "target")
    assert len(elements(page, "li", " citation ")) == rows + 1
    assert len(facts(page, table=1)) == rows


@db
def test_page_and_api_tell_of_one_revision(client, rich):
    document = json.loads(client.get("/api/v1/actions/raid/").content)
    page = action_page(client, "raid")
    assert texts(page, "h1") == [document["title"]]
    assert texts(page, "dd")[1] == str(document["revision"])


def test_the_seed_reads_well(seed, client):
    """Every action of the seed has its page, each value a label and a reason to be there."""
    slugs = Revision.objects.current("action").values_list("record", flat=True)
    assert len(slugs) > 10
    for slug in slugs:
        for label, value, remarks, supports in facts(action_page(client, slug)):
            assert label or value
            assert value
            assert supports or remarks, (slug, label, value)
