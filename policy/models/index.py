"""Models derived from revisions: facets, intervals, search entries, CSV rows and coverage."""

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

CoverageCounts = Counter[tuple[str, str]]  # (field, basis or gap): number of values


@lru_cache(2**12)
def facet_value_id(kind: str, facet: str, value: str) -> int:
    """Return the id of a facet value: 64 bits of its hash, so that no query has to look it up.

    If two values had the same id, the primary key of FacetValue would refuse the second.
    """
    text = "\0".join((kind, facet, value))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def referring_value_ids(key: tuple[str, str]) -> list[int]:
    """Return the ids of the facet values of records that refer to a record (kind, id)."""
    return [facet_value_id(kind, "refers_to", "/".join(key)) for kind in RECORD_KINDS]


class FacetValueQuerySet(models.QuerySet["FacetValue"]):
    def of_facet(self, kind: str, facet: str) -> Self:
        """Return the values of a facet that current records have, the most frequent first."""
        used = self.filter(kind=kind, facet=facet, records__gt=0)
        return used.order_by("-records", "value")

    def totals(self) -> dict[str, int]:
        """Return the number of current records of each kind."""
        counts = dict(self.filter(facet="all").values_list("kind", "records"))
        return {kind: counts.get(kind, 0) for kind in RECORD_KINDS}


class FacetValue(models.Model):
    """A value of a facet that revisions of a kind have or had."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(**CODE_FIELD_OPTIONS)
    facet = models.CharField(**CODE_FIELD_OPTIONS)
    value = models.CharField(max_length=200, db_collation="C")
    records = models.PositiveIntegerField(help_text="Number of current records with this value.")

    objects = FacetValueQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "facet", "value"],
                name="facet_value_once",
                violation_error_message="This facet value already exists.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.facet}={self.value}"


class Facet(models.Model):
    """A facet value of a live revision: a narrow row, indexed in the order of lists.

    A trigger checks the references of inserted rows. Foreign keys would be a third slower.
    """

    value = models.ForeignKey(
        FacetValue, models.PROTECT, related_name="facets", db_index=False, db_constraint=False
    )
    date = models.DateField(help_text="Sort date of the record; 0001-01-01 if it has none.")
    record = models.CharField(max_length=120, db_collation="C")
    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="facets", db_index=False, db_constraint=False
    )
    superseded_by = models.BigIntegerField(
        null=True, help_text="The revision that replaced this one."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "value"],
                name="facet_once",
                violation_error_message="This revision already has this facet value.",
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
    """A period of a live revision: from earliest to latest, both inclusive; null: no limit.

    `date` is a kind of date, or one of `documents.periods.DERIVED_PERIODS`. A kind may have several
    periods, one for each part of the act.
    """

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="intervals", db_index=False)
    date = models.CharField(**CODE_FIELD_OPTIONS, help_text="Kind of date, or derived period.")
    earliest = models.DateField(null=True)
    latest = models.DateField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["date", "earliest", "latest"], name="interval_by_date"),
            models.Index(
                fields=["revision", "date"],
                include=["earliest", "latest"],
                name="interval_by_revision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}: {self.earliest or '…'} to {self.latest or '…'}"


class SearchEntry(models.Model):
    """The search vector of a live revision, in a separate narrow table."""

    revision = models.OneToOneField(Revision, models.PROTECT, primary_key=True)
    words = SearchVectorField()

    class Meta:
        verbose_name_plural = "search entries"
        indexes = [GinIndex(fields=["words"], name="search_words")]

    def __str__(self) -> str:
        return f"Words of revision {self.revision_id}"


class CsvRow(models.Model):
    """The CSV row of a live revision, in a separate narrow table."""

    revision = models.OneToOneField(Revision, models.PROTECT, primary_key=True)
    text = models.TextField(
        help_text="All cells. The last is the path of the revision relative to the list."
    )

    def __str__(self) -> str:
        return f"CSV row of revision {self.revision_id}"


class IndexVersion(models.Model):
    """The version of the rules that the index rows were written by. There is one row."""

    number = models.PositiveIntegerField()

    def __str__(self) -> str:
        return str(self.number)


class CoverageQuerySet(models.QuerySet["Coverage"]):
    def to_counts(self) -> CoverageCounts:
        return Counter({(row.field, row.how): row.number for row in self})


class Coverage(models.Model):
    """The number of values of a field, over all current actions, by basis or gap."""

    field = models.CharField(**CODE_FIELD_OPTIONS)
    how = models.CharField(
        **CODE_FIELD_OPTIONS, help_text="A basis, or unbacked, unknown or unexplained."
    )
    number = models.PositiveIntegerField()

    objects = CoverageQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "coverage"
        constraints = [
            models.UniqueConstraint(
                fields=["field", "how"],
                name="coverage_once",
                violation_error_message="This count already exists.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}, {self.how}: {self.number}"
