"""TODO docstring."""

import hashlib
from collections import Counter
from functools import lru_cache
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q

from policy.models.reference import CODE_FIELD_OPTIONS
from policy.models.revision import RECORD_KINDS, Revision

CoverageCounts = Counter[tuple[str, str]]  # (field, what it rests on): how many values


@lru_cache(2**12)
def facet_value_id(kind: str, facet: str, value: str) -> int:
    """Names a value by 64 bits of its digest, so that nobody has to look it up.

    Should two values ever meet in one id, the table of values refuses the second.
    """
    text = "\0".join((kind, facet, value))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class FacetValueQuerySet(models.QuerySet["FacetValue"]):
    def of_facet(self, kind: str, facet: str) -> Self:
        """The values of a facet that records which stand now have, the commonest first."""
        found = self.filter(kind=kind, facet=facet, records__gt=0)
        return found.order_by("-records", "value")

    def totals(self) -> dict[str, int]:
        """How many records of each kind stand."""
        found = dict(self.filter(facet="all").values_list("kind", "records"))
        return {kind: found.get(kind, 0) for kind in RECORD_KINDS}


class FacetValue(models.Model):
    """A value that records of a kind are, or once were, found by."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(**CODE_FIELD_OPTIONS)
    facet = models.CharField(**CODE_FIELD_OPTIONS)
    value = models.CharField(max_length=200, db_collation="C")
    records = models.PositiveIntegerField(help_text="How many that stand now have it.")

    objects = FacetValueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "facet", "value"],
                name="facet_value_once",
                violation_error_message="This value is there already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facet}={self.value}"


class Facet(models.Model):
    """One value that a live revision can be found by: a narrow row in output order.

    A trigger looks up what the rows of a statement refer to: foreign keys would cost a third more.
    """

    value = models.ForeignKey(
        FacetValue, models.PROTECT, related_name="facets", db_index=False, db_constraint=False
    )
    date = models.DateField(help_text="The record's sort date; 0001-01-01 when undated.")
    record = models.CharField(max_length=120, db_collation="C")
    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="facets", db_index=False, db_constraint=False
    )
    superseded_by = models.BigIntegerField(null=True, help_text="The revision that took over.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "value"],
                name="facet_once",
                violation_error_message="The revision has this facet already.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["value", "date", "record"],
                condition=Q(superseded_by=None),
                include=["revision"],
                name="facet_by_date",
            ),
            models.Index(
                fields=["value", "record"], condition=Q(superseded_by=None), name="facet_by_record"
            ),
            models.Index(
                fields=["value", "revision"],
                condition=Q(superseded_by=None),
                name="facet_by_revision",
            ),
            models.Index(fields=["value", "date", "record"], name="facet_history"),
        ]

    def __str__(self) -> str:
        return f"{self.record}: {self.value}"


class Interval(models.Model):
    """A dated fact of a live revision: [earliest, latest], either end open."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="intervals", db_index=False)
    date = models.CharField(**CODE_FIELD_OPTIONS, help_text="Term of the vocabulary date.")
    earliest = models.DateField(null=True)
    latest = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "date"],
                name="interval_once",
                violation_error_message="The revision has an interval of this kind already.",
            ),
        ]
        indexes = [models.Index(fields=["date", "earliest", "latest"], name="interval_by_date")]

    def __str__(self) -> str:
        return f"{self.date}: {self.earliest or '…'} to {self.latest or '…'}"


class SearchEntry(models.Model):
    """The words of a live revision, kept narrow and apart."""

    revision = models.OneToOneField(Revision, models.PROTECT, primary_key=True)
    words = SearchVectorField()

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [GinIndex(fields=["words"], name="search_words")]

    def __str__(self) -> str:
        return f"Words of revision {self.revision_id}"


class CsvRow(models.Model):
    """A live revision as CSV holds it, kept narrow and apart."""

    revision = models.OneToOneField(Revision, models.PROTECT, primary_key=True)
    text = models.TextField(help_text="All cells; the address in the last begins at the list.")

    def __str__(self) -> str:
        return f"Line of revision {self.revision_id}"


class CoverageQuerySet(models.QuerySet["Coverage"]):
    def to_counts(self) -> CoverageCounts:
        return Counter({(row.field, row.how): row.number for row in self})


class Coverage(models.Model):
    """How many values of a field, over all actions that stand, rest on what."""

    field = models.CharField(**CODE_FIELD_OPTIONS)
    how = models.CharField(
        **CODE_FIELD_OPTIONS, help_text="A basis; unbacked, unknown or unexplained."
    )
    number = models.PositiveIntegerField()

    objects = CoverageQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [
            models.UniqueConstraint(
                fields=["field", "how"],
                name="coverage_once",
                violation_error_message="This is counted already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}, {self.how}: {self.number}"
