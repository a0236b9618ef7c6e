"""The shapes of what the API returns besides records: errors, counts, sums and the index."""

from typing import Any

from rest_framework import serializers

from api.serializers.documents import DocumentField
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.versions import VERSION_PATTERN


class VersionField(serializers.RegexField):
    """A version of the dataset, as text."""

    def __init__(self, help_text: str, required: bool = True) -> None:
        super().__init__(f"^{VERSION_PATTERN}$", help_text=help_text, required=required)


class HeadSerializer(serializers.Serializer[Any]):
    """The end of the history of the dataset."""

    version = VersionField("The version of the dataset.")
    seal = serializers.RegexField(
        "^[0-9a-f]{64}$", help_text="The seal of its last revision, which names the whole history."
    )
    published_at = serializers.DateTimeField(
        allow_null=True, help_text="When that revision was published; null if nothing ever was."
    )


class IncludedSerializer(serializers.Serializer[Any]):
    """Whole documents by id. Only the requested kinds are present."""

    agencies = serializers.DictField(
        child=DocumentField(DOCUMENT_SCHEMAS["agency"]),
        required=False,
        help_text="The agencies that the records name.",
    )
    entities = serializers.DictField(
        child=DocumentField(DOCUMENT_SCHEMAS["entity"]),
        required=False,
        help_text="The entities that the records name.",
    )
    sources = serializers.DictField(
        child=DocumentField(DOCUMENT_SCHEMAS["source"]),
        required=False,
        help_text="The sources that the records cite.",
    )
    related = serializers.DictField(
        child=DocumentField(DOCUMENT_SCHEMAS["action"]),
        required=False,
        help_text="The actions with a relation to or from the records.",
    )


class FaultSerializer(serializers.Serializer[Any]):
    parameter = serializers.CharField(help_text="The name of the parameter.")
    detail = serializers.CharField(help_text="What is wrong with the parameter.")
    allowed = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="The names or values that are allowed.",
    )


class ProblemSerializer(serializers.Serializer[Any]):
    """An error, as a problem document of RFC 9457."""

    type = serializers.CharField(
        help_text="The type of problem: the path of a page that explains it."
    )
    title = serializers.CharField(help_text="The name of the problem type.")
    status = serializers.IntegerField(help_text="The HTTP status code.")
    detail = serializers.CharField(help_text="What is wrong with this request, and what to do.")
    instance = serializers.CharField(help_text="The path and query string of the request.")
    request_id = serializers.CharField(help_text="The id of the request in the server log.")
    errors = FaultSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="The parameters that are not valid."
    )
    reason = serializers.CharField(
        required=False, help_text="Why the record was withdrawn or taken down."
    )
    taken_down_at = serializers.DateTimeField(
        required=False, help_text="When the record was taken down."
    )
    version = VersionField("The version of the dataset now.", required=False)


class CountsSerializer(serializers.Serializer[Any]):
    agency = serializers.IntegerField(help_text="The number of published agencies.")
    entity = serializers.IntegerField(help_text="The number of published entities.")
    source = serializers.IntegerField(  # type: ignore[assignment]
        help_text="The number of published sources."
    )
    action = serializers.IntegerField(help_text="The number of published actions.")


class CoverageSerializer(serializers.Serializer[Any]):
    """How the values of the published actions are supported. A value counts once, by its strongest
    basis."""

    stated = serializers.IntegerField(help_text="Values that a source states.")
    derived = serializers.IntegerField(
        help_text="Values that follow from a source's text and date."
    )
    inferred = serializers.IntegerField(
        help_text="Values that require knowledge from outside the source."
    )
    unbacked = serializers.IntegerField(
        help_text="Values without a supporting passage. Normally 0."
    )
    unknown = serializers.IntegerField(help_text="Missing values with a stated reason.")
    unexplained = serializers.IntegerField(
        help_text="Empty core fields without a stated reason. Normally 0."
    )


class IndexSerializer(serializers.Serializer[Any]):
    """The dataset, its version and links to its parts."""

    title = serializers.CharField(help_text="The name of the dataset.")
    version = VersionField(
        "The version of the dataset: how many revisions were ever published, and the start of the "
        "seal of the last one."
    )
    software_version = serializers.CharField(help_text="The version of the Policy Events software.")
    schema_version = serializers.IntegerField(help_text="The version of the schema of documents.")
    licence = serializers.CharField(help_text="The licence of the dataset, as an SPDX identifier.")
    counts = CountsSerializer(help_text="The number of current records of each kind.")
    coverage = CoverageSerializer(
        help_text="How the values of the published actions are supported."
    )
    links = serializers.DictField(
        child=serializers.URLField(), help_text="The URLs of the lists and the documentation."
    )


class MetaSerializer(serializers.Serializer[Any]):
    version = VersionField("The version of the dataset that the page shows.")
    page_size = serializers.IntegerField(help_text="The largest number of rows on a page.")
    ordering = serializers.CharField(help_text="The ordering of the rows.")


class CountSerializer(serializers.Serializer[Any]):
    """The number of records in a list."""

    count = serializers.IntegerField(help_text="The exact number of records that match.")
    version = VersionField("The version of the dataset that was counted.")


class SumSerializer(serializers.Serializer[Any]):
    """The sum of a figure over the records of a group that give it in the same unit."""

    unit = serializers.CharField(
        help_text="The unit of the figure. Different units are never added up."
    )
    value = serializers.FloatField(help_text="The sum.")
    at_least = serializers.BooleanField(
        help_text="Whether the sum is a lower bound: some values are `more_than` or `at_least`, "
        "and the others are exact."
    )
    comparators = serializers.ListField(
        child=serializers.CharField(), help_text="The comparators of the added values."
    )
    records = serializers.IntegerField(help_text="The number of records that give the figure.")


class GroupSerializer(serializers.Serializer[Any]):
    """The records with the same values."""

    keys = serializers.DictField(
        child=serializers.CharField(allow_null=True),
        help_text="The value of each field, as in filters; null for records without a value.",
    )
    labels = serializers.DictField(
        child=serializers.CharField(allow_null=True), help_text="The labels of the values."
    )
    count = serializers.IntegerField(
        help_text="The number of records. In a year or month: of those whose main date surely lies "
        "in it."
    )
    acts = serializers.IntegerField(help_text="The number of these records of the unit `act`.")
    possible = serializers.IntegerField(
        allow_null=True,
        required=False,
        help_text="With `year` or `month`: the number of records whose main date may lie in it, "
        "those that surely do included. Null for records that surely lie in no year or month.",
    )
    sums = SumSerializer(
        many=True,
        required=False,
        help_text="With `sum`: sums of the figure, one per unit.",
    )


class ActsSerializer(serializers.Serializer[Any]):
    """The number of different acts that the records tell of."""

    smallest = serializers.IntegerField(
        help_text="The smallest number: acts that may be the same count once."
    )
    largest = serializers.IntegerField(help_text="The number of records of the unit `act`.")


class AggregateSerializer(serializers.Serializer[Any]):
    """Counts by one or two fields."""

    groups = GroupSerializer(
        many=True,
        help_text="The groups, the largest first. Years and months in which no record surely lies "
        "come last, from the first to the last one that has some.",
    )
    unit = serializers.CharField(help_text="What is counted: `records`.")
    note = serializers.CharField(help_text="How records with several values are counted.")
    total = serializers.IntegerField(
        help_text="The number of records that match, each counted once."
    )
    acts = ActsSerializer(help_text="The number of acts among these records.")
    version = VersionField("The version of the dataset that was counted.")
