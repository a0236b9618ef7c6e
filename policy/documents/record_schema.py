"""TODO docstring."""

from rest_framework import serializers

from policy.documents.shapes import Shape
from policy.documents.types import Document
from policy.models.record import validate_record_slug, validate_slug_not_reserved
from policy.models.revision import REVIEW_STATES, TOMBSTONE_EVENTS

SCHEMA_VERSION = 1


class ReviewSerializer(Shape):
    later = ("credits",)
    state = serializers.ChoiceField(
        choices=REVIEW_STATES,
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
        validators=[validate_record_slug, validate_slug_not_reserved],
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
    review = ReviewSerializer(
        source="envelope.review", read_only=True, help_text="How it was checked."
    )
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


class Tombstone(Shape):
    """What stands in a record's place after it was withdrawn, merged or taken down."""

    later = ("taken_down_at",)
    schema_version = serializers.IntegerField(help_text="Version of this shape.")
    kind = serializers.CharField(help_text="action, agency, entity or source.")
    id = serializers.CharField(help_text="Public id.")
    revision = serializers.IntegerField(help_text="How many times it was published.")
    published_at = serializers.DateTimeField(help_text="When, in UTC.")
    event = serializers.ChoiceField(choices=TOMBSTONE_EVENTS, help_text="What happened.")
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
