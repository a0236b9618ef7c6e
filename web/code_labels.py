"""What codes are called: terms and places, each read in one query."""

from collections.abc import Iterable

from policy.documents.types import Document
from policy.models import Jurisdiction, Term

ACTION_FIELD_LABELS = {
    "type": "Type",
    "status": "Status",
    "stance": "Stance",
    "legal_force": "Legal force",
    "penalty": "Penalty",
    "attribution": "Attribution",
    "unit": "Unit",
    "activities": "Activity",
    "jurisdictions": "Place",
    "dates": "Date",
    "agencies": "Agency",
    "entities": "Entity",
    "figures": "Figure",
    "relations": "Relation",
}
VOCABULARY_BY_FIELD = {
    "activities": "activity",
    "dates": "date",
    "figures": "figure",
    "relations": "relation",
}


class CodeLabels:
    """Labels for the codes of some documents."""

    def __init__(self, documents: Iterable[Document]) -> None:
        places = {row["id"] for document in documents for row in document["jurisdictions"]}
        self.terms = dict(Term.objects.values_list("id", "label"))
        inside = Jurisdiction.objects.filter(pk__in=places, parent__isnull=False)
        self.parents = dict(inside.values_list("code", "parent__name"))

    def label(self, vocabulary: str, code: str | None) -> str:
        """A term's label; its code, made readable, where the term is gone."""
        if code is None:
            return ""
        return self.terms.get(f"{vocabulary}.{code}") or code.replace("_", " ").capitalize()

    def item(self, field: str, code: str) -> str:
        return self.label(VOCABULARY_BY_FIELD.get(field, field), code)

    def place(self, row: Document) -> str:
        """A place and what it lies in: Qinghai, China."""
        return ", ".join(filter(None, [row["name"], self.parents.get(row["id"])]))
