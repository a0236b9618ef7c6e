"""The way to publication: ask, recall, accept, return, comment. publish() takes the last step."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from policy import audit
from policy.documents.build import build_draft, strip_envelope
from policy.models import Comment, Record, Review, Revision
from policy.publishing.approval import (
    PublishingConflict,
    PublishingError,
    close_reviews,
    get_approval,
    get_open_review,
    record_acceptance,
)
from policy.publishing.publish import lock_record, record_content_hash, require_permission

FieldRemark = tuple[str, str]  # a field's key, empty for the whole record, and what is said of it


@transaction.atomic
def request_review(record: Record, by: User, remark: str = "") -> Review:
    """Hand a record over to the reviewers, as it stands."""
    require_permission_to(by, "add_review", "ask for a review: that takes a curator.")
    row = lock_record(record)
    if get_open_review(row):
        raise PublishingError(f"{row} is in review already.")
    require_reviewable(row)
    review = Review.objects.create(
        kind=row.KIND, row=row.pk, edited_by=row.edited_by, asked_by=by, remark=remark.strip()
    )
    audit.write_audit_event("asked", row, by, review=review.pk)
    return review


def require_reviewable(row: Record) -> None:
    """Nothing to review: it was merged away, or the public says the same."""
    last = Revision.objects.as_of(None).filter(kind=row.KIND, record=row.slug).first()
    if last and last.closed_reason:
        raise PublishingError(f"{row} {last.closed_reason}")
    if row.current and strip_envelope(json.loads(row.current.document)) == build_draft(row):
        raise PublishingError(
            f"{row} says the same as its public revision: there is nothing to review."
        )


@transaction.atomic
def cancel_review(record: Record, by: User) -> None:
    """Take back what oneself handed over."""
    row = lock_record(record)
    review = require_open_review(row)
    if review.asked_by_id != by.pk:
        raise PublishingError(f"{review.asked_by} asked for this review, so only they recall it.")
    close_reviews(row.KIND, [row.pk], "recalled", by)
    audit.write_audit_event("recalled", row, by, review=review.pk)


@transaction.atomic
def accept(record: Record, by: User, seen: str) -> Review:
    """Accept exactly what was seen, without publishing it."""
    require_permission(by, "publish")
    row = lock_record(record)
    if get_approval(row, by).state != "reviewed":
        raise PublishingError(f"You edited {row} last, so your word does not count as a review.")
    if record_content_hash(row, row.current) != seen:
        raise PublishingConflict(f"{row} changed since you looked at it. Look again, then accept.")
    require_reviewable(row)
    review = record_acceptance(row, by, seen)
    audit.write_audit_event("accepted", row, by, review=review.pk)
    return review


@transaction.atomic
def return_to_editor(record: Record, by: User, remarks: Sequence[FieldRemark]) -> Review:
    """Return a record to whoever asked, with comments on what to change."""
    require_permission(by, "publish")
    row = lock_record(record)
    review = require_open_review(row)
    if not (said := clean_remarks(remarks)):
        raise PublishingError("Say what to change: on a field, or on the whole record.")
    save_comments(review, by, said)
    close_reviews(row.KIND, [row.pk], "returned", by)
    audit.write_audit_event(
        "returned", row, by, review=review.pk, fields=[field for field, _ in said]
    )
    return review


@transaction.atomic
def add_comments(record: Record, by: User, remarks: Sequence[FieldRemark]) -> Review:
    """Add to what is said in a record's last review, open or over."""
    require_permission_to(by, "add_comment", "comment on records: that takes a curator.")
    review = reviews_of(record).last()
    if review is None:
        raise PublishingError(f"{record} was never in review, so there is nothing to answer.")
    if not (said := clean_remarks(remarks)):
        raise PublishingError("Say something: on a field, or on the whole record.")
    save_comments(review, by, said)
    audit.write_audit_event(
        "commented", record, by, review=review.pk, fields=[field for field, _ in said]
    )
    return review


def reviews_of(record: Record) -> Any:
    """Every review of a record, the first one first."""
    return Review.objects.filter(kind=record.KIND, row=record.pk).order_by("pk")


def comments_on(record: Record) -> list[Comment]:
    """All that was ever said about a record, in the order in which it was said."""
    found = Comment.objects.filter(review__kind=record.KIND, review__row=record.pk)
    return list(found.select_related("by", "review").order_by("pk"))


def require_open_review(row: Record) -> Review:
    if review := get_open_review(row):
        return review
    raise PublishingConflict(f"{row} is not in review any more. Look again.")


def clean_remarks(remarks: Sequence[FieldRemark]) -> list[FieldRemark]:
    return [(field, text.strip()) for field, text in remarks if text.strip()]


def save_comments(review: Review, by: User, said: Sequence[FieldRemark]) -> None:
    Comment.objects.bulk_create(
        Comment(review=review, by=by, field=field, text=text) for field, text in said
    )


def require_permission_to(by: User, permission: str, what: str) -> None:
    if not by.has_perm(f"policy.{permission}"):
        raise PublishingError(f"{by} may not {what}")
