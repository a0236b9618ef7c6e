"""The reading desk: a source's text, and what becomes of a passage that somebody selects."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from desk.reading.passages import MAX_PASSAGE_LENGTH, parse_passage
from desk.reading.prefill_values import propose_action
from policy.models import Action, ActionAgency, ActionDate, Citation, Figure, Source
from policy.publishing.publish import withdraw
from tests import factories as make
from tests.admin_pages import admin_url, get_form_data, get_form_errors, get_messages, login_client
from tests.articles import ARTICLE_HTML, ARTICLE_PARAGRAPHS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_places")]

WORDS = "Chilean police arrested more than 20 people on Wednesday."
TEXT = f"A first paragraph.\n\n{WORDS} \U0001f600 In May, Peru will ban mining.\n"
AT = TEXT.index(WORDS)
QUERY = {"start": AT, "end": AT + len(WORDS)}
DAY = {
    "published_earliest": "2021-06-10",
    "published_latest": "2021-06-10",
    "published_precision_id": "precision.day",
    "published_basis_id": "basis.stated",
}


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def article(text: str = TEXT, slug: str = "article") -> Source:
    source = make.source(slug, text=text, **DAY)
    make.attach_source_text(source, text)
    return Source.objects.get(pk=source.pk)


def shown(page: Any) -> list[tuple[str, list[int], list[str]]]:
    """(words, citations, kinds of suggestion) of each segment that has any."""
    return [
        (segment.words, [one.number for one in segment.cited], [r.kind for r in segment.suggested])
        for _, segments, _ in page.context["paragraphs"]
        for segment in segments
        if segment.cited or segment.suggested
    ]


# Reading


def test_citations_and_suggestions_stand_where_the_words_do(curator):
    source, row = article(), make.action("ban")
    make.cite(row, source, AT, AT + 14)
    page = curator.get(admin_url(source, "read"))
    assert shown(page) == [
        ("Chilean", [1], ["jurisdiction", "agency"]),
        (" police", [1], ["agency"]),
        ("arrested", [], ["type"]),
        ("more than 20 people", [], ["figure"]),
        ("on Wednesday", [], ["date"]),
        ("In May", [], ["date"]),
        ("Peru", [], ["jurisdiction"]),
        ("ban", [], ["type"]),
        ("mining", [], ["activity"]),
    ]
    html = page.content.decode()
    assert f'class="ref" id="c1" href="{admin_url(row)}"' in html
    counts = {kind: number for kind, _, number in page.context["kinds"]}
    assert counts == {
        "type": 2,
        "activity": 1,
        "agency": 1,
        "jurisdiction": 2,
        "entity": 0,
        "date": 2,
        "figure": 1,
    }


def test_every_character_of_the_text_is_shown_where_it_stands(curator):
    text = "Say “no”.\n\n<b>\U0001f600</b> & 中国\nsecond line\n\n\n\u202eend"
    page = curator.get(admin_url(article(text), "read")).content.decode()
    found = re.findall(r'data-at="(\d+)"[^>]*>(?:<span[^>]*>)*([^<]*)<', page)
    segments = [(int(at), unescape(words)) for at, words in found]
    assert [text[at : at + len(words)] for at, words in segments] == [
        words for _, words in segments
    ]
    all_shown = "".join(words for _, words in segments)
    assert "".join(all_shown.split()) == "".join(text.split())


@pytest.mark.parametrize("rows", [1, 3])
def test_it_takes_a_constant_number_of_queries(curator, django_assert_num_queries, rows):
    source = article("\n\n".join([WORDS] * rows))
    for number in range(rows):
        make.agency(f"police-{number}")
        make.cite(make.action(f"ban-{number}"), source, number, 10 + number)
    # session, person, two of permissions, source, text, citations, agencies, places, entities
    with django_assert_num_queries(10):
        curator.get(admin_url(source, "read"))


def test_a_long_text_comes_in_pages_and_only_one_is_looked_at(curator):
    source = article("\n\n".join([WORDS] * 250))
    page = curator.get(admin_url(source, "read"))
    assert [page.context[name] for name in ("page", "pages")] == [1, 2]
    assert [number for kind, _, number in page.context["kinds"] if kind == "figure"] == [200]
    last = curator.get(admin_url(source, "read"), {"page": 2})
    assert [block.number for block, _, _ in last.context["paragraphs"]] == list(range(201, 251))
    there = curator.get(admin_url(source, "read"), {"at": source.characters - 1})
    assert there.context["page"] == 2


def test_what_looks_like_the_page_is_grey(curator):
    page = curator.get(admin_url(article(f"{WORDS}\n\nBack to top\n"), "read"))
    assert [is_boilerplate for _, _, is_boilerplate in page.context["paragraphs"]] == [False, True]


def test_pages_that_are_not_there_are_said(curator):
    link, said = admin_url(article(), "read"), "There is no such page. The text has 1."
    for query in ("page=0", "page=2", "page=x", f"page={'9' * 30}", "at=-1", "at=%00"):
        found = get_messages(curator.get(f"{link}?{query}"))
        assert (query, found) == (query, [f"{said} The first one is shown."])


def test_a_source_without_its_text_says_how_to_attach_it(curator):
    source = make.source("article")
    page = curator.get(admin_url(source, "read")).content.decode()
    assert "The text is not attached" in page
    assert "attach_texts" in page
    assert source.sha256 in page


HOSTILE = (
    "<script>alert(1)</script><svg/onload=alert(1)> {{ 7*7 }} \u202eevil\u202c "
    "\u2066x &amp; \" ' ]]> --> <img src=x onerror=alert(1)>"
)


def test_hostile_text_is_escaped_on_every_page_of_the_desk(curator):
    source = article(f"{HOSTILE}\n\n{HOSTILE}")
    make.cite(row := make.action("ban", title=HOSTILE[:300]), source, 0, 10)
    query = {"start": 0, "end": len(HOSTILE)}
    new = {**query, "source": source.pk}
    for path, asked in [
        (admin_url(source, "read"), {}),
        (admin_url(source, "change"), {}),
        (admin_url(source, "cite"), query),
        (admin_url(source, "cite"), {**query, "q": HOSTILE}),
        (admin_url(source, "cite"), {**query, "action": row.pk}),
        ("/admin/policy/action/add/", new),
    ]:
        page = curator.get(path, asked)
        assert page.status_code == 200
        html = page.content.decode()
        found = [word for word in ("<script>alert", "<svg/", "<img src=x", "49 ") if word in html]
        assert found == [], path


# Who may


def reader(*codenames: str) -> Client:
    person = make.user("reader")
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return login_client(person)


def test_the_text_is_for_those_who_may_read_texts(client):
    source, row = article(), make.action("ban")
    pages = [
        admin_url(source, "read"),
        f"{admin_url(source, 'cite')}?start=0&end=5&action={row.pk}",
    ]
    assert [client.get(path).status_code for path in pages] == [302, 302]
    blind = reader("view_source", "change_action", "add_citation", "view_action")
    assert [blind.get(path).status_code for path in pages] == [403, 403]
    looking = reader("view_source", "view_sourcetext", "view_action", "view_citation")
    assert [looking.get(path).status_code for path in pages] == [200, 403]
    html = looking.get(pages[0]).content.decode()
    assert ("New action" in html, 'id="cite"' in html) == (False, False)


def test_the_desk_is_reached_from_the_list_and_the_form(curator):
    source = article()
    link = admin_url(source, "read")
    assert f'<a href="{link}">Read</a>' in curator.get("/admin/policy/source/").content.decode()
    form = curator.get(admin_url(source))
    assert form.context["object_tools"][0] == ("Read and code it", link)
    assert "A first paragraph." in form.content.decode()
    listed = reader("view_source").get("/admin/policy/source/").content.decode()
    assert link not in listed


@pytest.mark.parametrize("pk", ["0", "abc", "9" * 30, "_00"])
def test_sources_that_are_not_there_are_not_found(curator, pk):
    for page in ("read", "cite"):
        assert curator.get(f"/admin/policy/source/{pk}/{page}/").status_code == 404


# Passages


def query(**values: Any) -> QueryDict:
    found = QueryDict(mutable=True)
    found.update({name: str(value) for name, value in values.items()})
    return found


def test_a_passage_is_trimmed_and_measured():
    source = article()
    passage = parse_passage(query(source=source.pk, start=AT - 2, end=AT + len(WORDS) + 1))
    assert (passage.words, passage.start, passage.paragraph) == (WORDS, AT, 2)
    assert passage.quote == "Chilean police arrested more than 20 people on"
    assert {row.kind for row in passage.suggestions} == {
        *("agency", "jurisdiction", "type", "figure", "date")
    }


def test_a_quote_is_short_in_every_script_and_keeps_to_one_line():
    source = article("警" * 60 + "\n\none\ntwo\n\n" + "x" * 300)
    quotes = [
        parse_passage(query(source=source.pk, start=start, end=end)).quote
        for start, end in ((0, 60), (62, 69), (71, 371))
    ]
    assert quotes == ["警" * 16, "one", ""]


NO_NUMBERS = "Source, start and end must be whole numbers."
BAD = [
    ({"start": "x"}, NO_NUMBERS),
    ({"start": "-1"}, NO_NUMBERS),
    ({"end": "9" * 30}, NO_NUMBERS),
    ({"end": "١٢"}, NO_NUMBERS),
    ({"source": "\0"}, NO_NUMBERS),
    ({"source": "999999999"}, "The text of this source is not attached."),
    ({"start": "5", "end": "5"}, f"The text has {len(TEXT)} characters, so 5-5 is not a passage."),
    ({"end": "999"}, f"The text has {len(TEXT)} characters, so 0-999 is not a passage."),
    ({"start": "18", "end": "20"}, "The passage contains no words."),
]


def test_passages_that_are_none_are_refused_in_words():
    source = article()
    for changes, message in BAD:
        with pytest.raises(ValidationError) as refused:
            parse_passage(query(**{"source": source.pk, "start": 0, "end": 5} | changes))
        assert (changes, refused.value.messages[0].startswith(message)) == (changes, True)


@pytest.mark.parametrize(("changes", "message"), [BAD[1], BAD[5]])
def test_pages_say_why_a_passage_is_refused(curator, changes, message):
    source = article()
    asked = {"source": source.pk, "start": 0, "end": 5} | changes
    form = curator.get("/admin/policy/action/add/", asked)
    assert form.status_code == 200
    (said,) = get_messages(form)
    assert said.startswith(f"The form was not filled in. {message}")
    assert [i.formset.total_form_count() for i in form.context["inline_admin_formsets"]] == [0] * 9
    if "source" not in changes:
        page = curator.get(admin_url(source, "cite"), asked, follow=True)
        assert page.redirect_chain == [(admin_url(source, "read"), 302)]
        assert get_messages(page)[0].startswith(message)


def test_a_passage_has_a_length(curator):
    source = article("a " * MAX_PASSAGE_LENGTH)
    page = curator.get(
        admin_url(source, "cite"), {"start": 0, "end": MAX_PASSAGE_LENGTH + 1}, follow=True
    )
    assert get_messages(page)[0].startswith("A passage can have at most 5,000 characters.")


# A new action


def new(client: Client, source: Source, **changes: Any) -> Any:
    path = f"/admin/policy/action/add/?source={source.pk}&start={AT}&end={AT + len(WORDS)}"
    return client.post(path, get_form_data(client, path, **changes))


OWN = {"title": "Police arrest 20", "slug": "arrests", "summary": "Ours.", "unit": "unit.act"}


def test_what_the_passage_suggests_is_saved_with_the_form(curator):
    source = article()
    assert new(curator, source, **OWN).status_code == 302
    row = Action.objects.get()
    assert (row.type_id, row.status_id) == ("type.arrest", "status.completed")
    assert [place.pk for place in row.jurisdictions.all()] == ["CL"]
    agency, date, figure, citation = (
        model.objects.get() for model in (ActionAgency, ActionDate, Figure, Citation)
    )
    assert (agency.described_as, agency.role_id) == ("Chilean police", "agency_role.enforcer")
    assert (date.kind_id, date.earliest.isoformat(), date.precision_id, date.basis_id) == (
        *("date.occurred", "2021-06-09", "precision.day", "basis.derived"),
    )
    assert (figure.kind_id, figure.value, figure.comparator_id) == (
        *("figure.persons_arrested", 20, "comparator.more_than"),
    )
    assert TEXT[citation.start : citation.end] == WORDS
    assert {row["field"]: row["basis"] for row in citation.supports} == {
        "type": "derived",
        "status": "derived",
        "jurisdictions/CL": "stated",
        "agencies/chilean-police": "stated",
        "dates/occurred": "derived",
        "figures/persons_arrested": "stated",
    }


def test_nothing_is_saved_without_a_person(curator):
    source = article()
    path = f"/admin/policy/action/add/?source={source.pk}&start={AT}&end={AT + len(WORDS)}"
    page = curator.get(path)
    assert get_messages(page)[0].endswith("Check every field. Nothing is saved yet.")
    assert (Action.objects.count(), Citation.objects.count()) == (0, 0)
    assert get_form_data(curator, path)["title"] == [""]


def test_rows_that_were_taken_out_are_not_saved(curator):
    gone = {"figures-TOTAL_FORMS": 0, "dates-TOTAL_FORMS": 0, "citations-0-supports": "type stated"}
    assert new(curator, article(), **OWN, **gone).status_code == 302
    assert (Figure.objects.count(), ActionDate.objects.count()) == (0, 0)
    assert [row["field"] for row in Citation.objects.get().supports] == ["type"]


def test_a_known_agency_is_chosen_by_name(curator):
    make.agency("police", name="Police of Chile", jurisdiction_id="CL")
    assert new(curator, article(), **OWN).status_code == 302
    found = ActionAgency.objects.get()
    assert (found.agency.slug, found.described_as, found.naming_id) == (
        "police",
        "",
        "naming.named",
    )


def test_those_who_may_not_read_texts_get_an_empty_form():
    client = reader("add_action", "view_action", "add_citation", "view_citation", "view_source")
    asked = {"source": article().pk, **QUERY}
    page = client.get("/admin/policy/action/add/", asked)
    assert get_messages(page) == [
        "The form was not filled in. You do not have permission to view the texts of sources."
    ]
    assert "Chilean" not in page.content.decode()


@pytest.mark.parametrize(
    ("words", "values"),
    [
        ("Peru will ban it", {"type": "type.regulate", "status": "status.planned"}),
        ("Peru banned it", {"type": "type.regulate", "status": "status.adopted"}),
        ("crypto mining, trade", {"activities": ["activity.mining", "activity.trading"]}),
        ("crypto", {"activities": ["activity.crypto"]}),
        ("a campaign", {"unit": "unit.series"}),
        ("arrested and fined", {}),
        ("In China, Qinghai", {"jurisdictions": ["CN-QH"]}),
    ],
)
def test_proposals_go_no_further_than_the_words(words, values):
    source = article(words)
    found = propose_action(parse_passage(query(source=source.pk, start=0, end=len(words))))
    places = found.values.pop("jurisdictions", None)
    if "jurisdictions" in values:
        found.values["jurisdictions"] = places
    assert found.values == values


# Cite for …


def cite(client: Client, source: Source, row: Action, **changes: Any) -> Any:
    path = f"{admin_url(source, 'cite')}?start={AT}&end={AT + len(WORDS)}&action={row.pk}"
    return client.post(path, get_form_data(client, path, **changes))


def basis_of(client: Client, source: Source, row: Action) -> dict[str, str]:
    """What the form proposes, and the names of its fields by key."""
    path = f"{admin_url(source, 'cite')}?start={AT}&end={AT + len(WORDS)}&action={row.pk}"
    return {key: basis.value() for key, _, basis, _ in client.get(path).context["form"].rows}


def test_a_passage_is_cited_for_an_action(curator):
    source, row = article(), make.action("arrests", type_id="type.arrest", place="CL")
    proposals = basis_of(curator, source, row)
    assert {key: basis for key, basis in proposals.items() if basis} == {
        "type": "derived",
        "jurisdictions/CL": "stated",
        "dates/occurred": "derived",
    }
    place = list(proposals).index("jurisdictions/CL")
    answer = cite(
        curator, source, row, **{f"basis-{place}": "inferred", f"reason-{place}": "It fits."}
    )
    assert (answer.status_code, answer.url) == (302, f"{admin_url(source, 'read')}?at={AT}#p2")
    found = Citation.objects.get(source=source)
    assert (found.action_id, found.start, found.paragraph) == (row.pk, AT, 2)
    assert found.supports == [
        {"field": "type", "basis": "derived", "reason": ""},
        {"field": "jurisdictions/CL", "basis": "inferred", "reason": "It fits."},
        {"field": "dates/occurred", "basis": "derived", "reason": ""},
    ]
    assert Action.objects.get().edited_by.username == "curator"


REFUSED = [
    ({"basis-1": "inferred"}, ["Required if the basis is inferred."]),
    ({"quote": "Peruvian police"}, ["the quote does not occur in the passage at 20-77."]),
    ({"quote": "a b c d e f g h i"}, ["Enter at most eight words."]),
    (
        {f"basis-{number}": "" for number in range(20)},
        ["Choose a basis for at least one field that the passage supports."],
    ),
    (
        {"basis-0": "guessed"},
        ["Select a valid choice. guessed is not one of the available choices."],
    ),
]


def test_what_cannot_be_cited_is_said_and_nothing_is_saved(curator):
    source, row = article(), make.action("arrests", type_id="type.arrest")
    path = f"{admin_url(source, 'cite')}?start={AT}&end={AT + len(WORDS)}&action={row.pk}"
    form = get_form_data(curator, path)
    for changes, found in REFUSED:
        page = curator.post(path, form | changes)
        said = [message for lists in page.context["form"].errors.values() for message in lists]
        assert said == found
        assert not Citation.objects.filter(source=source).exists()
        assert Action.objects.get().edited_by is None


def test_a_passage_is_cited_once(curator):
    source, row = article(), make.action("arrests", type_id="type.arrest")
    assert cite(curator, source, row).status_code == 302
    page = cite(curator, source, row)
    assert page.context["form"].non_field_errors() == ["This action already cites this passage."]
    assert Citation.objects.filter(source=source).count() == 1


def test_open_actions_are_found_by_their_words(curator):
    source = article()
    make.cite(make.action("near", title="Cites this source"), source)
    for slug in ("mining-ban", "mining-tax"):
        make.action(slug, title=slug.replace("-", " ").title())
    make.publish_new_action("mining-public")
    withdraw(make.publish_new_action("mining-gone"), make.reviewer(), "Wrong.")
    path = admin_url(source, "cite")

    def found(**more: Any) -> list[str]:
        return [row.slug for row in curator.get(path, {**QUERY, **more}).context["actions"]]

    assert found() == ["near"]
    assert found(q="mining") == ["mining-public", "mining-tax", "mining-ban"]
    assert found(q="TAX mining") == ["mining-tax"]
    assert found(q="\0") == ["near"]


def test_actions_that_are_not_open_are_refused(curator):
    path, said = admin_url(article(), "cite"), "There is no open action with this number."
    for number in ("x", "0", "9" * 30, "-1", "\0"):
        page = curator.get(path, {**QUERY, "action": number}, follow=True)
        assert (number, get_messages(page)) == (number, [f"{said} Choose another one."])


# The source's own form takes HTML as “Bring in an article” does


def test_a_file_of_html_counts_by_its_words(curator):
    path = "/admin/policy/source/add/"
    own = {"title": "A", "slug": "a", "language": "en", "source_class": "source_class.wire"}
    sent = get_form_data(curator, path, **own) | {
        "file": SimpleUploadedFile("a.html", ARTICLE_HTML.encode())
    }
    assert curator.post(path, sent).status_code == 302
    row = Source.objects.get()
    assert row.attached.text == "\n\n".join(ARTICLE_PARAGRAPHS)
    assert row.characters == len(row.attached.text)
    assert bytes(row.attached.raw) == ARTICLE_HTML.encode()


def test_markup_without_words_is_refused(curator):
    path = "/admin/policy/source/add/"
    own = {"title": "A", "slug": "a", "language": "en", "source_class": "source_class.wire"}
    empty = SimpleUploadedFile("a.html", b"<!DOCTYPE html><html><script>1</script></html>")
    page = curator.post(path, get_form_data(curator, path, **own) | {"file": empty})
    assert "The file contains no text." in get_form_errors(page)


def test_the_second_of_two_is_told_and_nothing_is_saved(curator):
    source, row = article(), make.action("arrests", type_id="type.arrest")
    page = cite(curator, source, row, edition="2001-01-01")
    said = [message for lists in page.context["form"].errors.values() for message in lists]
    assert said[0].startswith("Someone else saved this record.")
    assert row.citations.count() == 1
