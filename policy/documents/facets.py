"""What a document can be found by: facets, intervals, words. Read from the document alone."""

import re
from collections.abc import Iterator, Mapping

from policy.documents.types import Document

Pair = tuple[str, str]
Ancestry = Mapping[str, tuple[str, ...]]

UNDATED = "0001-01-01"
# The main date of an action is the first of these that it has.
MAIN_DATES = ("occurred", "adopted", "effective", "announced", "observed", "ended", "reported")
SCALARS = ("unit", "type", "status", "stance", "attribution", "legal_force")
REFERENCES = {"agencies": "agency", "entities": "entity"}


def sort_date(dates: list[Document]) -> str | None:
    """A day to order by: the first bound of the main date."""
    by_kind = {date["kind"]: date for date in dates}
    for kind in MAIN_DATES:
        if date := by_kind.get(kind):
            return date["earliest"] or date["latest"]
    return None


def day(document: Document) -> str:
    """The day that lists are ordered by; a stand-in before all others when undated."""
    if document["kind"] == "action":
        return document["sort_date"] or UNDATED
    published = document.get("published") or {}
    return published.get("earliest") or published.get("latest") or UNDATED


def facets(document: Document, places: Ancestry, terms: Ancestry) -> set[Pair]:
    """(facet, value) pairs, with everything that a value lies inside or under."""
    found = set(OF_KIND[document["kind"]](document, places, terms))
    found |= {("refers_to", f"{kind}/{id}") for kind, id in references(document)}
    if (on := day(document)) != UNDATED:
        found |= {("year", on[:4].lstrip("0")), ("month", on[:7])}
    return found | {("all", "")}


def of_action(document: Document, places: Ancestry, terms: Ancestry) -> Iterator[Pair]:
    for field in SCALARS:
        if value := document[field]:
            yield from under(field, value, terms)
    if document["type"]:
        yield "type_exactly", document["type"]
    for value in document["activities"]:
        yield from under("activity", value, terms)
        yield "activity_exactly", value
    for place in document["jurisdictions"]:
        yield from inside(place["id"], places)
    for field, facet in REFERENCES.items():
        yield from of_actors(document[field], facet)
    yield from of_parts(document)
    yield from of_evidence(document)


def of_parts(document: Document) -> Iterator[Pair]:
    yield from (("penalty", value) for value in document["penalty"])
    yield from (("source", citation["source"]["id"]) for citation in document["citations"])
    yield from (("figure", figure["kind"]) for figure in document["figures"])
    yield from (("related_to", relation["action"]["id"]) for relation in document["relations"])
    yield from (("unknown", field) for field in document["unknowns"])


def of_evidence(document: Document) -> Iterator[Pair]:
    evidence = document["evidence"]
    if evidence["level"]:
        yield "evidence", evidence["level"]
    yield "has_doubt", flag(any(note["kind"] == "doubt" for note in document["notes"]))
    yield "reported_claim", flag(evidence["reported_claim"])


def of_actors(rows: list[Document], facet: str) -> Iterator[Pair]:
    for row in rows:
        yield "naming", row["naming"]
        yield f"{facet}_role", row["role"]
        if row[facet]:
            yield facet, row[facet]["id"]
            yield f"{facet}_in_role", f"{row[facet]['id']}:{row['role']}"


def of_body(document: Document, places: Ancestry, terms: Ancestry) -> Iterator[Pair]:
    yield "type", document["type"]
    if document["jurisdiction"]:
        yield from inside(document["jurisdiction"]["id"], places)


def of_source(document: Document, places: Ancestry, terms: Ancestry) -> Iterator[Pair]:
    yield "source_class", document["source_class"]
    yield "language", document["language"]
    yield "sha256", document["sha256"]
    if document["publisher"]:
        yield "publisher", document["publisher"]


OF_KIND = {"action": of_action, "agency": of_body, "entity": of_body, "source": of_source}


def inside(place: str, places: Ancestry) -> Iterator[Pair]:
    yield "jurisdiction_exactly", place
    for code in (place, *places.get(place, ())):
        yield "jurisdiction", code


def under(vocabulary: str, code: str, terms: Ancestry) -> Iterator[Pair]:
    yield vocabulary, code
    for term in terms.get(f"{vocabulary}.{code}", ()):
        yield vocabulary, term.rpartition(".")[2]


def flag(value: bool) -> str:
    return "true" if value else "false"


def references(document: Document) -> set[Pair]:
    """(kind, id) of every record that must be published for this one to be."""
    found = {(kind, ref["id"]) for kind, ref in referred(document) if ref}
    return found - {(document["kind"], document["id"])}


def referred(document: Document) -> Iterator[tuple[str, Document | None]]:
    if document["kind"] == "agency":
        yield "agency", document["parent"]
    elif document["kind"] == "source":
        yield "source", document["derived_from"]
    elif document["kind"] == "action":
        for field, kind in REFERENCES.items():
            yield from ((kind, row[kind]) for row in document[field])
        yield from (("source", citation["source"]) for citation in document["citations"])
        yield from (("action", relation["action"]) for relation in document["relations"])


def intervals(document: Document) -> Iterator[tuple[str, str | None, str | None]]:
    """(kind of date, earliest, latest)."""
    dates = document.get("dates", [])
    yield from ((date["kind"], date["earliest"], date["latest"]) for date in dates)
    if published := document.get("published"):
        yield "published", published["earliest"], published["latest"]


def words(document: Document) -> dict[str, str]:
    """Text to search, by weight: A the title, B names, C the summary, D remarks."""
    names = [document.get("native_name", ""), *document.get("aliases", [])]
    remarks = [note["text"] for note in document.get("notes", [])]
    for kind, reference in referred(document):
        if reference and kind != "action":
            names.append(reference["name"])
    for field in ("agencies", "entities"):
        names += [row["described_as"] for row in document.get(field, [])]
    names += [place["name"] for place in document.get("jurisdictions", [])]
    for citation in document.get("citations", []):
        remarks += [citation["quote"], citation["note"]]
    return {
        "A": document.get("title") or document.get("name", ""),
        "B": joined([*names, document.get("publisher", ""), *document.get("authors", [])]),
        "C": document.get("summary") or document.get("description", ""),
        "D": joined(remarks),
    }


def joined(parts: list[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(parts)).strip()
