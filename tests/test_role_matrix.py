"""Role × state × way: whatever a role may not do, no way of doing it works, and nothing is written.

Who may not, sends what the browser of somebody who may would send.
"""

from functools import cache, partial

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client

from policy.models import Agency, Record, Review
from policy.publishing import publish, review
from tests import factories as make
from tests.admin_pages import PageForm, admin_url, get_form_data, inline_row, login_client
from tests.drafts import export_csv, format_csv, parse_csv

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LIST = "/admin/policy/agency/"
STATES = ("draft", "own", "review", "asked", "live", "changed", "gone", "merged")
EVERY, DRAFTS = set(STATES), {"draft", "own", "changed", "gone"}
FOREIGN = {"draft", "review", "changed", "gone"}  # edited by another, and not yet public
EDITORS = ("Curator", "Reviewer", "Administrator")
ROLES = (*EDITORS, "Auditor", "nobody", "stranger")
ASIDE = ("django_session", "django_admin_log", "auth_user", "policy_jurisdiction", "policy_term")

# Way: who may, and in which states. Nobody else may, in no state.
ALLOWED = {
    "edit": (EDITORS, EVERY),
    "add": (EDITORS, EVERY),
    "inline": (EDITORS, EVERY),
    "import": (EDITORS, EVERY - {"gone", "merged"}),
    "list edit": ((), ()),
    "bulk delete": ((), ()),
    "delete": ((), ()),
    "ask": (EDITORS, DRAFTS),
    "recall": (EDITORS, {"asked"}),
    "comment": (EDITORS, EVERY - {"draft", "own"}),
    "accept": (("Reviewer",), FOREIGN | {"asked"}),
    "return": (("Reviewer",), {"review", "asked"}),
    "publish": (("Reviewer",), FOREIGN | {"asked"}),
    "bulk publish": (("Reviewer",), FOREIGN | {"asked"}),
    "withdraw": (("Reviewer",), {"live", "changed"}),
    "merge": (("Reviewer",), {"live", "changed"}),
}


@pytest.fixture(scope="module")
def rows(shared):
    """An agency and an action in each state, by kind and id. Somebody else edited them all.

    `own` and `asked` become a person's own when it is that person's turn.
    """
    about = {"agency": make.agency("office"), "source": make.source("article")}
    publish.publish([*about.values()], by=make.user("chief", "Reviewer"))
    member("root", is_superuser=True)
    yield {
        "agency": in_each_state(make.agency, "description"),
        "action": in_each_state(partial(make.action, **about), "summary"),
    }
    form_of_root.cache_clear()


def in_each_state(made, field):
    other, chief = make.user("other", "Curator"), make.user("chief", "Reviewer")
    found = {state: made(state, edited_by=other) for state in (*STATES, "into")}
    public = [found[state] for state in ("live", "changed", "gone", "merged", "into")]
    publish.publish(public, by=chief)
    model = type(found["changed"])
    model.objects.filter(slug="changed").update(**{field: "Another."})
    publish.withdraw(found["gone"], chief, "Misread.")
    publish.merge(found["merged"], found["into"], chief, "Told twice.")
    review.request_review(found["review"], other)
    return model.objects.in_bulk(field_name="slug")


def member(role: str, **changes) -> User:
    person = make.user(role.lower(), *[role] * (role in (*EDITORS, "Auditor")))
    User.objects.filter(pk=person.pk).update(**changes)
    return User.objects.get(pk=person.pk)


def written() -> dict[str, str]:
    """A digest of every table that an act at the desk may write to."""
    tables = [name for name in connection.introspection.table_names() if name not in ASIDE]
    digest = "md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), ''))"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{t}', {digest} FROM {t} r" for t in tables))
        return dict(cursor.fetchall())


@cache
def form_of_root(path: str) -> dict:
    return get_form_data(login_client(User.objects.get(username="root")), path)


def post(client: Client, path: str, **changes):
    """Fill in this person's page and send it; a superuser's where this one sees none."""
    page = client.get(path)
    own = page.status_code == 200
    values = PageForm(page.content.decode()).values if own else form_of_root(path)
    return client.post(path, values | changes)


def edit(client, row):
    post(client, admin_url(row), description="Edited.")


def inline(client, row):
    """Another day in one of an action's rows."""
    post(client, admin_url(row), **inline_row("dates", earliest="2021-06-08", latest="2021-06-08"))


def add(client, row):
    path = f"{LIST}add/"
    post(client, path, slug="new", name="New", type="agency_kind.ministry", jurisdiction="CN")


def bring_in(client, row):
    """As a sheet that changes this one row."""
    (cells,) = [cells for cells in parse_csv(export_csv("agency")) if cells["id"] == row.slug]
    file = SimpleUploadedFile("agencies.csv", format_csv([cells | {"description": "Edited."}]))
    page = client.post(
        f"{LIST}import-drafts/", {"import_file": file, "resource": "0", "format": ""}
    )
    confirmed = PageForm(page.content.decode()).values
    client.post(f"{LIST}import-drafts/confirm/", confirmed)


def list_edit(client, row):
    rows = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": row.pk}
    client.post(LIST, rows | {"form-0-name": "Edited.", "_save": "Save"})


def bulk_delete(client, row):
    client.post(LIST, {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"})


def delete(client, row):
    client.post(admin_url(row, "delete"), {"post": "yes"})


def bulk_publish(client, row):
    path, chosen = f"{LIST}publish/?id={row.pk}", [f"agency/{row.slug}"]
    post(client, path, reason="Read again.", together=chosen)


def on(page: str, **values):
    """A button of one of the pages beside a record's form."""

    def press(client, row):
        post(client, admin_url(row, page), **values)

    return press


def merge(client, row):
    into = Agency.objects.get(slug="into").pk
    post(client, admin_url(row, "merge"), reason="Told twice.", into=into)


WAYS = {
    "edit": edit,
    "inline": inline,
    "add": add,
    "import": bring_in,
    "list edit": list_edit,
    "bulk delete": bulk_delete,
    "delete": delete,
    "ask": on("ask", remark="Is it right?"),
    "recall": on("recall"),
    "comment": on("comments", text="Which?"),
    "accept": on("publish", accept="x"),
    "return": on("publish", **{"return": "x", "say:": "Which?"}),
    "publish": on("publish", reason="Read again."),
    "bulk publish": bulk_publish,
    "withdraw": on("withdraw", reason="Misread."),
    "merge": merge,
}


def works(way: str, role: str, row: Record) -> bool:
    """Whether anything is written. It is undone."""
    with transaction.atomic():
        person = None if role == "stranger" else member(role)
        if row.slug == "own":
            type(row).objects.filter(pk=row.pk).update(edited_by=person)
        if row.slug == "asked":
            Review.objects.create(kind=row.KIND, row=row.pk, asked_by=person)
        client, before = login_client(person) if person else Client(), written()
        WAYS[way](client, row)
        done = written() != before
        transaction.set_rollback(True)
    return done


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("way", ALLOWED)
def test_a_role_does_what_it_may_and_nothing_else(rows, way, role):
    roles, states = ALLOWED[way]
    kind = "action" if way == "inline" else "agency"
    found = {state for state in STATES if works(way, role, rows[kind][state])}
    assert found == (set(states) if role in roles else set())
