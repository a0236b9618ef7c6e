"""Landed migrations never change, databases of 0.9.0 upgrade, and older ones are refused."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from policy import audit
from policy.exchange.dump import dump_dataset
from policy.models import Action, Comment, Revision
from tests.database_snapshot import empty_database, load_rows, read_schema

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent
# A landed migration is never edited. Write a new one, and add its SHA-256 here.
LANDED: dict[str, str] = {
    "desk/migrations/0001_initial.py": (
        "aacabddd465c43010e965c034ce60ac44a8a02ca64b9bd95054d557541990953"
    ),
    "policy/migrations/0001_initial.py": (
        "a98386e29a607559f6841d95ed635f2b1a6f6645097c284955a19499069f473d"
    ),
    "policy/migrations/0002_revision_triggers.py": (
        "ab843dc995d9d00869cdad6a9b768a1c8c86dbbd60fbf271e8f062034affd8eb"
    ),
    "policy/migrations/0003_citation_triggers.py": (
        "176e1d8404f3fa3bac9b29d22814b7e7f1bfa3c1afd7b3445eade569149094a2"
    ),
    "policy/migrations/0004_review_triggers.py": (
        "0e103504702aedfe8281f04b1d7d577da2c8b9ae2ba5c5d4b667759c285e073d"
    ),
    "policy/migrations/0005_edits_void_reviews.py": (
        "9881eeedab6201f5443a01dd8bca1f47c9c4dde86a336631cf2e51007f8b8e40"
    ),
    "policy/migrations/0006_groups.py": (
        "2ea0b8fe1e455d2425927e77e9ade89d026d1ecb01e927824b98c45ea709e68a"
    ),
    "policy/migrations/0007_parts_targets_and_identifiers.py": (
        "4abdaa6ee884dd5376cb030334c6154c72571b468c7d85d937a0ac444828f5ed"
    ),
    "policy/migrations/0008_public_seals.py": (
        "8ae857fede765dcef04b4a988c959d73874a42da633304f2b109c33f356d2427"
    ),
    "policy/migrations/0009_account_events.py": (
        "b2da4e846b03638a8d9f98f7ea6dcc4637687fcf3e134ccf7342b307aa9367e0"
    ),
    "desk/migrations/0002_access_requests.py": (
        "20402d38ab0e928aad6d5b120f01fa52473f179126350a6bfe19bd8eeda3933a"
    ),
}
LAST_OF_0_9_0 = {"policy": "0006_groups", "desk": "0001_initial"}


def test_landed_migrations_are_unchanged():
    paths = [*ROOT.glob("policy/migrations/0*.py"), *ROOT.glob("desk/migrations/0*.py")]
    hashes = {
        str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }
    assert hashes == LANDED


@pytest.mark.django_db
def test_a_database_from_before_0_9_0_is_refused_and_left_unchanged():
    recorder = MigrationRecorder(connection)
    recorder.record_applied("policy", "0002_database_promises")
    before = recorder.applied_migrations().keys()
    with pytest.raises(CommandError, match=r"a version of Policy Events before 0\.9\.0") as error:
        call_command("migrate", verbosity=0)
    assert "manage.py dump_dataset FOLDER" in str(error.value)
    assert "manage.py load_dataset FOLDER" in str(error.value)
    assert recorder.applied_migrations().keys() == before


def contents_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_a_database_of_0_9_0_upgrades_to_what_a_new_one_would_be(
    django_db_setup, django_db_blocker, tmp_path
):
    """Schema and dump are those of a new database; drafts, users and the audit log are kept."""
    with django_db_blocker.unblock():
        with empty_database("test_upgrade"):
            for app in ("contenttypes", "auth", "admin", "sessions"):
                call_command("migrate", app, verbosity=0)
            for app, name in LAST_OF_0_9_0.items():
                call_command("migrate", app, name, verbosity=0)
            load_rows(ROOT / "tests" / "data" / "database-0.9.0.zip")
            call_command("migrate", verbosity=0)
            upgraded = read_schema()
            dump_dataset(tmp_path / "upgraded")
            assert list(audit.audit_faults()) == []
            published = set(Revision.objects.values_list("record", flat=True))
            drafts = Action.objects.exclude(slug__in=published).values_list("slug", flat=True)
            assert sorted(drafts) == ["zqsentinelqz-action", "zqsentinelqz-returned"]
            users = User.objects.order_by("username").values_list("username", flat=True)
            assert list(users) == ["reviewer", "zqsentinelqz-curator", "zqsentinelqz-reviewer"]
            assert Comment.objects.count() == 4
        with empty_database("test_upgrade"):
            call_command("migrate", verbosity=0)
            call_command("load_dataset", tmp_path / "upgraded", verbosity=0)
            dump_dataset(tmp_path / "fresh")
            assert list(audit.audit_faults()) == []
            assert read_schema() == upgraded
    dumped = contents_of(tmp_path / "upgraded")
    assert len(dumped) > 3
    assert contents_of(tmp_path / "fresh") == dumped


def test_a_dump_of_0_9_0_loads_with_its_documents_unchanged(
    django_db_setup, django_db_blocker, tmp_path
):
    """The file is what dump_dataset of 0.9.0 wrote of the database in database-0.9.0.zip."""
    old = tmp_path / "old"
    with zipfile.ZipFile(ROOT / "tests" / "data" / "dump-0.9.0.zip") as archive:
        archive.extractall(old)
    for source, copy in [("old", "first"), ("first", "second")]:
        with django_db_blocker.unblock(), empty_database("test_upgrade"):
            call_command("migrate", verbosity=0)
            call_command("load_dataset", tmp_path / source, verbosity=0)
            dump_dataset(tmp_path / copy)
            assert list(audit.audit_faults()) == []
    first = contents_of(tmp_path / "first")
    lines = [json.loads(line) for line in first["revisions.ndjson"].splitlines()]
    sealed = [line.pop("leaf") + line.pop("seal") for line in lines]
    assert len(sealed[-1]) == 128
    before = (old / "revisions.ndjson").read_bytes().splitlines()
    assert lines == [json.loads(line) for line in before]
    assert contents_of(tmp_path / "second") == first
