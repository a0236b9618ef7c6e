"""`backup`, `restore` and `stop_database`: what they write, and what they refuse.

prove/test_backup.py backs up one database and restores it into another.
"""

import os
import re

import pytest
from django.core.management import CommandError, call_command

from config.postgres import embedded
from config.postgres.base import PgDumpClient
from config.postgres.database_url import parse_database_url
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def test_a_backup_is_private_whole_and_never_overwritten(tmp_path, capsys):
    file = tmp_path / "backup"
    call_command("backup", file)
    size = file.stat().st_size
    assert capsys.readouterr().out == (
        f"{file}: {size:,} bytes. It contains private data. Keep it private.\n"
    )
    assert (file.read_bytes()[:5], file.stat().st_mode & 0o777) == (b"PGDMP", 0o600)
    with pytest.raises(CommandError, match=f"^{file} exists already. Choose another name.$"):
        call_command("backup", file)
    assert (file.stat().st_size, os.listdir(tmp_path)) == (size, ["backup"])


def test_a_failed_backup_leaves_no_file(monkeypatch, tmp_path):
    monkeypatch.setattr(PgDumpClient, "executable_name", "pg_missing")
    with pytest.raises(CommandError) as refused:
        call_command("backup", tmp_path / "backup")
    assert re.fullmatch(
        r"Nothing was backed up: \S*pg_missing is not installed. "
        "On Debian: apt install postgresql-client",
        str(refused.value),
    )
    assert os.listdir(tmp_path) == []


def test_a_database_with_tables_is_not_restored_into(tmp_path):
    make.publish_new_action("ban")
    with pytest.raises(CommandError, match=r"^The database contains \d+ tables. Create an empty"):
        call_command("restore", tmp_path / "backup")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann@/events?host=/run/postgresql",
            {"HOST": "/run/postgresql", "USER": "ann", "NAME": "events", "PORT": ""},
        ),
        (
            "postgresql://ann@%2Frun%2Fpostgresql:5433/events?sslmode=require",
            {"HOST": "/run/postgresql", "PORT": 5433, "OPTIONS": {"sslmode": "require"}},
        ),
        (
            "postgresql:///?host=db.example&port=5433&user=ann&password=x%26y&dbname=events",
            {"HOST": "db.example", "PORT": "5433", "USER": "ann", "PASSWORD": "x&y"},
        ),
    ],
)
def test_the_database_is_that_of_the_url_in_each_form_of_postgresql(url, expected):
    database = parse_database_url(url)
    assert {name: database[name] for name in expected} == expected
    args, _ = PgDumpClient.settings_to_cmd_args_env(database, [])
    assert args[args.index("-h") + 1] == database["HOST"]


def test_only_an_embedded_database_is_stopped(settings, monkeypatch, capsys):
    stopped = []
    monkeypatch.setattr(embedded, "stop", stopped.append)
    for is_embedded, output in (
        (True, "The embedded database is stopped.\n"),
        (False, "DATABASE_URL is set, so there is no embedded database to stop.\n"),
    ):
        monkeypatch.setitem(settings.DATABASES["default"], "EMBEDDED", is_embedded)
        call_command("stop_database")
        assert capsys.readouterr().out == output
    assert stopped == [settings.DATA_DIR]
