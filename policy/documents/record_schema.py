"""The parts of the schema that all kinds share: ids, envelopes, names, reviews and tombstones."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from policy.documents.fields import Computed, Moment, OptionalText, Text, computed
from policy.documents.markers import Checked, Column, NotStored, OneOf
from policy.documents.shape import Shape, field_problems
from policy.models.record import validate_record_slug, validate_slug_not_reserved
from policy.models.revision import REVIEW_STATES, TOMBSTONE_EVENTS

FIRST_SCHEMA_VERSION = 1
SCHEMA_VERSION = 2  # 2: parts, targets, identifiers; the rules of main dates and evidence levels


class ReviewSummary(Shape):
    """How a revision was reviewed."""

    later: ClassVar = ("credits",)
    state: Annotated[str, OneOf(REVIEW_STATES)] = Field(
        description="How the revision was approved. reviewed: someone other than its editor "
        "published it. self_reviewed: its editor published it, in a team of one. released: it was "
        "loaded from a released dataset."
    )
    reviewers: int = Field(
        description="Number of people other than the editor who accepted exactly this content."
    )
    reviewed_at: Moment | None = Field(
        description="When it was reviewed, in UTC. Null if released."
    )
    released_by: Text | None = Field(
        description="Dataset and version that it was loaded from. Null unless released."
    )
    credits: list[Text] = Field(
        default=[],
        description="Names of its editor and reviewers who chose to be named. Absent if nobody "
        "did.",
    )


SCHEMA_VERSION_HELP = "Version of the schema of this document."
KIND_HELP = "Kind of record: action, agency, entity or source."
REVISION_HELP = "Number of this revision, counted from 1 for each record."
PUBLISHED_AT_HELP = "When this revision was published, in UTC."
REVIEW_HELP = "How this revision was reviewed."
LICENCE_HELP = "SPDX identifier of the licence."


class RecordDocument(Shape):
    """The fields that every record starts with. Every document ends with `review` and `licence`."""

    later: ClassVar[tuple[str, ...]] = ("identifiers", "classifications")

    schema_version: Annotated[int, Computed] = computed(SCHEMA_VERSION_HELP)
    kind: Annotated[Text, Computed] = computed(KIND_HELP)
    id: Annotated[
        Text, Checked(validate_record_slug), Checked(validate_slug_not_reserved), Column("slug")
    ] = Field(max_length=120, description="Public id. It never changes.")
    revision: Annotated[int, Computed] = computed(REVISION_HELP)
    published_at: Annotated[Moment, Computed] = computed(PUBLISHED_AT_HELP)


class NamedDocument(RecordDocument):
    """The fields of records that have a name."""

    name: Text = Field(max_length=300, description="Name in English.")
    native_name: OptionalText = Field(
        default="", max_length=300, description="Name in its original script."
    )
    aliases: list[Annotated[Text, Field(max_length=300)]] = Field(
        default=[], description="Other names and abbreviations."
    )
    description: OptionalText = Field(default="", description="What it is, in one sentence.")


class Tombstone(Shape):
    """The document that replaces a record after it was withdrawn, merged or taken down."""

    later: ClassVar = ("taken_down_at",)
    schema_version: int = Field(description=SCHEMA_VERSION_HELP)
    kind: Text = Field(description=KIND_HELP)
    id: Text = Field(description="Public id.")
    revision: int = Field(description=REVISION_HELP)
    published_at: Moment = Field(description=PUBLISHED_AT_HELP)
    event: Annotated[str, OneOf(TOMBSTONE_EVENTS)] = Field(
        description="What happened to the record."
    )
    reason: Text = Field(description="Reason of the event.")
    merged_into: Text | None = Field(
        description="Id of the record that replaces this one. Null unless it was merged."
    )
    licence: Text = Field(description=LICENCE_HELP)
    taken_down_at: Annotated[Moment, NotStored()] = Field(
        "",
        description="When every revision of the record became a tombstone. Present only for a "
        "takedown.",
    )

    @model_validator(mode="after")
    def check_takedown(self) -> Self:
        if (self.event == "takedown") != ("taken_down_at" in self.model_fields_set):
            message = "Required for a takedown and not allowed for other events."
            raise field_problems({"taken_down_at": message})
        return self
