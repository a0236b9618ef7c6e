"""The rows that belong to an action: dates, figures, relations, notes and unknown fields."""

from decimal import Decimal
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from policy.models.action import Action
from policy.models.record import (
    SLUG_MESSAGE,
    SLUG_PATTERN,
    interval_order_constraint,
    validate_record_slug,
)
from policy.models.reference import term_field, vocabulary_constraints

SHORT_QUOTE_PATTERN = r"^\s*(\S+(\s+\S+){0,7}\s*)?$"
SHORT_QUOTE_MESSAGE = "Enter at most eight words."
validate_short_quote = RegexValidator(SHORT_QUOTE_PATTERN, SHORT_QUOTE_MESSAGE)
PART_SLUG_HELP = "The part of the act that it is about, for example list-1. Empty: the whole act."
DECIMAL_DIGITS_MESSAGE = "Use at most 15 digits in a number with a decimal point."


def validate_json_number(value: Decimal) -> None:
    """Refuse a number that JSON clients would read as another one: it has too many digits."""
    if value != int(value) and Decimal(str(float(value))) != value:
        raise ValidationError(DECIMAL_DIGITS_MESSAGE)


def part_field() -> "models.CharField[str, str]":
    return models.CharField(
        max_length=60,
        blank=True,
        db_collation="C",
        validators=[validate_record_slug],
        help_text=PART_SLUG_HELP,
    )


def part_constraint(model: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(part="") | Q(part__regex=SLUG_PATTERN),
        name=f"{model}_part_form",
        violation_error_message=SLUG_MESSAGE,
    )


class ActionPart(models.Model):
    """A row of one action. Rows are ordered by when they were added."""

    action = models.ForeignKey(Action, models.CASCADE)

    objects: "ClassVar[models.Manager[Self]]" = models.Manager()

    class Meta:
        abstract = True
        ordering = ["pk"]


def short_quote_constraint(model: str, field: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__regex": SHORT_QUOTE_PATTERN}),
        name=f"{model}_{field}_is_short",
        violation_error_message=SHORT_QUOTE_MESSAGE,
    )


class ActionDate(ActionPart):
    """A date of an action, as an interval with a precision and a basis."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="dates")
    kind = term_field("date", help_text="What happened on this date.")
    part = part_field()
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
                fields=["action", "kind", "part"],
                name="action_date_once",
                violation_error_message="This action already has a date of this kind for this "
                "part.",
            ),
            part_constraint("action_date"),
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
    part = part_field()
    value = models.DecimalField(max_digits=24, decimal_places=6, validators=[validate_json_number])
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
                fields=["action", "kind", "part"],
                name="figure_once",
                violation_error_message="This action already has a figure of this kind for this "
                "part.",
            ),
            part_constraint("figure"),
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
