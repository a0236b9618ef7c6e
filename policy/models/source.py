"""The models of sources and of their texts."""

from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models

from policy.models.record import Record, interval_order_constraint, slug_constraint, validate_sha256
from policy.models.reference import term_field, vocabulary_constraints


@dataclass(frozen=True)
class PublicationDate:
    """The date of publication of a source, with the attributes of an ActionDate."""

    earliest: date | None
    latest: date | None
    precision_id: str | None
    basis_id: str | None
    resolution: str


class Source(Record):
    """An article or document as retrieved. Its text is private: see SourceText."""

    KIND = "source"

    title = models.CharField(
        max_length=300, help_text="Title of the source, or your own if it has none."
    )
    publisher = models.CharField(
        max_length=200, blank=True, help_text="Leave empty if it is not known."
    )
    authors = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    published_earliest = models.DateField(null=True, blank=True)
    published_latest = models.DateField(null=True, blank=True)
    published_precision = term_field("precision", null=True, blank=True)
    published_basis = term_field("basis", null=True, blank=True)
    published_resolution = models.TextField(
        blank=True, help_text="How you determined the date of publication."
    )
    retrieved_at = models.DateField(null=True, blank=True)
    language = models.CharField(max_length=35, help_text="BCP 47 language tag.")
    source_class = term_field("source_class", help_text="How close the source is to the act.")
    sha256 = models.CharField(
        max_length=64,
        unique=True,
        validators=[validate_sha256],
        help_text="SHA-256 of the retrieved bytes.",
    )
    bytes = models.PositiveIntegerField(help_text="Number of bytes.")
    text_sha256 = models.CharField(
        max_length=64,
        validators=[validate_sha256],
        help_text="SHA-256 of the extracted text (UTF-8, LF line ends).",
    )
    characters = models.PositiveIntegerField(
        help_text="Number of Unicode code points in the text. Offsets count code points."
    )
    derived_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
        help_text="The source that this one repeats. The two are not independent evidence.",
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
    def published(self) -> PublicationDate | None:
        """The date of publication as an interval; None if it is not known."""
        if not (self.published_earliest or self.published_latest):
            return None
        return PublicationDate(
            earliest=self.published_earliest,
            latest=self.published_latest,
            precision_id=self.published_precision_id,
            basis_id=self.published_basis_id,
            resolution=self.published_resolution,
        )


class SourceText(models.Model):
    """The bytes of a source and the extracted text. Private: only curators can read them."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="attached")
    raw = models.BinaryField(help_text="The retrieved bytes, unchanged.")
    text = models.TextField(help_text="The extracted text, with LF line ends.")
    attached_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"Text of {self.source_id}"

    def passage(self, start: int, end: int) -> str:
        """Return the text between two offsets, counted in Unicode code points."""
        return self.text[start:end]
