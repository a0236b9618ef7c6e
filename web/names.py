"""What the keys of an action are called: dates/effective, agencies/chinese-police."""

from functools import cached_property

from policy.documents import evidence
from policy.documents.types import Document
from web.codebook import FIELDS, Codebook

ACTORS = {"agencies": "agency", "entities": "entity"}


def actor(name: str, row: Document) -> str:
    """An actor's name, else the source's words for it."""
    reference = row[ACTORS[name]]
    return reference["name"] if reference else f"“{row['described_as']}”"


class Names:
    def __init__(self, document: Document, codebook: Codebook) -> None:
        self.document, self.codebook = document, codebook

    @cached_property
    def known(self) -> dict[str, str]:
        """Names that no code tells: of actors, places and other actions."""
        found = {
            f"jurisdictions/{place['id']}": place["name"]
            for place in self.document["jurisdictions"]
        }
        for name in ACTORS:
            for row in self.document[name]:
                found[f"{name}/{evidence.actor_key(row)}"] = actor(name, row)
        for row in self.document["relations"]:
            label = self.codebook.label("relation", row["type"]).lower()
            found[relation_key(row)] = f"{label} “{row['action']['name']}”"
        return found

    def item(self, key: str) -> str:
        """An item by itself: Effective."""
        name, _, code = key.partition("/")
        if not code:
            return FIELDS.get(name, name)
        return self.known.get(key) or self.codebook.item(name, code)

    def field(self, key: str) -> str:
        """A field, or an item with its field: Date: Effective."""
        name, _, code = key.partition("/")
        if not code or name not in FIELDS:
            return FIELDS.get(name, name)
        row = self.row(key)
        if row == key:
            return f"{FIELDS[name]}: {self.item(key)}"
        role = self.codebook.label(f"{ACTORS[name]}_role", key.rpartition("/")[2])
        return f"{FIELDS[name]}: {self.item(row)} ({role.lower()})"

    def row(self, key: str) -> str:
        """The key of a whole row: an actor's without the role."""
        in_role = key.partition("/")[0] in ACTORS and key not in self.known
        return key.rpartition("/")[0] if in_role and key.count("/") == 2 else key


def relation_key(row: Document) -> str:
    return f"relations/{evidence.item_key('relations', row)}"
