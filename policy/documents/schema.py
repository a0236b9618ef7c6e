"""The public shape of every record, declared once.

Loading validates with these serializers, publishing freezes with them, the API documents with
them. Their help texts are the data dictionary. Shapes change by addition only.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import orjson
from django.conf import settings
from rest_framework import serializers

from policy.documents import evidence, facets
from policy.documents.shapes import (
    HonestDate,
    NumberField,
    Reference,
    References,
    Shape,
    SortedList,
    TermField,
)
from policy.models.action import is_short_quote
from policy.models.record import Record, is_free, is_sha256, is_slug
from policy.models.revision import LIVE, Revision

SCHEMA_VERSION = 1
ENVELOPE = ("schema_version", "kind", "revision", "published_at", "review", "licence")
Document = dict[str, Any]
Key = tuple[str, str]
# Whatever a document reads, so that a page of records takes a constant number of queries.
READ = {
    "agency": ("jurisdiction", "parent"),
    "entity": ("jurisdiction",),
    "source": ("derived_from",),
    "action": (
        "penalties",
        "jurisdictions",
        "activities",
        "agencies__agency",
        "entities__entity",
        "dates",
        "figures",
        "relations__target",
        "unknowns",
        "notes",
        "citations__source__derived_from",
    ),
}


@dataclass
class Envelope:
    """What publishing adds to a record's own content."""

    kind: str
    revision: int
    published_at: datetime
    review: Document | None = None
    schema_version: int = SCHEMA_VERSION
    licence: str = field(default_factory=lambda: settings.DATASET_LICENCE)


class Review(Shape):
    later = ("credits",)
    state = serializers.ChoiceField(
        choices=["reviewed", "self_reviewed", "released"],
        help_text="reviewed: published by someone other than its editor; self_reviewed: by a team "
        "of one; released: loaded from a released dataset.",
    )
    reviewers = serializers.IntegerField(
        help_text="How many people other than the editor accepted exactly this."
    )
    reviewed_at = serializers.DateTimeField(allow_null=True, help_text="When, in UTC.")
    released_by = serializers.CharField(
        allow_null=True, help_text="The dataset and version that carried it here."
    )
    credits = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Who edited and reviewed it, as far as they chose to be named. Left out where "
        "nobody did.",
    )


class RecordDocument(Shape):
    """What every record begins and ends with. Files may leave out what publishing sets."""

    last = ("review", "licence")
    schema_version = serializers.IntegerField(
        source="envelope.schema_version", read_only=True, help_text="Version of this shape."
    )
    kind = serializers.CharField(
        source="envelope.kind", read_only=True, help_text="action, agency, entity or source."
    )
    id = serializers.CharField(
        source="slug",
        max_length=120,
        validators=[is_slug, is_free],
        help_text="Public id. Never changes.",
    )
    revision = serializers.IntegerField(
        source="envelope.revision", read_only=True, help_text="How many times it was published."
    )
    published_at = serializers.DateTimeField(
        source="envelope.published_at",
        read_only=True,
        help_text="When this revision was published, in UTC.",
    )
    review = Review(source="envelope.review", read_only=True, help_text="How it was checked.")
    licence = serializers.CharField(
        source="envelope.licence", read_only=True, help_text="SPDX identifier."
    )


class NamedDocument(RecordDocument):
    name = serializers.CharField(max_length=300, help_text="Name in English.")
    native_name = serializers.CharField(
        max_length=300, allow_blank=True, required=False, default="", help_text="In its own script."
    )
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        default=list,
        help_text="Other names and abbreviations.",
    )
    description = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="What it is, in a sentence."
    )


class AgencyDocument(NamedDocument):
    """A public body."""

    type = TermField("agency_kind", source="type_id", help_text="Term of agency_kind.")
    jurisdiction = Reference("jurisdiction", help_text="Where its power holds.")
    parent = Reference(
        "agency", allow_null=True, required=False, default=None, help_text="The body it belongs to."
    )


class EntityDocument(NamedDocument):
    """A company, platform, person, document or asset that an action names."""

    type = TermField("entity_kind", source="type_id", help_text="Term of entity_kind.")
    jurisdiction = Reference(
        "jurisdiction",
        allow_null=True,
        required=False,
        default=None,
        help_text="Its seat, where it is known.",
    )


class SourceDocument(RecordDocument):
    """An article or document: where it is and what its bytes are. Never its text."""

    title = serializers.CharField(max_length=300, help_text="Its title, or ours where it has none.")
    publisher = serializers.CharField(
        max_length=200, allow_blank=True, required=False, default="", help_text="Empty: not known."
    )
    authors = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        help_text="Names as the source gives them.",
    )
    url = serializers.URLField(
        max_length=1000, allow_blank=True, required=False, default="", help_text="Where it stood."
    )
    published = HonestDate(
        allow_null=True, required=False, default=None, help_text="When it appeared."
    )
    retrieved_at = serializers.DateField(
        allow_null=True, required=False, default=None, help_text="When its bytes were taken."
    )
    language = serializers.CharField(max_length=35, help_text="BCP 47 language tag.")
    source_class = TermField(
        "source_class", source="source_class_id", help_text="Term of source_class."
    )
    sha256 = serializers.CharField(validators=[is_sha256], help_text="SHA-256 of the bytes.")
    bytes = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="Their number.")
    text_sha256 = serializers.CharField(
        validators=[is_sha256], help_text="SHA-256 of the text: UTF-8 with LF line ends."
    )
    characters = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="Unicode code points; offsets count these."
    )
    derived_from = Reference(
        "source",
        allow_null=True,
        required=False,
        default=None,
        help_text="The source it repeats: the two are not independent.",
    )


class Actor(Shape):
    key = serializers.CharField(
        required=False, help_text="How supports and claimed_by name this row."
    )
    naming = TermField("naming", source="naming_id", help_text="How far the words name it.")
    described_as = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=200,
        validators=[is_short_quote],
        help_text="The source's words, eight at most.",
    )

    def validate(self, attrs: Document) -> Document:
        given, actual = attrs.pop("key", None), evidence.actor_key(attrs)
        if not actual:
            raise serializers.ValidationError("Name someone, or fill described_as.")
        if given not in (None, actual):
            raise serializers.ValidationError({"key": f"The key of this row is {actual}."})
        return attrs


class AgencyInAction(Actor):
    first = ("key", "agency", "role")
    agency = Reference(
        "agency", allow_null=True, required=False, default=None, help_text="Null: not identified."
    )
    role = TermField("agency_role", source="role_id", help_text="Term of agency_role.")


class EntityInAction(Actor):
    first = ("key", "entity", "role")
    entity = Reference(
        "entity", allow_null=True, required=False, default=None, help_text="Null: not identified."
    )
    role = TermField("entity_role", source="role_id", help_text="Term of entity_role.")


class DateOfAction(HonestDate):
    first = ("kind",)
    kind = TermField("date", source="kind_id", help_text="Term of the vocabulary date.")


class FigureOfAction(Shape):
    kind = TermField("figure", source="kind_id", help_text="Term of the vocabulary figure.")
    value = NumberField(help_text="The number.")
    comparator = TermField(
        "comparator", source="comparator_id", help_text="How the words bound the number."
    )
    unit = serializers.CharField(max_length=60, help_text="persons, MW, CNY …")
    claimed_by = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=140,
        help_text="Who claims it: agencies/<key> or entities/<key>; empty: the source itself.",
    )


class RelationOfAction(Shape):
    type = TermField("relation", source="type_id", help_text="Term of the vocabulary relation.")
    action = Reference("action", source="target", help_text="The other action.")
    reason = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="Why the two are related."
    )


class NoteOfAction(Shape):
    kind = TermField("note", source="kind_id", help_text="doubt, reading or context.")
    field = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=140,
        help_text="The field it is about; empty: the whole record.",
    )
    text = serializers.CharField(help_text="The remark, in our own words.")


class Support(Shape):
    field = serializers.CharField(max_length=140, help_text="A coded field, by key.")
    basis = TermField("basis", help_text="stated, derived or inferred.")
    reason = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="Required when inferred."
    )

    def validate(self, attrs: Document) -> Document:
        basis = attrs["basis"].removeprefix("basis.")
        if basis == "inferred" and not attrs["reason"]:
            raise serializers.ValidationError({"reason": "Say why it is inferred."})
        return {**attrs, "basis": basis}


class CitationOfAction(Shape):
    source = Reference("source", help_text="Where the passage stands.")  # type: ignore[assignment]
    start = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="First code point of the passage, from 0."
    )
    end = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="The code point after the last one."
    )
    sha256 = serializers.CharField(validators=[is_sha256], help_text="SHA-256 of the passage.")
    paragraph = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Paragraph it begins in, from 1."
    )
    quote = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=200,
        validators=[is_short_quote],
        help_text="A few of its words, eight at most.",
    )
    supports = Support(many=True, allow_empty=False, help_text="The fields that it backs.")
    note = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="A remark on the passage."
    )

    def validate(self, attrs: Document) -> Document:
        if attrs["start"] >= attrs["end"]:
            raise serializers.ValidationError("The passage must end after it starts.")
        return attrs


class Evidence(Shape):
    level = serializers.CharField(allow_null=True, help_text="Term of the vocabulary evidence.")
    reported_claim = serializers.BooleanField(help_text="The source passes on somebody's claim.")
    claimed_by = serializers.ListField(
        child=serializers.CharField(), help_text="Whose claim: keys of agencies and entities."
    )
    disputed = serializers.BooleanField(help_text="Another action contradicts it.")


class Unknowns(serializers.DictField):
    def to_representation(self, value: Any) -> dict[str, str]:
        return {row.field: row.reason for row in value.all()}


class ActionDocument(RecordDocument):
    """One act, by one actor or several acting together, at one time."""

    title = serializers.CharField(max_length=300, help_text="What was done.")
    summary = serializers.CharField(help_text="Two or three sentences, in our own words.")
    unit = TermField("unit", source="unit_id", help_text="act, series or state.")
    type = TermField(
        "type",
        source="type_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="The most specific act reported. Null: acts of several kinds, told as one.",
    )
    status = TermField(
        "status",
        source="status_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="The least advanced stage that the words support.",
    )
    legal_force = TermField(
        "legal_force",
        source="legal_force_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="Its legal form.",
    )
    penalty = SortedList(
        child=TermField("penalty"),
        source="penalties",
        required=False,
        default=list,
        help_text="Penalties that the source names.",
    )
    stance = TermField(
        "stance",
        source="stance_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="Of the act toward the activity.",
    )
    attribution = TermField(
        "attribution",
        source="attribution_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="Whose decision it is.",
    )
    sort_date = serializers.DateField(
        read_only=True,
        allow_null=True,
        help_text="One day, for ordering and charts only: a bound of its main date.",
    )
    jurisdictions = References(
        "jurisdiction",
        required=False,
        default=list,
        help_text="Whose power acts; for a private act the place affected.",
    )
    activities = SortedList(
        child=TermField("activity"), required=False, default=list, help_text="What it bears on."
    )
    agencies = AgencyInAction(
        many=True, required=False, default=list, help_text="Public bodies and their roles."
    )
    entities = EntityInAction(
        many=True, required=False, default=list, help_text="Others and their parts."
    )
    dates = DateOfAction(
        many=True, required=False, default=list, help_text="What is known of when."
    )
    figures = FigureOfAction(
        many=True, required=False, default=list, help_text="Numbers and what they count."
    )
    relations = RelationOfAction(
        many=True, required=False, default=list, help_text="To other actions."
    )
    unknowns = Unknowns(
        child=serializers.CharField(max_length=300),
        required=False,
        default=dict,
        help_text="Field to reason: why it is empty.",
    )
    notes = NoteOfAction(
        many=True, required=False, default=list, help_text="Doubts, readings and context."
    )
    evidence = Evidence(read_only=True, help_text="How well it is evidenced.")
    citations = CitationOfAction(
        many=True, required=False, default=list, help_text="The passages it rests on."
    )

    def to_representation(self, instance: Any) -> Document:
        document = super().to_representation(instance)
        document["sort_date"] = facets.sort_date(document["dates"])
        document["evidence"] = evidence.summary(
            document, [citation.source for citation in instance.citations.all()]
        )
        return {str(name): document[str(name)] for name in self.fields}


class Tombstone(Shape):
    """What stands in a record's place after it was withdrawn, merged or taken down."""

    later = ("taken_down_at",)
    schema_version = serializers.IntegerField(help_text="Version of this shape.")
    kind = serializers.CharField(help_text="action, agency, entity or source.")
    id = serializers.CharField(help_text="Public id.")
    revision = serializers.IntegerField(help_text="How many times it was published.")
    published_at = serializers.DateTimeField(help_text="When, in UTC.")
    event = serializers.ChoiceField(
        choices=["withdraw", "merge", "takedown"], help_text="What happened."
    )
    reason = serializers.CharField(help_text="Why.")
    merged_into = serializers.CharField(allow_null=True, help_text="The record that took over.")
    licence = serializers.CharField(help_text="SPDX identifier.")
    taken_down_at = serializers.DateTimeField(
        required=False,
        help_text="Of a takedown: when every revision of the record became a tombstone.",
    )

    def validate(self, attrs: Document) -> Document:
        if (attrs["event"] == "takedown") != ("taken_down_at" in attrs):
            message = "A takedown, and only a takedown, says when."
            raise serializers.ValidationError({"taken_down_at": message})
        return attrs


SHAPES: dict[str, type[RecordDocument]] = {
    "agency": AgencyDocument,
    "entity": EntityDocument,
    "source": SourceDocument,
    "action": ActionDocument,
}


class Public:
    """What stands in public of the records that documents refer to, read at once.

    Publishing must not carry a name or a judgement that nobody reviewed: a reference shows what
    its record says in public, or in `fresh`, the documents that are published along with it.
    """

    def __init__(self, bodies: Sequence[Document], fresh: Mapping[Key, Document]) -> None:
        wanted = {key for body in bodies for key in facets.references(body)}
        self.documents = {key: body for key, body in fresh.items() if key in wanted}
        missing = [slug for kind, slug in wanted - self.documents.keys()]
        rows = Revision.objects.as_of(None).filter(record__in=missing, event__in=LIVE)
        for kind, slug, body in rows.values_list("kind", "record", "document") if missing else ():
            if (kind, slug) in wanted:
                self.documents[kind, slug] = orjson.loads(body)

    def name(self, kind: str, reference: Document) -> str:
        body = self.documents.get((kind, reference["id"]))
        return str(body.get("title") or body["name"]) if body else str(reference["name"])

    def source(self, source: Any) -> Any:
        """The source as evidence counts it."""
        body = self.documents.get(("source", source.slug))
        if body is None:
            return source
        return SimpleNamespace(
            slug=source.slug,
            publisher=body["publisher"],
            source_class_id=f"source_class.{body['source_class']}",
            derived_from=source.derived_from if body["derived_from"] else None,
        )

    def settle(self, record: Any, body: Document) -> None:
        for kind, reference in facets.referred(body):
            if reference:
                reference["name"] = self.name(kind, reference)
        if record.KIND == "action":
            sources = [self.source(citation.source) for citation in record.citations.all()]
            body["evidence"] = evidence.summary(body, sources)


def document(
    record: Record, envelope: Envelope, fresh: Mapping[Key, Document] | None = None
) -> Document:
    """The public document of a workbench row, as it would be published now."""
    return documents([record], envelope, fresh or {})[0]


def documents(
    records: Sequence[Record], envelope: Envelope, fresh: Mapping[Key, Document]
) -> list[Document]:
    bodies = []
    for record in records:
        record.envelope = envelope  # type: ignore[attr-defined]
        bodies.append(dict(SHAPES[record.KIND](record).data))
    public = Public(bodies, fresh)
    for record, body in zip(records, bodies, strict=True):
        public.settle(record, body)
    return bodies


def drafts(records: Sequence[Record]) -> list[Document]:
    """What workbench rows of one kind assert now, before any publishing. One query for all."""
    if not records:
        return []
    never = Envelope(records[0].KIND, 0, datetime.min.replace(tzinfo=UTC))
    return [content(body) for body in documents(records, never, {})]


def draft(record: Record) -> Document:
    return drafts([record])[0]


def tombstone(
    envelope: Envelope, slug: str, event: str, reason: str, into: str = "", **more: Any
) -> Document:
    return {
        "schema_version": envelope.schema_version,
        "kind": envelope.kind,
        "id": slug,
        "revision": envelope.revision,
        "published_at": instant(envelope.published_at),
        "event": event,
        "reason": reason,
        "merged_into": into or None,
        "licence": envelope.licence,
        **more,
    }


def content(document: Document) -> Document:
    """What the record itself asserts: the document without its envelope."""
    return {name: value for name, value in document.items() if name not in ENVELOPE}


def instant(moment: datetime) -> str:
    """UTC, to the microsecond: 2026-11-22T09:30:00.000000Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def text(document: Document) -> str:
    """The exact JSON text that is stored and served."""
    return orjson.dumps(document).decode()


def digest(text: str) -> str:
    """SHA-256 of a stored document, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
