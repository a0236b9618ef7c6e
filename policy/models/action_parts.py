"""The rows that belong to an action: agencies, entities, dates, figures, relations and more."""

from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.text import slugify

from policy.models.action import Action
from policy.models.record import Agency, Entity, Record, interval_order_constraint
from policy.models.reference import term_field, vocabulary_constraints

SHORT_QUOTE_PATTERN = r"^\s*(\S+(\s+\S+){0,7}\s*)?$"
SHORT_QUOTE_MESSAGE = "Enter at most eight words."
ACTOR_MESSAGE = "Choose a record or enter the description from the source."
validate_short_quote = RegexValidator(SHORT_QUOTE_PATTERN, SHORT_QUOTE_MESSAGE)


class ActionPart(models.Model):
    """A row of one action. Rows are ordered by when they were added."""

    action = models.ForeignKey(Action, models.CASCADE)

    objects: "ClassVar[models.Manager[Self]]" = models.Manager()

    class Meta:
        abstract = True
        ordering = ["pk"]


class ActionActor(ActionPart):
    """An actor with a role in an action: a record, or a description in the words of the source."""

    naming = term_field("naming", help_text="How exactly the source names it.")
    described_as = models.CharField(
        max_length=200,
        blank=True,
        validators=[validate_short_quote],
        help_text="Words of the source, at most eight.",
    )

    class Meta(ActionPart.Meta):
        abstract = True

    def __str__(self) -> str:
        return f"{self.named_record or self.described_as}"

    @property
    def key(self) -> str:
        """The key of this row in citations: the id of the record, or a slug of the description."""
        named = self.named_record
        return named.slug if named else slugify(self.described_as)

    @property
    def named_record(self) -> Record | None:
        raise NotImplementedError

    def clean(self) -> None:
        if not self.named_record and not slugify(self.described_as):
            raise ValidationError(ACTOR_MESSAGE)


def identified_actor_constraint(model: str, reference: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{reference}__isnull": False}) | Q(described_as__regex=r"[A-Za-z0-9]"),
        name=f"{model}_is_someone",
        violation_error_message=ACTOR_MESSAGE,
    )


def short_quote_constraint(model: str, field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": SHORT_QUOTE_PATTERN}),
        name=f"{model}_{field}_is_short",
        violation_error_message=SHORT_QUOTE_MESSAGE,
    )


class ActionAgency(ActionActor):
    """The role of a public body in an action."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="agencies")
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="actions"
    )
    role = term_field("agency_role", help_text="What the agency did.")

    class Meta(ActionActor.Meta):
        verbose_name = "agency in an action"
        verbose_name_plural = "agencies in actions"
        constraints = [
            identified_actor_constraint("action_agency", "agency"),
            short_quote_constraint("action_agency", "described_as"),
            models.UniqueConstraint(
                fields=["action", "agency", "role", "described_as"],
                nulls_distinct=False,
                name="action_agency_once",
                violation_error_message="This action already has this agency in this role.",
            ),
            *vocabulary_constraints("action_agency", {"role": "agency_role", "naming": "naming"}),
        ]

    @property
    def named_record(self) -> Record | None:
        return self.agency


class ActionEntity(ActionActor):
    """The role of a company, person or thing in an action."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="entities")
    entity = models.ForeignKey(
        Entity, models.PROTECT, null=True, blank=True, related_name="actions"
    )
    role = term_field("entity_role", help_text="The role of the entity.")

    class Meta(ActionActor.Meta):
        verbose_name = "entity in an action"
        verbose_name_plural = "entities in actions"
        constraints = [
            identified_actor_constraint("action_entity", "entity"),
            short_quote_constraint("action_entity", "described_as"),
            models.UniqueConstraint(
                fields=["action", "entity", "role", "described_as"],
                nulls_distinct=False,
                name="action_entity_once",
                violation_error_message="This action already has this entity in this role.",
            ),
            *vocabulary_constraints("action_entity", {"role": "entity_role", "naming": "naming"}),
        ]

    @property
    def named_record(self) -> Record | None:
        return self.entity


class ActionDate(ActionPart):
    """A date of an action, as an interval with a precision and a basis."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="dates")
    kind = term_field("date", help_text="What happened on this date.")
    earliest = models.DateField(
        null=True, blank=True, help_text="First possible day. Leave empty if there is no limit."
    )
    latest = models.DateField(
        null=True, blank=True, help_text="Last possible day. Leave empty if there is no limit."
    )
    precision = term_field("precision")
    basis = term_field("basis")
    resolution = models.TextField(
        blank=True, help_text="How you derived this interval from the words of the source."
    )

    class Meta(ActionPart.Meta):
        verbose_name = "date"
        constraints = [
            interval_order_constraint("", "action_date_in_order"),
            models.CheckConstraint(
                condition=Q(earliest__isnull=False) | Q(latest__isnull=False),
                name="action_date_has_an_end",
                violation_error_message="Enter a first or last day, or remove the date and "
                "give the reason.",
            ),
            models.UniqueConstraint(
                fields=["action", "kind"],
                name="action_date_once",
                violation_error_message="This action already has a date of this kind.",
            ),
            *vocabulary_constraints(
                "action_date", {"kind": "date", "precision": "precision", "basis": "basis"}
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.earliest or '…'} to {self.latest or '…'}"


class Figure(ActionPart):
    """A number, its unit and what it counts."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="figures")
    kind = term_field("figure", help_text="What the figure counts.")
    value = models.DecimalField(max_digits=15, decimal_places=4)
    comparator = term_field("comparator", help_text="Whether the number is exact or a limit.")
    unit = models.CharField(max_length=60, help_text="For example persons, MW or CNY.")
    claimed_by = models.CharField(
        max_length=140,
        blank=True,
        help_text="Who claims it: the key of an actor of this action, agencies/… or entities/…",
    )

    class Meta(ActionPart.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="figure_not_negative",
                violation_error_message="A figure must not be negative.",
            ),
            models.UniqueConstraint(
                fields=["action", "kind"],
                name="figure_once",
                violation_error_message="This action already has a figure of this kind.",
            ),
            *vocabulary_constraints("figure", {"kind": "figure", "comparator": "comparator"}),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.comparator} {self.value.normalize():f} {self.unit}"


class Relation(ActionPart):
    """The relation of an action to another action."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="relations")
    type = term_field("relation")
    target = models.ForeignKey(Action, models.PROTECT, related_name="related_from")
    reason = models.TextField(blank=True, help_text="Why the two actions are related.")

    class Meta(ActionPart.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(action=F("target")),
                name="relation_to_another",
                violation_error_message="An action cannot be related to itself.",
            ),
            models.UniqueConstraint(
                fields=["action", "type", "target"],
                name="relation_once",
                violation_error_message="This action already has this relation.",
            ),
            *vocabulary_constraints("relation", {"type": "relation"}),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.target}"


class Unknown(ActionPart):
    """The reason why a field of an action is empty."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="unknowns")
    field = models.CharField(
        max_length=140, help_text="For example status, penalty or dates/announced."
    )
    reason = models.CharField(max_length=300)

    class Meta(ActionPart.Meta):
        verbose_name = "unknown field"
        constraints = [
            models.UniqueConstraint(
                fields=["action", "field"],
                name="unknown_once",
                violation_error_message="This action already has a reason for this field.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


class Note(ActionPart):
    """A published remark: a doubt, an interpretation of unclear words, or context."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="notes")
    kind = term_field("note")
    field = models.CharField(
        max_length=140,
        blank=True,
        help_text="The field that the note is about. Leave empty if it is about the whole record.",
    )
    text = models.TextField()

    class Meta(ActionPart.Meta):
        constraints = [*vocabulary_constraints("note", {"kind": "note"})]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text[:60]}"
