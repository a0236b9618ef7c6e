"""Shapes that only the API has: history, reference tables, envelopes, problems."""

from typing import Any

import orjson
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from api.http.problems import Problem
from policy.documents.action_schema import ActionDocument
from policy.documents.build import content
from policy.documents.diff import changed
from policy.documents.record_schema import Tombstone
from policy.documents.schema import SHAPES, AgencyDocument, EntityDocument, SourceDocument
from policy.models import Jurisdiction, Revision, Term
from policy.models.revision import EVENTS, KINDS, LIVE
from policy.search.current import Found


class RevisionSerializer(serializers.ModelSerializer[Revision]):
    """One publication in a record's history."""

    revision = serializers.IntegerField(source="number", help_text="Its place in the history.")
    version = serializers.IntegerField(source="id", help_text="The dataset's version that it made.")
    event = serializers.ChoiceField(
        choices=EVENTS,
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
        "Published", [*SHAPES.values(), Tombstone], resource_type_field_name=None
    )
)
class StoredDocument(serializers.Field[str, Any, orjson.Fragment, Any]):
    """A document's bytes as they were published."""

    def to_representation(self, value: str) -> orjson.Fragment:
        return orjson.Fragment(value)


class ChangeSerializer(RevisionSerializer):
    """One step in the dataset's history."""

    kind = serializers.ChoiceField(choices=KINDS, help_text="What kind of record.")
    id = serializers.CharField(source="record", help_text="The record's public id.")
    merged_into = serializers.SerializerMethodField(
        help_text="Of a merge: the record that took over."
    )
    changed = serializers.SerializerMethodField(
        help_text="The fields that differ from what the record said before: all of them the first "
        "time, none when it is withdrawn, merged or taken down."
    )
    document = StoredDocument(
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
        if row.event not in LIVE:
            return []
        before, after = orjson.loads(row.previous or "{}"), orjson.loads(row.document)
        return changed(content(before), content(after))


def buried(revision: Revision | Found) -> Problem:
    """What the address of a record answers that is withdrawn or taken down."""
    if revision.event != "takedown":
        return Problem("gone", f"Withdrawn: {revision.reason}", reason=revision.reason)
    at = orjson.loads(revision.document)["taken_down_at"]
    return Problem(
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


class IncludedSerializer(serializers.Serializer[Any]):
    """Whole documents by id, each kind only if it was asked for."""

    agencies = serializers.DictField(
        child=AgencyDocument(), required=False, help_text="The agencies that are named."
    )
    entities = serializers.DictField(
        child=EntityDocument(), required=False, help_text="The entities that are named."
    )
    sources = serializers.DictField(
        child=SourceDocument(), required=False, help_text="The sources that are cited."
    )
    related = serializers.DictField(
        child=ActionDocument(), required=False, help_text="Actions related either way."
    )


class JurisdictionSerializer(serializers.ModelSerializer[Jurisdiction]):
    """A place where power holds."""

    id = serializers.CharField(source="code", help_text="ISO 3166-1 or 3166-2 code.")
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, help_text="The place that it is inside."
    )

    class Meta:
        model = Jurisdiction
        fields = ("id", "name", "native_name", "kind", "local_kind", "parent", "aliases")


class TermSerializer(serializers.ModelSerializer[Term]):
    """A word of a controlled vocabulary."""

    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, help_text="The id of the broader term."
    )
    crosswalk = serializers.DictField(
        child=serializers.DictField(), help_text="Codebook to its nearest code and the match."
    )

    class Meta:
        model = Term
        fields = (
            "id",
            "vocabulary",
            "code",
            "label",
            "definition",
            "includes",
            "excludes",
            "parent",
            "abstract",
            "crosswalk",
        )


class FaultSerializer(serializers.Serializer[Any]):
    parameter = serializers.CharField(help_text="The parameter at fault.")
    detail = serializers.CharField(help_text="What is wrong with it.")
    allowed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="What is understood here."
    )


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField(help_text="The kind of problem.")
    title = serializers.CharField(help_text="The kind in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What is wrong here and what to do.")
    instance = serializers.CharField(help_text="The address that was asked.")
    request_id = serializers.CharField(help_text="The request, as our log names it.")
    errors = FaultSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="Each parameter at fault."
    )
    reason = serializers.CharField(
        required=False, help_text="Why a record was withdrawn or taken down."
    )
    taken_down_at = serializers.DateTimeField(required=False, help_text="When it was taken down.")


class CountsSerializer(serializers.Serializer[Any]):
    agency = serializers.IntegerField(help_text="Published agencies.")
    entity = serializers.IntegerField(help_text="Published entities.")
    source = serializers.IntegerField(  # type: ignore[assignment]
        help_text="Published sources."
    )
    action = serializers.IntegerField(help_text="Published actions.")


class CoverageSerializer(serializers.Serializer[Any]):
    """What the values of the published actions rest on. A value counts by its strongest basis."""

    stated = serializers.IntegerField(help_text="Values that a source's words state.")
    derived = serializers.IntegerField(help_text="Values that follow from its words and date.")
    inferred = serializers.IntegerField(help_text="Values that take knowledge from outside.")
    unbacked = serializers.IntegerField(help_text="Values that no passage backs: 0 is the rule.")
    unknown = serializers.IntegerField(help_text="Missing values whose reason is given.")
    unexplained = serializers.IntegerField(help_text="Empty core fields without one: 0.")


class IndexSerializer(serializers.Serializer[Any]):
    """What the dataset is and where its parts are."""

    title = serializers.CharField(help_text="The dataset's name.")
    version = serializers.IntegerField(help_text="How many revisions were ever published.")
    schema_version = serializers.IntegerField(help_text="Version of the documents' shape.")
    licence = serializers.CharField(help_text="SPDX identifier of the dataset's licence.")
    counts = CountsSerializer(help_text="How many records stand now.")
    coverage = CoverageSerializer(help_text="What the published actions rest on.")
    links = serializers.DictField(child=serializers.URLField(), help_text="Where to go next.")


class MetaSerializer(serializers.Serializer[Any]):
    version = serializers.IntegerField(help_text="The dataset's version that the page is cut from.")
    page_size = serializers.IntegerField(help_text="Rows on a page.")
    ordering = serializers.CharField(help_text="Order of the rows.")


class CountSerializer(serializers.Serializer[Any]):
    """How many records a list would hold."""

    count = serializers.IntegerField(help_text="Records that answer the query. Exact.")
    version = serializers.IntegerField(help_text="The dataset's version that was counted.")


class SumSerializer(serializers.Serializer[Any]):
    """A figure of a group's records, added up over those that give it in one unit."""

    unit = serializers.CharField(help_text="What the figure counts in. Units are never mixed.")
    value = serializers.FloatField(help_text="The sum.")
    at_least = serializers.BooleanField(
        help_text="The sum is a lower bound: some values are more_than or at_least, the others "
        "exact."
    )
    comparators = serializers.ListField(
        child=serializers.CharField(), help_text="How the words bound the numbers."
    )
    records = serializers.IntegerField(help_text="Records that give the figure.")


class GroupSerializer(serializers.Serializer[Any]):
    """The records that have the same values."""

    keys = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="Field to value, as in filters. Null: records without the field.",
    )
    labels = serializers.DictField(
        child=serializers.CharField(allow_null=True), help_text="What the values are called."
    )
    count = serializers.IntegerField(help_text="Records.")
    sums = SumSerializer(
        many=True, required=False, help_text="With `sum`: the figure added up, a row a unit."
    )


class AggregateSerializer(serializers.Serializer[Any]):
    """Counts by one or two fields."""

    groups = GroupSerializer(many=True, help_text="The largest first.")
    unit = serializers.CharField(help_text="What is counted: records.")
    note = serializers.CharField(help_text="How to read the counts.")
    total = serializers.IntegerField(help_text="Records that answer the query, each once.")
    version = serializers.IntegerField(help_text="The dataset's version that was counted.")
