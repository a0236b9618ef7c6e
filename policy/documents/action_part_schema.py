"""The schema of the parts of an action: actors, dates, figures, citations and more."""

from collections.abc import Iterable
from typing import Protocol

from rest_framework import serializers

from policy.documents import evidence
from policy.documents.shapes import HonestDate, NumberField, Reference, Shape, TermField
from policy.documents.types import Document
from policy.models.action_parts import Unknown, validate_short_quote
from policy.models.record import validate_sha256


class ActorShape(Shape):
    key = serializers.CharField(
        required=False, help_text="Key of this row in supports and in claimed_by."
    )
    naming = TermField(
        "naming",
        source="naming_id",
        help_text="How exactly the source names it. A code of the vocabulary naming.",
    )
    described_as = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=200,
        validators=[validate_short_quote],
        help_text="Words of the source, at most eight.",
    )

    def validate(self, attrs: Document) -> Document:
        stated, actual = attrs.pop("key", None), evidence.actor_key(attrs)
        if not actual:
            raise serializers.ValidationError("Refer to a record or fill in described_as.")
        if stated not in (None, actual):
            raise serializers.ValidationError({"key": f"The key of this row must be {actual}."})
        return attrs


class AgencyInAction(ActorShape):
    """A public body that has a role in an action."""

    first = ("key", "agency", "role")
    agency = Reference(
        "agency",
        allow_null=True,
        required=False,
        default=None,
        help_text="The agency. Null: not identified.",
    )
    role = TermField(
        "agency_role",
        source="role_id",
        help_text="Role of the agency. A code of the vocabulary agency_role.",
    )


class EntityInAction(ActorShape):
    """A company, person, platform or asset that has a role in an action."""

    first = ("key", "entity", "role")
    entity = Reference(
        "entity",
        allow_null=True,
        required=False,
        default=None,
        help_text="The entity. Null: not identified.",
    )
    role = TermField(
        "entity_role",
        source="role_id",
        help_text="Role of the entity. A code of the vocabulary entity_role.",
    )


class DateOfAction(HonestDate):
    """A date of an action."""

    first = ("kind",)
    kind = TermField(
        "date",
        source="kind_id",
        help_text="What happened on this date. A code of the vocabulary date.",
    )


class FigureOfAction(Shape):
    """A number and what it counts."""

    kind = TermField(
        "figure",
        source="kind_id",
        help_text="What the figure counts. A code of the vocabulary figure.",
    )
    value = NumberField(help_text="Value of the figure.")
    comparator = TermField(
        "comparator",
        source="comparator_id",
        help_text="Whether the value is exact or a limit. A code of the vocabulary comparator.",
    )
    unit = serializers.CharField(
        max_length=60, help_text="Unit of the value, for example persons, MW or CNY."
    )
    claimed_by = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=140,
        help_text="Who claims it: agencies/<key> or entities/<key>. Empty: the source itself.",
    )


class RelationOfAction(Shape):
    """A relation of an action to another action."""

    type = TermField(
        "relation",
        source="type_id",
        help_text="Type of relation. A code of the vocabulary relation.",
    )
    action = Reference("action", source="target", help_text="The other action.")
    reason = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="Why the two actions are related."
    )


class NoteOfAction(Shape):
    """A remark on an action or on one of its fields."""

    kind = TermField("note", source="kind_id", help_text="Kind of note: doubt, reading or context.")
    field = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=140,
        help_text="Key of the field that the note is about. Empty: the whole record.",
    )
    text = serializers.CharField(help_text="Text of the note, in the words of the curators.")


class Support(Shape):
    """A field that a citation supports, and how."""

    field = serializers.CharField(
        max_length=140, help_text="Key of the supported value, for example type or dates/adopted."
    )
    basis = TermField(
        "basis", help_text="How the passage supports the value: stated, derived or inferred."
    )
    reason = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        help_text="Reason of the inference. Required if the basis is inferred.",
    )

    def validate(self, attrs: Document) -> Document:
        basis = attrs["basis"].removeprefix("basis.")
        if basis == "inferred" and not attrs["reason"]:
            raise serializers.ValidationError({"reason": "Required if the basis is inferred."})
        return {**attrs, "basis": basis}


class CitationOfAction(Shape):
    """A passage of a source, and the fields that it supports."""

    source = Reference("source", help_text="Source of the passage.")  # type: ignore[assignment]
    start = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        help_text="Position of the first code point of the passage, counted from 0.",
    )
    end = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        help_text="Position after the last code point of the passage.",
    )
    sha256 = serializers.CharField(
        validators=[validate_sha256], help_text="SHA-256 of the passage in UTF-8."
    )
    paragraph = serializers.IntegerField(
        min_value=1,
        max_value=2**31 - 1,
        help_text="Number of the paragraph in which the passage starts, counted from 1.",
    )
    quote = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        max_length=200,
        validators=[validate_short_quote],
        help_text="Words of the passage, at most eight.",
    )
    supports = Support(many=True, allow_empty=False, help_text="Values that the passage supports.")
    note = serializers.CharField(
        allow_blank=True, required=False, default="", help_text="Remark on the passage."
    )

    def validate(self, attrs: Document) -> Document:
        if attrs["start"] >= attrs["end"]:
            raise serializers.ValidationError("The end of the passage must be after its start.")
        return attrs


class Evidence(Shape):
    """How well an action is evidenced, computed from its citations."""

    level = serializers.CharField(
        allow_null=True,
        help_text="Level of evidence: a code of the vocabulary evidence. Null: no sources.",
    )
    reported_claim = serializers.BooleanField(
        help_text="Whether a source reports a claim by one of the actors."
    )
    claimed_by = serializers.ListField(
        child=serializers.CharField(),
        help_text="Keys of the agencies and entities that make the claim.",
    )
    disputed = serializers.BooleanField(
        help_text="Whether the action has a relation of the type contradicts."
    )


class UnknownRows(Protocol):
    """The related manager of the unknowns of an action, or a look-alike with unsaved rows."""

    def all(self) -> Iterable[Unknown]: ...


class UnknownsField(serializers.DictField):
    def to_representation(self, value: UnknownRows) -> dict[str, str]:  # type: ignore[override]
        return {row.field: row.reason for row in value.all()}
