"""The labels of terms and places, and of the fields of actions."""

from collections.abc import Iterable, Iterator
from urllib.parse import quote

from policy.documents.evidence import CODED_FIELDS, CODED_VOCABULARIES
from policy.documents.types import Document
from policy.models import Jurisdiction, Term

ACTION_FIELD_LABELS = {name: coded.label for name, coded in CODED_FIELDS.items()}
VOCABULARY_BY_FIELD = {
    **CODED_VOCABULARIES,
    "activities": "activity",
    "dates": "date",
    "figures": "figure",
    "relations": "relation",
    "identifiers": "identifier_scheme",
    "classifications": "classification_scheme",
}


def iter_places(document: Document) -> Iterator[Document]:
    """Yield the places whose power acts, and those that the act is directed at."""
    yield from document["jurisdictions"]
    yield from (target["jurisdiction"] for target in document["targets"])


class CodeLabels:
    """The labels of the codes in some documents, loaded in two queries."""

    def __init__(self, documents: Iterable[Document]) -> None:
        codes = {row["id"] for document in documents for row in iter_places(document)}
        terms = Term.objects.values_list("id", "label", "url_template")
        self.terms = {id: label for id, label, _ in terms}
        self.url_templates = {id: template for id, _, template in terms if template}
        places = Jurisdiction.objects.filter(pk__in=codes, parent__isnull=False)
        self.parents = dict(places.values_list("code", "parent__name"))

    def label(self, vocabulary: str, code: str | None) -> str:
        """Return the label of a term; if the term no longer exists, a readable form of its code."""
        if code is None:
            return ""
        return self.terms.get(f"{vocabulary}.{code}") or code.replace("_", " ").capitalize()

    def item(self, field: str, code: str) -> str:
        """Return the label of a value of a field of actions."""
        return self.label(VOCABULARY_BY_FIELD.get(field, field), code)

    def scheme_url(self, field: str, row: Document) -> str:
        """Return the address of an identifier or classification; empty if its scheme has none."""
        template = self.url_templates.get(f"{VOCABULARY_BY_FIELD[field]}.{row['scheme']}", "")
        return template.replace("{value}", quote(row["value"], safe="/:"))

    def place(self, row: Document) -> str:
        """Return the name of a place and of its parent, such as "Qinghai, China"."""
        return ", ".join(filter(None, [row["name"], self.parents.get(row["id"])]))
