"""Every page of the desk opens, in a constant number of queries, whatever the records hold."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from policy.models import (
    RECORD_MODELS,
    Action,
    ActionEntity,
    Figure,
    Jurisdiction,
    Note,
    Relation,
    Release,
    Revision,
    Term,
)
from policy.publishing import publish
from tests import factories as make
from tests.admin_pages import admin_url, login_client

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("few_places")]

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
CANARIES = ("<img src=x", "<script>alert")
READ_ONLY = ("revision", "release")
REGISTERED = (*RECORD_MODELS, "jurisdiction", "term", *READ_ONLY)


@pytest.fixture
def root(db: None) -> Client:
    return login_client(User.objects.create_superuser("root"))


def whole() -> Action:
    """An action with a row of every kind, and all it refers to."""
    article = make.source("article")
    row = make.action("whole", source=article, agency=make.agency("ministry"))
    company = make.entity("company")
    ActionEntity.objects.create(
        action=row, entity=company, role_id="entity_role.acted", naming_id="naming.named"
    )
    Figure.objects.create(
        action=row,
        kind_id="figure.sites_closed",
        value=3,
        comparator_id="comparator.about",
        unit="sites",
    )
    Note.objects.create(action=row, kind_id="note.doubt", text="Perhaps not all of them.")
    Relation.objects.create(
        action=row,
        type_id="relation.follows_up",
        target=make.action("earlier"),
        reason="It says so.",
    )
    row.citations.all().delete()
    make.cite(row, article)
    return row


def everything() -> list:
    """One row of every registered model."""
    action = whole()
    make.publish_all(Action.objects.get(slug="earlier"), action)
    revision = Revision.objects.latest("id")
    release = Release.objects.create(
        version="2026.1", as_of=revision.published_at, revision=revision
    )
    first = [model.objects.first() for model in RECORD_MODELS.values()]
    return [*first, Jurisdiction.objects.get(pk="CN"), Term.objects.first(), revision, release]


def test_every_list_and_record_opens(root):
    rows = everything()
    assert [row._meta.model_name for row in rows] == list(REGISTERED)
    found = {
        row._meta.model_name: (
            root.get(f"/admin/policy/{row._meta.model_name}/").status_code,
            root.get(f"/admin/policy/{row._meta.model_name}/add/").status_code,
            root.get(admin_url(row)).status_code,
            root.get(admin_url(row, "history")).status_code,
        )
        for row in rows
    }
    assert found == {
        name: (200, 403 if name in READ_ONLY else 200, 200, 200) for name in REGISTERED
    }


def test_the_index_and_the_accounts_open(root):
    person = make.curator()
    paths = ["/admin/", "/admin/policy/", "/admin/auth/user/", "/admin/auth/user/add/"]
    paths += [admin_url(person), f"/admin/auth/user/{person.pk}/password/", "/admin/auth/group/"]
    assert [root.get(path).status_code for path in paths] == [200] * len(paths)


def test_machine_rows_have_no_pages(root):
    for name in ("facet", "interval", "line", "searchentry", "sourcetext", "citation"):
        assert root.get(f"/admin/policy/{name}/").status_code == 404


def test_every_filter_and_search_answers(root):
    everything()
    for name in REGISTERED:
        assert root.get(f"/admin/policy/{name}/", {"q": "ministry 公安部"}).status_code == 200
    for choice in ("draft", "live", "saved", "gone"):
        for kind in RECORD_MODELS:
            page = root.get(f"/admin/policy/{kind}/", {"publication": choice})
            assert page.status_code == 200


def listed(client: Client, kind: str, **query: str) -> list[str]:
    page = client.get(f"/admin/policy/{kind}/", query)
    return sorted(row.slug for row in page.context["cl"].result_list)


def test_lists_filter_by_publication(root):
    make.publish_new_action("live")
    saved = make.publish_new_action("saved")
    saved.save()
    publish.withdraw(make.publish_new_action("gone"), make.reviewer(), "Never happened.")
    make.action("draft")
    by = {
        name: listed(root, "action", publication=name)
        for name in ("draft", "live", "saved", "gone")
    }
    assert by == {
        "draft": ["draft"],
        "live": ["live", "saved"],
        "saved": ["saved"],
        "gone": ["gone"],
    }


def test_lists_search_names_in_every_script(root):
    make.agency("police", native_name="公安部", aliases=["MPS", "The Ministry"])
    make.agency("bank")
    assert listed(root, "agency", q="公安") == ["police"]
    assert listed(root, "agency", q="mps") == ["police"]


def test_lists_say_where_each_record_stands(root):
    make.action("draft")
    make.publish_new_action("live")
    changed = make.publish_new_action("changed")
    Action.objects.filter(pk=changed.pk).update(title="Another title")
    publish.withdraw(make.publish_new_action("gone"), make.reviewer(), "Never happened.")
    publish.merge(make.publish_new_action("merged"), changed, make.reviewer(), "The same act.")
    page = root.get("/admin/policy/action/").context["cl"].result_list
    assert {row.slug: str(row.publication_status) for row in page} == {
        "draft": "draft",
        "live": "published (revision 1)",
        "changed": "published (revision 1), with unpublished changes",
        "gone": "withdrawn",
        "merged": "merged into changed",
    }


QUERIES = {
    "agency": 8,  # session, person, count, rows, two filters' choices, revisions, open reviews
    "entity": 8,
    "source": 8,
    "action": 26,  # the same with five filters, and fourteen tables that documents read
    "jurisdiction": 5,  # session, person, count, rows, one filter's choices
    "term": 5,
}


@pytest.mark.parametrize("kind", QUERIES)
@pytest.mark.parametrize("rows", [1, 3])
def test_lists_take_a_constant_number_of_queries(root, django_assert_num_queries, kind, rows):
    for number in range(rows):
        make.publish_new_action(f"action-{number}", agency=make.agency(f"agency-{number}"))
        make.publish_all(make.entity(f"entity-{number}"))
    with django_assert_num_queries(QUERIES[kind]):
        root.get(f"/admin/policy/{kind}/")


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_of_revisions_takes_a_constant_number(root, django_assert_num_queries, rows):
    for number in range(rows):
        make.publish_all(make.agency(f"agency-{number}"))
    with django_assert_num_queries(4):  # session, person, count, rows
        root.get("/admin/policy/revision/")


def poison() -> Action:
    """Hostile text wherever a record takes any."""
    agency = make.agency("bad-agency", name=HOSTILE, native_name=HOSTILE, aliases=[HOSTILE])
    source = make.source("bad-source", title=HOSTILE, publisher=HOSTILE, authors=[HOSTILE])
    row = make.action("bad", agency=agency, source=source, title=HOSTILE, summary=HOSTILE)
    row.agencies.update(described_as=HOSTILE[:10])
    row.unknowns.update(reason=HOSTILE)
    row.dates.update(resolution=HOSTILE)
    row.citations.update(note=HOSTILE)
    Note.objects.create(action=row, kind_id="note.doubt", text=HOSTILE)
    Relation.objects.create(
        action=row,
        type_id="relation.follows_up",
        target=make.action("bad-target", title=HOSTILE),
        reason=HOSTILE,
    )
    row.citations.all().delete()
    make.cite(row, source)
    row.citations.update(note=HOSTILE)
    make.attach_source_text(source, make.SOURCE_TEXT)
    return row


def test_hostile_text_is_shown_inert(root):
    row = poison()
    pages = [f"/admin/policy/{kind}/" for kind in RECORD_MODELS]
    pages += [admin_url(one) for kind in RECORD_MODELS for one in RECORD_MODELS[kind].objects.all()]
    before = [admin_url(row, "publish")]
    for path in pages + before:
        assert_inert(root, path)
    make.publish_all(Action.objects.get(slug="bad-target"), row)
    Action.objects.filter(pk=row.pk).update(title=f"{HOSTILE} again")
    revisions = [admin_url(one) for one in Revision.objects.all()]
    after = [admin_url(row, page) for page in ("publish", "withdraw", "merge", "history")]
    for path in pages + after + revisions:
        assert_inert(root, path)


def assert_inert(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert [word for word in CANARIES if word in page.content.decode()] == [], path


def test_hostile_addresses_are_no_server_errors(root):
    make.publish_new_action("ban")
    paths = {
        "/admin/policy/action/?status__id__exact=%00": 302,
        "/admin/policy/action/?q=%00": 302,
        "/admin/policy/action/?q=" + "a+" * 1000: 200,
        "/admin/policy/action/?nothing=1": 302,
        "/admin/policy/action/?o=99999999999999999999": 200,
        "/admin/policy/action/?p=99999999999999999999": 200,
        "/admin/policy/revision/?kind=%27": 200,
        "/admin/policy/term/_00/change/": 302,
        "/admin/policy/action/abc/change/": 302,
        "/admin/policy/action/9999999999999999999999/change/": 302,
        "/admin/policy/action/abc/publish/": 404,
        "/admin/autocomplete/?app_label=policy&model_name=relation&field_name=target&term=%00": 200,
        "/admin/autocomplete/?app_label=admin&model_name=logentry&field_name=content_type": 403,
    }
    assert {path: root.get(path).status_code for path in paths} == paths


@pytest.mark.parametrize("action", ["delete_selected", "export_admin_action", "publish_chosen", ""])
@pytest.mark.parametrize("ticked", ["abc\0", "9" * 30, None])
def test_lists_take_no_bulk_actions_but_exporting_and_publishing(root, action, ticked):
    row, path = make.action("draft"), "/admin/policy/action/"
    found = root.post(path, {"action": action, "_selected_action": ticked or row.pk})
    if ticked is None and action.startswith("export"):
        assert (found.status_code, found.context["count"]) == (200, 1)
    elif ticked is None and action.startswith("publish"):
        assert (found.status_code, found.url) == (302, f"{path}publish/?id={row.pk}")
    else:
        assert (found.status_code, found.url) == (302, path)
    assert Action.objects.count() == 1


def test_pages_hold_no_script_or_style_of_their_own(root):
    row = make.publish_new_action("ban")
    base = "/admin/policy/action/"
    exchange = [f"{base}export/", f"{base}import-drafts/"]
    for path in [base, *exchange, admin_url(row), admin_url(row, "publish")]:
        page = root.get(path).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert page.count("<script") == page.count('<script src="') + page.count(
            '<script id="django-admin'
        )
        assert "//cdn" not in page


def test_records_lead_to_their_public_pages(root):
    row = make.publish_new_action("ban")
    links = dict(root.get(admin_url(row)).context["object_tools"])
    assert links == {
        "Preview and publish": admin_url(row, "publish"),
        "Withdraw": admin_url(row, "withdraw"),
        "Merge into…": admin_url(row, "merge"),
        "Public page": "/actions/ban/",
        "API": "/api/v1/actions/ban/",
        "Revisions": "/admin/policy/revision/?kind=action&record__exact=ban",
    }
    listed = root.get(links["Revisions"]).context["cl"].result_list
    assert [str(revision) for revision in listed] == ["action ban@1"]
