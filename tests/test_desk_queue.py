"""The admin's front page: what there is to do, and for whom."""

import json

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from desk import work_queue
from policy import audit
from policy.models import (
    Action,
    ActionTarget,
    Agency,
    BrokenCitation,
    Citation,
    Jurisdiction,
    Renamed,
    SourceText,
)
from policy.publishing import publish, review
from tests import factories as make
from tests.admin_pages import get_form_data, get_messages, login_client

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def titles(person: User, name: str) -> list[str]:
    page = login_client(person).get("/admin/")
    found = {listed.name: listed for listed in page.context["queue"]}[name]
    assert found.total == len(found.rows)
    return [row["title"] for row in found.rows]


def edit(row, by, **changes):
    before = audit.reload_draft(row)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()
    audit.record_edit(row, by, before)


def test_mine_to_finish():
    me, other = make.curator(), make.user("other", "Curator")
    reviewer = make.reviewer()
    make.agency("draft", edited_by=me)
    make.agency("of-another", edited_by=other)
    make.agency("loaded")
    review.request_review(make.agency("asked", edited_by=me), me)
    returned = make.agency("returned", edited_by=me)
    review.request_review(returned, me)
    review.return_to_editor(returned, reviewer, [("", "No.")])
    public, changed = make.agency("public", edited_by=me), make.source("changed", edited_by=me)
    twin, gone = make.agency("twin", edited_by=me), make.agency("gone", edited_by=me)
    publish.publish([public, changed, twin, gone], reviewer)
    publish.merge(twin, public, reviewer, "The same.")
    publish.withdraw(gone, reviewer, "Never was.")
    edit(changed, me, publisher="Wire")
    edit(twin, me, description="Edited in vain.")
    assert titles(me, "mine") == ["Changed", "Draft"]


def test_to_review():
    me, curator = make.reviewer(), make.curator()
    second = make.user("second", "Reviewer")
    for slug, asker in (("first", curator), ("mine", me), ("accepted", curator), ("late", curator)):
        review.request_review(make.agency(slug, edited_by=asker), asker, f"Look at {slug}.")
    row = Agency.objects.get(slug="accepted")
    review.accept(row, me, publish.record_content_hash(row, None))
    review.request_review(make.agency("edited-by-me", edited_by=me), curator)
    over = make.agency("over", edited_by=curator)
    review.request_review(over, curator)
    review.cancel_review(over, curator)
    assert titles(me, "review") == ["First", "Late"]
    assert titles(second, "review") == ["First", "Mine", "Accepted", "Late", "Edited-By-Me"]
    page = login_client(me).get("/admin/")
    (row, _) = {x.name: x for x in page.context["queue"]}["review"].rows
    assert (row["remark"], row["url"]) == (
        "Look at first.",
        f"/admin/policy/agency/{Agency.objects.get(slug='first').pk}/publish/",
    )


def test_returned_to_me():
    me, other, reviewer = make.curator(), make.user("other", "Curator"), make.reviewer()
    for slug, asker in (("mine", me), ("of-another", other), ("asked-again", me)):
        row = make.agency(slug, edited_by=asker)
        review.request_review(row, asker)
        review.return_to_editor(row, reviewer, [("name", "Which?"), ("", "Else fine.")])
    review.request_review(row, me)
    assert titles(me, "returned") == ["Mine"]
    page = login_client(me).get("/admin/")
    (row,) = {x.name: x for x in page.context["queue"]}["returned"].rows
    assert row["remark"] == "name: Which?; Else fine."


def test_evidence_that_no_longer_verifies():
    source, curator = make.source("article"), make.curator()
    holds = make.action("holds", source=source)
    wrong, misquoted, behind = (make.action(s, source=source) for s in ("a", "b", "c"))
    make.action("unattached")
    wrong.citations.update(sha256="0" * 64)
    misquoted.citations.update(quote="never said")
    behind.citations.update(end=len(make.SOURCE_TEXT))
    assert titles(curator, "evidence") == []
    make.attach_source_text(source, make.SOURCE_TEXT)
    assert titles(curator, "evidence") == ["A", "B", "C"]
    # what is mended leaves the list, what breaks enters it, what is gone is forgotten
    wrong.citations.update(sha256=holds.citations.get().sha256)
    holds.citations.update(start=1)
    misquoted.citations.all().delete()
    assert titles(curator, "evidence") == ["C", "Holds"]
    late = make.action("late", source=source)
    assert not BrokenCitation.objects.filter(citation=late.citations.get().pk).exists()
    SourceText.objects.update(text=make.SOURCE_TEXT.replace("banned", "praise"))
    assert titles(curator, "evidence") == ["A", "C", "Holds", "Late"]
    SourceText.objects.all().delete()
    assert titles(curator, "evidence") == []
    assert Citation.objects.count() == 5


def test_code_points_beyond_the_basic_plane_count_as_one():
    text = "😀 警察 banned mining. 😀"
    source = make.source("article", text=text)
    make.attach_source_text(source, text)
    row = make.action("ban", source=make.source("elsewhere"))
    start = text.index("banned")
    row.citations.update(
        source=source,
        start=start,
        end=start + 13,
        sha256=make.hashlib.sha256(b"banned mining").hexdigest(),
        quote="banned mining",
    )
    assert not BrokenCitation.objects.exists()


def test_sources_without_actions():
    make.action("ban", source=make.source("cited"))
    make.source("idle")
    assert titles(make.curator(), "sources") == ["Idle"]


def test_names_that_changed_since_publication():
    me, reviewer = make.curator(), make.reviewer()
    police = make.agency("police")
    unit = make.agency("unit", parent=police)
    publish.publish([police, unit], reviewer)
    ban = make.publish_new_action("ban", agency=police)
    make.publish_new_action("abroad", agency=make.agency(jurisdiction_id="FR"), place="FR-75C")
    assert titles(me, "names") == []
    edit(police, me, description="It polices.")
    publish.publish([police], reviewer)
    edit(police, me, name="Not yet “public”")
    assert titles(me, "names") == []
    publish.publish([police], reviewer)
    assert titles(me, "names") == ["Unit", "Ban"]
    publish.publish([ban, unit], reviewer)
    assert titles(me, "names") == []
    assert [str(row) for row in Renamed.objects.all()] == ["agency police: Not yet “public”"]
    # back to the old name: what was published in between says another one
    edit(police, me, name="Police")
    publish.publish([police], reviewer)
    assert titles(me, "names") == ["Ban", "Unit"]
    # a place: only what names it, not what lies inside it
    Jurisdiction.objects.filter(pk="FR").update(name="République")
    stale = [
        row
        for row in work_queue.get_queue_page("names", request(me), 10).rows
        if "FR" in row["remark"]
    ]
    assert [(row["kind"], row["remark"]) for row in stale] == [
        ("agency", "jurisdiction FR is now “République”")
    ]
    Jurisdiction.objects.filter(pk="FR").update(name="France")
    assert titles(me, "names") == ["Ban", "Unit"]


def test_the_old_name_of_a_target_is_found():
    """The place itself, not one around it, and once if the action names it twice."""
    for slug, place in (("at-france", "FR"), ("at-paris", "FR-75C")):
        row = make.action(slug, place="CN" if slug == "at-paris" else "FR")
        ActionTarget.objects.create(action=row, jurisdiction_id=place, role_id="target_role.target")
        row.citations.all().delete()
        make.cite(row, make.source())
        make.publish_all(row)
    me = make.curator()
    assert titles(me, "names") == []
    Jurisdiction.objects.filter(pk="FR-75C").update(name="Lutetia")
    assert stale_names(me) == [("At-Paris", "jurisdiction FR-75C is now “Lutetia”")]
    Jurisdiction.objects.filter(pk="FR").update(name="République")
    assert stale_names(me) == [
        ("At-France", "jurisdiction FR is now “République”"),
        ("At-Paris", "jurisdiction FR-75C is now “Lutetia”"),
    ]
    publish.publish([Action.objects.get(slug="at-paris")], make.reviewer())
    assert stale_names(me) == [("At-France", "jurisdiction FR is now “République”")]


def stale_names(person: User) -> list[tuple[str, str]]:
    rows = work_queue.get_queue_page("names", request(person), 10).rows
    return [(row["title"], row["remark"]) for row in rows]


def request(person: User):
    return type("Request", (), {"user": person})()


def test_the_picture_counts_what_came_each_month():
    make.publish_new_action("ban")
    make.publish_new_action("raid")
    publish.withdraw(Action.objects.get(slug="raid"), make.reviewer(), "Never was.")
    chart = work_queue.get_publication_chart()
    now = timezone.now()
    assert [bar["number"] for bar in chart["bars"]] == [0] * 11 + [2]
    assert chart["bars"][-1]["month"] == f"{now:%Y-%m}"
    assert (chart["total"], chart["most"]) == (2, 2)
    page = login_client(make.curator()).get("/admin/").content.decode()
    assert f"{now:%Y-%m} 2." in page
    assert " style=" not in page


def test_each_sees_what_they_may():
    shown = {}
    for group in ("Curator", "Reviewer", "Administrator", "Auditor", ""):
        page = login_client(make.user(f"a-{group}", *filter(None, [group]))).get("/admin/")
        shown[group] = [listed.name for listed in page.context["queue"]]
    assert shown == {
        "Curator": ["mine", "returned", "evidence", "sources", "names"],
        "Reviewer": ["mine", "review", "returned", "evidence", "sources", "names"],
        "Administrator": ["mine", "returned", "evidence", "sources", "names"],
        "Auditor": ["evidence", "sources", "names"],
        "": [],
    }
    curator = login_client(make.curator())
    assert curator.get("/admin/queue/review/").status_code == 403
    assert curator.get("/admin/queue/none/").status_code == 404


def test_whole_lists_are_paged(monkeypatch):
    monkeypatch.setattr(work_queue, "QUEUE_PAGE_SIZE", 2)
    monkeypatch.setattr(work_queue, "FRONT_PAGE_ROWS", 1)
    for number in range(3):
        make.source(f"s{number}")
    client = login_client(make.curator())
    front = client.get("/admin/").content.decode()
    assert '<a href="/admin/queue/sources/">All 3</a>' in front
    found = [client.get(f"/admin/queue/sources/?p={page}") for page in ("", "2", "x", "0")]
    assert [[row["title"] for row in page.context["list"].rows] for page in found] == [
        ["S2", "S1"],
        ["S0"],
        ["S2", "S1"],
        ["S2", "S1"],
    ]
    assert [page.context["next_page"] for page in found[:2]] == [2, None]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_front_page_takes_a_constant_number_of_queries(django_assert_num_queries, rows):
    curator, source = make.curator(), make.source("article")
    for number in range(rows):
        row = make.action(f"ban-{number}", source=source, edited_by=curator)
        make.source(f"idle-{number}")
        row.citations.update(quote="never said")
        review.request_review(row, curator)
    make.attach_source_text(source, make.SOURCE_TEXT)
    client = login_client(make.reviewer())
    # 4 who may what; 6 lists; 1 the picture; 1 the admin's log of one's own
    with django_assert_num_queries(12):
        page = client.get("/admin/")
    assert [x.total for x in page.context["queue"]] == [0, rows, 0, rows, rows, 0]


def test_hostile_words_are_inert():
    words = "<script>alert(1)</script>"
    curator = make.curator()
    row = make.agency("police", name=words, edited_by=curator)
    review.request_review(row, curator, words)
    for path in ("/admin/", "/admin/queue/review/"):
        page = login_client(make.reviewer()).get(path).content.decode()
        assert words not in page
        assert "&lt;script&gt;" in page


# My credit


def credits(row):
    return json.loads(row.current.document)["review"].get("credits")


def test_nobody_is_named_who_did_not_choose_to_be():
    curator, reviewer = make.curator(), make.reviewer()
    row = make.agency("police", edited_by=curator)
    publish.publish([row], reviewer)
    assert credits(row) is None
    client = login_client(curator)
    sent = get_form_data(client, "/admin/credit/", public_name="Ada Example")
    page = client.post("/admin/credit/", sent, follow=True)
    assert get_messages(page) == ["From now on, what you publish or edit names you as Ada Example."]
    edit(row, curator, description="It polices.")
    publish.publish([row], reviewer)
    assert credits(row) == ["Ada Example"]
    other = login_client(reviewer)
    other.post("/admin/credit/", {"public_name": "Grace Example"})
    edit(row, curator, description="It polices them.")
    publish.publish([row], reviewer)
    assert credits(row) == ["Ada Example", "Grace Example"]
    client.post("/admin/credit/", {"public_name": ""})
    edit(row, curator, description="It polices us.")
    publish.publish([row], reviewer)
    assert credits(row) == ["Grace Example"]
    assert "username" not in row.current.document
    assert "curator" not in row.current.document


def test_strangers_have_no_credit(client):
    assert client.get("/admin/credit/").status_code == 302
