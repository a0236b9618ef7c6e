"""Validation of a whole dataset before anything is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, field_validator

from policy.documents import evidence
from policy.documents.fields import Moment, OptionalText, Text
from policy.documents.markers import Column
from policy.documents.record_schema import FIRST_SCHEMA_VERSION, SCHEMA_VERSION
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import Shape, ValidationContext, value_problem
from policy.documents.types import Document
from policy.documents.validation import validate_document
from policy.exchange import history as dataset_history
from policy.exchange import write_rows
from policy.exchange.folder import BadDataset, Dataset
from policy.exchange.history import HistoryReplay
from policy.exchange.spool import Spool
from policy.exchange.validate_changes import check_overwritten_edits, select_unpublished_documents
from policy.exchange.validate_reference import (
    abstract_by_term,
    check_cycles,
    check_jurisdictions,
    check_terms,
    get_jurisdiction_code,
    patterns_by_scheme,
)
from policy.exchange.validate_sources import (
    check_duplicate_sources,
    check_passages,
    check_shortened_sources,
)
from policy.exchange.write_rows import records_of_kind, slugs_of_kind
from policy.models import PARENT_FIELDS, RECORD_MODELS, Jurisdiction, Release, Term
from policy.models.revision import LIVE_EVENTS
from policy.publishing.ledger import Ledger
from policy.strictjson import PathProblem

# Text of this length always fits into PostgreSQL's 1 MB for one search entry.
MAX_RECORD_TEXT_BYTES = 150_000


def schema_version_message(version: object) -> str:
    """Return what is wrong with the version of a schema; empty if this software reads it."""
    if version in range(FIRST_SCHEMA_VERSION, SCHEMA_VERSION + 1) and not isinstance(version, bool):
        return ""
    return f"Is {version!r}; this software reads {FIRST_SCHEMA_VERSION} to {SCHEMA_VERSION}."


class DatasetMetadata(Shape):
    """dataset.json"""

    name: Text = Field("", max_length=120)
    title: Text = Field("", max_length=300)
    version: Text = Field("", max_length=40)
    schema_version: int = SCHEMA_VERSION
    licence: Text = Field("", max_length=60)

    @field_validator("schema_version")
    @classmethod
    def check_schema_version(cls, value: int) -> int:
        if message := schema_version_message(value):
            raise value_problem(message)
        return value


class ReleaseRow(Shape):
    """One row of releases.json."""

    version: Text = Field(max_length=40)
    as_of: Moment
    revision: Annotated[int, Column("revision_id")] = Field(ge=1)
    checksums: dict[str, Text]
    notes: OptionalText


@dataclass
class ValidatedDataset:
    """A dataset without faults, and the rows of it that the database does not have yet."""

    dataset: Dataset
    history: HistoryReplay
    terms: list[Term]
    jurisdictions: list[Jurisdiction]
    records: dict[str, list[Document]]
    releases: list[Release]


def validate_dataset(dataset: Dataset, ledger: Ledger, spool: Spool) -> ValidatedDataset:
    """Validate a dataset while the ledger is locked. Raises BadDataset with all faults."""
    known, terms = collect_known_ids(dataset), abstract_by_term(dataset)
    files = {kind: ids.union(dataset.ids.get(kind, ())) for kind, ids in known.items()}
    coded = {term for term, abstract in terms.items() if not abstract}
    context = ValidationContext(
        terms=coded, known=files, all_terms=terms, patterns=patterns_by_scheme(dataset)
    )
    history = dataset_history.validate_history(
        dataset, ledger, ValidationContext(terms=terms, known=known, published=True), spool
    )
    dataset.add_faults(
        "dataset.json", "", validate_document(DatasetMetadata, dataset.about, context)[1]
    )
    rows = {kind: check_records(dataset, kind, context) for kind in RECORD_MODELS}
    checked = ValidatedDataset(
        dataset,
        history,
        terms=check_terms(dataset, context),
        jurisdictions=check_jurisdictions(dataset, context),
        records={
            kind: select_unpublished_documents(dataset, kind, rows[kind], history)
            for kind in RECORD_MODELS
        },
        releases=check_releases(dataset, context, history),
    )
    check_duplicate_sources(dataset, history.latest_sources | rows["source"])
    check_passages(dataset, rows, history)
    check_overwritten_edits(dataset, history)
    check_published_references(dataset, checked)
    check_shortened_sources(dataset, checked.records)
    if dataset.faults:
        raise BadDataset(dataset.faults)
    return checked


def collect_known_ids(dataset: Dataset) -> dict[str, set[str]]:
    """Return the ids in the database and in the history by kind, with jurisdictions of files."""
    known = dataset_history.collect_history_ids(dataset)
    for kind in RECORD_MODELS:
        known[kind].update(slugs_of_kind(kind))
    known["jurisdiction"] = set(Jurisdiction.objects.values_list("code", flat=True))
    known["jurisdiction"].update(map(get_jurisdiction_code, dataset.jurisdictions))
    return known


def check_records(dataset: Dataset, kind: str, context: ValidationContext) -> dict[str, Document]:
    """Return the validated documents by id, without those that have problems."""
    validated: dict[str, Document] = {}
    records = dataset.records[kind]
    for slug, value in dataset.watch(records.items(), f"Checking files, {kind}", len(records)):
        data, problems = validate_record(kind, slug, value, context)
        if not problems:
            validated[slug] = data
            problems = list(evidence_problems(kind, value))
        dataset.add_faults(dataset.record_file(kind, slug), slug, problems)
    if kind in PARENT_FIELDS:
        check_parent_cycles(dataset, kind, PARENT_FIELDS[kind], validated)
    return validated


def validate_record(
    kind: str, slug: str, value: Document, context: ValidationContext
) -> tuple[Document, list[PathProblem]]:
    """Return the validated document of one record, empty if invalid, and its problems."""
    data, problems = validate_document(DOCUMENT_SCHEMAS[kind], value, context)
    problems += [*envelope_problems(kind, slug, value), *length_problems(value)]
    return data, problems or list(write_rows.constraint_problems(kind, data))


def check_parent_cycles(dataset: Dataset, kind: str, link: str, rows: dict[str, Document]) -> None:
    stored = records_of_kind(kind).values_list("slug", f"{link}__slug")
    parents: dict[str, str | None] = dict(stored)
    parents |= {slug: row[link] for slug, row in rows.items()}
    check_cycles(dataset, lambda slug: dataset.record_file(kind, slug), link, parents, rows)


def envelope_problems(kind: str, slug: str, value: Document) -> Iterator[PathProblem]:
    """Yield where the envelope of a record does not match its file and its folder."""
    if value.get("id", slug) != slug:
        yield "id", f"Is {value['id']!r}, but the file is named {slug}.json."
    if value.get("kind", kind) != kind:
        yield "kind", f"Is {value['kind']!r}, but the folder is for the kind {kind}."
    if message := schema_version_message(value.get("schema_version", SCHEMA_VERSION)):
        yield "schema_version", message


def length_problems(value: Document) -> Iterator[PathProblem]:
    length = sum(len(text.encode()) for text in iter_strings(value))
    if length > MAX_RECORD_TEXT_BYTES:
        yield (
            "",
            f"Contains {length} bytes of text. The limit is {MAX_RECORD_TEXT_BYTES}, so that all "
            "of it can be searched.",
        )


def iter_strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from iter_strings(item)


def evidence_problems(kind: str, value: Document) -> Iterator[PathProblem]:
    if kind == "action":
        yield from evidence.iter_key_problems(value)
        yield from evidence.iter_evidence_gaps(value)


def check_published_references(dataset: Dataset, checked: ValidatedDataset) -> None:
    """Add faults for references to records that are not published and not in the dataset."""
    revisions = checked.history.last_revisions
    live = {key for key, last in revisions.items() if last.event in LIVE_EVENTS}
    live |= {(kind, row["slug"]) for kind, rows in checked.records.items() for row in rows}
    for kind, rows in checked.records.items():
        for row in rows:
            file = dataset.record_file(kind, row["slug"])
            for reference in write_rows.iter_row_references(kind, row):
                target, slug = reference.key
                is_faulty_file = slug in dataset.ids[target] and reference.key not in revisions
                if reference.key not in live and not is_faulty_file:
                    message = f"The {target} {slug} is not published."
                    dataset.add_fault(file, message, row["slug"], reference.field)


def check_releases(
    dataset: Dataset, context: ValidationContext, history: HistoryReplay
) -> list[Release]:
    """Return the releases that the database does not have yet."""
    stored = {release.version: release for release in Release.objects.all()}
    stated: dict[str, Release] = {}
    for row in dataset.releases:
        name = str(row.get("version"))
        data, problems = validate_document(ReleaseRow, row, context)
        if not problems:
            release = Release(**data)
            problems = list(release_problems(release, stored, stated, history))
            stated[name] = release
        dataset.add_faults("releases.json", name, problems)
    return [release for name, release in stated.items() if name not in stored]


def release_problems(
    release: Release,
    stored: dict[str, Release],
    stated: dict[str, Release],
    history: HistoryReplay,
) -> Iterator[PathProblem]:
    if release.version in stated:
        yield "version", "Occurs twice in this file."
    if history.version is not None and release.revision_id > history.version:
        yield (
            "revision",
            f"There is no version {release.revision_id}. The last one is {history.version}.",
        )
    if release.version in stored:
        old = stored[release.version]
        for name in ("as_of", "revision_id", "checksums", "notes"):
            if getattr(old, name) != getattr(release, name):
                field = name.removesuffix("_id")
                yield field, f"Differs from the release {release.version} in the database."
