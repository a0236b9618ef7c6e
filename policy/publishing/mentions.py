"""Finds and removes what documents say about a record that is taken down."""

from policy.documents import facets
from policy.documents.types import (
    ActionContent,
    AnyDocument,
    Document,
    RecordKey,
    ReferenceContent,
    as_action,
    as_record,
)
from policy.publishing.redaction import REDACTED_TEXT


def collect_names(document: AnyDocument) -> set[str]:
    """Return the names, titles and quotes in a document. A tombstone has none."""
    record = as_record(document)
    if record["kind"] == "action":
        quotes = {citation["quote"] for citation in record.get("citations", [])}
        return {record.get("title", ""), *quotes}
    if record["kind"] == "source":
        return {record.get("title", "")}
    return {record.get("name", ""), record.get("native_name", ""), *record.get("aliases", [])}


def remove_mentions(document: Document, key: RecordKey, cited_only: bool = False) -> set[str]:
    """Remove from a document what it says about another record. Return the removed words.

    The references themselves stay, without a name. If `cited_only`, remove only the quotes and
    notes of citations.
    """
    removed: set[str] = set()
    for kind, reference in () if cited_only else facets.iter_record_references(document):
        if reference and (kind, reference["id"]) == key:
            removed.add(reference["name"])
            reference["name"] = REDACTED_TEXT
    if document["kind"] == "action":
        removed |= clear_row_words(as_action(document), key)
    return removed


def clear_row_words(action: ActionContent, key: RecordKey) -> set[str]:
    """Clear the words in the rows of an action that are about a record. Return these words."""
    kind, slug = key
    removed: set[str] = set()
    for row in (*action["agencies"], *action["entities"]):
        reference = row.get("agency") if kind == "agency" else row.get("entity")
        if kind in ("agency", "entity") and is_reference_to(reference, slug):
            removed.add(row["described_as"])
            row["described_as"] = ""
    for citation in action["citations"] if kind == "source" else ():
        if is_reference_to(citation["source"], slug):
            removed |= {citation["quote"], citation["note"]}
            citation["quote"] = citation["note"] = ""
    for relation in action["relations"] if kind == "action" else ():
        if is_reference_to(relation["action"], slug):
            removed.add(relation["reason"])
            relation["reason"] = ""
    return removed


def is_reference_to(reference: ReferenceContent | None, slug: str) -> bool:
    return reference is not None and reference["id"] == slug
