"""Every statement of an act fails once, and the connection breaks once at every round trip.

After each the database is as it was before, to the byte; undisturbed, the act then succeeds.
"""

import sys
from io import StringIO
from itertools import count

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection
from django.db.models import Q
from django.test import Client
from psycopg.pq import TransactionStatus

from policy.exchange.folder import BadDataset
from policy.exchange.load import load_dataset
from policy.models import Revision
from policy.publishing import publish
from prove import RUN_LONG_PROOFS, integrity
from tests import factories as make
from tests import folders
from tests.admin_pages import admin_url, get_form_data

# Where a connection breaks under a cursor on the server, nobody is left to close that cursor.
UNCLOSED = "ignore:.*ServerCursorMixin.__del__:pytest.PytestUnraisableExceptionWarning"
pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.filterwarnings(UNCLOSED)]
BIG = {"policy_term", "policy_jurisdiction"}  # which no act here writes
FAILED = (DatabaseError, psycopg.Error, BadDataset, CommandError)


def state():
    """A digest of every table that an act may write."""
    tables = {*folders.policy_tables(), "django_admin_log", "django_session"} - BIG
    parts = [
        f"SELECT '{name}', md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t"
        for name in sorted(tables)
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


class StatementFails:
    """The database answers the n-th statement with an error."""

    after_commit = False

    def __init__(self, n):
        self.left, self.planted = n, False

    def __enter__(self):
        self.context = connection.execute_wrapper(self)
        self.context.__enter__()
        return self

    def __exit__(self, *error):
        self.context.__exit__(*error)

    def __call__(self, execute, *statement):
        self.left -= not asked_in_advance()
        if self.left or self.planted:
            return execute(*statement)
        self.planted = True
        raise OperationalError("planted")


def asked_in_advance():
    """Whether Django tries a constraint before it saves: there it takes an error for a yes."""
    frame = sys._getframe()
    while frame and frame.f_code is not Q.check.__code__:
        frame = frame.f_back
    return frame is not None


class ConnectionBreaks:
    """At the n-th round trip: COPY and COMMIT are such, too."""

    def __init__(self, n):
        self.left, self.planted = n, False
        self.after_commit = False

    def __enter__(self):
        connection.ensure_connection()
        self.inner = connection.connection
        self.inner.wait = self.wait
        return self

    def __exit__(self, *error):
        del self.inner.wait

    def wait(self, *arguments, **options):
        self.left -= 1
        if self.left:
            return psycopg.Connection.wait(self.inner, *arguments, **options)
        self.planted = True
        self.after_commit = self.inner.info.transaction_status == TransactionStatus.IDLE
        self.inner.pgconn.finish()
        raise psycopg.OperationalError("the connection is lost")


# The acts: each returns what to do, and everything before it is done


def publishing(folder):
    row = make.publish_new_action("ban")
    agency = row.agencies.get().agency
    row.title = agency.description = "Another one."
    row.save()
    agency.save()
    by = make.reviewer()
    return lambda: publish.publish([row, agency], by=by)


def withdrawing(folder):
    row, by = make.publish_new_action("ban"), make.reviewer()
    return lambda: publish.withdraw(row, by=by, reason="It did not happen.")


def merging(folder):
    row, into = make.publish_new_action("twin"), make.publish_new_action("ban")
    by = make.reviewer()
    return lambda: publish.merge(row, into, by=by, reason="The same ban.")


def loading(folder):
    folders.write_small_dataset(folder)
    return lambda: load_dataset(folder)


def loading_again(folder):
    load_dataset(folders.write_small_dataset(folder))
    folders.write_file(
        folder, "agencies/ministry.json", folders.AGENCY_DOCUMENT | {"description": "New."}
    )
    folders.edit_file(folder, "actions/raid.json", lambda raid: raid | {"summary": "Told anew."})
    return lambda: load_dataset(folder)


def restoring(folder):
    folders.make_full_history()
    call_command("dump_dataset", folder, verbosity=0, stdout=StringIO())
    with connection.cursor() as cursor:
        tables = ", ".join(set(folders.policy_tables()) - BIG - {"policy_referenceversion"})
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    return lambda: load_dataset(folder)


def importing(folder):
    path = folder.with_suffix(".txt")
    path.write_text(make.SOURCE_TEXT, encoding="utf-8")
    return lambda: call_command("import_article", path, title="A story", stdout=StringIO())


# Each act, and how many revisions it makes.
ACTS = {
    "publish": (publishing, 2),
    "withdraw": (withdrawing, 1),
    "merge": (merging, 1),
    "load": (loading, 5),
    "load changes": (loading_again, 2),
    "restore": (restoring, 14),
    "import": (importing, 0),
}
FAULTS = {"statement": StatementFails, "round trip": ConnectionBreaks}
STEP = 1 if RUN_LONG_PROOFS else 17


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ACTS)
def test_each_failure_leaves_the_database_as_it_was(name, fault, tmp_path, figure):
    prepare, made = ACTS[name]
    act, before = prepare(tmp_path / "data"), state()
    first, tried = Revision.objects.count(), 0
    for n in count(1, STEP):
        planted = failed(act, FAULTS[fault](n))
        if state() != before:
            break
        assert planted, n
        tried += 1
    assert not planted or planted.after_commit
    assert (Revision.objects.count() - first, integrity.find_integrity_faults()) == (made, [])
    figure(f"{name}: {tried} failures, one {fault} each: the database stayed as it was")


def test_a_save_at_the_desk_is_whole_or_nothing(figure):
    row = make.action("ban")
    client = Client(raise_request_exception=False)
    client.force_login(make.user("chief", "Curator", "Reviewer"))
    sent = get_form_data(client, admin_url(row), title="A wider ban", summary="It says more.")
    before, tried = state(), 0
    for n in count(1, STEP):
        with StatementFails(n) as fault:
            response = client.post(admin_url(row), sent)
        if not fault.planted:
            break
        assert (response.status_code, response["Retry-After"], state()) == (503, "5", before), n
        tried += 1
    assert response.status_code == 302
    row.refresh_from_db()
    assert (row.title, row.summary, integrity.find_integrity_faults()) == (
        "A wider ban",
        "It says more.",
        [],
    )
    figure(f"a save at the desk: {tried} failures of a statement: 503, and nothing was saved")


def failed(act, fault):
    """The fault, if the act came so far."""
    with fault:
        try:
            act()
        except FAILED:
            assert fault.planted
    connection.close_if_unusable_or_obsolete()
    return fault if fault.planted else None
