"""The base of all records, and the models of agencies and entities."""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from policy.models.reference import Jurisdiction, term_field, vocabulary_constraints
from policy.models.revision import Revision

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"
SLUG_MESSAGE = "Use lower-case letters, digits and single hyphens."
validate_record_slug = RegexValidator(SLUG_PATTERN, SLUG_MESSAGE)
validate_sha256 = RegexValidator(SHA256_PATTERN, "Enter 64 lower-case hexadecimal digits.")


IDENTIFIER_LINES_HELP = "What others call it: a scheme and a value, for example celex:32024R1689."
CLASSIFICATION_LINES_HELP = "What it is about: a scheme and a code, for example hs:8542."
RESERVED_SLUGS = ("aggregate", "count")  # paths of the API in the place of an id


def validate_slug_not_reserved(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(reserved_slug_message(slug))


def reserved_slug_message(slug: str) -> str:
    return f"The id {slug} is reserved. Choose another id."


def published_slug_message(kind: str, old: str, new: str) -> str:
    return (
        f"The id {old} of this {kind} is published and cannot be changed to {new}, because others "
        "cite it."
    )


def slug_constraint(kind: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(slug__regex=SLUG_PATTERN),
        name=f"{kind}_slug_form",
        violation_error_message=SLUG_MESSAGE,
    )


def interval_order_constraint(prefix: str, name: str) -> models.CheckConstraint:
    """Require that `earliest` is not after `latest`, if both are set."""
    return models.CheckConstraint(
        condition=Q(**{f"{prefix}earliest__isnull": True})
        | Q(**{f"{prefix}latest__isnull": True})
        | Q(**{f"{prefix}earliest__lte": F(f"{prefix}latest")}),
        name=name,
        violation_error_message="The earliest day must not be after the latest day.",
    )


class Record(models.Model):
    """A record: the draft that curators edit, with its public id."""

    KIND: str

    slug = models.CharField(
        "id",
        max_length=120,
        unique=True,
        db_collation="C",
        validators=[validate_record_slug],
        help_text="Public id, used in URLs and citations. You cannot change it after publication.",
    )
    identifiers = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text=IDENTIFIER_LINES_HELP
    )
    classifications = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text=CLASSIFICATION_LINES_HELP,
    )
    note = models.TextField(
        blank=True, help_text="Only curators see this note. It is never published."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(auto_now=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Who saved it last. Empty if a command loaded it.",
    )

    objects: "ClassVar[models.Manager[Self]]" = models.Manager()

    class Meta:
        abstract = True
        ordering = ["slug"]

    def __str__(self) -> str:
        return str(getattr(self, "name", None) or getattr(self, "title", self.slug))

    @property
    def current(self) -> Revision | None:
        """The current live revision; None if the record is not public."""
        return Revision.objects.current(self.KIND).filter(record=self.slug).first()

    def clean(self) -> None:
        super().clean()
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": reserved_slug_message(self.slug)})
        old = type(self)._default_manager.filter(pk=self.pk).values_list("slug", flat=True).first()
        if old and old != self.slug and Revision.objects.of_record(self.KIND, old).exists():
            raise ValidationError({"slug": published_slug_message(self.KIND, old, self.slug)})


class NamedRecord(Record):
    """A record with a name in English and in its original script."""

    name = models.CharField(max_length=300, help_text="Name in English.")
    native_name = models.CharField(
        max_length=300, blank=True, help_text="Name in its original script."
    )
    aliases = ArrayField(
        models.CharField(max_length=300),
        default=list,
        blank=True,
        help_text="Other names and abbreviations.",
    )
    description = models.TextField(blank=True, help_text="What it is, in one sentence.")

    class Meta(Record.Meta):
        abstract = True


class Agency(NamedRecord):
    """A public body."""

    KIND = "agency"

    type = term_field("agency_kind", help_text="Type of public body.")
    jurisdiction = models.ForeignKey(
        Jurisdiction,
        models.PROTECT,
        related_name="agencies",
        help_text="The jurisdiction in which it has authority.",
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The agency that it is a part of.",
    )

    class Meta(NamedRecord.Meta):
        verbose_name_plural = "agencies"
        constraints = [
            slug_constraint("agency"),
            *vocabulary_constraints("agency", {"type": "agency_kind"}),
        ]


class Entity(NamedRecord):
    """A company, platform, person, document or asset that an action names."""

    KIND = "entity"

    type = term_field("entity_kind", help_text="Type of entity.")
    jurisdiction = models.ForeignKey(
        Jurisdiction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entities",
        help_text="Where it is based, if a source states it.",
    )

    class Meta(NamedRecord.Meta):
        verbose_name_plural = "entities"
        constraints = [
            slug_constraint("entity"),
            *vocabulary_constraints("entity", {"type": "entity_kind"}),
        ]
