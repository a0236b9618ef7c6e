"""Who may do what at the desk. Nobody gets further than their group."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from policy.models import RECORD_MODELS, Jurisdiction, Revision, Source, Term
from policy.publishing.roles import GROUP_PERMISSIONS
from tests import factories as make
from tests.admin_pages import admin_url, get_form_data, login_client

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# For each role: see the list, open the form of a new one, save, publish, withdraw.
RECORD = {
    "Curator": (200, 200, 302, 403, 403),
    "Reviewer": (200, 200, 302, 200, 200),
    "Administrator": (200, 200, 302, 403, 403),
    "Auditor": (200, 403, 403, 403, 403),
    "": (403, 403, 403, 403, 403),
}
REFERENCE = {
    "Curator": (200, 403, 403),
    "Reviewer": (200, 403, 403),
    "Administrator": (200, 200, 302),
    "Auditor": (200, 403, 403),
    "": (403, 403, 403),
}


def member(group: str) -> User:
    return make.user(f"a-{group or 'nobody'}", *filter(None, [group]))


def form_of(row, group: str) -> dict:
    """What an administrator's browser would send: a forger sends it, too."""
    root, _ = User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)
    return get_form_data(login_client(root), admin_url(row))


@pytest.mark.parametrize("group", RECORD)
@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_records_open_as_far_as_the_role_goes(kind, group):
    make.publish_all(make.entity(), make.action())
    row = RECORD_MODELS[kind].objects.first()
    client, sent = login_client(member(group)), form_of(row, group)
    found = [
        client.get(f"/admin/policy/{kind}/"),
        client.get(f"/admin/policy/{kind}/add/"),
        client.post(admin_url(row), sent),
        client.get(admin_url(row, "publish")),
        client.get(admin_url(row, "withdraw")),
    ]
    assert tuple(page.status_code for page in found) == RECORD[group]
    assert client.get(admin_url(row, "merge")).status_code == RECORD[group][-1]


@pytest.mark.parametrize("group", REFERENCE)
@pytest.mark.parametrize("model", [Jurisdiction, Term])
def test_places_and_terms_are_the_administrators(model, group):
    row = model.objects.first()
    client, sent = login_client(member(group)), form_of(row, group)
    base = f"/admin/policy/{model._meta.model_name}/"
    found = [client.get(base), client.get(f"{base}add/"), client.post(admin_url(row), sent)]
    assert tuple(page.status_code for page in found) == REFERENCE[group]


@pytest.mark.parametrize("group", GROUP_PERMISSIONS)
def test_nobody_deletes_what_was_published_or_what_records_are_coded_with(group):
    row = make.publish_new_action("ban")
    client = login_client(member(group))
    for one in (
        row,
        Term.objects.first(),
        Jurisdiction.objects.get(pk="CN"),
        Revision.objects.first(),
    ):
        assert client.post(admin_url(one, "delete"), {"post": "yes"}).status_code == 403


def test_not_even_a_superuser_deletes_what_was_published():
    root = login_client(User.objects.create_superuser("root"))
    published, draft = make.publish_new_action("ban"), make.action("draft")
    assert root.post(admin_url(published, "delete"), {"post": "yes"}).status_code == 403
    assert root.post(admin_url(draft, "delete"), {"post": "yes"}).status_code == 302
    assert list(type(draft).objects.values_list("slug", flat=True)) == ["ban"]


def test_strangers_are_sent_to_the_login(client):
    row = make.publish_new_action("ban")
    for page in ("change", "publish", "withdraw", "merge"):
        found = client.get(admin_url(row, page))
        assert (found.status_code, found.url) == (302, f"/admin/login/?next={admin_url(row, page)}")


@pytest.mark.parametrize(
    ("group", "links"),
    [
        ("Curator", []),
        ("Reviewer", ["Preview and publish", "Withdraw", "Merge into…"]),
        ("Administrator", []),
        ("Auditor", []),
    ],
)
def test_only_reviewers_see_the_links_to_publishing(group, links):
    row = make.publish_new_action("ban")
    page = login_client(member(group)).get(admin_url(row))
    shown = [label for label, _ in page.context["object_tools"]]
    assert shown == [*links, "Public page", "API", "Revisions"]


def test_texts_of_sources_are_read_by_those_who_may():
    words = "Words that are nobody's business."
    source = make.source("article", text=words)
    make.attach_source_text(source, words)
    reader = make.user("reader")
    reader.user_permissions.set(
        Permission.objects.filter(codename__in=["view_source", "view_action", "view_citation"])
    )
    action = make.action("ban")
    make.Citation.objects.filter(action=action).update(source=source, start=0, end=5)
    for person, shown in ((reader, False), (make.curator(), True), (member("Auditor"), True)):
        client = login_client(person)
        assert (
            words in client.get(admin_url(source)).content.decode().replace("&#x27;", "'")
        ) == shown
        page = client.get(admin_url(action)).content.decode()
        assert ('<div class="readonly">Words</div>' in page) == shown


def save_person(by: User, person: User, **changes) -> int:
    client = login_client(by)
    return client.post(
        admin_url(person), get_form_data(client, admin_url(person)) | changes
    ).status_code


def test_administrators_hand_out_groups():
    person = make.user("new")
    curator = Group.objects.get(name="Curator")
    assert save_person(member("Administrator"), person, groups=[curator.pk]) == 302
    assert set(person.groups.all()) == {curator}


def test_administrators_hand_out_nothing_beyond_groups():
    person, outside = make.user("new"), Group.objects.create(name="Outside")
    publish = Permission.objects.get(codename="publish")
    assert (
        save_person(
            member("Administrator"), person, is_superuser="on", user_permissions=[publish.pk]
        )
        == 302
    )
    person.refresh_from_db()
    assert (person.is_superuser, person.user_permissions.count()) == (False, 0)
    assert save_person(member("Administrator"), person, groups=[outside.pk]) == 200
    assert person.groups.count() == 0


def test_administrators_make_plain_accounts():
    client = login_client(member("Administrator"))
    sent = get_form_data(
        client,
        "/admin/auth/user/add/",
        username="new",
        usable_password="true",
        password1="a-long-passphrase-1",
        password2="a-long-passphrase-1",
        is_superuser="on",
        is_staff="on",
    )
    assert client.post("/admin/auth/user/add/", sent).status_code == 302
    new = User.objects.get(username="new")
    assert (new.is_superuser, new.is_staff, new.groups.count()) == (False, False, 0)


def with_more(how: str) -> User:
    person = make.user("mighty")
    if how == "superuser":
        User.objects.filter(pk=person.pk).update(is_superuser=True)
    elif how == "permission":
        person.user_permissions.set(Permission.objects.filter(codename="delete_user"))
    else:
        person.groups.set([Group.objects.create(name="Outside")])
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize("how", ["superuser", "permission", "outside group"])
def test_administrators_cannot_become_those_who_may_more(how):
    """Whoever sets a person's password can log in as that person."""
    person, client = with_more(how), login_client(member("Administrator"))
    password = {
        "usable_password": "true",
        "password1": "a-long-passphrase-1",
        "password2": "a-long-passphrase-1",
    }
    assert client.get(admin_url(person)).status_code == 200
    assert client.post(admin_url(person), {"username": "mine"}).status_code == 403
    assert client.post(admin_url(person, "password"), password).status_code == 403
    assert client.post(admin_url(person, "delete"), {"post": "yes"}).status_code == 403
    assert User.objects.get(pk=person.pk).username == "mighty"


def test_administrators_do_not_edit_groups():
    client = login_client(member("Administrator"))
    group = Group.objects.get(name="Curator")
    assert client.get("/admin/auth/group/").status_code == 403
    assert client.post(admin_url(group), {"name": "Curator"}).status_code == 403


def test_superusers_keep_every_field():
    root = login_client(User.objects.create_superuser("root"))
    page = root.get(admin_url(make.user("new"))).content.decode()
    assert 'name="is_superuser"' in page
    assert 'name="user_permissions"' in page


def test_codes_never_change():
    client = login_client(member("Administrator"))
    place, term = Jurisdiction.objects.get(pk="CN"), make.term("type", "plan")
    for row, changes in (
        (place, {"code": "XX", "name": "Another name"}),
        (term, {"vocabulary": "status", "code": "idea", "label": "Another name"}),
    ):
        sent = get_form_data(client, admin_url(row)) | changes
        assert client.post(admin_url(row), sent).status_code == 302
        assert str(type(row).objects.get(pk=row.pk)).startswith("Another name")
    assert not Jurisdiction.objects.filter(pk="XX").exists()
    assert not Term.objects.filter(pk="status.idea").exists()


def test_administrators_add_terms_and_places():
    client = login_client(member("Administrator"))
    sent = get_form_data(
        client,
        "/admin/policy/term/add/",
        vocabulary="activity",
        code="lending",
        label="Lending",
        definition="Credit against crypto-assets.",
        parent="activity.crypto",
        crosswalk='{"dpa": {"code": "x", "match": "close"}}',
    )
    assert client.post("/admin/policy/term/add/", sent).status_code == 302
    term = Term.objects.get(pk="activity.lending")
    assert (term.parent_id, term.crosswalk) == (
        "activity.crypto",
        {"dpa": {"code": "x", "match": "close"}},
    )
    sent = get_form_data(
        client,
        "/admin/policy/jurisdiction/add/",
        code="CN-ZZ",
        name="Nowhere",
        kind="subdivision",
        parent="CN",
        aliases="Here\r\nThere, too",
    )
    assert client.post("/admin/policy/jurisdiction/add/", sent).status_code == 302
    assert Jurisdiction.objects.get(pk="CN-ZZ").aliases == ["Here", "There, too"]


def test_sources_are_listed_for_auditors_without_a_file_field():
    source = make.source("article")
    page = login_client(member("Auditor")).get(admin_url(source)).content.decode()
    assert 'type="file"' not in page
    assert Source.objects.count() == 1
