"""Write the published dataset, history included, into a folder that load_dataset reads."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from policy.document import SCHEMA_VERSION, instant
from policy.models import Jurisdiction, Release, Revision, Term
from policy.reference import JurisdictionRow, TermRow


def dump(folder: Path, name: str = "policy-events") -> int:
    """Write a dump. Returns the version that it holds. The same version gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    version = Revision.objects.version()
    write_json(folder / "dataset.json", about(name, version))
    write_rows(
        folder / "terms.json",
        (row for row in map(term_row, Term.objects.order_by("position", "id"))),
    )
    write_rows(folder / "jurisdictions.json", map(JurisdictionRow.of, in_tree_order()))
    write_rows(folder / "releases.json", map(release_row, Release.objects.all()))
    write_lines(folder / "revisions.ndjson", history(version))
    return version


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
    del row["position"]
    return {name: row[name] for name in TermRow._declared_fields if name in row}


def in_tree_order() -> list[Jurisdiction]:
    """Countries, then what lies in them: a parent always comes before its parts."""
    places = list(Jurisdiction.objects.all())
    parents = {place.pk: place.parent_id for place in places}

    def depth(code: str | None) -> int:
        return 0 if code is None else 1 + depth(parents[code])

    return sorted(places, key=lambda place: (depth(place.pk), place.pk))


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
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
        for part in parts:
            file.write(part)
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
