"""What was published: revisions to serve, facets to filter by, releases to name a moment."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q

from policy.documents.coverage import Tally
from policy.models.reference import CODE
from policy.models.sql import Condition, fetched

KINDS = ["agency", "entity", "source", "action"]
EVENTS = ["publish", "revise", "withdraw", "merge", "takedown"]
REVIEWS = ["reviewed", "self_reviewed", "released"]
LIVE = ["publish", "revise"]
LIFE = "published_at <= %s AND (superseded_at IS NULL OR superseded_at > %s)"


def one_of(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": values}),
        name=name,
        violation_error_message=f"Must be one of: {', '.join(values)}.",
    )


class Found(NamedTuple):
    """What is read of a revision to answer for its record."""

    event: str
    reason: str
    merged_into: str
    digest: str
    document: str


def finding(kind: str, record: str, moment: datetime | None) -> Condition:
    """A statement that gives, as Found, how a record stands, or stood at a moment."""
    life = "superseded_at IS NULL" if moment is None else LIFE
    statement = (
        f"SELECT {', '.join(Found._fields)} FROM policy_revision"  # noqa: S608
        f" WHERE kind = %s AND record = %s AND {life}"
    )
    moments = () if moment is None else (moment, moment)
    return Condition(statement, (kind, record, *moments))


class RevisionQuerySet(models.QuerySet["Revision"]):
    def of(self, kind: str, record: str) -> Self:
        """Every revision of one record, the first one first."""
        return self.filter(kind=kind, record=record).order_by("number")

    def current(self, kind: str) -> Self:
        """The standing revisions of a kind: withdrawn and merged ones left out."""
        return self.filter(kind=kind, superseded_at=None, event__in=LIVE)

    def as_of(self, moment: datetime | None) -> Self:
        """What stood at a moment; now when None. Tombstones included."""
        if moment is None:
            return self.filter(superseded_at=None)
        return self.filter(published_at__lte=moment).filter(
            Q(superseded_at=None) | Q(superseded_at__gt=moment)
        )

    def last_of(self, kind: str, records: Iterable[str | None], version: int) -> Self:
        """The last revision of each record up to a version of the dataset, by record."""
        rows = self.filter(kind=kind, record__in=records, id__lte=version)
        return rows.order_by("record", "-number").distinct("record")

    def documents(self, ids: Iterable[int]) -> list[str]:
        """The documents of these revisions, in this order."""
        wanted = list(ids)
        rows = fetched("SELECT id, document FROM policy_revision WHERE id = ANY(%s)", (wanted,))
        found: dict[int, str] = dict(rows)
        return [found[pk] for pk in wanted]

    def version(self, moment: datetime | None = None) -> int:
        """The dataset's version at a moment: its last revision's id, 0 when empty."""
        past = self.filter(published_at__lte=moment) if moment else self
        return past.order_by("-published_at").values_list("id", flat=True).first() or 0


class Revision(models.Model):
    """A record as published for the n-th time. Never changed, never deleted; bar by `takedown`.

    `[published_at, superseded_at)` is its life. `id` counts the whole dataset's publications
    without gaps; `number` counts the record's.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(**CODE)
    record = models.CharField(max_length=120, db_collation="C", help_text="The record's public id.")
    number = models.PositiveIntegerField()
    event = models.CharField(**CODE)
    published_at = models.DateTimeField(unique=True)
    superseded_at = models.DateTimeField(null=True)
    reason = models.TextField(
        blank=True, help_text="Why it was revised, withdrawn, merged or taken down."
    )
    document = models.TextField(help_text="The JSON text that is served, byte for byte.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the document.")
    seal = models.CharField(max_length=64, help_text="SHA-256 of this one and the one before.")
    merged_into = models.CharField(max_length=120, blank=True, db_collation="C")
    review = models.CharField(**CODE)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = RevisionQuerySet.as_manager()
    successor: int | None = None  # the revision that takes over, known while a dump loads

    class Meta:
        ordering = ["id"]
        permissions = [
            ("publish", "Can publish a record"),
            ("withdraw", "Can withdraw or merge a record"),
        ]
        indexes = [
            models.Index(fields=["kind", "id"], name="revision_by_kind"),
            models.Index(
                fields=["published_at"],
                condition=Q(kind="action", event__in=LIVE),
                name="revision_of_actions",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record", "number"],
                name="revision_number_once",
                violation_error_message="This record has a revision of that number already.",
            ),
            models.UniqueConstraint(
                fields=["kind", "record"],
                condition=Q(superseded_at=None),
                name="revision_one_current",
                violation_error_message="A record has one current revision at most.",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at=None) | Q(superseded_at__gt=F("published_at")),
                name="revision_life_in_order",
                violation_error_message="A revision is superseded after it was published.",
            ),
            models.CheckConstraint(
                condition=~Q(review="reviewed")
                | Q(published_by=None)
                | Q(edited_by=None)
                | ~Q(published_by=F("edited_by")),
                name="revision_four_eyes",
                violation_error_message="A record is reviewed by someone other than its editor.",
            ),
            models.CheckConstraint(
                condition=~Q(event__in=["withdraw", "merge", "takedown"]) | ~Q(reason=""),
                name="revision_says_why",
                violation_error_message="Say why the record is withdrawn, merged or taken down.",
            ),
            models.CheckConstraint(
                condition=Q(event="merge", merged_into__gt="")
                | (~Q(event="merge") & Q(merged_into="")),
                name="revision_merge_names_target",
                violation_error_message="A merge, and only a merge, names another record.",
            ),
            one_of("kind", KINDS, "revision_kind"),
            one_of("event", EVENTS, "revision_event"),
            one_of("review", REVIEWS, "revision_review"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}@{self.number}"

    @property
    def end(self) -> str:
        """Why nothing more can be published of the record; empty where something can."""
        ends = {
            "merge": f"was merged into {self.merged_into}: edit that one instead.",
            "takedown": "was taken down: nothing more is published of it.",
        }
        return ends.get(self.event, "")


@lru_cache(2**12)
def value_id(kind: str, facet: str, value: str) -> int:
    """Names a value by 64 bits of its digest, so that nobody has to look it up.

    Should two values ever meet in one id, the table of values refuses the second.
    """
    text = "\0".join((kind, facet, value))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class FacetValueQuerySet(models.QuerySet["FacetValue"]):
    def of(self, kind: str, facet: str) -> Self:
        """The values of a facet that records which stand now have, the commonest first."""
        found = self.filter(kind=kind, facet=facet, records__gt=0)
        return found.order_by("-records", "value")

    def totals(self) -> dict[str, int]:
        """How many records of each kind stand."""
        found = dict(self.filter(facet="all").values_list("kind", "records"))
        return {kind: found.get(kind, 0) for kind in KINDS}


class FacetValue(models.Model):
    """A value that records of a kind are, or once were, found by."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(**CODE)
    facet = models.CharField(**CODE)
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
    date = models.CharField(**CODE, help_text="Term of the vocabulary date.")
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


class Line(models.Model):
    """A live revision as CSV holds it, kept narrow and apart."""

    revision = models.OneToOneField(Revision, models.PROTECT, primary_key=True)
    text = models.TextField(help_text="All cells; the address in the last begins at the list.")

    def __str__(self) -> str:
        return f"Line of revision {self.revision_id}"


class CoverageQuerySet(models.QuerySet["Coverage"]):
    def tally(self) -> Tally:
        return Counter({(row.field, row.how): row.number for row in self})


class Coverage(models.Model):
    """How many values of a field, over all actions that stand, rest on what."""

    field = models.CharField(**CODE)
    how = models.CharField(**CODE, help_text="A basis; unbacked, unknown or unexplained.")
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


class Release(models.Model):
    """A named moment of the dataset."""

    version = models.CharField(max_length=40, unique=True, db_collation="C")
    as_of = models.DateTimeField(help_text="What stood then is what the release holds.")
    revision = models.ForeignKey(Revision, models.PROTECT, help_text="The last one it holds.")
    checksums = models.JSONField(default=dict, help_text="SHA-256 of each file, by name.")
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ["as_of"]

    def __str__(self) -> str:
        return self.version
