"""Reference data: jurisdictions and terms of controlled vocabularies."""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Left
from django.db.models.lookups import Exact

CODE_FIELD_OPTIONS: dict[str, Any] = {"max_length": 60, "db_collation": "C"}


class Jurisdiction(models.Model):
    """A country, a territory or a part of one, with its ISO 3166 code."""

    code = models.CharField(
        primary_key=True, **CODE_FIELD_OPTIONS, help_text="ISO 3166-1 alpha-2 or ISO 3166-2 code."
    )
    name = models.CharField(max_length=200, help_text="Common English name.")
    native_name = models.CharField(max_length=200, blank=True, help_text="Name in its own script.")
    kind = models.CharField(
        **CODE_FIELD_OPTIONS, help_text="Term of the vocabulary jurisdiction_kind."
    )
    local_kind = models.CharField(
        max_length=120, blank=True, help_text="What ISO 3166-2 calls this kind of subdivision."
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The jurisdiction that this one is a part of.",
    )
    iso3 = models.CharField(
        max_length=3, blank=True, db_collation="C", help_text="ISO 3166-1 alpha-3 code."
    )
    m49 = models.CharField(
        max_length=3, blank=True, db_collation="C", help_text="UN M49 code, three digits."
    )
    aliases = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        help_text="Other names and codes.",
    )

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class ReferenceVersion(models.Model):
    """The number of changes to jurisdictions and terms. A trigger updates the only row."""

    number = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.number)


class Term(models.Model):
    """A term of a controlled vocabulary. docs/codebook.md lists all terms."""

    id = models.CharField(
        primary_key=True,
        max_length=121,
        db_collation="C",
        help_text="The vocabulary, a dot and the code.",
    )
    vocabulary = models.CharField(
        **CODE_FIELD_OPTIONS, help_text="The vocabulary that the term belongs to."
    )
    code = models.CharField(**CODE_FIELD_OPTIONS, help_text="The value in records.")
    label = models.CharField(max_length=120, help_text="The name shown to people.")
    definition = models.TextField(help_text="When to use the term.")
    includes = models.TextField(blank=True, help_text="An example that the term covers.")
    excludes = models.TextField(blank=True, help_text="An example that it does not cover.")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="narrower"
    )
    abstract = models.BooleanField(
        default=False, help_text="A heading. You can filter by it, but records cannot have it."
    )
    crosswalk = models.JSONField(
        default=dict, blank=True, help_text="The closest codes in other codebooks."
    )
    position = models.PositiveIntegerField(default=0, help_text="Position within the vocabulary.")
    pattern = models.CharField(
        max_length=200,
        blank=True,
        help_text="For a scheme: the regular expression that its values match.",
    )
    url_template = models.CharField(
        max_length=300,
        blank=True,
        help_text="For a scheme: the address of a value, with {value} in its place.",
    )
    sum = models.BooleanField(
        "may be added up",
        default=True,
        help_text="For a figure: whether the values of several records may be added up.",
    )

    class Meta:
        ordering = ["vocabulary", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["vocabulary", "code"],
                name="term_unique",
                violation_error_message="The vocabulary already has this code.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    id=models.functions.Concat("vocabulary", models.Value("."), "code")
                ),
                name="term_id_is_vocabulary_and_code",
                violation_error_message="The id must be the vocabulary, a dot and the code.",
            ),
        ]

    def __str__(self) -> str:
        return self.label


def term_field(vocabulary: str, **options: Any) -> "models.ForeignKey[Term, Term]":
    """Return a foreign key to a term of one vocabulary.

    Use it with `vocabulary_constraints`, so that the database refuses other terms.
    """
    return models.ForeignKey(
        Term,
        options.pop("on_delete", models.PROTECT),
        limit_choices_to={"vocabulary": vocabulary, "abstract": False},
        related_name="+",
        **options,
    )


def vocabulary_constraints(model: str, fields: dict[str, str]) -> Iterable[models.CheckConstraint]:
    """Yield a constraint for each term field: `fields` maps field names to vocabularies."""
    for field, vocabulary in fields.items():
        prefix = f"{vocabulary}."
        yield models.CheckConstraint(
            condition=Exact(
                Left(field, len(prefix), output_field=models.CharField()), models.Value(prefix)
            ),
            name=f"{model}_{field}_vocabulary",
            violation_error_message=f"Choose a term of the vocabulary {vocabulary}.",
        )
