"""Actions as text for the templates: summaries for lists, and details for an action's page."""

from collections.abc import Iterator
from functools import cached_property
from typing import TypedDict, cast

from django.urls import reverse

from policy.documents.periods import main_date
from policy.documents.types import Document
from web import text_formats
from web.code_labels import CodeLabels
from web.facts import ActionFacts, Fact, FactValue, format_date_basis
from web.key_labels import KeyLabels, get_relation_key

SYMMETRIC_RELATIONS = {"issued_with", "contradicts", "may_be_same_as"}


def get_action_url(action: str) -> str:
    return reverse("web:action", args=[action])


class NoteText(TypedDict):
    """A note of an action. `about` is the label of the field that it is about, if any."""

    number: int
    kind: str
    label: str
    about: str
    text: str


class SupportText(TypedDict):
    """A value that a citation supports. `anchor` is the key of the row of the value."""

    name: str
    anchor: str
    basis: str
    reason: str


class CitationText(TypedDict):
    """A citation. `passage` is the cited text, for curators only; otherwise it is empty."""

    number: int
    quote: str
    paragraph: int
    start: int
    end: int
    sha256: str
    note: str
    supports: list[SupportText]
    passage: str


class SourceSummary(TypedDict):
    """A source that an action cites, with the citations."""

    id: str
    title: str
    publisher: str
    published: str
    resolution: str
    source_class: str
    language: str
    sha256: str
    citations: list[CitationText]


class ActionSummary:
    """What lists show of an action."""

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
        found = main_date(self.document["dates"], self.document["schema_version"])
        return cast(Document | None, found)

    @property
    def when(self) -> str:
        return text_formats.format_date_range(self.main_date) if self.main_date else "unknown date"

    @property
    def date_label(self) -> str:
        return self.codebook.label("date", self.main_date["kind"]) if self.main_date else ""


class ActionDetail(ActionSummary):
    """What an action's page shows.

    `sources` are the documents of the cited sources by id, `referring` those of the actions that
    state a relation to it, `texts` the texts of its sources by id if the user may read them.
    """

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

    # The evidence

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
        return bool(self.document["evidence"]["disputed"])

    @property
    def doubt_count(self) -> str:
        doubts = sum(note["kind"] == "doubt" for note in self.document["notes"])
        return text_formats.format_count(doubts, "doubt is", "doubts are") if doubts else ""

    @cached_property
    def notes(self) -> list[NoteText]:
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

    # Relations to other actions

    @cached_property
    def relations(self) -> list[Fact]:
        """The relations that this record states, then those that other records state to it."""
        incoming = sorted(self.iter_incoming(), key=lambda value: value.label)
        return Fact.join([*self.iter_outgoing(), *incoming])

    def iter_outgoing(self) -> Iterator[FactValue]:
        for row in self.document["relations"]:
            key, label = get_relation_key(row), self.codebook.label("relation", row["type"])
            value = self.facts.value(key, label, row["action"]["name"], row["reason"])
            value.anchor, value.href = key, get_action_url(row["action"]["id"])
            yield value

    def iter_incoming(self) -> Iterator[FactValue]:
        outgoing = {(row["type"], row["action"]["id"]) for row in self.document["relations"]}
        for other in self.referring_actions:
            for row in other["relations"]:
                is_repeated = (
                    row["type"] in SYMMETRIC_RELATIONS and (row["type"], other["id"]) in outgoing
                )
                if row["action"]["id"] == self.id and not is_repeated:
                    label = text_formats.get_reverse_relation_label(row["type"])
                    remarks = [*filter(None, [row["reason"]]), "Stated by the other record."]
                    yield FactValue(
                        "", label, other["title"], remarks, href=get_action_url(other["id"])
                    )

    # Sources and citations

    @cached_property
    def cited_sources(self) -> list[SourceSummary]:
        """The sources in the order of their first citation, each with its citations."""
        sources: dict[str, SourceSummary] = {}
        for number, citation in enumerate(self.document["citations"], start=1):
            reference = citation["source"]
            source = sources.setdefault(reference["id"], self.source(reference))
            source["citations"].append(self.citation(number, citation))
        return list(sources.values())

    def source(self, reference: Document) -> SourceSummary:
        document = self.sources.get(reference["id"], {})
        published = document.get("published")
        return {
            "id": reference["id"],
            "title": reference["name"],
            "publisher": document.get("publisher") or "unknown publisher",
            "published": text_formats.format_date_range(published) if published else "unknown date",
            "resolution": format_date_basis(published, self.codebook) if published else "",
            "source_class": self.codebook.label("source_class", document.get("source_class")),
            "language": document.get("language", ""),
            "sha256": document.get("text_sha256", ""),
            "citations": [],
        }

    def citation(self, number: int, citation: Document) -> CitationText:
        supports: list[SupportText] = [
            {
                "name": self.names.field(row["field"]),
                "anchor": self.names.get_row_key(row["field"]),
                "basis": self.codebook.label("basis", row["basis"]).lower(),
                "reason": row["reason"],
            }
            for row in citation["supports"]
        ]
        text = self.texts.get(citation["source"]["id"], "")
        return {
            "number": number,
            "quote": citation["quote"],
            "paragraph": citation["paragraph"],
            "start": citation["start"],
            "end": citation["end"],
            "sha256": citation["sha256"],
            "note": citation["note"],
            "supports": supports,
            "passage": text[citation["start"] : citation["end"]],
        }
