"""Whoever runs the service can ask how it is, and find each request in the log."""

import logging

import pytest
from django.db import OperationalError, connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config import health
from config.middleware.request_id import RequestIdFilter, current_request_id

ID = "proxy-gave-this-1"


@pytest.fixture
def away(monkeypatch):
    """The database does not answer."""

    def refuse(*args, **kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(type(connections["default"]), "cursor", refuse)


def test_the_process_lives_without_a_database(client):
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_with_database_and_migrations(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_not_ready_without_the_database(client, away):
    response = client.get("/readyz")
    said = {"status": "the database is unavailable"}
    assert (response.status_code, response.json()) == (503, said)


@pytest.mark.django_db
def test_not_ready_before_the_last_migration(client, monkeypatch):
    last = max(name for app, name in health.load_migrations() if app == "policy")
    for app, name in (("policy", last), ("contenttypes", "0001_initial")):
        MigrationRecorder(connection).record_unapplied(app, name)
    monkeypatch.setattr(health, "MigrationLoader", None)  # the files are read once
    response = client.get("/readyz")
    said = {"status": "2 migrations are not applied: run manage.py migrate"}
    assert (response.status_code, response.json()) == (503, said)


@pytest.mark.django_db
def test_a_request_without_the_database_is_a_503_problem(away, caplog):
    response = Client().get("/api/v1/actions/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["type"] == "/api/problems/unavailable/"
    assert "connection refused" not in response.content.decode()
    assert "the database does not answer: connection refused" in caplog.text


@pytest.mark.django_db
def test_every_answer_is_named_and_no_two_alike(client):
    first, second = client.get("/"), client.get("/api/v1/")
    assert len(first["X-Request-ID"]) == len(second["X-Request-ID"]) == 32
    assert first["X-Request-ID"] != second["X-Request-ID"]


@pytest.mark.django_db
def test_an_error_says_its_request(client):
    response = client.get("/api/v1/nosuch/")
    assert response.json()["request_id"] == response["X-Request-ID"]


@pytest.mark.parametrize(
    ("believed", "given", "kept"),
    [(True, ID, True), (False, ID, False), (True, "short", False), (True, "a b" * 9, False)],
)
def test_only_a_proxy_that_may_be_believed_names_requests(client, settings, believed, given, kept):
    settings.BEHIND_PROXY = believed
    answer = client.get("/livez", headers={"x-request-id": given})["X-Request-ID"]
    assert (answer == given) == kept


def test_lines_of_the_log_carry_the_request():
    record = logging.LogRecord("x", logging.INFO, "", 1, "said", (), None)
    token = current_request_id.set("abc")
    assert RequestIdFilter().filter(record)
    current_request_id.reset(token)
    assert record.request_id == "abc"


@pytest.mark.django_db
def test_not_being_ready_is_said_once_for_each_change(client, monkeypatch, caplog):
    monkeypatch.setattr(health, "last_fault", "")
    for fault in ("busy", "busy", "", ""):
        monkeypatch.setattr(health, "find_readiness_fault", lambda fault=fault: fault)
        assert client.get("/readyz").status_code == (503 if fault else 200)
    assert [(row.levelname, row.getMessage()) for row in caplog.records] == [
        ("WARNING", "not ready: busy"),
        ("WARNING", "ready again"),
    ]
