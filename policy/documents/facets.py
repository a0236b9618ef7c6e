"""Computes the index entries of a document: facets, date intervals, search texts and references.

All functions take a published document, or one of a draft with its `kind`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from policy.documents.evidence import CODED_VOCABULARIES
from policy.documents.types import (
    ActionContent,
    ActorContent,
    AgencyContent,
    AnyDocument,
    DateContent,
    EntityContent,
    RecordContent,
    RecordKey,
    ReferenceContent,
    SourceContent,
    as_record,
)

FacetPair = tuple[str, str]  # facet, value
AncestorMap = Mapping[str, tuple[str, ...]]

UNDATED = "0001-01-01"
# The main date of an action is the first of these that it has.
MAIN_DATE_KINDS = ("occurred", "adopted", "effective", "announced", "observed", "ended", "reported")


class RecordReference(NamedTuple):
    """The kind of record in a field, and the reference; None if the field is empty."""

    kind: str
    reference: ReferenceContent | None


class DateInterval(NamedTuple):
    """The kind of a date and its first and last possible day; None: no limit."""

    kind: str
    earliest: str | None
    latest: str | None


def sort_date(dates: Sequence[DateContent]) -> str | None:
    """Return the day to sort an action by: the earliest day of its main date, or the latest."""
    by_kind = {date["kind"]: date for date in dates}
    for kind in MAIN_DATE_KINDS:
        if date := by_kind.get(kind):
            return date["earliest"] or date["latest"]
    return None


def ordering_date(document: AnyDocument) -> str:
    """Return the day (YYYY-MM-DD) that lists are ordered by; UNDATED if there is none."""
    record = as_record(document)
    if record["kind"] == "action":
        return record["sort_date"] or UNDATED
    if record["kind"] != "source" or not (published := record.get("published")):
        return UNDATED
    return published.get("earliest") or published.get("latest") or UNDATED


def compute_facets(
    document: AnyDocument, places: AncestorMap, terms: AncestorMap
) -> set[FacetPair]:
    """Return every facet and value of a document.

    `places` and `terms` give the ancestors of a jurisdiction and of a term. A document has the
    values of these ancestors, too.
    """
    pairs = set(iter_record_facets(as_record(document), places, terms))
    pairs |= {("refers_to", f"{kind}/{id}") for kind, id in required_references(document)}
    if (day := ordering_date(document)) != UNDATED:
        pairs |= {("year", day[:4].lstrip("0")), ("month", day[:7])}
    return pairs | {("all", "")}


def iter_record_facets(
    record: RecordContent, places: AncestorMap, terms: AncestorMap
) -> Iterator[FacetPair]:
    if record["kind"] == "action":
        return action_facets(record, places, terms)
    if record["kind"] == "source":
        return source_facets(record)
    return body_facets(record, places)


def action_facets(
    action: ActionContent, places: AncestorMap, terms: AncestorMap
) -> Iterator[FacetPair]:
    for field, vocabulary in CODED_VOCABULARIES.items():
        if value := cast(AnyDocument, action).get(field):
            yield from term_facets(field, vocabulary, str(value), terms)
    if action["type"]:
        yield "type_exactly", action["type"]
    for value in action["activities"]:
        yield from term_facets("activity", "activity", value, terms)
        yield "activity_exactly", value
    for place in action["jurisdictions"]:
        yield from jurisdiction_facets(place["id"], places)
    for row in action["agencies"]:
        yield from actor_facets(row, "agency", row["agency"])
    for row in action["entities"]:
        yield from actor_facets(row, "entity", row["entity"])
    yield from action_part_facets(action)
    yield from evidence_facets(action)


def action_part_facets(action: ActionContent) -> Iterator[FacetPair]:
    yield from (("penalty", value) for value in action["penalty"])
    yield from (("source", citation["source"]["id"]) for citation in action["citations"])
    yield from (("figure", figure["kind"]) for figure in action["figures"])
    yield from (("related_to", relation["action"]["id"]) for relation in action["relations"])
    yield from (("unknown", field) for field in action["unknowns"])


def evidence_facets(action: ActionContent) -> Iterator[FacetPair]:
    evidence = action["evidence"]
    if evidence["level"]:
        yield "evidence", evidence["level"]
    yield "has_doubt", format_boolean(any(note["kind"] == "doubt" for note in action["notes"]))
    yield "reported_claim", format_boolean(evidence["reported_claim"])


def actor_facets(
    row: ActorContent, facet: str, reference: ReferenceContent | None
) -> Iterator[FacetPair]:
    yield "naming", row["naming"]
    yield f"{facet}_role", row["role"]
    if reference:
        yield facet, reference["id"]
        yield f"{facet}_in_role", f"{reference['id']}:{row['role']}"


def body_facets(body: AgencyContent | EntityContent, places: AncestorMap) -> Iterator[FacetPair]:
    yield "type", body["type"]
    if body["jurisdiction"]:
        yield from jurisdiction_facets(body["jurisdiction"]["id"], places)


def source_facets(source: SourceContent) -> Iterator[FacetPair]:
    yield "source_class", source["source_class"]
    yield "language", source["language"]
    yield "sha256", source["sha256"]
    if source["publisher"]:
        yield "publisher", source["publisher"]


def jurisdiction_facets(place: str, places: AncestorMap) -> Iterator[FacetPair]:
    yield "jurisdiction_exactly", place
    for code in (place, *places.get(place, ())):
        yield "jurisdiction", code


def term_facets(facet: str, vocabulary: str, code: str, terms: AncestorMap) -> Iterator[FacetPair]:
    yield facet, code
    for term in terms.get(f"{vocabulary}.{code}", ()):
        yield facet, term.rpartition(".")[2]


def format_boolean(value: bool) -> str:
    return "true" if value else "false"


def required_references(document: AnyDocument) -> set[RecordKey]:
    """Return the key of every other record that must be published before this document is."""
    keys = {(kind, ref["id"]) for kind, ref in iter_record_references(document) if ref}
    return keys - {(str(document["kind"]), str(document["id"]))}


def iter_record_references(document: AnyDocument) -> Iterator[RecordReference]:
    """Yield every field that refers to a record, empty ones included.

    The references are those of the document itself: a change of one changes the document.
    """
    record = as_record(document)
    if record["kind"] == "agency":
        yield RecordReference("agency", record["parent"])
    elif record["kind"] == "source":
        yield RecordReference("source", record["derived_from"])
    elif record["kind"] == "action":
        yield from (RecordReference("agency", row["agency"]) for row in record["agencies"])
        yield from (RecordReference("entity", row["entity"]) for row in record["entities"])
        yield from (RecordReference("source", row["source"]) for row in record["citations"])
        yield from (RecordReference("action", row["action"]) for row in record["relations"])


def iter_date_intervals(document: AnyDocument) -> Iterator[DateInterval]:
    record = as_record(document)
    if record["kind"] == "action":
        for date in record["dates"]:
            yield DateInterval(date["kind"], date["earliest"], date["latest"])
    elif record["kind"] == "source" and (published := record["published"]):
        yield DateInterval("published", published["earliest"], published["latest"])


def search_texts(document: AnyDocument) -> dict[str, str]:
    """Return the text to search, by weight.

    A is the title or name, B has other names, C is the summary or description, D has remarks and
    quotes.
    """
    record = as_record(document)
    if record["kind"] == "action":
        return action_texts(record)
    if record["kind"] == "source":
        names = [*reference_names(record), record["publisher"], *record["authors"]]
        return weighted_texts(record["title"], names)
    names = [record["native_name"], *record["aliases"], *reference_names(record)]
    return weighted_texts(record["name"], names, record["description"])


def action_texts(action: ActionContent) -> dict[str, str]:
    names = reference_names(action)
    names += [row["described_as"] for row in [*action["agencies"], *action["entities"]]]
    names += [place["name"] for place in action["jurisdictions"]]
    remarks = [note["text"] for note in action["notes"]]
    for citation in action["citations"]:
        remarks += [citation["quote"], citation["note"]]
    return weighted_texts(action["title"], names, action["summary"], remarks)


def reference_names(record: RecordContent) -> list[str]:
    """Return the names of the records that a record refers to. Other actions do not count."""
    references = iter_record_references(record)
    return [reference["name"] for kind, reference in references if reference and kind != "action"]


def weighted_texts(
    title: str, names: Sequence[str], summary: str = "", remarks: Sequence[str] = ()
) -> dict[str, str]:
    return {
        "A": title,
        "B": join_search_text(names),
        "C": summary,
        "D": join_search_text(remarks),
    }


def join_search_text(parts: Sequence[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(parts)).strip()
