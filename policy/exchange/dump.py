"""Write the published dataset, history included, into a folder that load_dataset reads."""

import json
from collections.abc import Iterable, Iterator
from errno import EEXIST
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings

from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.reference import JurisdictionRow, TermRow, get_ancestors
from policy.documents.times import format_timestamp
from policy.exchange.folder import HISTORY_FILE
from policy.models import Jurisdiction, Release, Revision, Term
from policy.models.revision import PLURAL_BY_KIND
from policy.progress import Progress, no_progress
from policy.versions import Version


def dump_dataset(
    folder: Path, name: str = "policy-events", watch: Progress = no_progress
) -> Version:
    """Write a dump and return its version. The same version always gives the same bytes.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    require_no_record_folders(folder)
    version = Revision.objects.version()
    releases = Release.objects.filter(revision__lte=version.number)
    write_json_file(folder / "dataset.json", build_dataset_metadata(name, version))
    write_json_rows(
        folder / "terms.json", map(serialize_term, Term.objects.order_by("position", "id"))
    )
    write_json_rows(
        folder / "jurisdictions.json",
        map(JurisdictionRow.from_jurisdiction, jurisdictions_in_tree_order()),
    )
    write_json_rows(
        folder / "releases.json", map(serialize_release, releases.order_by("as_of", "version"))
    )
    write_ndjson(
        folder / HISTORY_FILE,
        watch(iter_revision_lines(version.number), "Writing revisions", version.number),
    )
    return version


def require_no_record_folders(folder: Path) -> None:
    """Raise FileExistsError for folders of records: they would be loaded with the dump."""
    for plural in PLURAL_BY_KIND.values():
        if (folder / plural).exists():
            raise FileExistsError(
                EEXIST, f"contains {plural}/, which is not part of a dump; choose another folder"
            )


def build_dataset_metadata(name: str, version: Version) -> dict[str, Any]:
    return {
        "name": name,
        "title": settings.DATASET_TITLE,
        "version": str(version),
        "schema_version": SCHEMA_VERSION,
        "licence": settings.DATASET_LICENCE,
    }


def serialize_term(term: Term) -> dict[str, Any]:
    row = TermRow.from_term(term)
    return {name: row[name] for name in TermRow.model_fields if name in row and name != "position"}


def jurisdictions_in_tree_order() -> list[Jurisdiction]:
    """Return countries first: a parent always comes before its parts."""
    places = list(Jurisdiction.objects.all())
    parents = {place.pk: place.parent_id for place in places}
    return sorted(places, key=lambda place: (len(get_ancestors(place.pk, parents)), place.pk))


def serialize_release(release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "as_of": format_timestamp(release.as_of),
        "revision": release.revision_id,
        "checksums": release.checksums,
        "notes": release.notes,
    }


def iter_revision_lines(last: int) -> Iterator[bytes]:
    for r in Revision.objects.filter(id__lte=last).order_by("id").iterator(500):
        yield orjson.dumps(
            {
                "version": r.id,
                "kind": r.kind,
                "record": r.record,
                "revision": r.number,
                "event": r.event,
                "published_at": format_timestamp(r.published_at),
                "reason": r.reason,
                "merged_into": r.merged_into,
                "review": r.review,
                "digest": r.digest,
                "leaf": r.leaf,
                "seal": r.seal,
                **({"redacted": True} if r.redacted else {}),
                "document": orjson.Fragment(r.document),
            }
        )


def write_json_file(path: Path, value: Any) -> None:
    replace_file(path, [json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"])


def write_json_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write an array with one row per line, so that diffs are readable."""
    lines = [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    replace_file(path, [b"[\n", b",\n".join(lines), b"\n]\n"])


def write_ndjson(path: Path, lines: Iterable[bytes]) -> None:
    replace_file(path, (line + b"\n" for line in lines))


def replace_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file completely, or leave it as it was."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
