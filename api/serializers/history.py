"""TODO docstring."""

from typing import Any

import orjson
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from api.http.problems import ApiProblem
from policy.documents.build import strip_envelope
from policy.documents.diff import changed_fields
from policy.documents.record_schema import Tombstone
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS, REVISION_EVENTS
from policy.search.current import CurrentRevision


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """One publication in a record's history."""

    revision = serializers.IntegerField(source="number", help_text="Its place in the history.")
    version = serializers.IntegerField(source="id", help_text="The dataset's version that it made.")
    event = serializers.ChoiceField(
        choices=REVISION_EVENTS,
        help_text="What happened. Of a takedown every revision says so: it keeps nothing else.",
    )
    published_at = serializers.DateTimeField(help_text="When it began to stand, in UTC.")
    superseded_at = serializers.DateTimeField(
        allow_null=True, help_text="When the next one took over; null: it stands."
    )
    reason = serializers.CharField(help_text="Why it was revised, withdrawn, merged or taken down.")
    digest = serializers.CharField(help_text="SHA-256 of its document.")
    url = serializers.SerializerMethodField(help_text="Its document.")

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


@extend_schema_field(
    PolymorphicProxySerializer(
        "Published", [*DOCUMENT_SERIALIZERS.values(), Tombstone], resource_type_field_name=None
    )
)
class StoredDocumentField(serializers.Field[str, Any, orjson.Fragment, Any]):
    """A document's bytes as they were published."""

    def to_representation(self, value: str) -> orjson.Fragment:
        return orjson.Fragment(value)


class ChangeSerializer(RevisionSerializer):
    """One step in the dataset's history."""

    kind = serializers.ChoiceField(choices=RECORD_KINDS, help_text="What kind of record.")
    id = serializers.CharField(source="record", help_text="The record's public id.")
    merged_into = serializers.SerializerMethodField(
        help_text="Of a merge: the record that took over."
    )
    changed = serializers.SerializerMethodField(
        help_text="The fields that differ from what the record said before: all of them the first "
        "time, none when it is withdrawn, merged or taken down."
    )
    document = StoredDocumentField(
        required=False, help_text="With `include=document`: what was published, byte for byte."
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

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if not self.context.get("documents", True):
            del fields["document"]
        return fields

    def get_merged_into(self, row: Revision) -> str | None:
        return row.merged_into or None

    def get_changed(self, row: Any) -> list[str]:
        if row.event not in LIVE_EVENTS:
            return []
        before, after = orjson.loads(row.previous or "{}"), orjson.loads(row.document)
        return changed_fields(strip_envelope(before), strip_envelope(after))


def gone_or_taken_down(revision: Revision | CurrentRevision) -> ApiProblem:
    """What the address of a record answers that is withdrawn or taken down."""
    if revision.event != "takedown":
        return ApiProblem("gone", f"Withdrawn: {revision.reason}", reason=revision.reason)
    at = orjson.loads(revision.document)["taken_down_at"]
    return ApiProblem(
        "taken-down",
        f"Taken down on {at[:10]}: {revision.reason}",
        reason=revision.reason,
        taken_down_at=at,
    )


class DifferenceSerializer(serializers.Serializer[Any]):
    """A value in which two revisions differ."""

    field = serializers.CharField(help_text="The value, by the keys that lead to it.")
    before = serializers.CharField(allow_null=True, help_text="Null: it was not there.")
    after = serializers.CharField(allow_null=True, help_text="Null: it is no longer there.")


class DiffSerializer(serializers.Serializer[Any]):
    """What parts two revisions of a record."""

    id = serializers.CharField(help_text="Public id.")
    to = serializers.IntegerField(help_text="The revision that they lead to.")
    changes = DifferenceSerializer(many=True, help_text="In the order of the document.")

    def get_fields(self) -> dict[str, Any]:
        start = serializers.IntegerField(help_text="The revision that the differences start from.")
        fields = super().get_fields()
        return {"id": fields.pop("id"), "from": start, **fields}
