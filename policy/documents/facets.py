"""Computes the index entries of a document: facets, periods, search texts and references.

All functions take a published document, or one of a draft with its `kind`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from policy.documents.evidence import CODED_VOCABULARIES
from policy.documents.periods import MAIN_PERIOD, Period, common_period, iter_periods
from policy.documents.types import (
    ActionContent,
    ActorContent,
    AgencyContent,
    AnyDocument,
    EntityContent,
    RecordContent,
    RecordKey,
    ReferenceContent,
    SourceContent,
    TargetContent,
    as_record,
)

FacetPair = tuple[str, str]  # facet, value
AncestorMap = Mapping[str, tuple[str, ...]]

UNDATED = "0001-01-01"


class RecordReference(NamedTuple):
    """The kind of record in a field, and the reference; None if the field is empty."""

    kind: str
    reference: ReferenceContent | None


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
    pairs |= set(scheme_facets(as_record(document)))
    pairs |= {("refers_to", f"{kind}/{id}") for kind, id in required_references(document)}
    return pairs | set(iter_time_facets(as_record(document))) | {("all", "")}


def iter_time_facets(record: RecordContent) -> Iterator[FacetPair]:
    """Yield the year and the month in which the main date of a record surely lies."""
    for period in iter_date_periods(record):
        if period.kind in (MAIN_PERIOD, "published"):
            if year := common_period(period.earliest, period.latest, 4):
                yield "year", year.lstrip("0")
            if month := common_period(period.earliest, period.latest, 7):
                yield "month", month


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
    for target in action["targets"]:
        yield from target_facets(target, places)
    yield from actors_facets(action)
    yield from action_part_facets(action)
    yield from evidence_facets(action)


def actors_facets(action: ActionContent) -> Iterator[FacetPair]:
    for row in action["agencies"]:
        yield from actor_facets(row, "agency", row["agency"])
    for row in action["entities"]:
        yield from actor_facets(row, "entity", row["entity"])


def action_part_facets(action: ActionContent) -> Iterator[FacetPair]:
    yield from (("penalty", value) for value in action["penalty"])
    yield from (("source", citation["source"]["id"]) for citation in action["citations"])
    yield from (("figure", figure["kind"]) for figure in action["figures"])
    yield from (("related_to", relation["action"]["id"]) for relation in action["relations"])
    yield from (("unknown", field) for field in action["unknowns"])
    parts = [row["part"] for row in action["dates"]] + [row["part"] for row in action["figures"]]
    yield from (("part", part) for part in parts if part)
    for relation in action["relations"]:
        if relation["type"] == "may_be_same_as":
            yield "may_be_same_as", relation["action"]["id"]


def evidence_facets(action: ActionContent) -> Iterator[FacetPair]:
    evidence = action["evidence"]
    if evidence["level"]:
        yield "evidence", evidence["level"]
    yield "has_doubt", format_boolean(any(note["kind"] == "doubt" for note in action["notes"]))
    yield "reported_claim", format_boolean(evidence["reported_claim"])


def target_facets(target: TargetContent, places: AncestorMap) -> Iterator[FacetPair]:
    place, role = target["jurisdiction"]["id"], target["role"]
    yield "target_role", role
    for code in (place, *places.get(place, ())):
        yield "target", code
        yield "target_in_role", f"{code}:{role}"


def scheme_facets(record: RecordContent) -> Iterator[FacetPair]:
    """Yield the identifiers, and each beginning of the codes of classifications."""
    for row in record["identifiers"]:
        yield "identifier", f"{row['scheme']}:{row['value']}"
    for row in record["classifications"]:
        for length in range(1, len(row["value"]) + 1):
            yield "classification", f"{row['scheme']}:{row['value'][:length]}"


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


def iter_date_periods(document: AnyDocument) -> Iterator[Period]:
    """Yield the dates of a record as periods, and the periods derived from them."""
    record = as_record(document)
    if record["kind"] == "action":
        yield from iter_periods(record)
    elif record["kind"] == "source" and (published := record["published"]):
        yield Period("published", published["earliest"], published["latest"])


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
        names += scheme_texts(record)
        return weighted_texts(record["title"], names)
    names = [record["native_name"], *record["aliases"], *reference_names(record)]
    names += scheme_texts(record)
    return weighted_texts(record["name"], names, record["description"])


def action_texts(action: ActionContent) -> dict[str, str]:
    names = reference_names(action)
    names += [row["described_as"] for row in [*action["agencies"], *action["entities"]]]
    names += [place["name"] for place in action["jurisdictions"]]
    names += [target["jurisdiction"]["name"] for target in action["targets"]]
    names += [action["instrument"], action["provision"], *scheme_texts(action)]
    remarks = [note["text"] for note in action["notes"]]
    for citation in action["citations"]:
        remarks += [citation["quote"], citation["note"]]
    return weighted_texts(action["title"], names, action["summary"], remarks)


def scheme_texts(record: RecordContent) -> list[str]:
    return [row["value"] for row in [*record["identifiers"], *record["classifications"]]]


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
