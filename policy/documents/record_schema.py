"""The parts of the schema that all kinds share: ids, envelopes, names, reviews and tombstones."""

from rest_framework import serializers

from policy.documents.shapes import Shape
from policy.documents.types import Document
from policy.models.record import validate_record_slug, validate_slug_not_reserved
from policy.models.revision import REVIEW_STATES, TOMBSTONE_EVENTS

SCHEMA_VERSION = 1


class ReviewSerializer(Shape):
    """How a revision was reviewed."""

    later = ("credits",)
    state = serializers.ChoiceField(
        choices=REVIEW_STATES,
        help_text="How the revision was approved. reviewed: someone other than its editor "
        "published it. self_reviewed: its editor published it, in a team of one. released: it was "
        "loaded from a released dataset.",
    )
    reviewers = serializers.IntegerField(
        help_text="Number of people other than the editor who accepted exactly this content."
    )
    reviewed_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was reviewed, in UTC. Null if released."
    )
    released_by = serializers.CharField(
        allow_null=True,
        help_text="Dataset and version that it was loaded from. Null unless released.",
    )
    credits = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Names of its editor and reviewers who chose to be named. Absent if nobody did.",
    )


class RecordDocument(Shape):
    """The fields that every record starts and ends with. Files may omit read-only fields."""

    last = ("review", "licence")
    schema_version = serializers.IntegerField(
        source="envelope.schema_version",
        read_only=True,
        help_text="Version of the schema of this document.",
    )
    kind = serializers.CharField(
        source="envelope.kind",
        read_only=True,
        help_text="Kind of record: action, agency, entity or source.",
    )
    id = serializers.CharField(
        source="slug",
        max_length=120,
        validators=[validate_record_slug, validate_slug_not_reserved],
        help_text="Public id. It never changes.",
    )
    revision = serializers.IntegerField(
        source="envelope.revision",
        read_only=True,
        help_text="Number of this revision, counted from 1 for each record.",
    )
    published_at = serializers.DateTimeField(
        source="envelope.published_at",
        read_only=True,
        help_text="When this revision was published, in UTC.",
    )
    review = ReviewSerializer(
        source="envelope.review", read_only=True, help_text="How this revision was reviewed."
    )
    licence = serializers.CharField(
        source="envelope.licence", read_only=True, help_text="SPDX identifier of the licence."
    )


class NamedDocument(RecordDocument):
    """The fields of records that have a name."""

    name = serializers.CharField(max_length=300, help_text="Name in English.")
    native_name = serializers.CharField(
        max_length=300,
        allow_blank=True,
        required=False,
        default="",
        help_text="Name in its original script.",
    )
    aliases = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        default=list,
        help_text="Other names and abbreviations.",
    )
    description = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="What it is, in one sentence."
    )


class Tombstone(Shape):
    """The document that replaces a record after it was withdrawn, merged or taken down."""

    later = ("taken_down_at",)
    schema_version = serializers.IntegerField(help_text="Version of the schema of this document.")
    kind = serializers.CharField(help_text="Kind of record: action, agency, entity or source.")
    id = serializers.CharField(help_text="Public id.")
    revision = serializers.IntegerField(
        help_text="Number of this revision, counted from 1 for each record."
    )
    published_at = serializers.DateTimeField(help_text="When this revision was published, in UTC.")
    event = serializers.ChoiceField(
        choices=TOMBSTONE_EVENTS, help_text="What happened to the record."
    )
    reason = serializers.CharField(help_text="Reason of the event.")
    merged_into = serializers.CharField(
        allow_null=True,
        help_text="Id of the record that replaces this one. Null unless it was merged.",
    )
    licence = serializers.CharField(help_text="SPDX identifier of the licence.")
    taken_down_at = serializers.DateTimeField(
        required=False,
        help_text="When every revision of the record became a tombstone. Present only for a "
        "takedown.",
    )

    def validate(self, attrs: Document) -> Document:
        if (attrs["event"] == "takedown") != ("taken_down_at" in attrs):
            message = "Required for a takedown and not allowed for other events."
            raise serializers.ValidationError({"taken_down_at": message})
        return attrs
