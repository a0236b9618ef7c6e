"""The four-eyes rule: who approves a revision, and which acceptances count."""

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from policy.documents.times import format_timestamp
from policy.documents.types import ReviewContent
from policy.models import Acceptance, Credit, Record, Review


class PublishingError(Exception):
    """Nothing was published. `messages` say why and what to do."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)


class PublishingConflict(PublishingError):
    """The record or its review changed in the meantime."""


@dataclass(frozen=True)
class Approval:
    """Who approves a revision.

    `state` is one of REVIEW_STATES. `by` publishes it; None if a command loads it. `released_by` is
    the dataset and version that a released revision was loaded from. `reviewers` and `editor` are
    primary keys of users.
    """

    state: str
    by: User | None = None
    released_by: str | None = None
    reviewers: list[int] = field(default_factory=list)
    editor: int | None = None

    def review_document(self, at: datetime) -> ReviewContent:
        """Return the field `review` of a document that is published at a time."""
        review: ReviewContent = {
            "state": self.state,
            "reviewers": len(self.reviewers),
            "reviewed_at": None if self.released_by else format_timestamp(at),
            "released_by": self.released_by,
        }
        if not self.released_by and (credits := self.credited_names()):
            review["credits"] = credits
        return review

    def credited_names(self) -> list[str]:
        """Return the public names of the editor and the reviewers who chose one, in this order."""
        people = [self.editor, *self.reviewers]
        rows = Credit.objects.filter(user__in=[pk for pk in people if pk]).exclude(public_name="")
        names: dict[int | None, str] = dict(rows.values_list("user", "public_name"))
        return list(dict.fromkeys(names[pk] for pk in people if pk in names))


def get_approval(record: Record, by: User) -> Approval:
    """Return the approval of a record by a user who publishes it.

    Raise PublishingError if the user edited the record last, unless SELF_REVIEW is set.
    """
    if record.edited_by_id != by.pk:
        return Approval("reviewed", by, editor=record.edited_by_id)
    if settings.SELF_REVIEW:
        return Approval("self_reviewed", by, editor=by.pk)
    raise PublishingError(f"You were the last to edit {record}. Someone else must review it.")


def get_open_review(record: Record) -> Review | None:
    return Review.objects.filter(kind=record.KIND, row=record.pk, outcome="").first()


def record_acceptance(record: Record, by: User, fingerprint: str) -> Review:
    """Record that a user accepts this content, in the open review or in a new one."""
    review = get_open_review(record) or Review.objects.create(
        kind=record.KIND, row=record.pk, edited_by_id=record.edited_by_id
    )
    acceptance = Acceptance(review=review, by=by, fingerprint=fingerprint)
    Acceptance.objects.bulk_create([acceptance], ignore_conflicts=True)
    return review


def get_acceptor_ids(review: Review, fingerprint: str, editor: int | None) -> list[int]:
    """Return the users other than the editor who accepted exactly this content, in order."""
    rows = review.acceptances.filter(fingerprint=fingerprint).exclude(by=editor)
    return list(rows.order_by("pk").values_list("by", flat=True))


def require_reviewers(record: Record, approval: Approval, fingerprint: str) -> Approval:
    """Record the acceptance, and return the approval with all reviewers of this content.

    Raise PublishingError if there are fewer than REVIEWS.
    """
    if approval.by is None or approval.state != "reviewed":
        return approval
    review = record_acceptance(record, approval.by, fingerprint)
    reviewers = get_acceptor_ids(review, fingerprint, approval.editor)
    if len(reviewers) < settings.REVIEWS:
        raise PublishingError(
            f"{record} needs {settings.REVIEWS} reviewers before it can be published. With you, it "
            f"has {len(reviewers)}. Accept it, and let another reviewer publish it."
        )
    return Approval(approval.state, approval.by, reviewers=reviewers, editor=approval.editor)


def close_reviews(kind: str, rows: list[int], outcome: str, by: User | None) -> None:
    """Close the open reviews of records. `rows` are primary keys of records of a kind."""
    Review.objects.filter(kind=kind, row__in=rows, outcome="").update(
        outcome=outcome, closed_by=by, closed_at=timezone.now()
    )
