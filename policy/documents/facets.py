"""What a document can be found by: facets, intervals, words. Read from the document alone."""

import re
from collections.abc import Iterator, Mapping

from policy.documents.types import Document

FacetPair = tuple[str, str]
AncestorMap = Mapping[str, tuple[str, ...]]

UNDATED = "0001-01-01"
# The main date of an action is the first of these that it has.
MAIN_DATE_KINDS = ("occurred", "adopted", "effective", "announced", "observed", "ended", "reported")
CODED_SCALAR_FIELDS = ("unit", "type", "status", "stance", "attribution", "legal_force")
ACTOR_KINDS = {"agencies": "agency", "entities": "entity"}


def sort_date(dates: list[Document]) -> str | None:
    """A day to order by: the first bound of the main date."""
    by_kind = {date["kind"]: date for date in dates}
    for kind in MAIN_DATE_KINDS:
        if date := by_kind.get(kind):
            return date["earliest"] or date["latest"]
    return None


def ordering_date(document: Document) -> str:
    """The day that lists are ordered by; a stand-in before all others when undated."""
    if document["kind"] == "action":
        return document["sort_date"] or UNDATED
    published = document.get("published") or {}
    return published.get("earliest") or published.get("latest") or UNDATED


def compute_facets(document: Document, places: AncestorMap, terms: AncestorMap) -> set[FacetPair]:
    """(facet, value) pairs, with everything that a value lies inside or under."""
    found = set(FACETS_BY_KIND[document["kind"]](document, places, terms))
    found |= {("refers_to", f"{kind}/{id}") for kind, id in required_references(document)}
    if (on := ordering_date(document)) != UNDATED:
        found |= {("year", on[:4].lstrip("0")), ("month", on[:7])}
    return found | {("all", "")}


def action_facets(
    document: Document, places: AncestorMap, terms: AncestorMap
) -> Iterator[FacetPair]:
    for field in CODED_SCALAR_FIELDS:
        if value := document[field]:
            yield from term_facets(field, value, terms)
    if document["type"]:
        yield "type_exactly", document["type"]
    for value in document["activities"]:
        yield from term_facets("activity", value, terms)
        yield "activity_exactly", value
    for place in document["jurisdictions"]:
        yield from jurisdiction_facets(place["id"], places)
    for field, facet in ACTOR_KINDS.items():
        yield from actor_facets(document[field], facet)
    yield from action_part_facets(document)
    yield from evidence_facets(document)


def action_part_facets(document: Document) -> Iterator[FacetPair]:
    yield from (("penalty", value) for value in document["penalty"])
    yield from (("source", citation["source"]["id"]) for citation in document["citations"])
    yield from (("figure", figure["kind"]) for figure in document["figures"])
    yield from (("related_to", relation["action"]["id"]) for relation in document["relations"])
    yield from (("unknown", field) for field in document["unknowns"])


def evidence_facets(document: Document) -> Iterator[FacetPair]:
    evidence = document["evidence"]
    if evidence["level"]:
        yield "evidence", evidence["level"]
    yield "has_doubt", format_boolean(any(note["kind"] == "doubt" for note in document["notes"]))
    yield "reported_claim", format_boolean(evidence["reported_claim"])


def actor_facets(rows: list[Document], facet: str) -> Iterator[FacetPair]:
    for row in rows:
        yield "naming", row["naming"]
        yield f"{facet}_role", row["role"]
        if row[facet]:
            yield facet, row[facet]["id"]
            yield f"{facet}_in_role", f"{row[facet]['id']}:{row['role']}"


def body_facets(document: Document, places: AncestorMap, terms: AncestorMap) -> Iterator[FacetPair]:
    yield "type", document["type"]
    if document["jurisdiction"]:
        yield from jurisdiction_facets(document["jurisdiction"]["id"], places)


def source_facets(
    document: Document, places: AncestorMap, terms: AncestorMap
) -> Iterator[FacetPair]:
    yield "source_class", document["source_class"]
    yield "language", document["language"]
    yield "sha256", document["sha256"]
    if document["publisher"]:
        yield "publisher", document["publisher"]


FACETS_BY_KIND = {
    "action": action_facets,
    "agency": body_facets,
    "entity": body_facets,
    "source": source_facets,
}


def jurisdiction_facets(place: str, places: AncestorMap) -> Iterator[FacetPair]:
    yield "jurisdiction_exactly", place
    for code in (place, *places.get(place, ())):
        yield "jurisdiction", code


def term_facets(vocabulary: str, code: str, terms: AncestorMap) -> Iterator[FacetPair]:
    yield vocabulary, code
    for term in terms.get(f"{vocabulary}.{code}", ()):
        yield vocabulary, term.rpartition(".")[2]


def format_boolean(value: bool) -> str:
    return "true" if value else "false"


def required_references(document: Document) -> set[FacetPair]:
    """(kind, id) of every record that must be published for this one to be."""
    found = {(kind, ref["id"]) for kind, ref in iter_record_references(document) if ref}
    return found - {(document["kind"], document["id"])}


def iter_record_references(document: Document) -> Iterator[tuple[str, Document | None]]:
    if document["kind"] == "agency":
        yield "agency", document["parent"]
    elif document["kind"] == "source":
        yield "source", document["derived_from"]
    elif document["kind"] == "action":
        for field, kind in ACTOR_KINDS.items():
            yield from ((kind, row[kind]) for row in document[field])
        yield from (("source", citation["source"]) for citation in document["citations"])
        yield from (("action", relation["action"]) for relation in document["relations"])


def iter_date_intervals(document: Document) -> Iterator[tuple[str, str | None, str | None]]:
    """(kind of date, earliest, latest)."""
    dates = document.get("dates", [])
    yield from ((date["kind"], date["earliest"], date["latest"]) for date in dates)
    if published := document.get("published"):
        yield "published", published["earliest"], published["latest"]


def search_texts(document: Document) -> dict[str, str]:
    """Text to search, by weight: A the title, B names, C the summary, D remarks."""
    names = [document.get("native_name", ""), *document.get("aliases", [])]
    remarks = [note["text"] for note in document.get("notes", [])]
    for kind, reference in iter_record_references(document):
        if reference and kind != "action":
            names.append(reference["name"])
    for field in ("agencies", "entities"):
        names += [row["described_as"] for row in document.get(field, [])]
    names += [place["name"] for place in document.get("jurisdictions", [])]
    for citation in document.get("citations", []):
        remarks += [citation["quote"], citation["note"]]
    return {
        "A": document.get("title") or document.get("name", ""),
        "B": join_search_text(
            [*names, document.get("publisher", ""), *document.get("authors", [])]
        ),
        "C": document.get("summary") or document.get("description", ""),
        "D": join_search_text(remarks),
    }


def join_search_text(parts: list[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(parts)).strip()
