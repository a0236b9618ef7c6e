"""An action and its parts, as curators edit them."""

from django.db import models

from policy.models.record import Record, slug_constraint
from policy.models.reference import Jurisdiction, Term, term_field, vocabulary_constraints


class Action(Record):
    """One act, by one actor or several acting together, at one time."""

    KIND = "action"

    title = models.CharField(max_length=300, help_text="What was done, in our own words.")
    summary = models.TextField(help_text="Two or three sentences, in our own words.")
    unit = term_field("unit", help_text="How it may be counted.")
    type = term_field(
        "type", null=True, blank=True, help_text="The most specific act. Empty: several in one."
    )
    status = term_field(
        "status", null=True, blank=True, help_text="The least advanced stage the words support."
    )
    legal_force = term_field(
        "legal_force", null=True, blank=True, help_text="Needs words that name it."
    )
    penalties = models.ManyToManyField(
        Term,
        blank=True,
        limit_choices_to={"vocabulary": "penalty"},
        related_name="+",
        help_text="Needs words that name it.",
    )
    stance = term_field(
        "stance", null=True, blank=True, help_text="Toward the activity, as the act itself."
    )
    attribution = term_field(
        "attribution", null=True, blank=True, help_text="Whose decision it is."
    )
    jurisdictions = models.ManyToManyField(
        Jurisdiction,
        blank=True,
        related_name="actions",
        help_text="Whose power acts; for a private act the place affected.",
    )
    activities = models.ManyToManyField(
        Term,
        blank=True,
        limit_choices_to={"vocabulary": "activity", "abstract": False},
        related_name="+",
        help_text="What the act bears on.",
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
