"""The shapes of revisions, changes and differences."""

from typing import Any

from rest_framework import serializers
from rest_framework.reverse import reverse

from api.serializers.documents import DocumentField
from api.serializers.envelopes import VersionField
from policy.documents.record_schema import Tombstone
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.models import Revision
from policy.models.revision import RECORD_KINDS, REVISION_EVENTS

AnyField = serializers.Field[Any, Any, Any, Any]


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """A revision of a record."""

    revision = serializers.IntegerField(
        source="number", help_text="The number of the revision, from 1."
    )
    version = VersionField("The version of the dataset that it made.")
    event = serializers.ChoiceField(
        choices=REVISION_EVENTS,
        help_text="What happened. After a takedown, all revisions of the record have the event "
        "`takedown` and no other content.",
    )
    published_at = serializers.DateTimeField(
        help_text="When it was published and became current, in UTC."
    )
    superseded_at = serializers.DateTimeField(
        allow_null=True, help_text="When the next revision replaced it; null if it is current."
    )
    reason = serializers.CharField(
        help_text="Why the record was revised, withdrawn, merged or taken down."
    )
    digest = serializers.CharField(help_text="The SHA-256 digest of its document.")
    url = serializers.SerializerMethodField(help_text="The URL of its document.")

    class Meta:
        model = Revision
        fields = (
            "revision",
            "version",
            "event",
            "published_at",
            "superseded_at",
            "reason",
            "digest",
            "url",
        )

    def get_url(self, row: Revision) -> str:
        route = f"v1:{row.kind}-revision"
        return reverse(route, [row.record, row.number], request=self.context["request"])


class ChangeSerializer(RevisionSerializer):
    """A revision of any record, in the change feed. See api.query.changes.Change."""

    kind = serializers.ChoiceField(choices=RECORD_KINDS, help_text="The kind of record.")
    id = serializers.CharField(source="record", help_text="The record's public id.")
    merged_into = serializers.CharField(
        allow_null=True, help_text="For a merge: the id of the record that replaces it."
    )
    changed = serializers.ListField(
        child=serializers.CharField(),
        help_text="The fields that differ from the previous publication: all fields for the first "
        "one, none for a withdrawal, merge or takedown.",
    )
    document = DocumentField(
        *DOCUMENT_SCHEMAS.values(),
        Tombstone,
        required=False,
        help_text="With `include=document`: the document exactly as it was published.",
    )

    class Meta:
        model = Revision
        fields = (
            "version",
            "kind",
            "id",
            "revision",
            "event",
            "published_at",
            "reason",
            "merged_into",
            "digest",
            "changed",
            "url",
            "document",
        )


class DifferenceSerializer(serializers.Serializer[Any]):
    """A value that differs between two revisions."""

    field = serializers.CharField(help_text="The path of the value in the document.")
    before = serializers.CharField(
        allow_null=True, help_text="The value before; null if it was missing."
    )
    after = serializers.CharField(
        allow_null=True, help_text="The value after; null if it was removed."
    )


class DiffSerializer(serializers.Serializer[Any]):
    """Differences between two revisions of a record."""

    id = serializers.CharField(help_text="The public id of the record.")
    to = serializers.IntegerField(help_text="The number of the later revision.")
    changes = DifferenceSerializer(
        many=True, help_text="The differences, in the order of the document."
    )

    def get_fields(self) -> dict[str, AnyField]:
        start = serializers.IntegerField(help_text="The number of the earlier revision.")
        fields = super().get_fields()
        return {"id": fields.pop("id"), "from": start, **fields}
