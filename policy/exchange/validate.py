"""What a dataset must be before anything of it is written: every part by itself and together."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import orjson
from django.db.models import Max
from rest_framework import serializers

from policy.documents import evidence
from policy.documents.reference import JurisdictionRow, Parents, TermRow, ancestors
from policy.documents.schema import SCHEMA_VERSION, SHAPES, Document, draft
from policy.documents.shapes import Shape
from policy.documents.strictshape import Reader
from policy.exchange import history, write_rows
from policy.exchange.folder import HISTORY, BadDataset, Dataset
from policy.exchange.history import History, Instant
from policy.exchange.spool import Shelf
from policy.models import (
    RECORDS,
    Citation,
    Jurisdiction,
    Record,
    Release,
    Revision,
    Source,
    SourceText,
    Term,
)
from policy.models.revision import LIVE
from policy.publishing.publish import Ledger, batched
from policy.sources import citations
from policy.strictjson import Problem

Data = dict[str, Any]
Rows = dict[str, dict[str, Data]]  # kind -> public id -> validated document
BATCH = 500
WORDIEST = 150_000  # bytes: what surely fits into PostgreSQL's 1 MB for one search entry
AS_PUBLISHED = Reader(published=True)
EDITED = "Has edits that were not published. Publish or undo them, then load again."


class About(Shape):
    """dataset.json"""

    name = serializers.CharField(max_length=120, required=False)
    title = serializers.CharField(max_length=300, required=False)
    version = serializers.CharField(max_length=40, required=False)
    schema_version = serializers.IntegerField(required=False)
    licence = serializers.CharField(max_length=60, required=False)

    def validate_schema_version(self, value: int) -> int:
        if value != SCHEMA_VERSION:
            raise serializers.ValidationError(f"Is {value}; this software reads {SCHEMA_VERSION}.")
        return value


class ReleaseRow(Shape):
    """One row of releases.json."""

    version = serializers.CharField(max_length=40)
    as_of = Instant()
    revision = serializers.IntegerField(min_value=1, source="revision_id")
    checksums = serializers.DictField(child=serializers.CharField())
    notes = serializers.CharField(allow_blank=True)


@dataclass
class Checked:
    """A dataset whose every part is sound, and what of it the database does not hold yet."""

    dataset: Dataset
    history: History
    terms: list[Term]
    jurisdictions: list[Jurisdiction]
    records: dict[str, list[Data]]
    releases: list[Release]


def check(dataset: Dataset, ledger: Ledger, shelf: Shelf) -> Checked:
    """Check a dataset under the ledger's lock. Raises BadDataset with every fault."""
    known, terms = known_ids(dataset), known_terms(dataset)
    files = {kind: ids.union(dataset.ids.get(kind, ())) for kind, ids in known.items()}
    coded = {term for term, abstract in terms.items() if not abstract}
    reader = Reader({"terms": coded, "all_terms": terms, "known": files})
    past = history.check(dataset, ledger, {"terms": terms, "known": known}, shelf)
    dataset.note("dataset.json", "", reader.read(About, dataset.about)[1])
    rows = {kind: check_records(dataset, kind, reader) for kind in RECORDS}
    checked = Checked(
        dataset,
        past,
        terms=check_terms(dataset, reader),
        jurisdictions=check_jurisdictions(dataset, reader),
        records={kind: check_news(dataset, kind, rows[kind], past) for kind in RECORDS},
        releases=check_releases(dataset, reader, past),
    )
    check_sources(dataset, past.sources | rows["source"])
    check_passages(dataset, rows, past)
    check_overwritten(dataset, past)
    check_references(dataset, checked)
    check_shortened(dataset, checked.records)
    if dataset.faults:
        raise BadDataset(dataset.faults)
    return checked


def known_ids(dataset: Dataset) -> dict[str, set[str]]:
    """Every id in the database and in the history; places in the files, too."""
    known = history.mentioned(dataset)
    for kind, model in RECORDS.items():
        known[kind].update(model.objects.values_list("slug", flat=True))
    known["jurisdiction"] = set(Jurisdiction.objects.values_list("code", flat=True))
    known["jurisdiction"].update(map(place_code, dataset.jurisdictions))
    return known


def known_terms(dataset: Dataset) -> dict[str, bool]:
    """Every term's id, and whether it is a heading that records never carry."""
    standing = dict(Term.objects.values_list("id", "abstract"))
    return standing | {term_id(row): bool(row.get("abstract")) for row in dataset.terms}


def term_id(row: Data) -> str:
    return f"{row.get('vocabulary')}.{row.get('code')}"


def place_code(row: Data) -> str:
    return str(row.get("code"))


def check_terms(dataset: Dataset, reader: Reader) -> list[Term]:
    file = "terms.json"
    if not dataset.terms:
        return []
    for row in dataset.terms:
        if "position" in row:
            message = "Unknown field. Terms are in order of their rows."
            dataset.fault(file, message, term_id(row), "position")
    rows = [{**row, "position": place} for place, row in enumerate(dataset.terms)]
    standing = {term.pk: TermRow.of(term) for term in Term.objects.all()}
    found = check_rows(dataset, file, reader, TermRow, rows, standing, term_id)
    parents = dict(Term.objects.values_list("id", "parent"))
    parents |= {row["id"]: row["parent_id"] for row in found}
    check_circles(dataset, lambda _: file, "parent", parents, [row["id"] for row in found])
    return [Term(**row) for row in found]


def check_jurisdictions(dataset: Dataset, reader: Reader) -> list[Jurisdiction]:
    file, rows = "jurisdictions.json", dataset.jurisdictions
    if not rows:
        return []
    standing = {place.pk: JurisdictionRow.of(place) for place in Jurisdiction.objects.all()}
    found = check_rows(dataset, file, reader, JurisdictionRow, rows, standing, place_code)
    parents = {code: row["parent"] for code, row in standing.items()}
    parents |= {row["code"]: row["parent_id"] for row in found}
    check_circles(dataset, lambda _: file, "parent", parents, [row["code"] for row in found])
    return [Jurisdiction(**row) for row in found]


def check_rows(
    dataset: Dataset,
    file: str,
    reader: Reader,
    shape: type[Shape],
    rows: Sequence[Data],
    standing: dict[str, Data],
    name: Callable[[Data], str],
) -> list[Data]:
    """The rows, validated, that the database does not hold yet as they are."""
    seen: set[str] = set()
    found = []
    for row in rows:
        if name(row) in seen:
            dataset.fault(file, "Stands here twice.", name(row))
        seen.add(name(row))
        if standing.get(name(row)) != row:
            data, problems = reader.read(shape, row)
            dataset.note(file, name(row), problems)
            found += [] if problems else [data]
    return found


def check_circles(
    dataset: Dataset,
    file_of: Callable[[str], str],
    field: str,
    parents: Parents,
    names: Iterable[str],
) -> None:
    for name in names:
        if name in ancestors(name, parents):
            dataset.fault(file_of(name), "It lies inside itself.", name, field)


def check_records(dataset: Dataset, kind: str, reader: Reader) -> dict[str, Data]:
    """The validated documents by id; those with problems left out."""
    found = {}
    records = dataset.records[kind]
    for slug, value in dataset.watch(records.items(), f"Checking files, {kind}", len(records)):
        data, problems = read_record(kind, slug, value, reader)
        if not problems:
            found[slug] = data
            problems = list(evidence_problems(kind, value))
        dataset.note(dataset.file_of(kind, slug), slug, problems)
    if kind in write_rows.LINKS:
        check_links(dataset, kind, write_rows.LINKS[kind], found)
    return found


def read_record(kind: str, slug: str, value: Data, reader: Reader) -> tuple[Data, list[Problem]]:
    """The validated document of one record, and what is wrong with it by itself."""
    data, problems = reader.read(SHAPES[kind], value)
    problems += [*envelope_problems(kind, slug, value), *length_problems(value)]
    return data, problems or list(write_rows.refused(kind, data))


def check_links(dataset: Dataset, kind: str, link: str, rows: dict[str, Data]) -> None:
    parents = dict(RECORDS[kind].objects.values_list("slug", f"{link}__slug"))
    parents |= {slug: row[link] for slug, row in rows.items()}
    check_circles(dataset, lambda slug: dataset.file_of(kind, slug), link, parents, rows)


def envelope_problems(kind: str, slug: str, value: Data) -> Iterator[Problem]:
    """Of a record with the name of its file and its folder."""
    if value.get("id", slug) != slug:
        yield "id", f"Is {value['id']!r}, but the file is named {slug}.json."
    if value.get("kind", kind) != kind:
        yield "kind", f"Is {value['kind']!r}, in the folder of another kind."
    if value.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
        message = f"Is {value['schema_version']!r}; this software reads {SCHEMA_VERSION}."
        yield "schema_version", message


def length_problems(value: Data) -> Iterator[Problem]:
    length = sum(len(text.encode()) for text in strings(value))
    if length > WORDIEST:
        yield "", f"Holds {length} bytes of text, more than the {WORDIEST} that can be searched."


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def evidence_problems(kind: str, value: Data) -> Iterator[Problem]:
    if kind == "action":
        yield from evidence.form_problems(value)
        yield from evidence.gaps(value)


def check_sources(dataset: Dataset, rows: dict[str, Data]) -> None:
    """No two sources are the same bytes."""
    stated = {slug: row["sha256"] for slug, row in rows.items()}
    owners: dict[str, set[str]] = defaultdict(set)
    for slug, sha256 in (dict(Source.objects.values_list("slug", "sha256")) | stated).items():
        owners[sha256].add(slug)
    for slug, sha256 in stated.items():
        for other in sorted(owners[sha256] - {slug}):
            message = f"The source {other} has the same bytes."
            dataset.fault(file_of_source(dataset, slug), message, slug, "sha256")


def file_of_source(dataset: Dataset, slug: str) -> str:
    return dataset.file_of("source", slug) if slug in dataset.ids["source"] else HISTORY


def check_passages(dataset: Dataset, rows: Rows, past: History) -> None:
    """Passages lie inside their sources and, where a text is attached, are what they claim."""
    lengths: dict[str, int | None] = dict(Source.objects.values_list("slug", "characters"))
    lengths |= {slug: row["characters"] for slug, row in past.sources.items()}
    history.check_reach(dataset, past, lengths)
    check_citations(dataset, rows, lengths)


def check_citations(dataset: Dataset, rows: Rows, lengths: dict[str, int | None]) -> None:
    lengths |= dict.fromkeys(dataset.ids["source"])
    lengths |= {slug: row["characters"] for slug, row in rows["source"].items()}
    text = texts(rows["source"])
    for slug, row in rows["action"].items():
        file = dataset.file_of("action", slug)
        for position, citation in enumerate(row["citations"]):
            source, where = citation["source"], f"citations[{position}]"
            problems = passage_problems(citation, lengths.get(source), text(source))
            dataset.note(file, slug, ((f"{where}.{name}", why) for name, why in problems))


def texts(rows: dict[str, Data]) -> Callable[[str], str | None]:
    """The attached texts of sources, by id, unless a file here describes other bytes."""

    @cache
    def text(slug: str) -> str | None:
        kept = SourceText.objects.filter(source__slug=slug)
        if slug in rows:
            kept = kept.filter(source__sha256=rows[slug]["sha256"])
        return kept.values_list("text", flat=True).first()

    return text


def passage_problems(citation: Data, length: int | None, text: str | None) -> Iterator[Problem]:
    if length is not None and citation["end"] > length:
        yield "end", f"{citation['end']} lies outside the source's {length} characters."
    elif text is not None:
        yield from citations.passage_faults(SimpleNamespace(**citation), text)


def check_news(dataset: Dataset, kind: str, rows: dict[str, Data], past: History) -> list[Data]:
    """The documents that were never published as they are, and may be."""
    found = []
    for slugs in batched(rows, BATCH):
        standing, published = standing_rows(kind, slugs), assertions(kind, slugs)
        for slug in slugs:
            before = published[slug] + past.past.get((kind, slug), [])
            if rows[slug] in before:
                continue
            if message := obstacle(
                past.ends.get((kind, slug)), standing.get(slug), published[slug]
            ):
                dataset.fault(dataset.file_of(kind, slug), message, slug)
            else:
                found.append(rows[slug])
    return found


def obstacle(end: history.End | None, record: Record | None, published: list[Data]) -> str:
    """Why a changed file cannot become a record's next revision."""
    if end and end.event == "withdraw":
        return "Was withdrawn here: take the file out, or publish the record again first."
    if end and end.event == "merge":
        return f"Was merged into {end.merged_into} here: take the file out."
    if end and end.event == "takedown":
        return "Was taken down here: take the file out."
    return EDITED if record and is_edited(record, published) else ""


def is_edited(record: Record, published: list[Data]) -> bool:
    """Whether a row asserts something else than the last of these documents."""
    return not published or asserted(record.KIND, draft(record)) != published[-1]


def standing_rows(kind: str, slugs: Sequence[str]) -> dict[str, Record]:
    """Rows of the workbench, held until the load is over."""
    rows = RECORDS[kind].objects.select_for_update()
    return dict(rows.in_bulk(slugs, field_name="slug"))


def assertions(kind: str, slugs: Sequence[str]) -> dict[str, list[Data]]:
    """What each live revision of these records asserted, the oldest first."""
    found: dict[str, list[Data]] = {slug: [] for slug in slugs}
    history = Revision.objects.filter(kind=kind, record__in=slugs, event__in=LIVE)
    for revision in history.order_by("id"):
        found[revision.record].append(asserted(kind, orjson.loads(revision.document)))
    return found


def asserted(kind: str, body: Document) -> Data:
    """A document as loading reads it; as it stands when it has another shape."""
    return AS_PUBLISHED.read(SHAPES[kind], body)[0] or body


def check_overwritten(dataset: Dataset, past: History) -> None:
    """Restoring brings rows to where the history ends: nobody's edits may be lost by that."""
    for kind in RECORDS:
        new = [slug for of_kind, slug in past.latest if of_kind == kind]
        for slugs in batched(new, BATCH):
            standing = standing_rows(kind, slugs)
            published = assertions(kind, list(standing))
            for slug, record in standing.items():
                if is_edited(record, published[slug]):
                    dataset.fault(HISTORY, EDITED, f"{kind} {slug}")


def check_references(dataset: Dataset, checked: Checked) -> None:
    """Whatever a new document refers to is published, or will be with it."""
    ends = checked.history.ends
    live = {key for key, end in ends.items() if end.event in LIVE}
    live |= {(kind, row["slug"]) for kind, fresh in checked.records.items() for row in fresh}
    for kind, fresh in checked.records.items():
        for row in fresh:
            for path, target, slug in write_rows.references(kind, row):
                faulty = slug in dataset.ids[target] and (target, slug) not in ends
                if (target, slug) not in live and not faulty:
                    message = f"The {target} {slug} is not published."
                    dataset.fault(dataset.file_of(kind, row["slug"]), message, row["slug"], path)


def check_shortened(dataset: Dataset, records: dict[str, list[Data]]) -> None:
    """A source does not become shorter than what standing actions cite of it."""
    lengths = {row["slug"]: row["characters"] for row in records["source"]}
    cited = (
        Citation.objects.filter(source__slug__in=lengths)
        .exclude(action__slug__in=[row["slug"] for row in records["action"]])
        .order_by("source__slug", "action__slug")
        .values_list("source__slug", "action__slug")
        .annotate(last=Max("end"))
    )
    for source, action, last in cited:
        if last > lengths[source]:
            message = f"Is {lengths[source]}, but {action} cites up to {last}."
            dataset.fault(dataset.file_of("source", source), message, source, "characters")


def check_releases(dataset: Dataset, reader: Reader, past: History) -> list[Release]:
    """The releases that the database does not hold yet."""
    standing = {release.version: release for release in Release.objects.all()}
    found: dict[str, Release] = {}
    for row in dataset.releases:
        name = str(row.get("version"))
        data, problems = reader.read(ReleaseRow, row)
        if not problems:
            release = Release(**data)
            problems = list(release_problems(release, standing, found, past))
            found[name] = release
        dataset.note("releases.json", name, problems)
    return [release for name, release in found.items() if name not in standing]


def release_problems(
    release: Release, standing: dict[str, Release], found: dict[str, Release], past: History
) -> Iterator[Problem]:
    if release.version in found:
        yield "version", "Stands here twice."
    if past.version is not None and release.revision_id > past.version:
        yield "revision", f"There is no version {release.revision_id}, only {past.version}."
    if release.version in standing:
        old = standing[release.version]
        for name in ("as_of", "revision_id", "checksums", "notes"):
            if getattr(old, name) != getattr(release, name):
                field = name.removesuffix("_id")
                yield field, f"The database holds another release {release.version}."
