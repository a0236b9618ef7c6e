"""Actions put in words, ready for the templates: in a line, and whole."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import orjson
from django.urls import reverse

from policy.documents.facets import MAIN_DATE_KINDS
from policy.documents.types import Document
from web import text_formats
from web.code_labels import CodeLabels
from web.facts import ActionFacts, Fact, FactValue, format_date_basis
from web.key_labels import KeyLabels, get_relation_key

SYMMETRIC_RELATIONS = {"issued_with", "contradicts", "may_be_same_as"}


def get_action_url(action: str) -> str:
    return reverse("web:action", args=[action])


def parse_revision_document(revision: Any) -> Document:
    """A revision's document."""
    return orjson.loads(revision.document)


class ActionSummary:
    """An action in a line: what lists show of it."""

    def __init__(self, document: Document, codebook: CodeLabels) -> None:
        self.document, self.codebook = document, codebook
        self.id, self.title = document["id"], document["title"]
        self.href, self.stance = get_action_url(self.id), document["stance"]
        self.type = codebook.label("type", document["type"])
        self.status = codebook.label("status", document["status"])
        self.stance_label = codebook.label("stance", self.stance)
        self.where = text_formats.join_with_and(
            [codebook.place(row) for row in document["jurisdictions"]]
        )

    @cached_property
    def main_date(self) -> Document | None:
        by_kind = {row["kind"]: row for row in self.document["dates"]}
        return next((by_kind[kind] for kind in MAIN_DATE_KINDS if kind in by_kind), None)

    @property
    def when(self) -> str:
        return (
            text_formats.format_date_range(self.main_date) if self.main_date else "date not known"
        )

    @property
    def date_label(self) -> str:
        return self.codebook.label("date", self.main_date["kind"]) if self.main_date else ""


class ActionDetail(ActionSummary):
    """A whole action. `sources` are those it cites, `referring` the actions that name it,
    `texts` the words of its sources where the reader may see them."""

    def __init__(
        self,
        document: Document,
        codebook: CodeLabels,
        sources: dict[str, Document],
        referring: list[Document],
        texts: dict[str, str],
    ) -> None:
        super().__init__(document, codebook)
        self.sources, self.referring_actions, self.texts = sources, referring, texts
        self.summary, self.licence = document["summary"], document["licence"]
        self.revision = document["revision"]
        self.published = text_formats.format_utc_instant(document["published_at"])
        self.review = text_formats.describe_review(document["review"])
        self.names = KeyLabels(document, codebook)
        self.facts = ActionFacts(document, codebook, self.names)

    # How well it is evidenced

    @property
    def evidence(self) -> str:
        level = self.document["evidence"]["level"]
        return text_formats.describe_evidence(level, self.codebook.label("evidence", level))

    @property
    def passage_count(self) -> str:
        return text_formats.format_count(
            len(self.document["citations"]), "passage is", "passages are"
        )

    @property
    def claimants(self) -> str:
        return text_formats.join_with_and(
            [self.names.item(k) for k in self.document["evidence"]["claimed_by"]]
        )

    @property
    def is_disputed(self) -> bool:
        return self.document["evidence"]["disputed"]

    @property
    def doubt_count(self) -> str:
        doubts = sum(note["kind"] == "doubt" for note in self.document["notes"])
        return text_formats.format_count(doubts, "doubt is", "doubts are") if doubts else ""

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
        incoming = sorted(self.iter_incoming(), key=lambda value: value.label)
        return Fact.join([*self.iter_outgoing(), *incoming])

    def iter_outgoing(self) -> Iterator[FactValue]:
        for row in self.document["relations"]:
            key, label = get_relation_key(row), self.codebook.label("relation", row["type"])
            value = self.facts.value(key, label, row["action"]["name"], row["reason"])
            value.anchor, value.href = key, get_action_url(row["action"]["id"])
            yield value

    def iter_incoming(self) -> Iterator[FactValue]:
        said = {(row["type"], row["action"]["id"]) for row in self.document["relations"]}
        for other in self.referring_actions:
            for row in other["relations"]:
                twice = row["type"] in SYMMETRIC_RELATIONS and (row["type"], other["id"]) in said
                if row["action"]["id"] == self.id and not twice:
                    label = text_formats.get_reverse_relation_label(row["type"])
                    remarks = [*filter(None, [row["reason"]]), "Said by the other record."]
                    yield FactValue(
                        "", label, other["title"], remarks, href=get_action_url(other["id"])
                    )

    # What it rests on

    @cached_property
    def cited_sources(self) -> list[Document]:
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
            "published": text_formats.format_date_range(published)
            if published
            else "date not known",
            "resolution": format_date_basis(published, self.codebook) if published else "",
            "source_class": self.codebook.label("source_class", document.get("source_class")),
            "language": document.get("language", ""),
            "sha256": document.get("text_sha256", ""),
            "citations": [],
        }

    def citation(self, number: int, citation: Document) -> Document:
        supports = [
            {
                "name": self.names.field(row["field"]),
                "anchor": self.names.get_row_key(row["field"]),
                "basis": self.codebook.label("basis", row["basis"]).lower(),
                "reason": row["reason"],
            }
            for row in citation["supports"]
        ]
        text = self.texts.get(citation["source"]["id"], "")
        passage = text[citation["start"] : citation["end"]]
        return {**citation, "number": number, "supports": supports, "passage": passage}
