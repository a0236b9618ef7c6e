"""The schema of actions."""

from typing import Annotated, ClassVar

from pydantic import Field

from policy.documents.action_part_schema import (
    AgencyInAction,
    CitationOfAction,
    DateOfAction,
    EntityInAction,
    Evidence,
    FigureOfAction,
    NoteOfAction,
    RelationOfAction,
    TargetOfAction,
)
from policy.documents.fields import (
    CLASSIFICATIONS_HELP,
    IDENTIFIERS_HELP,
    Classifications,
    Computed,
    Day,
    Identifiers,
    OptionalText,
    Reference,
    Sorted,
    SortedById,
    Text,
    computed,
)
from policy.documents.markers import Coded, CodeOf, Column, RefersTo
from policy.documents.record_schema import LICENCE_HELP, REVIEW_HELP, RecordDocument, ReviewSummary

TypeCode = Annotated[str, CodeOf("type")]
StatusCode = Annotated[str, CodeOf("status")]
LegalForceCode = Annotated[str, CodeOf("legal_force")]
StanceCode = Annotated[str, CodeOf("stance")]
AttributionCode = Annotated[str, CodeOf("attribution")]
SortedPenalties = Annotated[list[Annotated[str, CodeOf("penalty")]], Sorted, Column("penalties")]
SortedActivities = Annotated[list[Annotated[str, CodeOf("activity")]], Sorted]
SortedJurisdictions = Annotated[list[Annotated[Reference, RefersTo("jurisdiction")]], SortedById]


class ActionDocument(RecordDocument):
    """One act at one time, by one actor or by several actors together."""

    later: ClassVar = ("targets", "instrument", "provision", "identifiers", "classifications")

    title: Text = Field(max_length=300, description="Title: what was done.")
    summary: Text = Field(
        description="Summary in two or three sentences, in the words of the curators."
    )
    unit: Annotated[str, CodeOf("unit"), Coded("Unit")] = Field(
        description="Whether it is an act, a series or a state. A code of the vocabulary unit.",
        examples=["act"],
    )
    type: Annotated[TypeCode | None, Coded("Type")] = Field(
        None,
        description="The most specific type of act reported. A code of the vocabulary type. Null: "
        "the record covers acts of several types, or the type is not known.",
        examples=["shut_down"],
    )
    status: Annotated[StatusCode | None, Coded("Status")] = Field(
        None,
        description="The least advanced stage that the sources support. A code of the vocabulary "
        "status.",
        examples=["adopted"],
    )
    legal_force: Annotated[LegalForceCode | None, Coded("Legal force")] = Field(
        None,
        description="Legal form. A code of the vocabulary legal_force.",
        examples=["administrative_order"],
    )
    penalty: Annotated[SortedPenalties, Coded("Penalty")] = Field(
        [], description="Penalties that the source names. Codes of the vocabulary penalty."
    )
    stance: Annotated[StanceCode | None, Coded("Stance")] = Field(
        None,
        description="Position of the act toward the activity. A code of the vocabulary stance.",
        examples=["prohibit"],
    )
    attribution: Annotated[AttributionCode | None, Coded("Attribution")] = Field(
        None,
        description="Who made the decision. A code of the vocabulary attribution.",
        examples=["government"],
    )
    sort_date: Annotated[Day | None, Computed] = computed(
        "One day, for sorting only: the earliest day of the main date, or its latest "
        "day. Null: no date."
    )
    jurisdictions: Annotated[SortedJurisdictions, Coded("Place")] = Field(
        [],
        description="Jurisdictions whose authority acts. For a private act, the places affected.",
    )
    targets: Annotated[list[TargetOfAction], Coded("Target", may_be_empty=True)] = Field(
        [], description="Places that the act is aimed at or favours, and their roles."
    )
    activities: Annotated[SortedActivities, Coded("Activity")] = Field(
        [], description="Activities that the act affects. Codes of the vocabulary activity."
    )
    agencies: Annotated[list[AgencyInAction], Coded("Agency")] = Field(
        [], description="Public bodies and their roles in the action."
    )
    entities: Annotated[list[EntityInAction], Coded("Entity", may_be_empty=True)] = Field(
        [], description="Companies, persons and other entities, and their roles in the action."
    )
    dates: Annotated[list[DateOfAction], Coded("Date")] = Field(
        [], description="Dates of the action, each as an interval."
    )
    figures: Annotated[list[FigureOfAction], Coded("Figure", may_be_empty=True)] = Field(
        [], description="Numbers, their units and what they count."
    )
    instrument: Annotated[OptionalText, Coded("Instrument", may_be_empty=True)] = Field(
        "",
        max_length=300,
        description="Title of the law, rule or order. Empty: the sources name none.",
        examples=["Example Mining Order"],
    )
    provision: Annotated[OptionalText, Coded("Provision", may_be_empty=True)] = Field(
        "",
        max_length=120,
        description="Article or section of the instrument that the record is about.",
        examples=["Article 5(1)"],
    )
    identifiers: Annotated[Identifiers, Coded("Identifier", may_be_empty=True)] = Field(
        [], description=IDENTIFIERS_HELP
    )
    classifications: Annotated[Classifications, Coded("Classification", may_be_empty=True)] = Field(
        [], description=CLASSIFICATIONS_HELP
    )
    relations: Annotated[list[RelationOfAction], Coded("Relation", may_be_empty=True)] = Field(
        [], description="Relations to other actions."
    )
    unknowns: dict[str, Annotated[Text, Field(max_length=300)]] = Field(
        {},
        description="Object that maps the key of an empty field to the reason why it is empty.",
    )
    notes: list[NoteOfAction] = Field([], description="Notes: doubts, interpretations and context.")
    evidence: Annotated[Evidence, Computed] = computed(
        "How strong the evidence is. Computed from the sources and the roles."
    )
    citations: list[CitationOfAction] = Field(
        [], description="Passages of sources that support the values of this record."
    )
    review: Annotated[ReviewSummary, Computed] = computed(REVIEW_HELP)
    licence: Annotated[Text, Computed] = computed(LICENCE_HELP)
