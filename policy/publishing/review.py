"""The steps of a review: request, cancel, accept, return and comment. See also `publish`."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from policy import audit
from policy.documents.build import build_draft
from policy.models import Comment, Record, Review, Revision
from policy.publishing.approval import (
    PublishingConflict,
    PublishingError,
    close_reviews,
    get_approval,
    get_open_review,
    record_acceptance,
)
from policy.publishing.publish import (
    has_same_content,
    lock_record,
    record_content_hash,
    require_permission,
)

FieldRemark = tuple[str, str]  # key of the field (empty: the whole record), text


@transaction.atomic
def request_review(record: Record, by: User, remark: str = "") -> Review:
    """Request a review of a draft. Raise PublishingError if this is not allowed."""
    require_permission(by, "add_review", "request a review. Ask a curator.")
    row = lock_record(record)
    if get_open_review(row):
        raise PublishingError(f"{row} is already in review.")
    require_reviewable(row)
    review = Review.objects.create(
        kind=row.KIND, row=row.pk, edited_by=row.edited_by, asked_by=by, remark=remark.strip()
    )
    audit.write_audit_event("asked", row, by, review=review.pk)
    return review


def require_reviewable(row: Record) -> None:
    """Raise PublishingError if a record cannot be published again, or has no changes to review."""
    last = Revision.objects.as_of(None).filter(kind=row.KIND, record=row.slug).first()
    if last and last.closed_reason:
        raise PublishingError(f"{row} {last.closed_reason}")
    current = row.current
    if current and has_same_content(current, build_draft(row)):
        raise PublishingError(f"{row} has no unpublished changes to review.")


@transaction.atomic
def cancel_review(record: Record, by: User) -> None:
    """Cancel a review that the user requested. Raise PublishingError for anyone else's."""
    row = lock_record(record)
    review = require_open_review(row)
    if review.asked_by_id != by.pk:
        raise PublishingError(f"Only {review.asked_by}, who requested this review, can cancel it.")
    close_reviews(row.KIND, [row.pk], "recalled", by)
    audit.write_audit_event("recalled", row, by, review=review.pk)


@transaction.atomic
def accept(record: Record, by: User, seen: str) -> Review:
    """Accept a draft without publishing it.

    `seen` is the hash of what the reviewer saw, see `record_content_hash`. Raise
    PublishingConflict if the record changed since.
    """
    require_permission(by, "publish")
    row = lock_record(record)
    if get_approval(row, by).state != "reviewed":
        raise PublishingError(f"You were the last to edit {row}. Someone else must review it.")
    if record_content_hash(row, row.current) != seen:
        raise PublishingConflict(f"{row} changed since you opened it. Review it again.")
    require_reviewable(row)
    review = record_acceptance(row, by, seen)
    audit.write_audit_event("accepted", row, by, review=review.pk)
    return review


@transaction.atomic
def return_to_editor(record: Record, by: User, remarks: Sequence[FieldRemark]) -> Review:
    """Return a record to the person who requested the review, with at least one comment."""
    require_permission(by, "publish")
    row = lock_record(record)
    review = require_open_review(row)
    if not (comments := clean_remarks(remarks)):
        raise PublishingError("Enter a comment on a field or on the whole record.")
    save_comments(review, by, comments)
    close_reviews(row.KIND, [row.pk], "returned", by)
    audit.write_audit_event(
        "returned", row, by, review=review.pk, fields=[field for field, _ in comments]
    )
    return review


@transaction.atomic
def add_comments(record: Record, by: User, remarks: Sequence[FieldRemark]) -> Review:
    """Add comments to the last review of a record, which may be closed."""
    require_permission(by, "add_comment", "comment on records. Ask a curator.")
    review = reviews_of(record).last()
    if review is None:
        raise PublishingError(f"{record} was never in review. Request a review first.")
    if not (comments := clean_remarks(remarks)):
        raise PublishingError("Enter a comment on a field or on the whole record.")
    save_comments(review, by, comments)
    audit.write_audit_event(
        "commented", record, by, review=review.pk, fields=[field for field, _ in comments]
    )
    return review


def reviews_of(record: Record) -> QuerySet[Review]:
    """Return every review of a record, the oldest first."""
    return Review.objects.filter(kind=record.KIND, row=record.pk).order_by("pk")


def comments_on(record: Record) -> list[Comment]:
    """Return all comments on a record, the oldest first."""
    comments = Comment.objects.filter(review__kind=record.KIND, review__row=record.pk)
    return list(comments.select_related("by", "review").order_by("pk"))


def require_open_review(row: Record) -> Review:
    if review := get_open_review(row):
        return review
    raise PublishingConflict(f"{row} is no longer in review. Reload the page.")


def clean_remarks(remarks: Sequence[FieldRemark]) -> list[FieldRemark]:
    return [(field, text.strip()) for field, text in remarks if text.strip()]


def save_comments(review: Review, by: User, comments: Sequence[FieldRemark]) -> None:
    Comment.objects.bulk_create(
        Comment(review=review, by=by, field=field, text=text) for field, text in comments
    )
