"""The schema of actions."""

from rest_framework import serializers

from policy.documents import evidence, facets
from policy.documents.action_part_schema import (
    AgencyInAction,
    CitationOfAction,
    DateOfAction,
    EntityInAction,
    Evidence,
    FigureOfAction,
    NoteOfAction,
    RelationOfAction,
    UnknownsField,
)
from policy.documents.record_schema import RecordDocument
from policy.documents.shapes import References, SortedList, TermField
from policy.documents.types import Document, as_action
from policy.models.action import Action


class ActionDocument(RecordDocument):
    """One act at one time, by one actor or by several actors together."""

    title = serializers.CharField(max_length=300, help_text="Title: what was done.")
    summary = serializers.CharField(
        help_text="Summary in two or three sentences, in the words of the curators."
    )
    unit = TermField(
        "unit",
        source="unit_id",
        help_text="Whether it is an act, a series or a state. A code of the vocabulary unit.",
    )
    type = TermField(
        "type",
        source="type_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="The most specific type of act reported. A code of the vocabulary type. Null: "
        "the record covers acts of several types, or the type is not known.",
    )
    status = TermField(
        "status",
        source="status_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="The least advanced stage that the sources support. A code of the vocabulary "
        "status.",
    )
    legal_force = TermField(
        "legal_force",
        source="legal_force_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="Legal form. A code of the vocabulary legal_force.",
    )
    penalty = SortedList(
        child=TermField("penalty"),
        source="penalties",
        required=False,
        default=list,
        help_text="Penalties that the source names. Codes of the vocabulary penalty.",
    )
    stance = TermField(
        "stance",
        source="stance_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="Position of the act toward the activity. A code of the vocabulary stance.",
    )
    attribution = TermField(
        "attribution",
        source="attribution_id",
        allow_null=True,
        required=False,
        default=None,
        help_text="Who made the decision. A code of the vocabulary attribution.",
    )
    sort_date = serializers.DateField(
        read_only=True,
        allow_null=True,
        help_text="One day, for sorting and charts only: the earliest day of the main date, or "
        "its latest day. Null: no date.",
    )
    jurisdictions = References(
        "jurisdiction",
        required=False,
        default=list,
        help_text="Jurisdictions whose authority acts. For a private act, the places affected.",
    )
    activities = SortedList(
        child=TermField("activity"),
        required=False,
        default=list,
        help_text="Activities that the act affects. Codes of the vocabulary activity.",
    )
    agencies = AgencyInAction(
        many=True,
        required=False,
        default=list,
        help_text="Public bodies and their roles in the action.",
    )
    entities = EntityInAction(
        many=True,
        required=False,
        default=list,
        help_text="Companies, persons and other entities, and their roles in the action.",
    )
    dates = DateOfAction(
        many=True,
        required=False,
        default=list,
        help_text="Dates of the action, each as an interval.",
    )
    figures = FigureOfAction(
        many=True,
        required=False,
        default=list,
        help_text="Numbers, their units and what they count.",
    )
    relations = RelationOfAction(
        many=True, required=False, default=list, help_text="Relations to other actions."
    )
    unknowns = UnknownsField(
        child=serializers.CharField(max_length=300),
        required=False,
        default=dict,
        help_text="Object that maps the key of an empty field to the reason why it is empty.",
    )
    notes = NoteOfAction(
        many=True,
        required=False,
        default=list,
        help_text="Notes: doubts, interpretations and context.",
    )
    evidence = Evidence(
        read_only=True,
        help_text="How strong the evidence is. Computed from the sources and the roles.",
    )
    citations = CitationOfAction(
        many=True,
        required=False,
        default=list,
        help_text="Passages of sources that support the values of this record.",
    )

    def to_representation(self, instance: Action) -> Document:
        document: Document = super().to_representation(instance)
        sources = [citation.source for citation in instance.citations.all()]
        document["sort_date"] = facets.sort_date(as_action(document)["dates"])
        document["evidence"] = evidence.summarize_evidence(document, sources)
        return {str(name): document[str(name)] for name in self.fields}
