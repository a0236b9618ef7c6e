"""The schema of the parts of an action: actors, dates, figures, citations and more."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from policy.documents.fields import (
    Count,
    HonestDate,
    Number,
    OptionalText,
    Ordinal,
    Reference,
    Sha256,
    Text,
)
from policy.documents.keys import actor_key
from policy.documents.markers import Checked, CodeOf, Column, NotStored, RefersTo, StoredAsJson
from policy.documents.shape import Shape, field_problems, value_problem
from policy.models.action_parts import validate_short_quote
from policy.models.record import validate_record_slug

PartSlug = Annotated[OptionalText, Checked(validate_record_slug)]
PART_HELP = "Part of the act that it is about, for example list-1. Empty: the whole act."
ShortQuote = Annotated[OptionalText, Checked(validate_short_quote)]
NAMING_HELP = "How exactly the source names it. A code of the vocabulary naming."
DESCRIBED_AS_HELP = "Words of the source, at most eight."
ACTOR_KEY_HELP = "Key of this row in supports and in claimed_by."


class ActorShape(Shape):
    """An actor in an action: a record, or a description in the words of the source."""

    key: Annotated[Text, NotStored()] = Field("", description=ACTOR_KEY_HELP)

    @classmethod
    def item_key(cls, item: Mapping[str, Any]) -> str:
        return actor_key(item)

    @model_validator(mode="after")
    def check_key(self) -> Self:
        key = actor_key(
            {name: value.id if isinstance(value, Reference) else value for name, value in self}
        )
        if not key:
            raise value_problem("Refer to a record or fill in described_as.")
        if "key" in self.model_fields_set and self.key != key:
            raise field_problems({"key": f"The key of this row must be {key}."})
        return self


class AgencyInAction(ActorShape):
    """A public body that has a role in an action."""

    agency: Annotated[Reference, RefersTo("agency")] | None = Field(
        None, description="The agency. Null: not identified."
    )
    role: Annotated[str, CodeOf("agency_role")] = Field(
        description="Role of the agency. A code of the vocabulary agency_role."
    )
    naming: Annotated[str, CodeOf("naming")] = Field(description=NAMING_HELP)
    described_as: ShortQuote = Field("", max_length=200, description=DESCRIBED_AS_HELP)


class EntityInAction(ActorShape):
    """A company, person, platform or asset that has a role in an action."""

    entity: Annotated[Reference, RefersTo("entity")] | None = Field(
        None, description="The entity. Null: not identified."
    )
    role: Annotated[str, CodeOf("entity_role")] = Field(
        description="Role of the entity. A code of the vocabulary entity_role."
    )
    naming: Annotated[str, CodeOf("naming")] = Field(description=NAMING_HELP)
    described_as: ShortQuote = Field("", max_length=200, description=DESCRIBED_AS_HELP)


class ShapeOfPart(Shape):
    """What an action states of itself or, with `part`, of a part of it."""

    later: ClassVar = ("part",)

    @classmethod
    def item_key(cls, item: Mapping[str, Any]) -> str:
        return "/".join(filter(None, [item["kind"], item.get("part")]))


class KindOfDate(ShapeOfPart):
    kind: Annotated[str, CodeOf("date")] = Field(
        description="What happened on this date. A code of the vocabulary date."
    )
    part: PartSlug = Field("", max_length=60, description=PART_HELP)


class DateOfAction(HonestDate, KindOfDate):  # pydantic puts the fields of the last base first
    """A date of an action."""


class FigureOfAction(ShapeOfPart):
    """A number and what it counts."""

    kind: Annotated[str, CodeOf("figure")] = Field(
        description="What the figure counts. A code of the vocabulary figure."
    )
    part: PartSlug = Field("", max_length=60, description=PART_HELP)
    value: Number = Field(description="Value of the figure.")
    comparator: Annotated[str, CodeOf("comparator")] = Field(
        description="Whether the value is exact or a limit. A code of the vocabulary comparator."
    )
    unit: Text = Field(
        max_length=60, description="Unit of the value, for example persons, MW or CNY."
    )
    claimed_by: OptionalText = Field(
        "",
        max_length=140,
        description="Who claims it: agencies/<key> or entities/<key>. Empty: the source itself.",
    )


class TargetOfAction(Shape):
    """A place that an action is aimed at or favours."""

    jurisdiction: Annotated[Reference, RefersTo("jurisdiction")] = Field(
        description="The place. Its own power does not act."
    )
    role: Annotated[str, CodeOf("target_role")] = Field(
        description="Role of the place. A code of the vocabulary target_role."
    )

    @classmethod
    def item_key(cls, item: Mapping[str, Any]) -> str:
        return f"{item['jurisdiction']['id']}/{item['role']}"


class RelationOfAction(Shape):
    """A relation of an action to another action."""

    type: Annotated[str, CodeOf("relation")] = Field(
        description="Type of relation. A code of the vocabulary relation."
    )
    action: Annotated[Reference, RefersTo("action"), Column("target")] = Field(
        description="The other action."
    )
    reason: OptionalText = Field("", description="Why the two actions are related.")

    @classmethod
    def item_key(cls, item: Mapping[str, Any]) -> str:
        return f"{item['type']}/{item['action']['id']}"


class NoteOfAction(Shape):
    """A remark on an action or on one of its fields."""

    kind: Annotated[str, CodeOf("note")] = Field(
        description="Kind of note: doubt, reading or context."
    )
    field: OptionalText = Field(
        "",
        max_length=140,
        description="Key of the field that the note is about. Empty: the whole record.",
    )
    text: Text = Field(description="Text of the note, in the words of the curators.")


class Support(Shape):
    """A field that a citation supports, and how."""

    field: Text = Field(
        max_length=140, description="Key of the supported value, for example type or dates/adopted."
    )
    basis: Annotated[str, CodeOf("basis")] = Field(
        description="How the passage supports the value: stated, derived or inferred."
    )
    reason: OptionalText = Field(
        "", description="Reason of the inference. Required if the basis is inferred."
    )

    @model_validator(mode="after")
    def require_reason(self) -> Self:
        if self.basis == "inferred" and not self.reason:
            raise field_problems({"reason": "Required if the basis is inferred."})
        return self


class CitationOfAction(Shape):
    """A passage of a source, and the fields that it supports."""

    source: Annotated[Reference, RefersTo("source")] = Field(description="Source of the passage.")
    start: Count = Field(
        description="Position of the first code point of the passage, counted from 0."
    )
    end: Ordinal = Field(description="Position after the last code point of the passage.")
    sha256: Sha256 = Field(description="SHA-256 of the passage in UTF-8.")
    paragraph: Ordinal = Field(
        description="Number of the paragraph in which the passage starts, counted from 1."
    )
    quote: ShortQuote = Field(
        "", max_length=200, description="Words of the passage, at most eight."
    )
    supports: Annotated[list[Support], StoredAsJson()] = Field(
        min_length=1, description="Values that the passage supports."
    )
    note: OptionalText = Field("", description="Remark on the passage.")

    @model_validator(mode="after")
    def check_extent(self) -> Self:
        if self.start >= self.end:
            raise value_problem("The end of the passage must be after its start.")
        return self


class Evidence(Shape):
    """How well an action is evidenced, computed from its citations."""

    later: ClassVar = ("fields",)

    level: Text | None = Field(
        description="Level of evidence: a code of the vocabulary evidence. Null: no source states "
        "what was done, and nothing is derived from one."
    )
    reported_claim: bool = Field(
        description="Whether a source reports a claim by one of the actors."
    )
    claimed_by: list[Text] = Field(
        description="Keys of the agencies and entities that make the claim."
    )
    disputed: bool = Field(description="Whether the action has a relation of the type contradicts.")
    fields: dict[str, Text | None] = Field(
        {}, description="Level of evidence of each coded value, by its key."
    )
