"""Each process may do in the database what its work needs, and nothing else."""

import json
import os
import stat
import subprocess
import sys
from io import StringIO
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.postgres import embedded_home, grants
from config.postgres.base import get_embedded_address as embedded_address
from config.postgres.grants import DATABASE_ROLES, PUBLIC_TABLES, RESTRICTED_TABLES, Privileges
from policy.models import Revision
from tests import factories as make

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent
RIGHT = "The roles are up to date.\n"
# Every table on which the application has all privileges. Add a new table here or to
# RESTRICTED_TABLES.
WORKBENCH = {
    *(f"auth_{name}" for name in ("group_permissions", "user_groups", "user_user_permissions")),
    *("django_session", "policy_action", "policy_action_activities", "policy_action_jurisdictions"),
    *("policy_action_penalties", "policy_actionagency", "policy_actiondate", "policy_actionentity"),
    *("policy_actiontarget",),
    *("policy_agency", "policy_citation", "policy_entity", "policy_figure", "policy_note"),
    *("policy_relation", "policy_source", "policy_sourcetext", "policy_unknown"),
    *("policy_credit", "policy_brokencitation", "policy_renamed"),
    *("desk_loginattempt", "desk_accessrequest"),
}


def run(*arguments, **options):
    out = StringIO()
    call_command("database_roles", *arguments, stdout=out, **options)
    return out.getvalue()


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def names():
    return Privileges(connection).names


def url_of(role, folder=None):
    """Where a role signs in: with its password on a server, by its owner's name at home."""
    if folder:
        return (folder / f"{role}.url").read_text().strip()
    host = quote(str(embedded_address(connection.settings_dict)["host"]), safe="")
    return f"postgresql://{names()[role]}@{host}:{embedded_home.SOCKET_PORT}/{connection.settings_dict['NAME']}"


@pytest.fixture(scope="module")
def roles(django_db_setup, django_db_blocker, tmp_path_factory):
    """The roles in the tests' database, and the address of each."""
    at_home = bool(connection.settings_dict.get("EMBEDDED"))
    folder = None if at_home else tmp_path_factory.mktemp("urls")
    with django_db_blocker.unblock():
        run(*(["--urls", str(folder)] if folder else []))
        yield {role: url_of(role, folder) for role in DATABASE_ROLES}
        execute(f'REASSIGN OWNED BY "{names()["migrate"]}" TO CURRENT_USER')
        for name in names().values():
            execute(f'DROP OWNED BY "{name}"')
            execute(f'DROP ROLE "{name}"')


@pytest.fixture
def as_role(roles):
    """Ask something as a role; what it answers, or the error's name."""
    sessions = {}

    def ask(role, sql):
        if role not in sessions:
            sessions[role] = psycopg.connect(roles[role], autocommit=True)
            sessions[role].execute("SET default_transaction_read_only = off")
        try:
            cursor = sessions[role].execute(sql)
            return cursor.fetchall() if cursor.description else "done"
        except psycopg.Error as error:
            return type(error).__name__

    yield ask
    for session in sessions.values():
        session.close()


def tables():
    with connection.cursor() as cursor:
        return {table.name for table in connection.introspection.get_table_list(cursor)}


# Making them


def test_a_second_time_changes_nothing(roles, committed):
    assert (run(), run("--check")) == (RIGHT, RIGHT)


DRIFT = {
    'GRANT INSERT ON policy_revision TO "{read}"': (
        'REVOKE INSERT ON TABLE "policy_revision" FROM "{read}";'
    ),
    'GRANT UPDATE (document) ON policy_revision TO "{app}"': (
        'REVOKE UPDATE (document) ON TABLE "policy_revision" FROM "{app}";'
    ),
    "GRANT SELECT ON policy_sourcetext TO public": (
        'REVOKE SELECT ON TABLE "policy_sourcetext" FROM PUBLIC;'
    ),
    'REVOKE SELECT ON policy_sourcetext FROM "{backup}"': (
        'GRANT SELECT ON TABLE "policy_sourcetext" TO "{backup}";'
    ),
    'GRANT pg_write_all_data TO "{read}"': 'REVOKE "pg_write_all_data" FROM "{read}";',
    'ALTER ROLE "{app}" CREATEDB': f'ALTER ROLE "{{app}}" {grants.ROLE_ATTRIBUTES};',
    "ALTER TABLE policy_note OWNER TO CURRENT_USER": (
        'ALTER TABLE "policy_note" OWNER TO "{migrate}";'
    ),
    "ALTER FUNCTION policy_slug_is_fixed() OWNER TO CURRENT_USER": (
        'ALTER FUNCTION "policy_slug_is_fixed"() OWNER TO "{migrate}";'
    ),
    'ALTER ROLE "{read}" RESET ALL': (
        'ALTER ROLE "{read}" RESET ALL;\n'
        'ALTER ROLE "{read}" SET default_transaction_read_only = on;'
    ),
    'ALTER DEFAULT PRIVILEGES FOR ROLE "{migrate}" IN SCHEMA public '
    'GRANT SELECT ON TABLES TO "{read}"': (
        'ALTER DEFAULT PRIVILEGES FOR ROLE "{migrate}" IN SCHEMA public '
        'REVOKE SELECT ON TABLES FROM "{read}";'
    ),
}


@pytest.mark.parametrize("drift", DRIFT)
def test_what_somebody_changed_is_named_and_mended(roles, committed, drift):
    execute(drift.format(**names()))
    out, said = StringIO(), DRIFT[drift].format(**names())
    count = said.count(";")
    with pytest.raises(CommandError, match=f"^Changes needed: {count}. Run database_roles.$"):
        call_command("database_roles", "--check", stdout=out)
    assert out.getvalue() == f"{said}\n"
    assert run() == f"{said}\nChanges made: {count}.\n"
    assert run("--check") == RIGHT


def test_who_may_not_is_told_who_may(roles, committed):
    execute('GRANT INSERT ON policy_revision TO "{read}"'.format(**names()))
    said = command(roles["app"], "database_roles")
    assert "Nothing was changed: " in said
    assert f"if the roles exist, as {names()['migrate']}" in said
    mended = command(roles["migrate"], "database_roles")
    assert mended.endswith("Changes made: 1.\n")


def command(url, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_passwords_are_written_once_for_their_owner_alone(roles, committed, tmp_path):
    if connection.settings_dict.get("EMBEDDED"):
        with pytest.raises(
            CommandError, match=r"^Only its owner can connect to the embedded database"
        ):
            run("--urls", str(tmp_path))
        return
    assert [line.split(": ")[1] for line in run("--urls", str(tmp_path)).splitlines()[:4]] == (
        ["written."] * 4
    )
    files = {role: tmp_path / f"{role}.url" for role in DATABASE_ROLES}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    before = {role: path.read_text() for role, path in files.items()}
    assert run("--urls", str(tmp_path)) == RIGHT
    assert {role: path.read_text() for role, path in files.items()} == before
    assert connects(before) == list(DATABASE_ROLES)
    run("--urls", str(tmp_path), "--renew")
    after = {role: path.read_text() for role, path in files.items()}
    assert len({urlsplit(url).password for url in (before | after).values()}) == 4
    assert set(before.values()) & set(after.values()) == set()
    assert connects(after) == list(DATABASE_ROLES)


def connects(urls):
    found = []
    for role, url in urls.items():
        with psycopg.connect(url.strip()) as session:
            found += [role for _ in session.execute("SELECT 1")]
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--renew"], "Use --renew only with --urls, and --check without both."),
        (["--check", "--urls", "/"], "Use --renew only with --urls, and --check without both."),
    ],
)
def test_options_that_do_not_fit_are_refused(committed, arguments, said):
    if not connection.settings_dict.get("EMBEDDED") or "--urls" not in arguments:
        with pytest.raises(CommandError) as caught:
            run(*arguments)
        assert str(caught.value) == said


# What each may


PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def allowed(role):
    """The whole matrix: which privileges a role has on which table, columns counted in."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, p FROM pg_class, unnest(%s::text[]) p"
            " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND"
            " CASE WHEN p IN ('DELETE', 'TRUNCATE') THEN has_table_privilege(%s, oid, p)"
            " ELSE has_any_column_privilege(%s, oid, p) END",
            [list(PRIVILEGES), names()[role], names()[role]],
        )
        return set(cursor.fetchall())


def test_the_matrix(roles, committed):
    """Every table of the database is placed, and means what its place says."""
    assert tables() == WORKBENCH | set(RESTRICTED_TABLES)
    assert allowed("read") == {(table, "SELECT") for table in PUBLIC_TABLES}
    assert allowed("backup") == {(table, "SELECT") for table in tables()}
    everything = {(table, each) for table in WORKBENCH for each in grants.WRITE_PRIVILEGES}
    less = {
        (table, each.split()[0]) for table in RESTRICTED_TABLES for each in RESTRICTED_TABLES[table]
    }
    assert allowed("app") == everything | less
    assert not {(table, "DELETE") for table in RESTRICTED_TABLES} & allowed("app")


def statements(table):
    with connection.cursor() as cursor:
        first = connection.introspection.get_table_description(cursor, table)[0].name
    return [
        f"INSERT INTO {table} DEFAULT VALUES",
        f"UPDATE {table} SET {first} = {first}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} ADD COLUMN more int",
        f"DROP TABLE {table} CASCADE",
    ]


@pytest.mark.parametrize("role", ["read", "backup"])
def test_every_write_is_refused(roles, committed, as_role, role):
    """To a session that has switched off its role's own read-only setting, too."""
    tried = {(table, sql): as_role(role, sql) for table in tables() for sql in statements(table)}
    assert len(tried) == 6 * len(tables())
    assert {key: said for key, said in tried.items() if said != "InsufficientPrivilege"} == {}


@pytest.mark.parametrize("role", ["app", "read", "backup"])
@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mine",
        "ALTER TABLE policy_revision DISABLE TRIGGER revision_is_immutable",
        "SET session_replication_role = replica",
        "COPY policy_term TO PROGRAM 'true'",
    ],
)
def test_nobody_but_migrate_changes_the_shape(roles, committed, as_role, role, sql):
    assert as_role(role, sql) == "InsufficientPrivilege"


def test_what_is_private_is_closed_to_the_public(roles, committed, as_role):
    private = tables() - set(PUBLIC_TABLES)
    assert {"policy_sourcetext", "policy_action", "auth_user", "django_session"} < private
    answers = {as_role("read", f"SELECT count(*) FROM {table}") for table in private}
    assert answers == {"InsufficientPrivilege"}


def test_history_only_grows_for_the_application(roles, committed, as_role):
    make.publish_new_action("ban")
    tries = [
        "UPDATE policy_revision SET document = document",
        "DELETE FROM policy_revision",
        "TRUNCATE policy_revision CASCADE",
        "DELETE FROM policy_facet",
        "UPDATE policy_facet SET value_id = value_id",
        "DELETE FROM policy_csvrow",
        "UPDATE policy_csvrow SET text = text",
        "DELETE FROM django_admin_log",
        "UPDATE django_admin_log SET change_message = ''",
        "DELETE FROM auth_user",
    ]
    assert {as_role("app", sql) for sql in tries} == {"InsufficientPrivilege"}
    assert as_role("app", "SELECT count(*) FROM policy_revision") == [(Revision.objects.count(),)]


def test_the_way_past_the_triggers_is_shut_to_the_application(roles, committed, as_role):
    """By privilege; and by trigger, should somebody grant it more than it needs."""
    make.publish_new_action("ban")
    forge = "UPDATE policy_revision SET document = '{}', event = 'takedown'"
    edit = "UPDATE policy_auditevent SET detail = '{}'"
    assert as_role("migrate", "SELECT policy_may_take_down()") == [(False,)]
    for role in DATABASE_ROLES:  # which anybody may say
        as_role(role, "SET policy.take_down = 'on'")
    found = {role: as_role(role, "SELECT policy_may_take_down()") for role in DATABASE_ROLES}
    assert found == {role: [(role == "migrate",)] for role in DATABASE_ROLES}
    assert [as_role("app", sql) for sql in (forge, edit)] == ["InsufficientPrivilege"] * 2
    name = names()["app"]
    execute(f'GRANT UPDATE ON policy_revision, policy_auditevent TO "{name}"')
    try:
        assert [as_role("app", sql) for sql in (forge, edit)] == ["RestrictViolation"] * 2
    finally:
        as_role("migrate", "RESET policy.take_down")
        command(roles["migrate"], "database_roles")  # takes the columns' rights along
        assert "Changes made: " in command(roles["migrate"], "database_roles")


def test_only_the_owner_takes_records_down(roles, committed):
    make.publish_new_action("ban")
    asked = ("take_down", "action/ban", "--reason", "A court ordered it.", "--yes")
    asked += ("--by", make.reviewer().username)
    said = command(roles["app"], *asked)
    assert "Only the role that owns the tables can take records down." in said
    assert "Nothing was taken down." in said
    assert not Revision.objects.filter(event="takedown").exists()
    assert "Removed:\n  revisions: 1\n" in command(roles["migrate"], *asked)
    assert Revision.objects.filter(event="takedown").count() == 2


def test_a_new_table_is_in_the_next_backup_and_nobody_elses_yet(roles, committed, as_role):
    assert as_role("migrate", "CREATE TABLE policy_new (id int)") == "done"
    try:
        ask = "SELECT count(*) FROM policy_new"
        found = {role: as_role(role, ask) for role in ("app", "read", "backup")}
        refused = "InsufficientPrivilege"
        assert found == {"app": refused, "read": refused, "backup": [(0,)]}
        assert command(roles["migrate"], "database_roles").endswith("Changes made: 4.\n")
        assert (as_role("app", ask), as_role("read", ask)) == ([(0,)], refused)
    finally:
        as_role("migrate", "DROP TABLE policy_new")


# The public process

ANSWER = """
import hashlib, json, sys
import django
django.setup()
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
settings.ALLOWED_HOSTS = ["testserver"]
client = Client()
client.cookies[settings.SESSION_COOKIE_NAME] = "brought-along"
def answer(address):
    response = client.get(address)
    body = b"".join(response) if response.streaming else response.content
    body = body.replace(response["X-Request-ID"].encode(), b"")
    del response["X-Request-ID"]
    return response.status_code, sorted(response.headers.items()), hashlib.sha256(body).hexdigest()
answers = {address: answer(address) for address in json.load(sys.stdin)}
IMPORTED_BY_DRF = ("django.contrib.admin", "django.contrib.messages")
there = {*sys.modules, *settings.INSTALLED_APPS, *settings.MIDDLEWARE}
unwanted = {"django.contrib.sessions.middleware"}
unwanted |= {"policy.publishing.publish", "policy.exchange.write_rows"}
unwanted |= {name for name in settings.DESK_ONLY if name not in IMPORTED_BY_DRF}
served = {*settings.INSTALLED_APPS} & {*settings.DESK_ONLY}
print(json.dumps([answers, sorted(unwanted & there | served)]))
"""


def public(url, addresses):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ANSWER],
        input=json.dumps(addresses),
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": url, "DESK": "off", "SECRET_KEY": "k" * 50}
        | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_public_process_has_no_desk(roles, committed):
    answers, _ = public(roles["read"], ["/admin/", "/admin/login/", "/", "/readyz"])
    assert [status for status, _, _ in answers.values()] == [404, 404, 200, 200]
    assert "/admin/" not in command(
        roles["read"], "shell", "-v0", "-c", HOME, DESK="off", ALLOWED_HOSTS="testserver"
    )


HOME = "from django.test import Client; print(Client().get('/').content.decode())"


@pytest.mark.django_db
def test_without_a_desk_no_reader_is_taken_for_a_curator(client, settings):
    make.publish_new_action("ban")
    client.force_login(make.reviewer())
    assert "Cookie" in client.get("/actions/ban/")["Vary"]
    settings.DESK = False
    page = client.get("/actions/ban/")
    assert "Cookie" not in page["Vary"]
    assert "no-store" not in page.get("Cache-Control", "")
    assert b">Edit<" not in page.content


@pytest.mark.parametrize("role", ["app", "migrate", "backup"])
def test_a_public_process_that_may_do_more_is_not_ready(roles, committed, role):
    answers, _ = public(roles[role], ["/readyz"])
    assert answers["/readyz"][0] == 503
