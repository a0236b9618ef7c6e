"""Role × state × way: whatever a role may not do, no way to do it works, and nothing is written.

Who may not, sends what the browser of somebody who may would send.
"""

import json

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from policy import publish, review
from policy.models import Agency
from tests import factories as make
from tests.desk import address, browser, filled

pytestmark = pytest.mark.django_db

ROLES = ("Curator", "Reviewer", "Administrator", "Auditor", "nobody", "stranger")
STATES = ("draft", "own", "review", "live", "changed", "gone", "merged")
LIST = "/admin/policy/agency/"
ASIDE = ("django_session", "django_admin_log", "auth_user", "policy_referenceversion")


@pytest.fixture(scope="module")
def rows(shared):
    """An agency in each state. Another one edited them all, but for the one that is `own`."""
    other, chief = make.user("other", "Curator"), make.user("chief", "Reviewer")
    found = {state: make.agency(state, edited_by=other) for state in STATES}
    into = make.agency("into", edited_by=other)
    public = [found[state] for state in ("live", "changed", "gone", "merged")]
    publish.publish([*public, into], by=chief)
    Agency.objects.filter(slug="changed").update(description="Another.")
    publish.withdraw(found["gone"], chief, "Misread.")
    publish.merge(found["merged"], into, chief, "Told twice.")
    for person in map(member, ROLES[:5]):  # each of them could have asked for this review
        found["asker"] = person
    review.ask(found["review"], other)
    return {state: Agency.objects.get(slug=state) for state in STATES}


def member(role: str) -> User:
    return make.user(role.lower(), *[role] * (role != "nobody"))


def client_of(role: str) -> Client:
    return Client() if role == "stranger" else browser(member(role))


def mighty() -> Client:
    root, _ = User.objects.get_or_create(username="root", is_superuser=True, is_staff=True)
    return browser(root)


def written() -> dict[str, str]:
    """A digest of every table that an act at the desk may write to."""
    tables = [t for t in connection.introspection.table_names() if t not in ASIDE]
    asked = [
        f"SELECT '{t}', md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), '')) FROM {t} r"
        for t in tables
        if not t.endswith(("_jurisdiction", "_term"))
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        return dict(cursor.fetchall())


def sent(client: Client, path: str, **changes):
    """What this person's page would send; what a mighty one's would, where they see none."""
    own = client.get(path)
    return filled(client if own.status_code == 200 else mighty(), path, **changes)


def post(client: Client, path: str, **changes):
    return client.post(path, sent(client, path, **changes))


def edit(client, row):
    post(client, address(row), description="Edited.")


def add(client, row):
    path = f"{LIST}add/"
    post(client, path, slug="new", name="New", type="agency_kind.ministry", jurisdiction="CN")


def list_edit(client, row):
    rows = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk}
    client.post(LIST, rows | {"form-0-name": "Edited.", "_save": "Save"})


def bulk_delete(client, row):
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    client.post(LIST, chosen)


def bulk_publish(client, row):
    post(client, f"{LIST}publish/?id={row.pk}", reason="Read again.", together=[key(row)])


def publish_one(client, row):
    post(client, address(row, "publish"), reason="Read again.")


def accept(client, row):
    post(client, address(row, "publish"), accept="x")


def give_back(client, row):
    post(client, address(row, "publish"), **{"return": "x", "say:": "Which?"})


def ask(client, row):
    post(client, address(row, "ask"), remark="Is it right?")


def recall(client, row):
    post(client, address(row, "recall"))


def comment(client, row):
    post(client, address(row, "comments"), text="Which?")


def withdraw(client, row):
    post(client, address(row, "withdraw"), reason="Misread.")


def merge(client, row):
    into = Agency.objects.get(slug="into").pk
    post(client, address(row, "merge"), reason="Told twice.", into=into)


def delete(client, row):
    client.post(address(row, "delete"), {"post": "yes"})


def key(row):
    return f"agency/{row.slug}"


WAYS = (edit, add, list_edit, bulk_delete, bulk_publish, publish_one, accept, give_back, ask, recall, comment, withdraw, merge, delete)


def test_probe(rows):
    for way in WAYS:
        for role in ROLES:
            worked = []
            for state in STATES:
                with transaction.atomic():
                    if state == "own" and role not in ("nobody", "stranger"):
                        Agency.objects.filter(slug="own").update(edited_by=member(role))
                    client = client_of(role)
                    before = written()
                    try:
                        way(client, rows[state])
                    except AssertionError as e:
                        worked.append(f"{state}!{e}")
                    if written() != before:
                        worked.append(state)
                    transaction.set_rollback(True)
            print(f"{way.__name__:14}{role:14}", " ".join(worked))
