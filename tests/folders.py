"""Dataset folders for tests: a small valid one, one with history, and helpers to change them."""

import hashlib
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from policy.documents.evidence import coded_fields
from policy.models import ActionAgency, ActionEntity, Figure, Note, Release, Revision
from policy.models.action_parts import Relation
from policy.publishing import publish
from tests import factories as make

DATASET_JSON = {"name": "little", "version": "7", "schema_version": 1, "licence": "CC-BY-4.0"}
AGENCY_DOCUMENT = {
    "id": "ministry",
    "name": "Ministry",
    "type": "ministry",
    "jurisdiction": {"id": "CN"},
}
ENTITY_DOCUMENT = {"id": "exchange", "name": "Exchange", "type": "exchange"}
SOURCE_BYTES = make.SOURCE_TEXT.encode()
SOURCE_DOCUMENT = {
    "id": "wire",
    "title": "A wire story",
    "language": "en",
    "source_class": "wire",
    "sha256": hashlib.sha256(SOURCE_BYTES).hexdigest(),
    "bytes": len(SOURCE_BYTES),
    "text_sha256": hashlib.sha256(SOURCE_BYTES).hexdigest(),
    "characters": len(make.SOURCE_TEXT),
}


def citation_document(start: int, end: int, paragraph: int, quote: str) -> dict[str, Any]:
    return {
        "source": {"id": "wire"},
        "start": start,
        "end": end,
        "sha256": hashlib.sha256(make.SOURCE_TEXT[start:end].encode()).hexdigest(),
        "paragraph": paragraph,
        "quote": quote,
    }


def date_document(kind: str, on: str) -> dict[str, Any]:
    return {"kind": kind, "earliest": on, "latest": on, "precision": "day", "basis": "stated"}


def action_document(slug: str, **fields: Any) -> dict[str, Any]:
    """Return an action document in which two citations support every value."""
    document = {
        "id": slug,
        "title": slug.title(),
        "summary": f"What {slug} did.",
        "unit": "act",
        "type": "regulate",
        "status": "in_force",
        "stance": "prohibit",
        "attribution": "government",
        "legal_force": "binding_rule",
        "jurisdictions": [{"id": "CN"}],
        "activities": ["mining"],
        "agencies": [{"agency": {"id": "ministry"}, "role": "issuer", "naming": "named"}],
        "dates": [date_document("occurred", "2021-06-09")],
        "unknowns": {"penalty": "The source names none."},
    } | fields
    supports = [{"field": field, "basis": "stated"} for field in coded_fields(document)]
    both = [
        citation_document(0, 37, 1, "banned mining"),
        citation_document(39, 71, 2, "more than 20"),
    ]
    return document | {"citations": [{**each, "supports": supports} for each in both]}


RAID_DOCUMENT = action_document(
    "raid",
    type="arrest",
    entities=[{"entity": {"id": "exchange"}, "role": "affected", "naming": "named"}],
    figures=[
        {"kind": "persons_arrested", "value": 20, "comparator": "more_than", "unit": "persons"}
    ],
    relations=[{"type": "enforces", "action": {"id": "ban"}}],
)


def write_small_dataset(folder: Path) -> Path:
    """Write one record of each kind, and an action that refers to all of them."""
    folder.mkdir(exist_ok=True)
    write_file(folder, "dataset.json", DATASET_JSON)
    write_file(folder, "agencies/ministry.json", AGENCY_DOCUMENT)
    write_file(folder, "entities/exchange.json", ENTITY_DOCUMENT)
    write_file(folder, "sources/wire.json", SOURCE_DOCUMENT)
    write_file(folder, "actions/ban.json", action_document("ban"))
    write_file(folder, "actions/raid.json", RAID_DOCUMENT)
    return folder


def write_file(folder: Path, file: str, value: Any) -> None:
    """Write a file: bytes as they are, anything else as JSON."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())


def edit_file(folder: Path, file: str, edit: Callable[[Any], Any]) -> None:
    """Rewrite a file: `edit` changes the value in place, or returns another one."""
    value = json.loads((folder / file).read_bytes())
    again = edit(value)
    write_file(folder, file, value if again is None else again)


def read_history(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "revisions.ndjson").read_bytes().splitlines()]


def write_history(folder: Path, lines: list[Any]) -> None:
    """Write lines of the history, with leaves and seals that fit where they were."""
    write_sealed_history(folder, seal_lines(lines))


def seal_lines(lines: list[Any]) -> list[Any]:
    """Return lines with leaves and seals as docs/api.md describes them."""
    sealed, seal = [], "0" * 64
    for line in lines:
        if isinstance(line, dict) and line.get("leaf") and not line.get("redacted"):
            line = line | {"leaf": leaf_of(line)}
        if isinstance(line, dict) and line.get("leaf"):
            seal = hashlib.sha256((seal + line["leaf"]).encode()).hexdigest()
            line = line | {"seal": seal}
        sealed.append(line)
    return sealed


def leaf_of(line: dict[str, Any]) -> str:
    names = ("kind", "record", "revision", "event", "published_at", "reason", "merged_into")
    values = {name: line.get(name) for name in (*names, "review", "digest")}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_sealed_history(folder: Path, lines: list[Any]) -> None:
    write_file(folder, "revisions.ndjson", b"".join(encode_line(line) + b"\n" for line in lines))


def encode_line(line: Any) -> bytes:
    return line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode()


def with_valid_digest(line: dict[str, Any]) -> dict[str, Any]:
    """Return a line of the history with the digest of its changed document."""
    body = json.dumps(line["document"], ensure_ascii=False, separators=(",", ":")).encode()
    return line | {"digest": hashlib.sha256(body).hexdigest()}


def load_folder(folder: Path) -> str:
    """Run load_dataset and return what it prints, without the name of the folder."""
    output = StringIO()
    call_command("load_dataset", folder, stdout=output)
    return output.getvalue().removeprefix(f"{folder}: ").strip()


def get_load_errors(folder: Path) -> list[str]:
    """Return the errors of load_dataset, and check that the database is unchanged."""
    before, output = table_digests(), StringIO()
    with pytest.raises(CommandError, match=r"Nothing was loaded\.$"):
        call_command("load_dataset", folder, stderr=output)
    assert table_digests() == before
    return [line.replace(str(folder), "FOLDER") for line in output.getvalue().splitlines()]


def policy_tables() -> list[str]:
    models = apps.get_app_config("policy").get_models(include_auto_created=True)
    return [model._meta.db_table for model in models]


def table_digests() -> dict[str, str]:
    """Return a digest of the rows of each table."""
    digests = {}
    with connection.cursor() as cursor:
        for table in policy_tables():
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            digests[table] = cursor.fetchone()[0]
    return digests


def truncate_records(*kept: str) -> None:
    """Empty all tables but the named ones. The end of the test undoes this."""
    connection.check_constraints()
    emptied = [table for table in policy_tables() if table not in kept]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(emptied)}")


REFERENCE_TABLES = ("policy_term", "policy_jurisdiction")


def make_full_history() -> None:
    """Publish a history with every event, every kind of record and every review state."""
    by = make.reviewer()
    ministry = make.agency("ministry", native_name="部", aliases=["The “Ministry”"])
    bureau = make.agency("bureau", parent=ministry)
    exchange = make.entity("exchange", jurisdiction_id="SC")
    wire = make.source("wire", publisher="Wire", authors=["A. Author"])
    copy = make.source("copy", derived_from=wire, **publication_date("2021-06-10"))
    ban = make.action("ban", source=wire, agency=ministry)
    raid = make.action("raid", source=copy, agency=bureau, day="2021-07-01")
    add_every_part(raid, ban, exchange)
    make.cite(raid, wire, 39, 71)
    twin = make.action("twin", source=wire, agency=ministry)
    publish.publish([raid, ban, twin, copy, wire, exchange, bureau, ministry], by=by)
    ban.title = "A wider ban\n“with” quotes, 中文 and \\ "
    ban.edited_by = by
    ban.save()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.SELF_REVIEW", True)
        publish.publish([ban], by=by, reason="The article was corrected.\n")
    publish.merge(twin, ban, by=by, reason="The same ban.")
    publish.withdraw(raid, by=by, reason="It may not have happened.")
    publish.publish_loaded([raid], "story@1")
    other = make.entity("other")
    publish.publish([other], by=by)
    publish.withdraw(other, by=by, reason="Never mind.")
    create_release("2021.1", 8)
    create_release("2021.2", 8)


def publication_date(date: str) -> dict[str, Any]:
    return {
        "published_earliest": date,
        "published_latest": date,
        "published_precision_id": "precision.day",
        "published_basis_id": "basis.stated",
    }


def add_every_part(row: Any, target: Any, entity: Any) -> None:
    """Add a part of each kind to an action."""
    row.penalties.set(["penalty.fine"])
    row.unknowns.all().delete()
    ActionAgency.objects.create(
        action=row,
        role_id="agency_role.announcer",
        naming_id="naming.described",
        described_as="Chinese police",
    )
    ActionEntity.objects.create(
        action=row, entity=entity, role_id="entity_role.claimed", naming_id="naming.named"
    )
    Figure.objects.create(
        action=row,
        kind_id="figure.persons_arrested",
        value="20.5",
        comparator_id="comparator.more_than",
        unit="persons",
        claimed_by="entities/exchange",
    )
    Relation.objects.create(
        action=row, type_id="relation.enforces", target=target, reason="It says so."
    )
    Note.objects.create(action=row, kind_id="note.doubt", field="figures", text="Perhaps fewer.")
    make.add_date(row, "2021-07-02", "announced", "2021-07-09")
    row.unknowns.create(field="dates/effective", reason="Nobody says.")


def create_release(version: str, number: int) -> None:
    revision = Revision.objects.get(pk=number)
    Release.objects.create(
        version=version,
        as_of=revision.published_at,
        revision=revision,
        checksums={"b.json": "1", "a.json": "2"},
        notes="First.",
    )
