"""Many people on one record at once: one wins, the others are told, the trail holds."""

import threading

import pytest
from django.db import transaction
from psycopg.errors import LockNotAvailable

from config.middleware import database_errors
from config.postgres import timeouts
from config.postgres.timeouts import TimeLimits
from desk.base.db_errors import DATABASE_ERROR_MESSAGES
from desk.base.record_form import EDIT_CONFLICT
from policy import audit
from policy.models import Acceptance, Agency, AuditEvent, Review, Revision
from policy.publishing import publish, review
from tests import factories as make
from tests.admin_pages import PageForm, admin_url, get_form_data, get_form_errors, login_client
from tests.test_concurrency import together

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.postgresql, pytest.mark.slow]

PEOPLE = 32


def test_of_many_who_save_one_record_one_wins_and_the_others_are_told(monkeypatch):
    # All have a turn, also where 32 threads keep a slow machine busy for seconds.
    monkeypatch.setattr(database_errors, "DESK_LIMITS", TimeLimits(statement=60, lock=60, idle=60))
    monkeypatch.setattr(timeouts, "CONNECT_TIMEOUT_SECONDS", 60.0)
    row = make.agency("police")
    clients = [login_client(make.user(f"c{n:02}", "Curator")) for n in range(PEOPLE)]
    sent = [
        get_form_data(client, admin_url(row), name=f"Police of c{n:02}")
        for n, client in enumerate(clients)
    ]
    ready = threading.Barrier(PEOPLE)

    def save(client, form):
        ready.wait()
        return client.post(admin_url(row), form)

    pages = together(*[(save, *pair) for pair in zip(clients, sent, strict=True)])
    won = [n for n, page in enumerate(pages) if page.status_code == 302]
    assert len(won) == 1
    winner = f"c{won[0]:02}"
    row.refresh_from_db()
    assert (row.name, row.edited_by.username) == (f"Police of {winner}", winner)
    when = f"{AuditEvent.objects.get().at:%Y-%m-%d %H:%M}"
    told = [EDIT_CONFLICT, f"{winner}, {when} UTC: name: “Police” → “Police of {winner}”"]
    for number, page in enumerate(pages):
        if number != won[0]:
            assert get_form_errors(page) == told
            assert f"Police of c{number:02}" in page.content.decode()


def test_who_waited_too_long_for_another_keeps_the_form(monkeypatch):
    monkeypatch.setattr(database_errors, "DESK_LIMITS", TimeLimits(statement=30, lock=1, idle=30))
    row = make.agency("police")
    client = login_client(make.curator())
    sent = get_form_data(client, admin_url(row), name="State police")
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Agency.objects.select_for_update().get(pk=row.pk)
            held.set()
            done.wait(30)

    def save():
        held.wait(30)
        try:
            return client.post(admin_url(row), sent)
        finally:
            done.set()

    _, page = together((hold,), (save,))
    assert get_form_errors(page) == [
        f"Nothing was saved: {DATABASE_ERROR_MESSAGES[LockNotAvailable]}"
    ]
    values = PageForm(page.content.decode()).values
    assert (values["name"], values["edition"]) == (["State police"], [sent["edition"][0]])
    assert client.post(admin_url(row), values).status_code == 302
    row.refresh_from_db()
    assert row.name == "State police"


def test_many_audit_events_at_once_make_one_chain():
    rows = [make.agency() for _ in range(8)]
    by = make.curator()

    def work(row):
        for number in range(4):
            before = audit.reload_draft(row)
            row.description = f"Version {number}"
            row.save()
            audit.record_edit(row, by, before)

    together(*[(work, row) for row in rows])
    assert list(AuditEvent.objects.values_list("pk", flat=True)) == list(range(1, 33))
    assert list(audit.audit_faults()) == []


def test_of_many_who_ask_one_review_comes():
    row, by = make.agency("police"), make.curator()
    results = together(*[(review.request_review, row, by)] * 4)
    assert (
        sorted(isinstance(found, publish.PublishingError) for found in results)
        == [False] + [True] * 3
    )
    assert Review.objects.count() == 1


def test_an_edit_and_an_acceptance_at_once_never_leave_an_accepted_stranger():
    """Either the edit comes first and the reviewer is told, or it voids what was accepted."""
    by, curator = make.reviewer(), make.curator()
    for number in range(8):
        row = make.agency(f"a{number}", edited_by=curator)
        review.request_review(row, curator)
        mark, ready = publish.record_content_hash(row, None), threading.Barrier(2)

        def accept(row=row, mark=mark, ready=ready):
            ready.wait()
            return review.accept(row, by, mark)

        def edit(row=row, ready=ready):
            ready.wait()
            return Agency.objects.filter(pk=row.pk).update(description="Another.")

        accepted, edited = together((accept,), (edit,))
        assert edited == 1
        assert isinstance(accepted, publish.PublishingError | Review)
        standing = Acceptance.objects.filter(review__row=row.pk, review__outcome="")
        assert not standing.exists() or isinstance(accepted, publish.PublishingError)
    assert Revision.objects.count() == 0
    assert list(audit.audit_faults()) == []
