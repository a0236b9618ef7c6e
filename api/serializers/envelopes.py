"""TODO docstring."""

from typing import Any

from rest_framework import serializers

from policy.documents.action_schema import ActionDocument
from policy.documents.schema import AgencyDocument, EntityDocument, SourceDocument


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
    software_version = serializers.CharField(help_text="Version of Policy Events that answers.")
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
