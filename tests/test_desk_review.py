"""Review at the desk: ask, look at every passage, accept, return, publish several."""

import re

import pytest
from django.test import Client

from policy.models import Action, Agency, Review, Revision
from policy.publishing import review
from tests import factories as make
from tests.admin_pages import (
    admin_url,
    get_form_data,
    get_messages,
    get_refusal,
    login_client,
    save_record,
    submit_page,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


@pytest.fixture
def reviewer(db: None) -> Client:
    return login_client(make.reviewer())


def object_tools(client, row):
    return [label for label, _ in client.get(admin_url(row)).context["object_tools"]]


def text(page):
    return re.sub(r"\s+", " ", page.content.decode())


def asked(kind="agency", **changes):
    row = getattr(make, kind)(edited_by=make.curator(), **changes)
    review.request_review(row, make.curator(), "Is it right?")
    return row


def test_a_curator_asks_and_recalls(curator, reviewer):
    row = make.agency("police", edited_by=make.curator())
    assert object_tools(curator, row) == ["Send to review"]
    page = submit_page(curator, row, "ask", remark="Is the name right?")
    assert get_messages(page) == ["Police is in review."]
    assert str(page.context["publication_status"]) == "draft, in review"
    assert object_tools(curator, row) == ["Recall from review", "Comments"]
    assert "Recall from review" not in object_tools(reviewer, row)
    assert "Is the name right?" in text(reviewer.get(admin_url(row, "publish")))
    assert get_refusal(submit_page(curator, row, "ask"), 400) == ["Police is already in review."]
    assert get_messages(submit_page(curator, row, "recall")) == ["Police is no longer in review."]
    assert get_refusal(submit_page(curator, row, "recall"), 409) == [
        "Police is no longer in review. Reload the page."
    ]


def test_a_reviewer_returns_with_comments_on_fields(curator, reviewer):
    row = asked(slug="police")
    comments = {"say:name": "Which police?", "say:": "Nearly.", "say:type": "", "return": "x"}
    page = submit_page(reviewer, row, **comments)
    assert get_messages(page) == ["Returned with your comments."]
    assert Review.objects.get().outcome == "returned"
    form = text(curator.get(admin_url(row)))
    assert form.count("Which police?") == 2  # above the form, and next to its field
    assert "Nearly." in form
    reply = {"field": "name", "text": "All of them."}
    assert get_messages(submit_page(curator, row, "comments", **reply)) == [
        "Your comment was added."
    ]
    assert submit_page(curator, row, "comments", text=" ").status_code == 400
    review.request_review(row, make.curator())
    rows = reviewer.get(admin_url(row, "publish")).context["rows"]
    assert {
        item.difference.field: [c.text for c in item.comments] for item in rows if item.comments
    } == {"name": ["Which police?", "All of them."]}


def test_comments_lead_to_what_they_are_about(curator):
    row = asked("action", slug="ban")
    said = [
        ("stance", "Softer."),
        ("citations/x 0-37", "Too long."),
        ("penalty/fine", "?"),
        ("", "!"),
    ]
    review.return_to_editor(row, make.reviewer(), said)
    page = curator.get(admin_url(row))
    anchors = [comment.anchor for comment in page.context["comments"]]
    assert anchors == ["id_stance", "citations-group", "id_penalties", ""]
    words = page.content.decode()
    for anchor in anchors[:3]:
        assert f'href="#{anchor}"' in words
        assert f'id="{anchor}"' in words
    assert "Softer." in str(page.context["adminform"].form.fields["stance"].help_text)


def test_lists_tell_and_find_what_is_in_review(curator):
    make.agency("draft")
    row = asked(slug="police")
    page = curator.get("/admin/policy/agency/", {"publication": "review"})
    (found,) = page.context["cl"].result_list
    assert (found, found.publication_status.short_text) == (row, "draft, in review")


def test_comments_on_what_does_not_change_are_shown_too(reviewer):
    row = asked(slug="police")
    review.add_comments(row, make.curator(), [("colour", "None.")])
    page = reviewer.get(admin_url(row, "publish"))
    assert [c.text for c in page.context["preview"].other_comments] == ["None."]
    assert "None." in text(page)


def test_what_was_typed_is_kept_when_it_came_too_late(curator, reviewer):
    row = asked(slug="police")
    sent = get_form_data(reviewer, admin_url(row, "publish")) | {
        "say:name": "Which?",
        "return": "x",
    }
    assert save_record(curator, row, description="Another.").status_code == 302
    page = reviewer.post(admin_url(row, "publish"), sent)
    assert get_refusal(page, 409) == ["Police is no longer in review. Reload the page."]
    typed = {item.difference.field: item.typed for item in page.context["rows"] if item.typed}
    assert typed == {"name": "Which?"}


def test_a_reviewer_accepts_and_another_publishes(reviewer, settings):
    settings.REVIEWS = 2
    row = asked(slug="police")
    page = reviewer.get(admin_url(row, "publish")).content.decode()
    assert 'value="Publish"' not in page
    assert get_messages(submit_page(reviewer, row, accept="x")) == [
        "Accepted. It can be published once enough reviewers have accepted it."
    ]
    second = login_client(make.user("second", "Reviewer"))
    assert "This version was accepted by reviewer." in text(second.get(admin_url(row, "publish")))
    assert get_messages(submit_page(second, row)) == ["agency police@1 is public."]


def test_accepting_is_bound_to_what_was_seen(curator, reviewer, settings):
    row = asked(slug="police")
    sent = get_form_data(reviewer, admin_url(row, "publish")) | {"accept": "x"}
    save_record(curator, row, description="Another.")
    assert get_refusal(reviewer.post(admin_url(row, "publish"), sent), 409) == [
        "Police changed since you opened it. Review it again."
    ]
    mine = make.agency("mine", edited_by=make.reviewer())
    assert get_refusal(submit_page(reviewer, mine, accept="x"), 400) == [
        "You were the last to edit Mine. Someone else must review it."
    ]
    settings.SELF_REVIEW = True
    assert get_refusal(submit_page(reviewer, mine, accept="x"), 400) == [
        "You were the last to edit Mine. Someone else must review it."
    ]


def test_the_forms_own_edit_voids_the_review(curator):
    row = asked("action", slug="ban")
    assert save_record(curator, row, summary="Another.").status_code == 302
    assert Review.objects.get().outcome == "voided"
    history = text(curator.get(admin_url(row, "history")))
    assert "voided" in history
    assert "<ins>Another.</ins>" in history


def test_every_passage_is_shown_in_context_and_inert(reviewer):
    body = f"Before {HOSTILE} it. The ministry banned mining on 9 June. And after."
    source = make.source("article", text=body)
    make.attach_source_text(source, body)
    row = make.action("ban", source=make.source("elsewhere"), edited_by=make.curator())
    start = body.index("The ministry")
    row.citations.create(
        source=source, start=start, end=start + 12, sha256="0" * 64, paragraph=1, supports=[]
    )
    page = text(reviewer.get(admin_url(row, "publish")))
    assert (
        "Before &lt;script&gt;alert(1)&lt;/script&gt; it. <mark>The ministry</mark> banned" in page
    )
    message = f"the SHA-256 does not match the passage at {start}-{start + 12}."
    assert f"Does not verify: {message}" in page
    assert "Not verified: the text of the source is not attached." in page
    assert "“banned mining”" in page
    assert HOSTILE not in page


@pytest.mark.parametrize("citations", [1, 3])
def test_the_review_page_takes_a_constant_number_of_queries(
    reviewer, django_assert_num_queries, citations
):
    body = make.SOURCE_TEXT
    source = make.source("article")
    make.attach_source_text(source, body)
    row = make.action("ban", source=source, edited_by=make.curator())
    for number in range(1, citations):
        make.cite(row, source, start=number, end=number + 9)
    review.request_review(row, make.curator())
    # 4 who; 1 the record; 2 its passages and texts; 14 its parts; 4 where it stands: revision,
    # review, acceptances, public names; 5 for its agency and 4 for its source, unpublished: which,
    # the row, its place, its revision, its review; 1 comments; 1 the last editor; 1 the context;
    # 3 the accounts that the reviewer made, for each of the records
    with django_assert_num_queries(40):
        reviewer.get(admin_url(row, "publish"))


# Several at once


def chosen(client, kind, *rows):
    sent = {"action": "publish_chosen", "_selected_action": [row.pk for row in rows]}
    return client.post(f"/admin/policy/{kind}/", sent, follow=True)


def post_bulk(client, page, **changes):
    path = page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"]
    return client.post(path, get_form_data(client, path, **changes), follow=True)


def test_several_are_published_together(reviewer):
    for number in range(3):
        make.agency(f"a{number}", edited_by=make.curator())
    page = chosen(reviewer, "agency", *Agency.objects.all())
    assert [item.page.key for item in page.context["pages"]] == [
        "agency/a0",
        "agency/a1",
        "agency/a2",
    ]
    done = post_bulk(reviewer, page, together=["agency/a0", "agency/a2"])
    assert get_messages(done) == ["agency a0@1 is public.", "agency a2@1 is public."]


def test_what_cannot_be_published_is_not_ticked_and_says_why(reviewer):
    mine = make.agency("mine", edited_by=make.reviewer())
    public, other = make.agency("public"), make.agency("other")
    make.publish.publish([public], make.reviewer())
    page = chosen(reviewer, "agency", mine, public, other)
    found = {i.page.key: (i.is_publishable, i.is_selected) for i in page.context["pages"]}
    assert found == {
        "agency/mine": (False, False),
        "agency/other": (True, True),
        "agency/public": (False, False),
    }
    words = text(page)
    assert "You were the last to edit Mine. Someone else must review it." in words
    assert "The public revision has the same content." in words
    forged = post_bulk(reviewer, page, together=["agency/mine", "agency/other"], reason="So.")
    assert get_refusal(forged, 400) == [
        "You were the last to edit Mine. Someone else must review it."
    ]
    assert Revision.objects.count() == 1
    assert get_refusal(post_bulk(reviewer, page, together=[], reason="So."), 400) == [
        "Select at least one record."
    ]


def test_all_or_nothing(reviewer):
    row, other = make.action("ban"), make.action("raid", agency=make.agency("police"))
    make.publish_all(row)
    Action.objects.filter(pk=row.pk).update(title="A wider ban")
    source = other.citations.get().source
    Revision.objects.filter(kind="source", record=source.slug).count()
    late = make.agency("late")
    other.agencies.create(agency=late, role_id="agency_role.enforcer", naming_id="naming.named")
    other.citations.all().delete()
    make.cite(other, source)
    page = chosen(reviewer, "action", row, other)
    assert [item.unpublished_references for item in page.context["pages"]] == [[], ["agency/late"]]
    assert get_refusal(post_bulk(reviewer, page), 400) == ["Reason: This field is required."]
    found = get_refusal(post_bulk(reviewer, page, reason="Wider."), 400)
    assert found == ["raid: publish the agency late first, or both together."]
    assert row.current.number == 1
    done = post_bulk(reviewer, page, reason="Wider.", together=["action/ban"])
    assert get_messages(done) == ["action ban@2 is revised."]


def test_too_many_and_strange_choices_are_no_server_errors(reviewer, monkeypatch):
    monkeypatch.setattr("desk.review.bulk_views.MAX_BULK_RECORDS", 1)
    rows = [make.agency(), make.agency()]
    assert "You can publish at most 1 records at once." in get_messages(
        chosen(reviewer, "agency", *rows)
    )
    sent = {"action": "publish_chosen", "_selected_action": ["abc\0"]}
    assert reviewer.post("/admin/policy/agency/", sent).status_code == 302
    page = reviewer.get("/admin/policy/agency/publish/?id=x&id=99999999999999999999999")
    assert "No record was selected." in text(page)


@pytest.mark.parametrize("group", ["Curator", "Administrator", "Auditor", ""])
def test_only_reviewers_publish_several(group):
    row = make.agency("police")
    client = login_client(make.user("someone", *filter(None, [group])))
    assert client.get(f"/admin/policy/agency/publish/?id={row.pk}").status_code == 403
    sent = {"action": "publish_chosen", "_selected_action": [row.pk]}
    assert "publish" not in client.post("/admin/policy/agency/", sent).headers.get("Location", "")


@pytest.mark.parametrize("rows", [1, 3])
def test_publishing_several_is_shown_in_a_constant_number_of_queries(
    reviewer, django_assert_num_queries, rows
):
    for number in range(rows):
        asked("action", slug=f"ban-{number}", source=make.source(), agency=make.agency())
    query = "&".join(f"id={pk}" for pk in Action.objects.values_list("pk", flat=True))
    # 4 who; 1 the records; 2 passages and texts; 14 parts; 4 where they stand: revisions, reviews,
    # acceptances, public names; 1 which references are public; 1 the accounts that one made
    with django_assert_num_queries(27):
        reviewer.get(f"/admin/policy/action/publish/?{query}")


@pytest.mark.parametrize("page", ["ask", "recall", "comments", "publish"])
def test_others_do_not_review(page):
    row = asked(slug="police")
    client = login_client(make.user("nobody"))
    assert client.get(admin_url(row, page)).status_code == 403
    auditor = login_client(make.user("auditor", "Auditor"))
    assert auditor.get(admin_url(row, page)).status_code == (200 if page == "comments" else 403)
    assert auditor.post(admin_url(row, "comments"), {"text": "Hm."}).status_code in (400, 403)
    assert not review.comments_on(row)
