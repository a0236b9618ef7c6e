"""TODO docstring."""

from typing import Any

from rest_framework import serializers

from policy.documents import evidence, facets
from policy.documents.record_schema import RecordDocument
from policy.documents.shapes import (
    HonestDate,
    NumberField,
    Reference,
    References,
    Shape,
    SortedList,
    TermField,
)
from policy.documents.types import Document
from policy.models.action_parts import validate_short_quote
from policy.models.record import validate_sha256


class ActorShape(Shape):
    key = serializers.CharField(
        required=False, help_text="How supports and claimed_by name this row."
    )
    naming = TermField("naming", source="naming_id", help_text="How far the words name it.")
    described_as = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=200,
        validators=[validate_short_quote],
        help_text="The source's words, eight at most.",
    )

    def validate(self, attrs: Document) -> Document:
        given, actual = attrs.pop("key", None), evidence.actor_key(attrs)
        if not actual:
            raise serializers.ValidationError("Name someone, or fill described_as.")
        if given not in (None, actual):
            raise serializers.ValidationError({"key": f"The key of this row is {actual}."})
        return attrs


class AgencyInAction(ActorShape):
    first = ("key", "agency", "role")
    agency = Reference(
        "agency", allow_null=True, required=False, default=None, help_text="Null: not identified."
    )
    role = TermField("agency_role", source="role_id", help_text="Term of agency_role.")


class EntityInAction(ActorShape):
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
    sha256 = serializers.CharField(
        validators=[validate_sha256], help_text="SHA-256 of the passage."
    )
    paragraph = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Paragraph it begins in, from 1."
    )
    quote = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=200,
        validators=[validate_short_quote],
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


class UnknownsField(serializers.DictField):
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
    unknowns = UnknownsField(
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
        document["evidence"] = evidence.summarize_evidence(
            document, [citation.source for citation in instance.citations.all()]
        )
        return {str(name): document[str(name)] for name in self.fields}
