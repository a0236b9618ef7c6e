"""Every noun of the dataset. docs/data-model.md describes them one by one."""

from typing import Any

from policy.models.action import (
    Action,
    ActionAgency,
    ActionDate,
    ActionEntity,
    Citation,
    Figure,
    Note,
    Relation,
    Unknown,
)
from policy.models.record import Agency, Entity, Record, Source, SourceText
from policy.models.reference import Jurisdiction, ReferenceVersion, Term
from policy.models.review import Acceptance, Comment, Credit, Deed, Review
from policy.models.revision import (
    Coverage,
    Facet,
    FacetValue,
    Interval,
    Line,
    Release,
    Revision,
    SearchEntry,
)
from policy.models.watch import BrokenCitation, Renamed

# Every kind of record, in the order in which they refer to each other.
RECORDS: dict[str, Any] = {model.KIND: model for model in (Agency, Entity, Source, Action)}

__all__ = [
    "RECORDS",
    "Acceptance",
    "Action",
    "ActionAgency",
    "ActionDate",
    "ActionEntity",
    "Agency",
    "BrokenCitation",
    "Citation",
    "Comment",
    "Coverage",
    "Credit",
    "Deed",
    "Entity",
    "Facet",
    "FacetValue",
    "Figure",
    "Interval",
    "Jurisdiction",
    "Line",
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
