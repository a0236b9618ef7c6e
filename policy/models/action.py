"""The model of an action."""

from django.db import models

from policy.models.record import Record, slug_constraint
from policy.models.reference import Jurisdiction, Term, term_field, vocabulary_constraints


class Action(Record):
    """One act at one time, by one actor or by several actors together."""

    KIND = "action"

    title = models.CharField(max_length=300, help_text="What was done, in your own words.")
    summary = models.TextField(help_text="Two or three sentences in your own words.")
    unit = term_field("unit", help_text="Whether it is one act, a series of acts or a state.")
    type = term_field(
        "type",
        null=True,
        blank=True,
        help_text="The most specific type of act. Leave empty if the record covers several types.",
    )
    status = term_field(
        "status",
        null=True,
        blank=True,
        help_text="The least advanced stage that the source supports.",
    )
    legal_force = term_field(
        "legal_force",
        null=True,
        blank=True,
        help_text="The legal form, only if the source names it.",
    )
    penalties = models.ManyToManyField(
        Term,
        blank=True,
        limit_choices_to={"vocabulary": "penalty"},
        related_name="+",
        help_text="The penalties, only if the source names them.",
    )
    stance = term_field(
        "stance", null=True, blank=True, help_text="The position of the act toward the activity."
    )
    attribution = term_field(
        "attribution", null=True, blank=True, help_text="Who made the decision."
    )
    jurisdictions = models.ManyToManyField(
        Jurisdiction,
        blank=True,
        related_name="actions",
        help_text="The jurisdiction whose authority acts. For a private act, the place affected.",
    )
    activities = models.ManyToManyField(
        Term,
        blank=True,
        limit_choices_to={"vocabulary": "activity", "abstract": False},
        related_name="+",
        help_text="The activities that the act affects.",
    )

    instrument = models.CharField(
        max_length=300,
        blank=True,
        help_text="The title of the law, rule or order, if the source names it.",
    )
    provision = models.CharField(
        max_length=120, blank=True, help_text="The article or section, for example Article 5(1)."
    )

    class Meta(Record.Meta):
        constraints = [
            slug_constraint("action"),
            *vocabulary_constraints(
                "action",
                {
                    name: name
                    for name in ("unit", "type", "status", "legal_force", "stance", "attribution")
                },
            ),
        ]
