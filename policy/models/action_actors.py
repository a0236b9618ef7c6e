"""Who acts in an action, who is affected, and which places it is aimed at."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.text import slugify

from policy.models.action import Action
from policy.models.action_parts import ActionPart, short_quote_constraint, validate_short_quote
from policy.models.record import Agency, Entity, Record
from policy.models.reference import Jurisdiction, term_field, vocabulary_constraints

ACTOR_MESSAGE = "Choose a record or enter the description from the source."


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


class ActionTarget(ActionPart):
    """A place that an action is aimed at or favours. It is not the place whose power acts."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="targets")
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT, related_name="targeted_by")
    role = term_field("target_role", help_text="Whether it is aimed at the place or favours it.")

    class Meta(ActionPart.Meta):
        verbose_name = "target of an action"
        verbose_name_plural = "targets of actions"
        constraints = [
            models.UniqueConstraint(
                fields=["action", "jurisdiction", "role"],
                name="action_target_once",
                violation_error_message="This action already has this target in this role.",
            ),
            *vocabulary_constraints("action_target", {"role": "target_role"}),
        ]

    def __str__(self) -> str:
        return str(self.jurisdiction)
