"""An action's form says what backs each value and what it would be in public, and saves nothing."""

import json
import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from desk.coding.evidence_badges import BadgeCitation, EvidenceBadge
from policy.documents.build import build_draft
from policy.models import Action, Revision
from tests import factories as make
from tests.admin_pages import (
    admin_url,
    get_form_data,
    get_form_errors,
    get_messages,
    get_row_errors,
    inline_row,
    inline_rows,
    login_client,
    save_record,
)
from tests.test_desk_pages import CANARIES, HOSTILE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_places")]

NEW = "/admin/policy/action/live/"
WRITES = re.compile(r"insert|update|delete|lock|.* for (no key )?update", re.IGNORECASE | re.DOTALL)
FIGURE = {
    "kind": "figure.sites_closed",
    "value": "3",
    "comparator": "comparator.about",
    "unit": "sites",
}
DUPLICATE_TITLE = "Qinghai bans the mining of crypto-assets"


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


@pytest.fixture
def ban(db: None) -> Action:
    source = make.source("article", published_latest=date(2021, 6, 10))
    return make.action("ban", source=source, agency=make.agency("ministry"))


def supported(row: Action, *lines: str) -> None:
    """Let the action's citation back these fields only."""
    supports = [
        dict(zip(("field", "basis", "reason"), line.split(" ", 2), strict=False)) for line in lines
    ]
    row.citations.update(supports=[{"reason": "", **support} for support in supports])


def live(client: Client, row: Action, **changes: Any) -> Any:
    """What the form would be with these changes."""
    return client.post(admin_url(row, "live"), get_form_data(client, admin_url(row), **changes))


def fragments(response: Any) -> dict[str, str]:
    """The words of an answer, by where they go."""
    assert response.status_code == 200, response
    found = response.context["fragments"]
    return {place: unescape(re.sub(r"<[^>]+>", "", words)) for place, words in found.items()}


def document(response: Any) -> dict[str, Any]:
    return json.loads(response.context["live"].text)


# What backs each value


def backing(basis: str = "stated", reason: str = "") -> BadgeCitation:
    return BadgeCitation("citations-0", basis, reason, "Article", "banned mining")


def test_each_field_shows_what_backs_it_or_that_nothing_does(curator, ban):
    supported(
        ban,
        "status derived",
        "stance inferred Known from elsewhere.",
        "jurisdictions/CN stated",
        "agencies/ministry/issuer stated",
    )
    Action.objects.filter(pk=ban.pk).update(attribution=None)
    badges = curator.get(admin_url(ban)).context["live"].badges
    assert badges == {
        "unit": [EvidenceBadge("unit")],
        "type": [EvidenceBadge("type")],
        "status": [EvidenceBadge("status", citations=[backing("derived")])],
        "legal_force": [EvidenceBadge("legal_force")],
        "stance": [
            EvidenceBadge("stance", citations=[backing("inferred", "Known from elsewhere.")])
        ],
        "attribution": [EvidenceBadge("attribution", empty=True)],
        "penalties": [EvidenceBadge("penalty", unknown="The source names none.", empty=True)],
        "jurisdictions": [EvidenceBadge("jurisdictions/CN", "China", [backing()])],
        "activities": [EvidenceBadge("activities/mining", "mining")],
        "agencies": [],
        "agencies-0": [EvidenceBadge("agencies/ministry", citations=[backing()])],
        "entities": [],
        "targets": [],
        "dates": [],
        "dates-0": [EvidenceBadge("dates/occurred")],
        "figures": [],
        "instrument": [],
        "provision": [],
        "identifiers": [],
        "classifications": [],
        "relations": [],
    }


def test_the_page_holds_these_words_without_any_script(curator, ban):
    supported(ban, "status derived", "agencies/ministry stated")
    page = curator.get(admin_url(ban)).content.decode()
    link = '<a href="#citations-0" title="Article, “banned mining”">citation 1, {}</a>'
    beside_status = f'<span id="badges-status"><span class="badge">{link.format("derived")}'
    assert beside_status in page
    assert f'<p class="badges"><span class="badge">{link.format("stated")}' in page
    assert '<span id="badges-type"><span class="badge lacks-citation">no citation <button' in page
    assert (
        '<span id="dates-row-count">1 <b class="lacks-citation">1 without citation</b></span>'
        in page
    )


def test_the_badges_follow_what_is_typed(curator, ban):
    supported(ban, "status derived")
    typed = {"supports": "type stated\r\ndates/occurred derived"}
    found = fragments(live(curator, ban, **inline_row("citations", **typed)))
    assert found["#badges-type"].strip() == "citation 1, stated"
    assert found["#badges-status"].strip() == "no citation cite"
    assert found["#dates-0 .badges"].strip() == "citation 1, derived"
    assert found["#dates-row-count"] == "1"
    assert found["#agencies-row-count"] == "1 1 without citation"


def test_the_picker_offers_the_keys_of_this_action(curator, ban):
    supported(ban, "status stated")
    keys = live(curator, ban).context["live"].citable_keys
    assert [key for key, is_cited in keys if is_cited] == ["status", "agencies/ministry/issuer"]
    assert [key for key, is_cited in keys if not is_cited] == [
        "unit", "type", "legal_force", "stance", "attribution", "jurisdictions/CN",
        "activities/mining", "agencies/ministry", "dates/occurred",
    ]  # fmt: skip


def test_what_others_say_of_a_field_stays_beside_it(curator, ban, monkeypatch):
    """Also on a refused form, whose fields were looked at before."""
    before = admin.ModelAdmin.render_change_form

    def reminded(self: Any, request: Any, context: Any, *args: Any, **options: Any) -> Any:
        context["adminform"].form.fields["status"].help_text += "<p>Is this so?</p>"
        return before(self, request, context, *args, **options)

    monkeypatch.setattr(admin.ModelAdmin, "render_change_form", reminded)
    shown = '<p>Is this so?</p> <span id="badges-status">'
    assert shown in curator.get(admin_url(ban)).content.decode()
    assert shown in save_record(curator, ban, title="").content.decode()


def test_those_who_may_only_look_see_no_preview(ban):
    page = login_client(make.user("auditor", "Auditor")).get(admin_url(ban))
    assert "live" not in page.context
    assert "data-address" not in page.content.decode()


# What it would be in public


def test_it_shows_the_document_that_would_be_published(curator, ban):
    answer = live(
        curator,
        ban,
        title="Another title",
        jurisdictions=["SV"],
        **inline_row("unknowns", reason="Other words."),
        **inline_rows("figures", FIGURE),
    )
    expected = build_draft(Action.objects.get(pk=ban.pk))
    expected["title"] = "Another title"
    expected["jurisdictions"] = [{"id": "SV", "name": "El Salvador"}]
    expected["unknowns"] = {"penalty": "Other words."}
    figure = {"kind": "sites_closed", "part": "", "value": 3, "comparator": "about"}
    expected["figures"] = [{**figure, "unit": "sites", "claimed_by": ""}]
    del expected["evidence"]["fields"]["jurisdictions/CN"]
    expected["evidence"]["fields"] |= {"jurisdictions/SV": None, "figures/sites_closed": None}
    assert document(answer) == expected
    assert answer.context["live"].gaps == [
        ("citations[0].supports", "This record has no value with the key jurisdictions/CN."),
        ("jurisdictions/SV", "No citation supports this value. Add one."),
        ("figures/sites_closed", "No citation supports this value. Add one."),
    ]
    assert answer.context["live"].errors == []


def test_untouched_it_is_the_draft(curator, ban):
    assert document(live(curator, ban)) == build_draft(ban)


def test_a_new_action_is_shown_before_it_is_saved(curator):
    sent = get_form_data(
        curator, "/admin/policy/action/add/", title="Mining is banned", unit="unit.act"
    )
    answer = curator.post(NEW, sent)
    assert document(answer)["title"] == "Mining is banned"
    assert answer.context["live"].errors == [
        "Summary: This field is required.",
        "Id: This field is required.",
    ]
    assert Action.objects.count() == 0


def test_a_new_row_that_is_wrong_is_named_and_left_out(curator, ban):
    sent = {"dates-TOTAL_FORMS": 2} | inline_row("dates", 1, kind="date.announced", when="soon")
    answer = live(curator, ban, **sent)
    assert [row["kind"] for row in document(answer)["dates"]] == ["occurred"]
    assert [line[:40] for line in answer.context["live"].errors] == [
        "dates 2: Basis: This field is required.",
        "dates 2: When: “soon” cannot be read as ",
    ]


def test_a_saved_row_that_is_wrong_stays_as_it_was_saved(curator, ban):
    """Else all badges would flicker while somebody is in the middle of a line."""
    sent = inline_row("citations", supports="type stated\r\nuni") | inline_row("dates", when="soo")
    answer = live(curator, ban, **sent)
    assert document(answer) == build_draft(ban)
    assert [line[:30] for line in answer.context["live"].errors] == [
        "dates 1: When: “soo” cannot be",
        "citations 1: Supports: Line 2:",
    ]


def test_a_row_that_is_to_be_deleted_is_left_out(curator, ban):
    assert document(live(curator, ban, **inline_row("dates", DELETE="on")))["dates"] == []


def test_nothing_is_saved_locked_or_logged(curator, ban):
    before = Action.objects.filter(pk=ban.pk).values().get()
    asserted, revisions = build_draft(ban), Revision.objects.count()
    sent = get_form_data(
        curator, admin_url(ban), title="Another", **inline_row("dates", DELETE="on")
    )
    with CaptureQueriesContext(connection) as queries:
        answer = curator.post(admin_url(ban, "live"), sent)
    assert document(answer)["title"] == "Another"
    assert [query["sql"] for query in queries if WRITES.match(query["sql"])] == []
    assert Action.objects.filter(pk=ban.pk).values().get() == before
    assert build_draft(Action.objects.get(pk=ban.pk)) == asserted
    assert (LogEntry.objects.count(), Revision.objects.count()) == (0, revisions)


def test_a_stale_form_is_told_before_it_is_sent(curator, ban):
    sent = get_form_data(curator, admin_url(ban))
    ban.save()
    told = curator.post(admin_url(ban, "live"), sent).context["live"].errors
    assert told[0].partition(".")[0] == "Someone else saved this record"


def test_who_may_ask(ban, curator):
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(make.curator())
    path = admin_url(ban, "live")
    auditor = login_client(make.user("auditor", "Auditor"))
    assert {
        "get": curator.get(path).status_code,
        "no token": guarded.post(path).status_code,
        "auditor": auditor.post(path).status_code,
        "auditor, new": auditor.post(NEW).status_code,
        "nobody": Client().post(path).status_code,
        "no such action": curator.post("/admin/policy/action/999/live/").status_code,
        "an empty form": curator.post(path).status_code,
    } == {
        "get": 405,
        "no token": 403,
        "auditor": 403,
        "auditor, new": 403,
        "nobody": 302,
        "no such action": 404,
        "an empty form": 200,
    }


def test_who_does_not_see_every_part_sees_no_preview(ban):
    person = make.user("helper")
    names = ("view_action", "change_action", "view_unknown", "change_unknown")
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = login_client(person)
    page = client.get(admin_url(ban))
    assert (page.status_code, "live" in page.context) == (200, False)
    assert client.post(admin_url(ban, "live")).status_code == 403
    assert (
        save_record(client, ban, **inline_row("unknowns", reason="Other words.")).status_code == 302
    )


def test_numbers_beyond_all_rows_are_no_server_error(curator, ban):
    sent = {"citations-TOTAL_FORMS": 2} | inline_row("citations", 1, source="9" * 40)
    answer = live(curator, ban, **sent | with_date(ban, when="9 June"))
    assert document(answer)["citations"] == build_draft(ban)["citations"]


def test_hostile_words_are_shown_inert(curator, ban):
    make.action("twin", title=HOSTILE)
    sent = inline_row("dates", when=HOSTILE) | inline_row("unknowns", reason=HOSTILE, field=HOSTILE)
    answer = live(curator, ban, title=HOSTILE, summary=HOSTILE, **sent).content.decode()
    assert "img src" in answer
    assert [word for word in CANARIES if word in answer] == []


# The status that a type suggests


def test_the_type_suggests_a_status_with_the_reason_and_sets_none(curator, ban):
    answer = live(curator, ban, type="type.arrest")
    assert fragments(answer)["#status-suggestion"] == (
        "“Arrest” suggests Completed: a reported arrest has happened. Use Completed"
    )
    assert document(answer)["status"] == "in_force"
    taken = fragments(live(curator, ban, type="type.arrest", status="status.completed"))
    assert (
        taken["#status-suggestion"]
        == "This is the status that “Arrest” suggests: a reported arrest has happened."
    )
    assert fragments(live(curator, ban, type=""))["#status-suggestion"] == ""


# Duplicates


def test_a_possible_duplicate_is_shown_while_typing_and_when_saved(curator, ban):
    make.action("twin", title=DUPLICATE_TITLE, place="CN-QH")
    told = "about the same time, title 100% similar"
    assert fragments(live(curator, ban, title=DUPLICATE_TITLE))["#possible-duplicates"] == (
        f"Possible duplicate: {DUPLICATE_TITLE} ({told})."
    )
    sent = get_form_data(curator, admin_url(ban), title=DUPLICATE_TITLE)
    said = f"Saved, but this may be a duplicate of “{DUPLICATE_TITLE}” ({told})."
    assert said in get_messages(curator.post(admin_url(ban), sent, follow=True))


def test_a_relation_to_the_duplicate_ends_the_hint(curator, ban):
    twin = make.action("twin", title=DUPLICATE_TITLE)
    row = {"type": "relation.may_be_same_as", "target": twin.pk, "reason": "Alike."}
    answer = live(curator, ban, title=DUPLICATE_TITLE, **inline_rows("relations", row))
    assert fragments(answer)["#possible-duplicates"] == ""


# Dates in words


def stored(row: Action) -> list[tuple[Any, ...]]:
    dates = row.dates.values_list("kind", "earliest", "latest", "precision", "resolution")
    return [(kind, str(first), str(last), *rest) for kind, first, last, *rest in dates]


def with_date(row: Action, **values: Any) -> dict[str, Any]:
    given = {"kind": "date.announced", "basis": "basis.stated"} | values
    return {"dates-TOTAL_FORMS": 2} | inline_row("dates", 1, **given)


def test_words_fill_in_what_is_stored(curator, ban):
    assert save_record(curator, ban, **with_date(ban, when="end of May 2021")).status_code == 302
    assert stored(ban)[1] == (
        "date.announced", "2021-05-21", "2021-05-31", "precision.part_of_month", ""
    )  # fmt: skip


def test_the_day_of_the_source_gives_a_year_and_that_is_written_down(curator, ban):
    assert save_record(curator, ban, **with_date(ban, when="end of May")).status_code == 302
    assert stored(ban)[1] == (
        "date.announced",
        "2021-05-21",
        "2021-05-31",
        "precision.part_of_month",
        "“end of May”, relative to 2021-06-10, when the source was published.",
    )


def test_sources_of_several_days_must_agree(curator, ban):
    make.cite(ban, make.source("later", published_latest=date(2021, 12, 31)))
    page = save_record(curator, ban, **with_date(ban, when="August"))
    assert get_form_errors(page) == [
        "Relative to the cited sources, this can be 2020-08-01 to 2020-08-31 or 2021-08-01 to "
        "2021-08-31. Enter the full date."
    ]
    assert save_record(curator, ban, **with_date(ban, when="end of May")).status_code == 302


def test_new_words_replace_what_is_stored(curator, ban):
    assert get_form_data(curator, admin_url(ban))["dates-0-when"] == ["9 June 2021"]
    assert (
        save_record(curator, ban, **inline_row("dates", when="before 10 June 2021")).status_code
        == 302
    )
    assert stored(ban) == [("date.occurred", "None", "2021-06-09", "precision.before", "")]


def test_words_that_were_taken_away_leave_what_is_stored(curator, ban):
    sent = inline_row("dates", when="", latest="2021-06-10", precision="precision.range")
    assert save_record(curator, ban, **sent).status_code == 302
    assert stored(ban) == [("date.occurred", "2021-06-09", "2021-06-10", "precision.range", "")]


def test_bad_words_are_said_and_kept(curator, ban):
    page = save_record(curator, ban, **with_date(ban, when="31 June 2021"))
    assert get_form_errors(page) == ["June 2021 has no day 31."]
    assert 'value="31 June 2021"' in page.content.decode()
    assert len(stored(ban)) == 1


def test_without_words_the_fields_are_asked_for(curator, ban):
    page = save_record(curator, ban, **with_date(ban, earliest="2021-06-09"))
    assert get_row_errors(page, "dates") == [[], ["This field is required."]]


def test_the_form_shows_the_interval_that_it_will_store(curator, ban):
    answer = live(curator, ban, **with_date(ban, when="week of 21 May 2021"))
    found = fragments(answer)
    assert found["#dates-0 .date-reading"] == "Stored as 2021-06-09."
    assert found["#dates-1 .date-reading"] == "Stored as 2021-05-17 to 2021-05-23, a week."
    filling = re.search(r'data-words="week.*?>', answer.content.decode())
    assert filling[0] == (
        'data-words="week of 21 May 2021" data-earliest="2021-05-17" data-latest="2021-05-23" '
        'data-precision="precision.week" data-resolution="">'
    )


@pytest.mark.parametrize(("others", "key"), [(True, "dates/announced"), (False, "dates")])
def test_unknown_leads_to_a_reason(curator, ban, others, key):
    if not others:
        ban.dates.update(kind="date.reported")
    answer = live(curator, ban, **with_date(ban, when="unknown"))
    assert fragments(answer)["#dates-1 .date-reading"] == (
        "Remove an unknown date, and give the reason under unknown fields. "
        f"Say why {key} is unknown"
    )


# Without a script


@pytest.mark.parametrize(("room", "rows"), [("3", 4), ("99", 1), ("x", 1), ("-1", 1)])
def test_the_page_has_room_for_more_rows(curator, ban, room, rows):
    page = f"{admin_url(ban)}?room={room}"
    sent = get_form_data(curator, page)
    assert sent["dates-TOTAL_FORMS"] == [str(rows)]
    assert curator.post(page, sent).status_code == 302
    assert stored(ban) == [("date.occurred", "2021-06-09", "2021-06-09", "precision.day", "")]


# The security policy


def test_the_desk_runs_nothing_but_its_own_files(curator, ban):
    strict = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    pages = [admin_url(ban), "/admin/", "/admin/login/", "/admin/policy/action/"]
    found = {page: curator.get(page).headers.get("Content-Security-Policy") for page in pages}
    assert found == dict.fromkeys(pages, strict)


@pytest.mark.parametrize("rows", [1, 3])
def test_what_stands_beside_the_fields_costs_a_constant_number(ban, rows):
    """Of queries, whatever the number of rows. The forms of search boxes are counted elsewhere."""
    for kind in ("announced", "adopted")[: rows - 1]:
        make.add_date(ban, "2021-06-09", kind)
    page = login_client(User.objects.create_superuser("root")).get(admin_url(ban))
    context = page.context["live"]
    for name in ("body", "rows", "badges", "suggestion", "possible_duplicates"):
        context.__dict__.pop(name, None)
    with CaptureQueriesContext(connection) as queries:
        assert context.badges
        assert context.suggestion
        assert context.possible_duplicates == []
    # places, penalties, activities, public names, two terms, relations, possible duplicates
    assert len(queries) == 7
