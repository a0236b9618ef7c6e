"""The labels of the keys of an action's values, such as `dates/effective`."""

from functools import cached_property

from policy.documents import evidence
from policy.documents.evidence import ACTOR_KINDS
from policy.documents.keys import actor_key
from policy.documents.types import Document
from web import text_formats
from web.code_labels import ACTION_FIELD_LABELS, CodeLabels


def get_actor_name(name: str, row: Document) -> str:
    """Return the name of an actor, or the source's words for an actor without a record."""
    reference = row[ACTOR_KINDS[name]]
    return str(reference["name"]) if reference else f"“{row['described_as']}”"


class KeyLabels:
    """The labels of the keys of one document."""

    def __init__(self, document: Document, codebook: CodeLabels) -> None:
        self.document, self.codebook = document, codebook

    @cached_property
    def names_by_key(self) -> dict[str, str]:
        """The names of actors, places and other actions, which are not codes."""
        names = {
            f"jurisdictions/{place['id']}": place["name"]
            for place in self.document["jurisdictions"]
        }
        for name in ACTOR_KINDS:
            for row in self.document[name]:
                names[f"{name}/{actor_key(row)}"] = get_actor_name(name, row)
        for row in self.document["targets"]:
            role = self.codebook.label("target_role", row["role"]).lower()
            place = row["jurisdiction"]
            names[f"targets/{place['id']}/{row['role']}"] = f"{place['name']} ({role})"
        for name in ("identifiers", "classifications"):
            for row in self.document[name]:
                scheme = self.codebook.item(name, row["scheme"])
                names[f"{name}/{row['scheme']}:{row['value']}"] = f"{scheme} {row['value']}"
        for row in self.document["relations"]:
            label = self.codebook.label("relation", row["type"]).lower()
            names[get_relation_key(row)] = f"{label} “{row['action']['name']}”"
        return names

    def item(self, key: str) -> str:
        """Return the label of an item without its field, such as "Effective"."""
        name, _, code = key.partition("/")
        if not code:
            return ACTION_FIELD_LABELS.get(name, name)
        kind, _, part = code.partition("/")
        label = text_formats.add_part(self.codebook.item(name, kind), part)
        return self.names_by_key.get(key) or label

    def field(self, key: str) -> str:
        """Return the label of a field, or of an item with its field, such as "Date: Effective"."""
        name, _, code = key.partition("/")
        if not code or name not in ACTION_FIELD_LABELS:
            return ACTION_FIELD_LABELS.get(name, name)
        row = self.get_row_key(key)
        if row == key:
            return f"{ACTION_FIELD_LABELS[name]}: {self.item(key)}"
        role = self.codebook.label(f"{ACTOR_KINDS[name]}_role", key.rpartition("/")[2])
        return f"{ACTION_FIELD_LABELS[name]}: {self.item(row)} ({role.lower()})"

    def get_row_key(self, key: str) -> str:
        """Return the key of a whole row: for an actor, the key without the role."""
        in_role = key.partition("/")[0] in ACTOR_KINDS and key not in self.names_by_key
        return key.rpartition("/")[0] if in_role and key.count("/") == 2 else key


def get_relation_key(row: Document) -> str:
    return f"relations/{evidence.item_key('relations', row)}"
