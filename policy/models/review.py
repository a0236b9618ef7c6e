"""Reviews, acceptances, comments, the audit log and public names of curators."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q

from policy.models.reference import CODE_FIELD_OPTIONS
from policy.models.revision import RECORD_KINDS, choices_constraint

REVIEW_OUTCOMES = ["", "published", "returned", "recalled", "voided"]
AUDIT_EVENT_TYPES = [
    *("created", "edited", "deleted", "loaded"),
    *("asked", "recalled", "accepted", "returned", "commented", "voided"),
    *("publish", "revise", "withdraw", "merge", "takedown", "sealed", "account"),
]


def user_foreign_key(**options: Any) -> "models.ForeignKey[User, User]":
    return models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", **options)


class Review(models.Model):
    """A request to review a record. A change of the record's content voids it."""

    kind = models.CharField(**CODE_FIELD_OPTIONS)
    row = models.BigIntegerField(
        help_text="Primary key of the record. The id of a draft may change."
    )
    edited_by = user_foreign_key(null=True)
    asked_by = user_foreign_key(null=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    remark = models.TextField(blank=True, help_text="A message to the reviewer.")
    outcome = models.CharField(
        **CODE_FIELD_OPTIONS, blank=True, help_text="Empty while the review is open."
    )
    closed_by = user_foreign_key(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["kind", "row"], name="review_of_record"),
            models.Index(
                fields=["asked_by"], condition=Q(outcome="returned"), name="review_returned_to"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "row"],
                condition=Q(outcome=""),
                name="review_one_open",
                violation_error_message="The record is already in review.",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", closed_at=None)
                | (~Q(outcome="") & Q(closed_at__isnull=False)),
                name="review_ends_once",
                violation_error_message="A review must have both an outcome and a closing time, or "
                "neither.",
            ),
            choices_constraint("kind", RECORD_KINDS, "review_kind"),
            choices_constraint("outcome", REVIEW_OUTCOMES, "review_outcome"),
        ]

    def __str__(self) -> str:
        return f"Review {self.pk} of {self.kind} {self.row}"


class Acceptance(models.Model):
    """A reviewer's acceptance of exactly this content. Valid until the review is closed."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="acceptances")
    by = user_foreign_key()
    at = models.DateTimeField(auto_now_add=True)
    fingerprint = models.CharField(
        max_length=64,
        help_text="SHA-256 of the content and the id of the revision that it replaces.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "by", "fingerprint"],
                name="acceptance_once",
                violation_error_message="You already accepted this.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by} accepts {self.review}"


class Comment(models.Model):
    """A comment on a record or on one of its fields."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="comments")
    by = user_foreign_key()
    at = models.DateTimeField(auto_now_add=True)
    field = models.CharField(
        max_length=300,
        blank=True,
        help_text="Key of the field. Empty if the comment is on the whole record.",
    )
    text = models.TextField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="comment_says_something",
                violation_error_message="Enter a comment.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.text[:60]}"


class AuditEvent(models.Model):
    """An entry of the audit log. Rows are only added. A trigger numbers, dates and chains them."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(auto_now_add=True)
    by = user_foreign_key(null=True)
    kind = models.CharField(**CODE_FIELD_OPTIONS, blank=True)
    row = models.BigIntegerField(null=True, help_text="Primary key of the record.")
    record = models.CharField(max_length=120, db_collation="C", blank=True)
    what = models.CharField(**CODE_FIELD_OPTIONS)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, help_text="Hash of the previous audit event.")
    hash = models.CharField(
        max_length=64,
        help_text="SHA-256 of this audit event, which includes the hash of the previous one.",
    )

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["kind", "row"], name="auditevent_of_record"),
            models.Index(fields=["by"], name="auditevent_by"),
            models.Index(fields=["id"], condition=Q(what="account"), name="auditevent_account"),
        ]
        constraints = [choices_constraint("what", AUDIT_EVENT_TYPES, "auditevent_what")]

    def __str__(self) -> str:
        return f"{self.by or 'A command'}: {self.what} {self.kind} {self.record}".strip()


class Credit(models.Model):
    """The name under which a curator is credited in public. Without it, they stay anonymous."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="credit"
    )
    public_name = models.CharField(
        max_length=150,
        blank=True,
        help_text="Shown publicly on records that you edit or review, from their next publication. "
        "Leave empty to stay anonymous. Records that were published with your name keep it.",
    )

    def __str__(self) -> str:
        return self.public_name
