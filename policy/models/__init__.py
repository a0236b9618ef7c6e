"""Every noun of the dataset. docs/data-model.md describes them one by one."""

from typing import Any

from policy.models.action import Action
from policy.models.action_parts import (
    ActionAgency,
    ActionDate,
    ActionEntity,
    Figure,
    Note,
    Relation,
    Unknown,
)
from policy.models.citation import Citation
from policy.models.index import Coverage, CsvRow, Facet, FacetValue, Interval, SearchEntry
from policy.models.record import Agency, Entity, Record, Source, SourceText
from policy.models.reference import Jurisdiction, ReferenceVersion, Term
from policy.models.review import Acceptance, AuditEvent, Comment, Credit, Review
from policy.models.revision import Release, Revision
from policy.models.watch import BrokenCitation, Renamed

# Every kind of record, in the order in which they refer to each other.
RECORD_MODELS: dict[str, Any] = {model.KIND: model for model in (Agency, Entity, Source, Action)}
# List field of an action: its model, the foreign key in a row, and the kind of record it names.
CHILD_MODELS: dict[str, tuple[Any, str, str]] = {
    "agencies": (ActionAgency, "agency", "agency"),
    "entities": (ActionEntity, "entity", "entity"),
    "dates": (ActionDate, "", ""),
    "figures": (Figure, "", ""),
    "relations": (Relation, "target", "action"),
    "notes": (Note, "", ""),
    "citations": (Citation, "source", "source"),
    "unknowns": (Unknown, "", ""),
}
# Many-to-many field of an action: the column of its through table that names the other row.
M2M_FIELDS = {"penalties": "term_id", "jurisdictions": "jurisdiction_id", "activities": "term_id"}
PARENT_FIELDS = {"agency": "parent", "source": "derived_from"}  # a foreign key to the same kind
SAME_KIND_FIELDS = {**PARENT_FIELDS, "action": "relations"}  # the same, lists included

__all__ = [
    "CHILD_MODELS",
    "M2M_FIELDS",
    "PARENT_FIELDS",
    "RECORD_MODELS",
    "SAME_KIND_FIELDS",
    "Acceptance",
    "Action",
    "ActionAgency",
    "ActionDate",
    "ActionEntity",
    "Agency",
    "AuditEvent",
    "BrokenCitation",
    "Citation",
    "Comment",
    "Coverage",
    "Credit",
    "CsvRow",
    "Entity",
    "Facet",
    "FacetValue",
    "Figure",
    "Interval",
    "Jurisdiction",
    "Note",
    "Record",
    "ReferenceVersion",
    "Relation",
    "Release",
    "Renamed",
    "Review",
    "Revision",
    "SearchEntry",
    "Source",
    "SourceText",
    "Term",
    "Unknown",
]
