"""Load a dataset folder: check everything first, then write all of it or nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from django.db import transaction
from rest_framework import serializers

from policy import dataset as format
from policy import evidence, publish, workbench
from policy.dataset import BadDataset, Dataset
from policy.document import SCHEMA_VERSION, SHAPES, Document, content, digest, draft, text
from policy.models import RECORDS, Jurisdiction, Record, Release, Revision, Source, Term
from policy.models.revision import EVENTS, KINDS, LIVE, REVIEWS
from policy.reference import JurisdictionRow, TermRow
from policy.shapes import Shape

Data = dict[str, Any]


class HistoryLine(Shape):
    """One line of revisions.ndjson."""

    version = serializers.IntegerField(min_value=1)
    kind = serializers.ChoiceField(choices=KINDS)
    record = serializers.CharField(max_length=120)
    revision = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    event = serializers.ChoiceField(choices=EVENTS)
    published_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True, trim_whitespace=False)
    merged_into = serializers.CharField(allow_blank=True, max_length=120)
    review = serializers.ChoiceField(choices=REVIEWS)
    digest = serializers.CharField(max_length=64)
    document = serializers.JSONField()


class ReleaseRow(Shape):
    """One row of releases.json."""

    version = serializers.CharField(max_length=40)
    as_of = serializers.DateTimeField()
    revision = serializers.IntegerField(min_value=1)
    checksums = serializers.DictField(child=serializers.CharField())
    notes = serializers.CharField(allow_blank=True)


@dataclass
class Loaded:
    """What a load changed."""

    terms: int = 0
    jurisdictions: int = 0
    restored: int = 0
    published: int = 0
    unchanged: int = 0
    releases: int = 0

    def __str__(self) -> str:
        return (
            f"{self.published} records published, {self.unchanged} unchanged, "
            f"{self.restored} revisions restored, {self.terms} terms and "
            f"{self.jurisdictions} jurisdictions written."
        )


@dataclass
class Checked:
    """A dataset whose every part is sound, ready to be written."""

    dataset: Dataset
    terms: list[Term] = field(default_factory=list)
    jurisdictions: list[Jurisdiction] = field(default_factory=list)
    records: dict[str, list[Data]] = field(default_factory=dict)
    releases: list[Data] = field(default_factory=list)


def load(folder: Path) -> Loaded:
    """Load a folder. Raises BadDataset, with every fault, and then has written nothing."""
    dataset = format.read(folder)
    checked = check(dataset)
    with transaction.atomic():
        try:
            return write(checked)
        except publish.Refused as refused:
            faults = [format.Fault("", "", "", message) for message in refused.messages]
            raise BadDataset(faults) from None


def check(dataset: Dataset) -> Checked:
    """Check every part against its shape and against the others."""
    check_about(dataset)
    context: Data = {"terms": format.known_terms(dataset), "known": known_ids(dataset)}
    checked = Checked(
        dataset,
        terms=check_terms(dataset),
        jurisdictions=check_jurisdictions(dataset, context["known"]["jurisdiction"]),
    )
    lengths = source_lengths(dataset)
    for kind in RECORDS:
        checked.records[kind] = check_records(dataset, kind, context, lengths)
    for number, line in format.history(dataset):
        check_line(dataset, number, line, context)
    checked.releases = [
        row
        for row in (shaped(dataset, ReleaseRow, r, "releases.json") for r in dataset.releases)
        if row
    ]
    if dataset.faults:
        raise BadDataset(dataset.faults)
    return checked


def check_about(dataset: Dataset) -> None:
    version = dataset.about.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        dataset.fault(
            "dataset.json",
            f"is {version!r}; this software reads {SCHEMA_VERSION}.",
            "",
            "schema_version",
        )


def known_ids(dataset: Dataset) -> dict[str, set[str]]:
    known: dict[str, set[str]] = format.known_ids(dataset)
    for _, line in format.history(dataset):
        if line.get("kind") in RECORDS and isinstance(line.get("record"), str):
            known[str(line["kind"])].add(line["record"])
    dataset.faults = [fault for fault in dataset.faults if fault.file != format.HISTORY]
    return known


def shaped(
    dataset: Dataset,
    shape: type[Shape],
    value: Any,
    file: str,
    record: str = "",
    context: Data | None = None,
) -> Any:
    """The validated value, or None and a fault for everything wrong with it."""
    serializer = shape(data=value, context=context or {})
    if serializer.is_valid():
        return serializer.validated_data
    for path, message in flattened(serializer.errors):
        dataset.fault(file, message, record, path)
    return None


def flattened(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(field, message) for each leaf of DRF's nested errors."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            below = path if name == "non_field_errors" else f"{path}.{name}".lstrip(".")
            yield from flattened(inner, below)
    elif isinstance(errors, list):
        for position, inner in enumerate(errors):
            nested = isinstance(inner, dict | list)
            yield from flattened(inner, f"{path}[{position}]" if nested else path)
    else:
        yield path, str(errors)


def check_terms(dataset: Dataset) -> list[Term]:
    rows = [{**row, "position": place} for place, row in enumerate(dataset.terms)]
    standing = {term.pk: TermRow.of(term) for term in Term.objects.all()}
    return [
        Term(**values)
        for row in fresh(dataset, "terms.json", rows, standing, term_id)
        if (values := shaped(dataset, TermRow, row, "terms.json", term_id(row)))
    ]


def term_id(row: Data) -> str:
    return f"{row.get('vocabulary')}.{row.get('code')}"


def check_jurisdictions(dataset: Dataset, known: set[str]) -> list[Jurisdiction]:
    standing = {place.pk: JurisdictionRow.of(place) for place in Jurisdiction.objects.all()}
    context = {"known": {"jurisdiction": known}}
    file = "jurisdictions.json"
    return [
        Jurisdiction(**values)
        for row in fresh(dataset, file, dataset.jurisdictions, standing, place_code)
        if (values := shaped(dataset, JurisdictionRow, row, file, place_code(row), context))
    ]


def place_code(row: Data) -> str:
    return str(row.get("code"))


def fresh(
    dataset: Dataset, file: str, rows: list[Data], standing: dict[str, Data], name: Any
) -> list[Data]:
    """The rows that the database does not hold yet as they are."""
    seen: set[str] = set()
    for row in rows:
        if name(row) in seen:
            dataset.fault(file, "stands here twice.", name(row))
        seen.add(name(row))
    return [row for row in rows if standing.get(name(row)) != row]


def source_lengths(dataset: Dataset) -> dict[str, Any]:
    lengths = dict(Source.objects.values_list("slug", "characters"))
    return lengths | {
        slug: source.get("characters") for slug, source in dataset.records["source"].items()
    }


def check_records(
    dataset: Dataset, kind: str, context: Data, lengths: dict[str, Any]
) -> list[Data]:
    found = []
    for slug, value in dataset.records[kind].items():
        file = dataset.file_of(kind, slug)
        if value.get("kind", kind) != kind:
            dataset.fault(
                file, f"is a {value['kind']}, in the folder of another kind.", slug, "kind"
            )
        data = shaped(dataset, SHAPES[kind], value, file, slug, context)
        if data is None:
            continue
        if kind == "action":
            for path, message in action_faults(value, data, lengths):
                dataset.fault(file, message, slug, path)
        found.append(data)
    return found


def action_faults(value: Data, data: Data, lengths: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What no single field can show: keys, offsets, gaps."""
    yield from evidence.form_problems(value)
    yield from evidence.gaps(value)
    for position, citation in enumerate(data["citations"]):
        length = lengths.get(citation["source"])
        if isinstance(length, int) and citation["end"] > length:
            yield (
                f"citations[{position}].end",
                f"{citation['end']} lies outside the source's {length} characters.",
            )


def check_line(dataset: Dataset, number: int, line: Data, context: Data) -> None:
    """A line of the history and the document in it."""
    where = f"line {number}"
    value = shaped(dataset, HistoryLine, line, format.HISTORY, where)
    if value is None:
        return
    if digest(text(value["document"])) != value["digest"]:
        dataset.fault(format.HISTORY, "the document has another digest.", where, "digest")
    elif value["event"] in LIVE:
        shape = SHAPES[value["kind"]]
        shaped(dataset, shape, value["document"], format.HISTORY, where, context)


def write(checked: Checked) -> Loaded:
    """Write what was checked. Runs inside a transaction."""
    loaded = Loaded(terms=len(checked.terms), jurisdictions=len(checked.jurisdictions))
    upsert(Term, checked.terms)
    upsert(Jurisdiction, checked.jurisdictions)
    loaded.restored = restore(checked.dataset)
    fresh = [
        record
        for kind, rows in checked.records.items()
        for record in workbench.write(kind, to_write(kind, rows))
    ]
    loaded.published = len(publish.publish_loaded(fresh, checked.dataset.label))
    loaded.unchanged = sum(map(len, checked.records.values())) - loaded.published
    loaded.releases = write_releases(checked.releases)
    return loaded


def upsert(model: Any, rows: list[Any]) -> None:
    fields = [f.name for f in model._meta.concrete_fields if not f.primary_key]
    model.objects.bulk_create(
        rows, 1000, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )


def to_write(kind: str, rows: list[Data]) -> list[Data]:
    """The documents that this database has never published as they are."""
    standing = RECORDS[kind].objects.in_bulk([row["slug"] for row in rows], field_name="slug")
    found = []
    for row in rows:
        record = standing.get(row["slug"])
        if record is None:
            found.append(row)
        elif row not in published_before(record):
            refuse_to_overwrite(record)
            found.append(row)
    return found


def published_before(record: Record) -> list[Data]:
    """What each revision of a record asserted, as loading reads it."""
    history = Revision.objects.of(record.KIND, record.slug).filter(event__in=LIVE)
    return [asserted(record.KIND, orjson.loads(r.document)) for r in history]


def asserted(kind: str, body: Document) -> Data:
    """A stored document as loading reads it."""
    serializer = SHAPES[kind](data=body)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def refuse_to_overwrite(record: Record) -> None:
    current = record.current
    if current is None or content(orjson.loads(current.document)) != draft(record):
        raise publish.Refused(
            f"{record.slug}: the {record.KIND} has edits that were not published. "
            "Publish or undo them, then load again."
        )


def restore(dataset: Dataset) -> int:
    """Append the history, then bring the workbench to where it ends."""
    latest: dict[publish.Key, int] = {}
    before = Revision.objects.version()

    def lines() -> Iterator[tuple[Revision, Document]]:
        for _, line in format.history(dataset):
            if line["event"] in LIVE:
                latest[line["kind"], line["record"]] = line["version"]
            yield revision_of(line), line["document"]

    added = publish.restore(lines())
    wanted = [version for version in latest.values() if version > before]
    for kind in RECORDS:
        for batch in publish.batched(wanted, 500):
            found = Revision.objects.filter(kind=kind, pk__in=batch).order_by("id")
            workbench.write(kind, [asserted(kind, orjson.loads(r.document)) for r in found])
    return added


def revision_of(line: Data) -> Revision:
    return Revision(
        id=line["version"],
        kind=line["kind"],
        record=line["record"],
        number=line["revision"],
        event=line["event"],
        published_at=datetime.fromisoformat(line["published_at"]),
        reason=line["reason"],
        merged_into=line["merged_into"],
        review=line["review"],
        digest=line["digest"],
        document=text(line["document"]),
    )


def write_releases(rows: Iterable[Data]) -> int:
    return sum(
        Release.objects.get_or_create(
            version=row["version"],
            defaults={
                "as_of": row["as_of"],
                "revision_id": row["revision"],
                "checksums": row["checksums"],
                "notes": row["notes"],
            },
        )[1]
        for row in rows
    )
