"""Types of documents: the JSON objects that are published, exported and imported."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

Document = dict[str, Any]  # a JSON object
AnyDocument = Mapping[str, object]  # a document to read: a Document or one of the types below
RecordKey = tuple[str, str]  # kind, id


class ReferenceContent(TypedDict):
    """A reference to another record or to a jurisdiction."""

    id: str
    name: str


class IntervalContent(TypedDict):
    """The days on which something may have happened. None: no limit in this direction."""

    earliest: str | None
    latest: str | None
    precision: str
    basis: str
    resolution: str


class DateContent(IntervalContent):
    kind: str
    part: str


class ActorContent(TypedDict):
    """An agency or an entity in an action. `agency` or `entity` is present, but may be None."""

    key: str
    naming: str
    described_as: str
    role: str
    agency: NotRequired[ReferenceContent | None]
    entity: NotRequired[ReferenceContent | None]


class FigureContent(TypedDict):
    kind: str
    part: str
    value: float
    comparator: str
    unit: str
    claimed_by: str


class TargetContent(TypedDict):
    jurisdiction: ReferenceContent
    role: str


class SchemeContent(TypedDict):
    """An identifier or a classification."""

    scheme: str
    value: str


class RelationContent(TypedDict):
    type: str
    action: ReferenceContent
    reason: str


class NoteContent(TypedDict):
    kind: str
    field: str
    text: str


class SupportContent(TypedDict):
    """A field that a citation supports."""

    field: str
    basis: str
    reason: str


class CitationContent(TypedDict):
    source: ReferenceContent
    start: int
    end: int
    sha256: str
    paragraph: int
    quote: str
    supports: list[SupportContent]
    note: str


class EvidenceContent(TypedDict):
    level: str | None
    reported_claim: bool
    claimed_by: list[str]
    disputed: bool
    fields: dict[str, str | None]


class ReviewContent(TypedDict):
    state: str
    reviewers: int
    reviewed_at: str | None
    released_by: str | None
    credits: NotRequired[list[str]]


class EnvelopeContent(TypedDict, total=False):
    """The fields that publishing adds to a record. Drafts and files may lack them."""

    schema_version: int
    revision: int
    published_at: str
    review: ReviewContent
    licence: str
    identifiers: list[SchemeContent]
    classifications: list[SchemeContent]


class ActionContent(EnvelopeContent, total=False):
    """An action. A published document has every field; a draft or a file may lack some."""

    kind: Literal["action"]
    id: str
    title: str
    summary: str
    unit: str | None
    type: str | None
    status: str | None
    legal_force: str | None
    penalty: list[str]
    stance: str | None
    attribution: str | None
    sort_date: str | None
    jurisdictions: list[ReferenceContent]
    targets: list[TargetContent]
    activities: list[str]
    agencies: list[ActorContent]
    entities: list[ActorContent]
    dates: list[DateContent]
    figures: list[FigureContent]
    instrument: str
    provision: str
    relations: list[RelationContent]
    unknowns: dict[str, str]
    notes: list[NoteContent]
    evidence: EvidenceContent
    citations: list[CitationContent]


class NamedContent(EnvelopeContent, total=False):
    """What an agency and an entity have in common."""

    id: str
    name: str
    native_name: str
    aliases: list[str]
    description: str
    type: str
    jurisdiction: ReferenceContent | None


class AgencyContent(NamedContent, total=False):
    kind: Literal["agency"]
    parent: ReferenceContent | None


class EntityContent(NamedContent, total=False):
    kind: Literal["entity"]


class SourceContent(EnvelopeContent, total=False):
    kind: Literal["source"]
    id: str
    title: str
    publisher: str
    authors: list[str]
    url: str
    published: IntervalContent | None
    retrieved_at: str | None
    language: str
    source_class: str
    sha256: str
    bytes: int
    text_sha256: str
    characters: int
    derived_from: ReferenceContent | None


RecordContent = ActionContent | AgencyContent | EntityContent | SourceContent


class TombstoneContent(TypedDict):
    """The document that replaces a record when it is withdrawn, merged or taken down."""

    schema_version: int
    kind: str
    id: str
    revision: int
    published_at: str
    event: str
    reason: str
    merged_into: str | None
    licence: str
    taken_down_at: NotRequired[str]


def as_action(document: AnyDocument) -> ActionContent:
    """Return a JSON object as the content of an action. Nothing is checked or copied."""
    return cast(ActionContent, document)


def as_record(document: AnyDocument) -> RecordContent:
    """Return a JSON object as the content of a record of the kind in its field `kind`.

    Nothing is checked or copied.
    """
    return cast(RecordContent, document)
