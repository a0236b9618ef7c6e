"""The fixtures of all tests, which share one database with terms, places and groups."""

import gc
import logging

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import setup_databases, teardown_databases
from pytest_django.live_server_helper import LiveServer

from api.http import problems
from api.http.conditional import CacheValidator
from policy.models import Jurisdiction, ReferenceVersion, Term

FIXTURES = settings.BASE_DIR / "fixtures"
settings.MAX_EXPORTS = 1000  # tests keep exports that they never close, servers do not
REFERENCE_MODELS = (
    *(Term, Jurisdiction, ReferenceVersion),
    *(Group, Permission, Group.permissions.through, ContentType),
)


def pytest_collection_finish():
    """Freeze imported objects, so that the garbage collector skips them."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure():
    gc.unfreeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """Do not wait for the disk at each commit."""
    options = settings.DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = "-c synchronous_commit=off"


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment, django_db_modify_db_settings, django_db_blocker, tmp_path_factory
):
    """Create a database with terms and places, and without records."""
    folder = tmp_path_factory.mktemp("reference")
    for name in ("terms.json", "jurisdictions.json"):
        (folder / name).write_bytes((FIXTURES / name).read_bytes())
    with django_db_blocker.unblock():
        databases = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        assert connection.settings_dict["NAME"].startswith("test_")
        call_command("load_dataset", folder, verbosity=0)
    yield
    with django_db_blocker.unblock():
        teardown_databases(databases, verbosity=0)


@pytest.fixture(scope="module")
def shared(django_db_setup, django_db_blocker):
    """Open a transaction for the fixtures of a module, and roll it back after its tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def few_places(shared):
    """Leave only countries and provinces of China: each publication reads all places."""
    others = Jurisdiction.objects.filter(code__contains="-").exclude(code__startswith="CN-")
    others._raw_delete(others.db)
    connection.check_constraints()


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """For tests that commit: truncate all tables that they may have written."""
    changed = set(apps.get_models(include_auto_created=True)) - set(REFERENCE_MODELS)
    with django_db_blocker.unblock():
        yield
        with connection.cursor() as cursor:
            tables = ", ".join(sorted(model._meta.db_table for model in changed))
            cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY")


@pytest.fixture
def address(committed, settings):
    """The URL of a live server."""
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


class FastPasswordHasher(Argon2PasswordHasher):
    """Argon2 with the lowest cost."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@pytest.fixture
def quickly(settings):
    """Hash passwords fast."""
    settings.PASSWORD_HASHERS = [f"{__name__}.{FastPasswordHasher.__name__}"]


@pytest.fixture(autouse=True)
def alerts():
    """The records of the alert log. The test fails unless it empties this list."""
    caught = []
    handler = logging.Handler()
    handler.emit = caught.append
    problems.alert_logger.addHandler(handler)
    yield caught
    problems.alert_logger.removeHandler(handler)
    assert [record.getMessage() for record in caught] == []


@pytest.fixture
def settled(monkeypatch):
    """Fix the time of the last publication, so that responses have Last-Modified."""
    monkeypatch.setattr(CacheValidator, "last_modified", 1_700_000_000)


@pytest.fixture
def seed(db):
    """Load the seed dataset."""
    call_command("load_dataset", FIXTURES, verbosity=0)


@pytest.fixture
def api(client: Client):
    """Return a function that gets a path under /api/v1/ and decodes its JSON."""

    def get(path: str, query: dict | None = None, /, status: int = 200, **more):
        response = client.get(f"/api/v1/{path}", (query or {}) | more)
        assert response.status_code == status, response.content
        return response.json()

    return get
