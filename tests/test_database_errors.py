"""A request may keep the database so long and no longer, and hears in plain words when it fails."""

import socket
import time
from types import SimpleNamespace

import orjson
import psycopg
import pytest
from django.db import (
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)
from django.test import Client, RequestFactory
from psycopg import errors

from api.http import problems
from config.middleware import database_errors
from config.postgres import timeouts
from config.postgres.embedded_locks import EmbeddedError
from config.postgres.timeouts import (
    TIMEOUT_PARAMETERS,
    UNLIMITED,
    CircuitBreaker,
    ResponsiveConnection,
    ServerUnresponsive,
    TimeLimits,
)
from desk.base.db_errors import user_message
from policy.models.sql import fetch_all
from tests import factories as make
from tests.test_concurrency import together

pytestmark = pytest.mark.postgresql

PATHS = {
    "/api/v1/": database_errors.READER_LIMITS,
    "/actions/": database_errors.READER_LIMITS,
    "/admin/": database_errors.DESK_LIMITS,
}


@pytest.fixture
def limited(committed):
    """Work under limits, on a connection that was made for it."""
    tokens = []

    def limit(work):
        tokens.append(timeouts.current_limits.set(work))
        connection.close()

    yield limit
    for token in reversed(tokens):
        timeouts.current_limits.reset(token)
    connection.close()


def shown():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"current_setting('{name}')" for name in TIMEOUT_PARAMETERS)
        )
        return cursor.fetchone()


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (database_errors.READER_LIMITS, ("5s", "1s", "5s")),
        (database_errors.DESK_LIMITS, ("30s", "5s", "30s")),
        (UNLIMITED, ("0", "0", "0")),
    ],
)
def test_each_kind_of_work_has_its_limits(limited, work, said):
    limited(work)
    assert shown() == said


def test_the_next_request_on_a_connection_brings_its_own_limits(limited):
    limited(database_errors.DESK_LIMITS)
    assert shown() == ("30s", "5s", "30s")
    timeouts.current_limits.set(database_errors.READER_LIMITS)
    connection.close_if_unusable_or_obsolete()  # as at the start of every request
    assert shown() == ("5s", "1s", "5s")


def test_limits_cost_no_query_of_their_own(limited, django_assert_num_queries):
    limited(database_errors.READER_LIMITS)
    with django_assert_num_queries(1):
        shown()


def end(pid):
    fetch_all("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_connection_that_the_server_closed_is_no_fault_of_the_next_request(limited):
    limited(database_errors.READER_LIMITS)
    ((pid,),) = fetch_all("SELECT pg_backend_pid()")
    assert together((end, pid)) == [None]
    connection.health_check_done = False  # as at the start of every request
    ((other,),) = fetch_all("SELECT pg_backend_pid()")
    assert (other != pid, shown()) == (True, ("5s", "1s", "5s"))


def test_a_lost_host_is_noticed_by_commands_too():
    params = connection.get_connection_params()
    assert {name: params[name] for name in timeouts.KEEPALIVE_PARAMETERS} == {
        "connect_timeout": 10,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
    }


@pytest.mark.parametrize("path", PATHS)
def test_the_address_decides_and_nothing_remains(path):
    seen = []
    database_errors.DatabaseErrorsMiddleware(
        lambda request: seen.append(timeouts.current_limits.get())
    )(RequestFactory().get(path))
    assert (seen, timeouts.current_limits.get()) == ([PATHS[path]], UNLIMITED)


def test_a_statement_that_takes_too_long_is_ended_and_explained(limited):
    limited(TimeLimits(statement=1, lock=1, idle=1))
    with pytest.raises(OperationalError) as caught, connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")
    found = problems.problem_from_database_error(caught.value)
    assert (found.kind, str(found.detail)) == (
        "unavailable",
        "The request took too long. Request less data, or try again later.",
    )
    assert shown() == ("1s", "1s", "1s")


# A server that says nothing


@pytest.fixture
def silent_server():
    """It takes connections and never says a word, as a frozen one does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"host": "127.0.0.1", "port": server.getsockname()[1], "dbname": "none"}


def test_a_silent_server_is_given_up(silent_server):
    with pytest.raises(ServerUnresponsive, match="the server does not respond"):
        ResponsiveConnection.connect_guarded(silent_server, CircuitBreaker())


def test_a_refusal_is_an_answer_and_silence_opens_the_breaker(silent_server):
    asking = SimpleNamespace(parameters=silent_server, circuit_breaker=CircuitBreaker())
    asking.connect = ResponsiveConnection.connect
    assert not ResponsiveConnection.server_answers(asking)
    with pytest.raises(ServerUnresponsive):
        asking.circuit_breaker.raise_if_open()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        asking.parameters = silent_server | {"port": gone.getsockname()[1]}
    assert ResponsiveConnection.server_answers(asking)


def test_a_slow_answer_is_waited_for_while_the_server_answers_others(limited):
    limited(database_errors.READER_LIMITS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1.3), 'there'")  # two checks long
        assert cursor.fetchone()[1] == "there"


def test_a_session_that_hangs_alone_is_given_up_after_its_limit(limited, monkeypatch):
    limited(TimeLimits(statement=1, lock=1, idle=1))
    monkeypatch.setattr(timeouts, "STATEMENT_GRACE_SECONDS", 0.2)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        with pytest.raises(OperationalError, match="the server does not respond"):
            cursor.execute("SELECT pg_sleep(20)")
    connection.close()
    with connection.cursor() as cursor:  # it is still there, on the server
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND query = 'SELECT pg_sleep(20)'"
        )
        assert cursor.fetchall() == [(True,)]


def test_one_asks_a_silent_server_and_the_others_are_told():
    breaker, asked = CircuitBreaker(), []

    def ask():
        asked.append("asked")
        raise ServerUnresponsive

    def log_in(work=ask):
        with breaker.guard():
            work()

    for _ in range(3):
        with pytest.raises(ServerUnresponsive):
            log_in()
    assert asked == ["asked"]
    breaker.open_until = time.monotonic() - 1  # its rest is over
    breaker.raise_if_open()
    with pytest.raises(ServerUnresponsive):  # for somebody is asking now
        breaker.raise_if_open()
    breaker.open_until = time.monotonic() - 1
    log_in(lambda: asked.append("answered"))
    breaker.raise_if_open()
    breaker.raise_if_open()


def test_a_refusal_closes_the_breaker():
    breaker = CircuitBreaker()
    breaker.open_until = time.monotonic() - 1
    with pytest.raises(psycopg.OperationalError), breaker.guard():
        raise psycopg.OperationalError("the database system is starting up")
    breaker.raise_if_open()
    breaker.raise_if_open()


def test_the_embedded_server_is_in_trouble_like_any_other(limited, monkeypatch):
    def fail(folder):
        raise EmbeddedError("Another process uses it: wait until it ends, or stop it.")

    with monkeypatch.context() as patch:
        patch.setattr("config.postgres.embedded.start", fail)
        patch.setitem(connection.settings_dict, "EMBEDDED", "somewhere")
        with pytest.raises(EmbeddedError):
            connection.get_connection_params()
        limited(database_errors.READER_LIMITS)
        with pytest.raises(OperationalError, match="Another process uses it"):
            connection.ensure_connection()


# What is answered


def caused(error, cause):
    error.__cause__ = cause
    return error


SESSION = {"Cookie": "sessionid=somebody"}  # the desk looks it up
AWAY = "The database is unavailable. Please retry shortly."
TROUBLES = [
    (OperationalError("connection refused"), AWAY),
    (
        caused(InternalError("read-only"), errors.ReadOnlySqlTransaction()),
        "The database accepts no changes now. Try again later.",
    ),
    (
        caused(OperationalError("no space"), errors.DiskFull()),
        "The database is out of disk space. Try again later.",
    ),
    (
        caused(OperationalError("lock timeout"), errors.LockNotAvailable()),
        "Another user is changing the same data. Please try again.",
    ),
]


@pytest.mark.parametrize(("error", "said"), TROUBLES)
@pytest.mark.parametrize("path", ["/api/v1/actions/", "/", "/admin/"])
def test_every_page_says_that_the_database_is_unavailable(path, error, said):
    response = database_errors.DatabaseErrorsMiddleware(Client).process_exception(
        RequestFactory().get(path), error
    )
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "no-store" in response["Cache-Control"]
    assert said in response.content.decode()
    assert str(error) not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/api/v1/actions/", "/api/v1/actions/?format=csv", "/", "/admin/"]
)
def test_a_database_without_tables_is_a_503_that_says_what_to_do(path):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path TO pg_catalog")  # as before the first migration
        response = Client(raise_request_exception=False, headers=SESSION).get(path)
        transaction.set_rollback(True)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "run manage.py migrate." in response.content.decode()


def fail_with(monkeypatch, where, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(where, fail)


@pytest.mark.django_db
def test_a_page_without_its_database_is_no_traceback(client, monkeypatch):
    fail_with(monkeypatch, "web.views.home.load_summaries", OperationalError("secret"))
    response = client.get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "secret" not in response.content.decode()


@pytest.mark.django_db
def test_what_fails_outside_of_views_is_answered_alike(monkeypatch):
    """In middleware: a session that cannot be saved."""
    error = OperationalError("secret")
    fail_with(
        monkeypatch, "django.contrib.sessions.middleware.SessionMiddleware.process_request", error
    )
    response = Client(raise_request_exception=False).get("/api/v1/")
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert orjson.loads(response.content)["type"] == "/api/problems/unavailable/"


@pytest.mark.django_db
@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_a_file_whose_first_rows_fail_is_a_503(client, monkeypatch, format):
    """Once it has begun its status stands, and its end looks like any other."""
    make.publish_new_action("ban")
    whole = client.get("/api/v1/actions/", {"format": format})
    assert (whole.status_code, whole["Cache-Control"]) == (200, "no-store")
    fail_with(monkeypatch, "policy.search.query.IndexScan.page_sql", OperationalError("secret"))
    response = client.get("/api/v1/actions/", {"format": format})
    assert (response.status_code, response["Retry-After"]) == (503, "5")


@pytest.mark.django_db
def test_other_faults_stay_ours(monkeypatch):
    fail_with(monkeypatch, "web.views.home.load_summaries", RuntimeError("secret"))
    response = Client(raise_request_exception=False).get("/")
    assert (response.status_code, "Retry-After" in response.headers) == (500, False)


@pytest.mark.parametrize("error", [DataError("integer out of range"), IntegrityError("doubled")])
@pytest.mark.parametrize("path", ["/api/v1/actions/", "/"])
def test_the_last_net_answers_400_and_alerts(path, error, alerts):
    response = database_errors.DatabaseErrorsMiddleware(Client).process_exception(
        RequestFactory().get(path), error
    )
    assert (response.status_code, "Retry-After" in response.headers) == (400, False)
    assert "The request has a value that the database cannot store." in response.content.decode()
    assert [(record.levelname, record.getMessage()) for record in alerts] == [
        ("CRITICAL", f"only the database refused a value: {error}")
    ]
    alerts.clear()


@pytest.mark.django_db
def test_the_last_net_spans_the_api(client, monkeypatch, alerts):
    fail_with(
        monkeypatch, "api.http.conditional.CacheValidator.load", DataError("integer out of range")
    )
    response = client.get("/api/v1/actions/")
    assert (response.status_code, response.json()["title"]) == (400, "Bad request")
    assert len(alerts) == 1
    alerts.clear()


REASONS = {
    errors.LockNotAvailable: "Someone else is saving or publishing at the moment. Try again.",
    errors.ReadOnlySqlTransaction: "The database is read-only at the moment. Try again later.",
    errors.DiskFull: "The database has no disk space left. Tell the operator of this site.",
}


@pytest.mark.parametrize("cause", REASONS)
def test_curators_are_told_why_nothing_was_saved(cause):
    assert user_message(caused(OperationalError("x"), cause())) == REASONS[cause]


def test_what_a_form_let_through_to_the_database_is_a_fault_of_ours(alerts):
    assert user_message(caused(DataError("integer out of range"), errors.DataError())) == (
        "integer out of range"
    )
    assert [alert.getMessage() for alert in alerts] == [
        "only the database refused a value: integer out of range"
    ]
    alerts.clear()
