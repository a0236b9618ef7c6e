"""The way to publication: ask, recall, accept, return, comment. publish() takes the last step."""

import json
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from policy import audit
from policy.documents.build import content, draft
from policy.models import Comment, Record, Review, Revision
from policy.publishing.approval import Conflict, Refused, accept, approval, close, open_review
from policy.publishing.publish import allow, fingerprint, locked

Remark = tuple[str, str]  # a field's key, empty for the whole record, and what is said of it


@transaction.atomic
def ask(record: Record, by: User, remark: str = "") -> Review:
    """Hand a record over to the reviewers, as it stands."""
    allowed(by, "add_review", "ask for a review: that takes a curator.")
    row = locked(record)
    if open_review(row):
        raise Refused(f"{row} is in review already.")
    refuse_settled(row)
    review = Review.objects.create(
        kind=row.KIND, row=row.pk, edited_by=row.edited_by, asked_by=by, remark=remark.strip()
    )
    audit.write("asked", row, by, review=review.pk)
    return review


def refuse_settled(row: Record) -> None:
    """Nothing to review: it was merged away, or the public says the same."""
    last = Revision.objects.as_of(None).filter(kind=row.KIND, record=row.slug).first()
    if last and last.end:
        raise Refused(f"{row} {last.end}")
    if row.current and content(json.loads(row.current.document)) == draft(row):
        raise Refused(f"{row} says the same as its public revision: there is nothing to review.")


@transaction.atomic
def recall(record: Record, by: User) -> None:
    """Take back what oneself handed over."""
    row = locked(record)
    review = asked(row)
    if review.asked_by_id != by.pk:
        raise Refused(f"{review.asked_by} asked for this review, so only they recall it.")
    close(row.KIND, [row.pk], "recalled", by)
    audit.write("recalled", row, by, review=review.pk)


@transaction.atomic
def say_yes(record: Record, by: User, seen: str) -> Review:
    """Accept exactly what was seen, without publishing it."""
    allow(by, "publish")
    row = locked(record)
    if approval(row, by).state != "reviewed":
        raise Refused(f"You edited {row} last, so your word does not count as a review.")
    if fingerprint(row, row.current) != seen:
        raise Conflict(f"{row} changed since you looked at it. Look again, then accept.")
    refuse_settled(row)
    review = accept(row, by, seen)
    audit.write("accepted", row, by, review=review.pk)
    return review


@transaction.atomic
def give_back(record: Record, by: User, remarks: Sequence[Remark]) -> Review:
    """Return a record to whoever asked, with comments on what to change."""
    allow(by, "publish")
    row = locked(record)
    review = asked(row)
    if not (said := written(remarks)):
        raise Refused("Say what to change: on a field, or on the whole record.")
    keep(review, by, said)
    close(row.KIND, [row.pk], "returned", by)
    audit.write("returned", row, by, review=review.pk, fields=[field for field, _ in said])
    return review


@transaction.atomic
def comment(record: Record, by: User, remarks: Sequence[Remark]) -> Review:
    """Add to what is said in a record's last review, open or over."""
    allowed(by, "add_comment", "comment on records: that takes a curator.")
    review = of(record).last()
    if review is None:
        raise Refused(f"{record} was never in review, so there is nothing to answer.")
    if not (said := written(remarks)):
        raise Refused("Say something: on a field, or on the whole record.")
    keep(review, by, said)
    audit.write("commented", record, by, review=review.pk, fields=[field for field, _ in said])
    return review


def of(record: Record) -> Any:
    """Every review of a record, the first one first."""
    return Review.objects.filter(kind=record.KIND, row=record.pk).order_by("pk")


def comments(record: Record) -> list[Comment]:
    """All that was ever said about a record, in the order in which it was said."""
    found = Comment.objects.filter(review__kind=record.KIND, review__row=record.pk)
    return list(found.select_related("by", "review").order_by("pk"))


def asked(row: Record) -> Review:
    if review := open_review(row):
        return review
    raise Conflict(f"{row} is not in review any more. Look again.")


def written(remarks: Sequence[Remark]) -> list[Remark]:
    return [(field, text.strip()) for field, text in remarks if text.strip()]


def keep(review: Review, by: User, said: Sequence[Remark]) -> None:
    Comment.objects.bulk_create(
        Comment(review=review, by=by, field=field, text=text) for field, text in said
    )


def allowed(by: User, permission: str, what: str) -> None:
    if not by.has_perm(f"policy.{permission}"):
        raise Refused(f"{by} may not {what}")
