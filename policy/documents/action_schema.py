"""The schema of actions."""

from typing import Annotated

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
)
from policy.documents.fields import Computed, Day, Reference, Sorted, SortedById, Text, computed
from policy.documents.markers import CodeOf, Column, RefersTo
from policy.documents.record_schema import LICENCE_HELP, REVIEW_HELP, RecordDocument, ReviewSummary

SortedPenalties = Annotated[list[Annotated[str, CodeOf("penalty")]], Sorted, Column("penalties")]
SortedJurisdictions = Annotated[list[Annotated[Reference, RefersTo("jurisdiction")]], SortedById]


class ActionDocument(RecordDocument):
    """One act at one time, by one actor or by several actors together."""

    title: Text = Field(max_length=300, description="Title: what was done.")
    summary: Text = Field(
        description="Summary in two or three sentences, in the words of the curators."
    )
    unit: Annotated[str, CodeOf("unit")] = Field(
        description="Whether it is an act, a series or a state. A code of the vocabulary unit."
    )
    type: Annotated[str, CodeOf("type")] | None = Field(
        None,
        description="The most specific type of act reported. A code of the vocabulary type. Null: "
        "the record covers acts of several types, or the type is not known.",
    )
    status: Annotated[str, CodeOf("status")] | None = Field(
        None,
        description="The least advanced stage that the sources support. A code of the vocabulary "
        "status.",
    )
    legal_force: Annotated[str, CodeOf("legal_force")] | None = Field(
        None, description="Legal form. A code of the vocabulary legal_force."
    )
    penalty: Annotated[list[Annotated[str, CodeOf("penalty")]], Sorted, Column("penalties")] = (
        Field([], description="Penalties that the source names. Codes of the vocabulary penalty.")
    )
    stance: Annotated[str, CodeOf("stance")] | None = Field(
        None,
        description="Position of the act toward the activity. A code of the vocabulary stance.",
    )
    attribution: Annotated[str, CodeOf("attribution")] | None = Field(
        None, description="Who made the decision. A code of the vocabulary attribution."
    )
    sort_date: Annotated[Day | None, Computed] = computed(
        "One day, for sorting and charts only: the earliest day of the main date, or "
        "its latest day. Null: no date."
    )
    jurisdictions: SortedJurisdictions = Field(
        [],
        description="Jurisdictions whose authority acts. For a private act, the places affected.",
    )
    activities: Annotated[list[Annotated[str, CodeOf("activity")]], Sorted] = Field(
        [], description="Activities that the act affects. Codes of the vocabulary activity."
    )
    agencies: list[AgencyInAction] = Field(
        [], description="Public bodies and their roles in the action."
    )
    entities: list[EntityInAction] = Field(
        [], description="Companies, persons and other entities, and their roles in the action."
    )
    dates: list[DateOfAction] = Field([], description="Dates of the action, each as an interval.")
    figures: list[FigureOfAction] = Field(
        [], description="Numbers, their units and what they count."
    )
    relations: list[RelationOfAction] = Field([], description="Relations to other actions.")
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
