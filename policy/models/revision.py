"""Revisions: what was published and when. Releases: named states of the dataset."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from policy.models.reference import CODE_FIELD_OPTIONS
from policy.models.sql import fetch_all
from policy.versions import EMPTY_VERSION, Version

RECORD_KINDS = ["agency", "entity", "source", "action"]
# The plurals are used in URLs, as names of folders and on pages.
PLURAL_BY_KIND = {
    "agency": "agencies",
    "entity": "entities",
    "source": "sources",
    "action": "actions",
}
KIND_BY_PLURAL = {plural: kind for kind, plural in PLURAL_BY_KIND.items()}
LIVE_EVENTS = ["publish", "revise"]
TOMBSTONE_EVENTS = ["withdraw", "merge", "takedown"]
REVISION_EVENTS = [*LIVE_EVENTS, *TOMBSTONE_EVENTS]
# "POLE": the advisory lock that allows one writer of revisions and index rows at a time
PUBLISHING_LOCK_ID = 0x504F4C45
REVIEW_STATES = ["reviewed", "self_reviewed", "released"]


def choices_constraint(field: str, values: list[str], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": values}),
        name=name,
        violation_error_message=f"Must be one of: {', '.join(values)}.",
    )


class RevisionQuerySet(models.QuerySet["Revision"]):
    def of_record(self, kind: str, record: str) -> Self:
        """Return every revision of a record, the first revision first."""
        return self.filter(kind=kind, record=record).order_by("number")

    def current(self, kind: str) -> Self:
        """Return the current live revisions of a kind, without tombstones."""
        return self.filter(kind=kind, superseded_at=None, event__in=LIVE_EVENTS)

    def as_of(self, moment: datetime | None) -> Self:
        """Return the revisions that were current at a time, or are current if None.

        This includes tombstones.
        """
        if moment is None:
            return self.filter(superseded_at=None)
        return self.filter(published_at__lte=moment).filter(
            Q(superseded_at=None) | Q(superseded_at__gt=moment)
        )

    def latest_of(self, kind: str, records: Iterable[str | None], version: int) -> Self:
        """Return the last revision of each of these records up to a version of the dataset."""
        rows = self.filter(kind=kind, record__in=records, id__lte=version)
        return rows.order_by("record", "-number").distinct("record")

    def documents(self, ids: Iterable[int]) -> list[str]:
        """Return the documents of these revisions, in the given order."""
        keys = list(ids)
        rows = fetch_all("SELECT id, document FROM policy_revision WHERE id = ANY(%s)", (keys,))
        documents: dict[int, str] = dict(rows)
        return [documents[pk] for pk in keys]

    def version(self, moment: datetime | None = None) -> Version:
        """Return the version of the dataset, now or at a time."""
        past = self.filter(published_at__lte=moment) if moment else self
        last = past.order_by("-published_at").values_list("id", "seal").first()
        return Version.of(*last) if last else EMPTY_VERSION


class Revision(models.Model):
    """A published state of a record. Only a takedown changes revisions; nothing deletes them.

    A revision is current from `published_at` to before `superseded_at`. `id` counts the revisions
    of the dataset without gaps, and `number` those of the record.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(**CODE_FIELD_OPTIONS)
    record = models.CharField(
        max_length=120, db_collation="C", help_text="Public id of the record."
    )
    number = models.PositiveIntegerField()
    event = models.CharField(**CODE_FIELD_OPTIONS)
    published_at = models.DateTimeField(unique=True)
    superseded_at = models.DateTimeField(null=True)
    reason = models.TextField(
        blank=True, help_text="Why it was revised, withdrawn, merged or taken down."
    )
    document = models.TextField(help_text="The exact JSON text that is served.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the document.")
    leaf = models.CharField(
        max_length=64, help_text="SHA-256 of this revision as it was published. See policy.seals."
    )
    seal = models.CharField(
        max_length=64, help_text="SHA-256 of the seal of the previous revision and of the leaf."
    )
    redacted = models.BooleanField(
        default=False,
        help_text="Whether a takedown changed it, so that the leaf is not that of its content.",
    )
    changed = ArrayField(
        models.CharField(max_length=60),
        default=list,
        help_text="The fields of the document that differ from the publication before it.",
    )
    merged_into = models.CharField(max_length=120, blank=True, db_collation="C")
    review = models.CharField(**CODE_FIELD_OPTIONS)
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = RevisionQuerySet.as_manager()
    successor: int | None = None  # id of the next revision; only set while a dump loads

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
                condition=Q(kind="action", event__in=LIVE_EVENTS),
                name="revision_of_actions",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "record", "number"],
                name="revision_number_once",
                violation_error_message="This record already has a revision with this number.",
            ),
            models.UniqueConstraint(
                fields=["kind", "record"],
                condition=Q(superseded_at=None),
                name="revision_one_current",
                violation_error_message="A record must have at most one current revision.",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at=None) | Q(superseded_at__gt=F("published_at")),
                name="revision_life_in_order",
                violation_error_message="The end of a revision must be after its publication.",
            ),
            models.CheckConstraint(
                condition=~Q(review="reviewed")
                | Q(published_by=None)
                | Q(edited_by=None)
                | ~Q(published_by=F("edited_by")),
                name="revision_four_eyes",
                violation_error_message="The editor of a record cannot review it.",
            ),
            models.CheckConstraint(
                condition=~Q(event__in=TOMBSTONE_EVENTS) | ~Q(reason=""),
                name="revision_says_why",
                violation_error_message="Give a reason for the withdrawal, merge or takedown.",
            ),
            models.CheckConstraint(
                condition=Q(event="merge", merged_into__gt="")
                | (~Q(event="merge") & Q(merged_into="")),
                name="revision_merge_names_target",
                violation_error_message="A merge, and no other event, must name another record.",
            ),
            choices_constraint("kind", RECORD_KINDS, "revision_kind"),
            choices_constraint("event", REVISION_EVENTS, "revision_event"),
            choices_constraint("review", REVIEW_STATES, "revision_review"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}@{self.number}"

    @property
    def version(self) -> Version:
        """The version of the dataset that this revision made."""
        return Version.of(self.id, self.seal)

    @property
    def closed_reason(self) -> str:
        """Why the record cannot be published again; empty if it can."""
        ends = {
            "merge": f"was merged into {self.merged_into}. Edit that record instead.",
            "takedown": "was taken down. It cannot be published again.",
        }
        return ends.get(self.event, "")


class Release(models.Model):
    """A named state of the dataset."""

    version = models.CharField(max_length=40, unique=True, db_collation="C")
    as_of = models.DateTimeField(
        help_text="The release contains the revisions that were current at this time."
    )
    revision = models.ForeignKey(
        Revision, models.PROTECT, help_text="Last revision in the release."
    )
    checksums = models.JSONField(default=dict, help_text="SHA-256 of each file, by file name.")
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ["as_of"]

    def __str__(self) -> str:
        return self.version
