"""Actions put in words, ready for the templates: in a line, and whole."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import orjson
from django.urls import reverse

from policy.documents.facets import MAIN_DATES
from policy.documents.types import Document
from web import words
from web.codebook import Codebook
from web.facts import Fact, Facts, Value, resolution
from web.names import Names, relation_key

SYMMETRIC = {"issued_with", "contradicts", "may_be_same_as"}


def address(action: str) -> str:
    return reverse("web:action", args=[action])


def document_of(revision: Any) -> Document:
    """A revision's document."""
    return orjson.loads(revision.document)


class Headline:
    """An action in a line: what lists show of it."""

    def __init__(self, document: Document, codebook: Codebook) -> None:
        self.document, self.codebook = document, codebook
        self.id, self.title = document["id"], document["title"]
        self.href, self.stance = address(self.id), document["stance"]
        self.type = codebook.label("type", document["type"])
        self.status = codebook.label("status", document["status"])
        self.stance_label = codebook.label("stance", self.stance)
        self.where = words.listed([codebook.place(row) for row in document["jurisdictions"]])

    @cached_property
    def main_date(self) -> Document | None:
        by_kind = {row["kind"]: row for row in self.document["dates"]}
        return next((by_kind[kind] for kind in MAIN_DATES if kind in by_kind), None)

    @property
    def when(self) -> str:
        return words.honest_date(self.main_date) if self.main_date else "date not known"

    @property
    def date_label(self) -> str:
        return self.codebook.label("date", self.main_date["kind"]) if self.main_date else ""


class Reading(Headline):
    """A whole action. `sources` are those it cites, `referring` the actions that name it,
    `texts` the words of its sources where the reader may see them."""

    def __init__(
        self,
        document: Document,
        codebook: Codebook,
        sources: dict[str, Document],
        referring: list[Document],
        texts: dict[str, str],
    ) -> None:
        super().__init__(document, codebook)
        self.sources, self.referring, self.texts = sources, referring, texts
        self.summary, self.licence = document["summary"], document["licence"]
        self.revision = document["revision"]
        self.published = words.moment(document["published_at"])
        self.review = words.review(document["review"])
        self.names = Names(document, codebook)
        self.facts = Facts(document, codebook, self.names)

    # How well it is evidenced

    @property
    def evidence(self) -> str:
        level = self.document["evidence"]["level"]
        return words.evidence(level, self.codebook.label("evidence", level))

    @property
    def passages(self) -> str:
        return words.count(len(self.document["citations"]), "passage is", "passages are")

    @property
    def claimants(self) -> str:
        return words.listed([self.names.item(k) for k in self.document["evidence"]["claimed_by"]])

    @property
    def disputed(self) -> bool:
        return self.document["evidence"]["disputed"]

    @property
    def doubted(self) -> str:
        doubts = sum(note["kind"] == "doubt" for note in self.document["notes"])
        return words.count(doubts, "doubt is", "doubts are") if doubts else ""

    @cached_property
    def notes(self) -> list[Document]:
        return [
            {
                "number": number,
                "kind": note["kind"],
                "label": self.codebook.label("note", note["kind"]),
                "about": self.names.field(note["field"]) if note["field"] else "",
                "text": note["text"],
            }
            for number, note in enumerate(self.document["notes"], start=1)
        ]

    # What it has to do with other actions

    @cached_property
    def relations(self) -> list[Fact]:
        """What this record says of others, then what others say of it."""
        incoming = sorted(self.incoming(), key=lambda value: value.label)
        return Fact.join([*self.outgoing(), *incoming])

    def outgoing(self) -> Iterator[Value]:
        for row in self.document["relations"]:
            key, label = relation_key(row), self.codebook.label("relation", row["type"])
            value = self.facts.value(key, label, row["action"]["name"], row["reason"])
            value.anchor, value.href = key, address(row["action"]["id"])
            yield value

    def incoming(self) -> Iterator[Value]:
        said = {(row["type"], row["action"]["id"]) for row in self.document["relations"]}
        for other in self.referring:
            for row in other["relations"]:
                twice = row["type"] in SYMMETRIC and (row["type"], other["id"]) in said
                if row["action"]["id"] == self.id and not twice:
                    label = words.reversed_relation(row["type"])
                    remarks = [*filter(None, [row["reason"]]), "Said by the other record."]
                    yield Value("", label, other["title"], remarks, href=address(other["id"]))

    # What it rests on

    @cached_property
    def cited(self) -> list[Document]:
        """The sources, each with its citations."""
        found: dict[str, Document] = {}
        for number, citation in enumerate(self.document["citations"], start=1):
            reference = citation["source"]
            source = found.setdefault(reference["id"], self.source(reference))
            source["citations"].append(self.citation(number, citation))
        return list(found.values())

    def source(self, reference: Document) -> Document:
        document = self.sources.get(reference["id"], {})
        published = document.get("published")
        return {
            "id": reference["id"],
            "title": reference["name"],
            "publisher": document.get("publisher") or "publisher not known",
            "published": words.honest_date(published) if published else "date not known",
            "resolution": resolution(published, self.codebook) if published else "",
            "source_class": self.codebook.label("source_class", document.get("source_class")),
            "language": document.get("language", ""),
            "sha256": document.get("text_sha256", ""),
            "citations": [],
        }

    def citation(self, number: int, citation: Document) -> Document:
        supports = [
            {
                "name": self.names.field(row["field"]),
                "anchor": self.names.row(row["field"]),
                "basis": self.codebook.label("basis", row["basis"]).lower(),
                "reason": row["reason"],
            }
            for row in citation["supports"]
        ]
        text = self.texts.get(citation["source"]["id"], "")
        passage = text[citation["start"] : citation["end"]]
        return {**citation, "number": number, "supports": supports, "passage": passage}
