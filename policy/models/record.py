"""The workbench's four kinds of record, bar the action: rows that curators edit and publish."""

from types import SimpleNamespace

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
validate_record_slug = RegexValidator(
    SLUG_PATTERN, "Use lower-case letters, digits and single hyphens."
)
validate_sha256 = RegexValidator(
    SHA256_PATTERN, "A SHA-256 digest is 64 lower-case hexadecimal digits."
)


RESERVED_SLUGS = ("aggregate", "count")  # addresses of the API where ids stand


def validate_slug_not_reserved(slug: str) -> None:
    if slug in RESERVED_SLUGS:
        raise ValidationError(reserved_slug_message(slug))


def reserved_slug_message(slug: str) -> str:
    return f"The id {slug} would hide behind an address of the API."


def published_slug_message(kind: str, old: str, new: str) -> str:
    return f"The id {old} of this {kind} is public and cannot become {new}: others cite it."


def slug_constraint(kind: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(slug__regex=SLUG_PATTERN),
        name=f"{kind}_slug_form",
        violation_error_message="Use lower-case letters, digits and single hyphens.",
    )


def interval_order_constraint(prefix: str, name: str) -> models.CheckConstraint:
    """An interval's ends are in order; either may be open."""
    return models.CheckConstraint(
        condition=Q(**{f"{prefix}earliest__isnull": True})
        | Q(**{f"{prefix}latest__isnull": True})
        | Q(**{f"{prefix}earliest__lte": F(f"{prefix}latest")}),
        name=name,
        violation_error_message="The earliest day must not come after the latest day.",
    )


class Record(models.Model):
    """What can be published: one row, one public id, one history of revisions."""

    KIND: str

    slug = models.CharField(
        "id",
        max_length=120,
        unique=True,
        db_collation="C",
        validators=[validate_record_slug],
        help_text="Public id in URLs and citations. Fixed once published.",
    )
    note = models.TextField(blank=True, help_text="Private: for curators only, never published.")
    created_at = models.DateTimeField(auto_now_add=True)
    edited_at = models.DateTimeField(auto_now=True)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Who saved it last; empty when a command loaded it.",
    )

    class Meta:
        abstract = True
        ordering = ["slug"]

    def __str__(self) -> str:
        return str(getattr(self, "name", None) or getattr(self, "title", self.slug))

    @property
    def current(self) -> Revision | None:
        """The standing revision, or None when unpublished."""
        return Revision.objects.current(self.KIND).filter(record=self.slug).first()

    def clean(self) -> None:
        super().clean()
        if self.slug in RESERVED_SLUGS:
            raise ValidationError({"slug": reserved_slug_message(self.slug)})
        old = type(self)._default_manager.filter(pk=self.pk).values_list("slug", flat=True).first()
        if old and old != self.slug and Revision.objects.of_record(self.KIND, old).exists():
            raise ValidationError({"slug": published_slug_message(self.KIND, old, self.slug)})


class NamedRecord(Record):
    """A body or thing with a name in English and in its own script."""

    name = models.CharField(max_length=300, help_text="Name in English.")
    native_name = models.CharField(max_length=300, blank=True, help_text="Name in its own script.")
    aliases = ArrayField(
        models.CharField(max_length=300),
        default=list,
        blank=True,
        help_text="Other names and abbreviations.",
    )
    description = models.TextField(blank=True, help_text="What it is, in a sentence.")

    class Meta(Record.Meta):
        abstract = True


class Agency(NamedRecord):
    """A public body."""

    KIND = "agency"

    type = term_field("agency_kind", help_text="What sort of body it is.")
    jurisdiction = models.ForeignKey(
        Jurisdiction, models.PROTECT, related_name="agencies", help_text="Where its power holds."
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The body that it belongs to.",
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

    type = term_field("entity_kind", help_text="What sort of thing it is.")
    jurisdiction = models.ForeignKey(
        Jurisdiction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="entities",
        help_text="Its seat, where a source states it.",
    )

    class Meta(NamedRecord.Meta):
        verbose_name_plural = "entities"
        constraints = [
            slug_constraint("entity"),
            *vocabulary_constraints("entity", {"type": "entity_kind"}),
        ]


class Source(Record):
    """An article or document as retrieved. Its text stays private, in SourceText."""

    KIND = "source"

    title = models.CharField(max_length=300, help_text="Its title, or ours where it has none.")
    publisher = models.CharField(max_length=200, blank=True, help_text="Empty when not known.")
    authors = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    published_earliest = models.DateField(null=True, blank=True)
    published_latest = models.DateField(null=True, blank=True)
    published_precision = term_field("precision", null=True, blank=True)
    published_basis = term_field("basis", null=True, blank=True)
    published_resolution = models.TextField(
        blank=True, help_text="How the publication date was found."
    )
    retrieved_at = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=35, help_text="BCP 47 language tag.")
    source_class = term_field("source_class", help_text="How close it stands to the act.")
    sha256 = models.CharField(
        max_length=64,
        unique=True,
        validators=[validate_sha256],
        help_text="SHA-256 of the bytes as retrieved.",
    )
    bytes = models.PositiveIntegerField(help_text="Length of the bytes.")
    text_sha256 = models.CharField(
        max_length=64,
        validators=[validate_sha256],
        help_text="SHA-256 of the text taken from them (UTF-8, LF line ends).",
    )
    characters = models.PositiveIntegerField(
        help_text="Length of the text in Unicode code points; offsets count these."
    )
    derived_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
        help_text="The source that this one repeats: the two are not independent.",
    )

    class Meta(Record.Meta):
        constraints = [
            slug_constraint("source"),
            interval_order_constraint("published_", "source_published_in_order"),
            *vocabulary_constraints(
                "source",
                {
                    "source_class": "source_class",
                    "published_precision": "precision",
                    "published_basis": "basis",
                },
            ),
        ]

    @property
    def published(self) -> SimpleNamespace | None:
        """When it appeared, as one honest date; None when nothing is known."""
        names = ("earliest", "latest", "precision_id", "basis_id", "resolution")
        date = SimpleNamespace(**{name: getattr(self, f"published_{name}") for name in names})
        return date if date.earliest or date.latest else None


class SourceText(models.Model):
    """The bytes of a source and the text taken from them. Private: only curators read it."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="attached")
    raw = models.BinaryField(help_text="The bytes as retrieved, unchanged.")
    text = models.TextField(help_text="The text, with LF line ends.")
    attached_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Text of {self.source_id}"

    def passage(self, start: int, end: int) -> str:
        """The words between two offsets (Unicode code points)."""
        return self.text[start:end]
