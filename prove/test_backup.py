"""Whatever was in the database comes back from a backup; the dataset moves between versions."""

import re
from pathlib import Path

import psycopg
import pytest

from bench import generate
from policy.exchange.folder import HISTORY_FILE
from prove import RUN_LONG_PROOFS
from prove.clusters import TESTED_MAJORS, InstalledCluster, running_cluster
from tests.conftest import FIXTURES

ACTIONS = 100_000 if RUN_LONG_PROOFS else 300
RANDOM = re.compile(r"^\\(un)?restrict .*$", re.MULTILINE)  # a token for psql, new in every dump
# PostgreSQL spells the same check otherwise once it has read its own spelling: a list of words of
# which each is cast to text, or the list as a whole.
EACH = re.compile(r"\(('\w*'::character varying)\)::text")
WHOLE = re.compile(r"\((ARRAY\[[^]]+\])\)::text\[\]")
PRIVATE = """
INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff,
    is_active, date_joined) VALUES ('!', true, 'ada', '', '', '', true, true, now());
INSERT INTO policy_sourcetext SELECT id, 'bytes', 'words of an article', now() FROM policy_source;
UPDATE policy_agency SET note = 'a private note';
UPDATE policy_action SET title = 'an unpublished title';
"""


@pytest.fixture(scope="module", params=TESTED_MAJORS)
def server(request):
    with running_cluster(request.param) as made:
        yield made


def plain(server: InstalledCluster, database: str) -> str:
    """The database as text. Owners and grants are database_roles' business."""
    options = ("--no-owner", "--no-privileges", database)
    text = RANDOM.sub("", server.run("pg_dump", *options))
    return WHOLE.sub(r"\1", EACH.sub(r"\1", text))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_dump_restore_dump_is_identical(server, tmp_path, figure):
    first, file = server.createdb("first"), tmp_path / "policy.backup"
    server.run_manage_py(first, "migrate", "-v0")
    server.run_manage_py(first, "load_dataset", FIXTURES)
    with psycopg.connect(first) as session:
        session.execute(PRIVATE)
    server.run_manage_py(first, "database_roles")
    server.run_manage_py(server.url("first", "first_backup"), "backup", file)
    assert file.stat().st_mode & 0o077 == 0
    second = server.createdb("second")
    server.run_manage_py(second, "restore", file)
    before, after = plain(server, "first"), plain(server, "second")
    assert before == after
    for private in ("ada", "words of an article", "a private note", "an unpublished title"):
        assert private in after
    server.run_manage_py(second, "database_roles")
    assert "up to date" in server.run_manage_py(second, "database_roles", "--check")
    figure(f"A restored backup dumps the same {len(after.encode()):,} bytes ({version(server)}).")


def version(server: InstalledCluster) -> str:
    return server.run("postgres", "--version").split("(PostgreSQL) ")[1].split()[0]


def test_a_backup_never_replaces_nor_is_poured_over_anything(server, tmp_path):
    url, file = server.createdb("third"), tmp_path / "policy.backup"
    server.run_manage_py(url, "migrate", "-v0")
    server.run_manage_py(url, "backup", file)
    with pytest.raises(AssertionError, match="exists already"):
        server.run_manage_py(url, "backup", file)
    with pytest.raises(AssertionError, match=r"contains \d+ tables. Create an empty one"):
        server.run_manage_py(url, "restore", file)
    broken = tmp_path / "broken.backup"
    broken.write_bytes(file.read_bytes()[:-2000])
    empty = server.createdb("fourth")
    with pytest.raises(AssertionError, match="Nothing was restored: "):
        server.run_manage_py(empty, "restore", broken)
    with psycopg.connect(empty) as session:
        count = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        assert session.execute(count).fetchone() == (0,)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """A synthetic one, with history."""
    folder = tmp_path_factory.mktemp("dataset")
    generate.write(folder, ACTIONS, 1)
    return folder


def test_the_dataset_moves_between_versions_and_stays_the_same(dataset, tmp_path, figure):
    """Loaded on 18, dumped, loaded on 15, dumped, and back."""
    with running_cluster("18") as new, running_cluster("15") as old:
        steps = ((new, "one"), (old, "two"), (new, "three"))
        folders = [dataset, *(tmp_path / name for _, name in steps)]
        for (server, name), source, target in zip(steps, folders, folders[1:], strict=False):
            url = server.createdb(name)
            server.run_manage_py(url, "migrate", "-v0")
            server.run_manage_py(url, "load_dataset", source)
            server.run_manage_py(url, "dump_dataset", target)
    first, second, third = map(bytes_of, folders[1:])
    assert first == second == third
    assert first[HISTORY_FILE].count(b"\n") > ACTIONS
    size = sum(map(len, first.values()))
    figure(f"{ACTIONS:,} actions, {size:,} bytes, are the same on 18, on 15 and on 18 again.")
