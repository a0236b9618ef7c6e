"""All models. docs/data-model.md describes them."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from django.db.models import ForeignKey

from policy.models.action import Action
from policy.models.action_actors import ActionAgency, ActionEntity, ActionTarget
from policy.models.action_parts import (
    ActionDate,
    ActionPart,
    Figure,
    Note,
    Relation,
    Unknown,
)
from policy.models.citation import Citation
from policy.models.index import (
    Coverage,
    CsvRow,
    Facet,
    FacetValue,
    IndexVersion,
    Interval,
    SearchEntry,
)
from policy.models.record import Agency, Entity, Record
from policy.models.reference import Jurisdiction, ReferenceVersion, Term
from policy.models.review import Acceptance, AuditEvent, Comment, Credit, Review
from policy.models.revision import Release, Revision
from policy.models.source import Source, SourceText
from policy.models.watch import BrokenCitation, Renamed

# Every kind of record, in the order in which they refer to each other.
RECORD_MODELS: dict[str, type[Record]] = {
    model.KIND: model for model in (Agency, Entity, Source, Action)
}


class ChildModel(NamedTuple):
    """The model of a list field of an action.

    `reference` is its foreign key to another record, and `kind` the kind of this record. Both are
    empty if it has none.
    """

    model: type[ActionPart]
    reference: str = ""
    kind: str = ""


def iter_part_models(parent: type[ActionPart] = ActionPart) -> Iterator[type[ActionPart]]:
    for model in parent.__subclasses__():
        if model._meta.abstract:
            yield from iter_part_models(model)
        else:
            yield model


def describe_child_model(model: type[ActionPart]) -> ChildModel:
    for field in model._meta.fields:
        other = field.remote_field.model if isinstance(field, ForeignKey) else None
        if field.name != "action" and isinstance(other, type) and issubclass(other, Record):
            return ChildModel(model, field.name, other.KIND)
    return ChildModel(model)


def get_list_field(model: type[ActionPart]) -> str:
    """Return the name of the list of these rows in an action."""
    return str(
        cast("ForeignKey[Action]", model._meta.get_field("action")).remote_field.related_name
    )


# By list field.
CHILD_MODELS: dict[str, ChildModel] = {
    get_list_field(model): describe_child_model(model) for model in iter_part_models()
}
# Many-to-many field of an action: the column of its through table that names the other row.
M2M_FIELDS = {field.name: field.m2m_reverse_name() for field in Action._meta.many_to_many}
# By kind: the foreign key to a record of the same kind.
PARENT_FIELDS = {"agency": "parent", "source": "derived_from"}
# By kind: the field with references to records of the same kind.
SAME_KIND_FIELDS = {**PARENT_FIELDS, "action": "relations"}

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
    "ActionTarget",
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
    "IndexVersion",
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
