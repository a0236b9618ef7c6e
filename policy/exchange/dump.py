"""Write the published dataset, history included, into a folder that load_dataset reads."""

import json
from collections.abc import Iterable, Iterator
from errno import EEXIST
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from policy.documents.build import instant
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.reference import JurisdictionRow, TermRow, ancestors
from policy.exchange.folder import FOLDERS, HISTORY
from policy.models import Jurisdiction, Release, Revision, Term
from policy.progress import Watch, unwatched


def dump(folder: Path, name: str = "policy-events", watch: Watch = unwatched) -> int:
    """Write a dump. Returns the version that it holds. The same version gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    refuse_records(folder)
    version = Revision.objects.version()
    releases = Release.objects.filter(revision__lte=version).order_by("as_of", "version")
    write_json(folder / "dataset.json", about(name, version))
    write_rows(folder / "terms.json", map(term_row, Term.objects.order_by("position", "id")))
    write_rows(folder / "jurisdictions.json", map(JurisdictionRow.of, in_tree_order()))
    write_rows(folder / "releases.json", map(release_row, releases))
    write_lines(folder / HISTORY, watch(history(version), "Writing revisions", version))
    return version


def refuse_records(folder: Path) -> None:
    """Records in files of their own would be loaded together with the dump."""
    for plural in FOLDERS.values():
        if (folder / plural).exists():
            raise FileExistsError(EEXIST, f"holds {plural}/, which is no part of a dump")


def about(name: str, version: int) -> dict[str, Any]:
    return {
        "name": name,
        "title": settings.DATASET_TITLE,
        "version": str(version),
        "schema_version": SCHEMA_VERSION,
        "licence": settings.DATASET_LICENCE,
    }


def term_row(term: Term) -> dict[str, Any]:
    row = TermRow.of(term)
    return {name: row[name] for name in TermRow._declared_fields if name != "position"}


def in_tree_order() -> list[Jurisdiction]:
    """Countries, then what lies in them: a parent always comes before its parts."""
    places = list(Jurisdiction.objects.all())
    parents = {place.pk: place.parent_id for place in places}
    return sorted(places, key=lambda place: (len(ancestors(place.pk, parents)), place.pk))


def release_row(release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "as_of": instant(release.as_of),
        "revision": release.revision_id,
        "checksums": release.checksums,
        "notes": release.notes,
    }


def history(version: int) -> Iterator[bytes]:
    for r in Revision.objects.filter(id__lte=version).order_by("id").iterator(500):
        yield orjson.dumps(
            {
                "version": r.id,
                "kind": r.kind,
                "record": r.record,
                "revision": r.number,
                "event": r.event,
                "published_at": instant(r.published_at),
                "reason": r.reason,
                "merged_into": r.merged_into,
                "review": r.review,
                "digest": r.digest,
                "document": orjson.Fragment(r.document),
            }
        )


def write_json(path: Path, value: Any) -> None:
    replace(path, [json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"])


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """An array with one row a line, so that differences read well."""
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    replace(path, [b"[\n", b",\n".join(lines), b"\n]\n"])


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    replace(path, (line + b"\n" for line in lines))


def replace(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
