"""What the keys of an action are called: dates/effective, agencies/chinese-police."""

from functools import cached_property

from policy.documents import evidence
from policy.documents.evidence import ACTOR_KINDS
from policy.documents.types import Document
from web.code_labels import ACTION_FIELD_LABELS, CodeLabels


def get_actor_name(name: str, row: Document) -> str:
    """An actor's name, else the source's words for it."""
    reference = row[ACTOR_KINDS[name]]
    return reference["name"] if reference else f"“{row['described_as']}”"


class KeyLabels:
    def __init__(self, document: Document, codebook: CodeLabels) -> None:
        self.document, self.codebook = document, codebook

    @cached_property
    def names_by_key(self) -> dict[str, str]:
        """Names that no code tells: of actors, places and other actions."""
        found = {
            f"jurisdictions/{place['id']}": place["name"]
            for place in self.document["jurisdictions"]
        }
        for name in ACTOR_KINDS:
            for row in self.document[name]:
                found[f"{name}/{evidence.actor_key(row)}"] = get_actor_name(name, row)
        for row in self.document["relations"]:
            label = self.codebook.label("relation", row["type"]).lower()
            found[get_relation_key(row)] = f"{label} “{row['action']['name']}”"
        return found

    def item(self, key: str) -> str:
        """An item by itself: Effective."""
        name, _, code = key.partition("/")
        if not code:
            return ACTION_FIELD_LABELS.get(name, name)
        return self.names_by_key.get(key) or self.codebook.item(name, code)

    def field(self, key: str) -> str:
        """A field, or an item with its field: Date: Effective."""
        name, _, code = key.partition("/")
        if not code or name not in ACTION_FIELD_LABELS:
            return ACTION_FIELD_LABELS.get(name, name)
        row = self.get_row_key(key)
        if row == key:
            return f"{ACTION_FIELD_LABELS[name]}: {self.item(key)}"
        role = self.codebook.label(f"{ACTOR_KINDS[name]}_role", key.rpartition("/")[2])
        return f"{ACTION_FIELD_LABELS[name]}: {self.item(row)} ({role.lower()})"

    def get_row_key(self, key: str) -> str:
        """The key of a whole row: an actor's without the role."""
        in_role = key.partition("/")[0] in ACTOR_KINDS and key not in self.names_by_key
        return key.rpartition("/")[0] if in_role and key.count("/") == 2 else key


def get_relation_key(row: Document) -> str:
    return f"relations/{evidence.item_key('relations', row)}"
