"""Four eyes: whose word a revision rests on."""

from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from policy.documents.build import format_timestamp
from policy.documents.types import Document
from policy.models import Acceptance, Credit, Record, Review


class PublishingError(Exception):
    """Nothing was published. `messages` say what to do."""

    def __init__(self, *messages: str) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)


class PublishingConflict(PublishingError):
    """Somebody else was faster: look again."""


@dataclass(frozen=True)
class Approval:
    """Who answers for a revision, and in which state that leaves its review."""

    state: str
    by: User | None = None
    released_by: str | None = None
    reviewers: list[int] = field(default_factory=list)
    editor: int | None = None

    def review(self, at: datetime) -> Document:
        credits = [] if self.released_by else self.credited_names()
        return {
            "state": self.state,
            "reviewers": len(self.reviewers),
            "reviewed_at": None if self.released_by else format_timestamp(at),
            "released_by": self.released_by,
            **({"credits": credits} if credits else {}),
        }

    def credited_names(self) -> list[str]:
        """Those among them who chose a public name, the editor first."""
        people = [self.editor, *self.reviewers]
        rows = Credit.objects.filter(user__in=[pk for pk in people if pk]).exclude(public_name="")
        names = dict(rows.values_list("user", "public_name"))
        return list(dict.fromkeys(names[pk] for pk in people if pk in names))


def get_approval(record: Record, by: User) -> Approval:
    """Four eyes: the reviewer is not the last editor, unless the team is one person."""
    if record.edited_by_id != by.pk:
        return Approval("reviewed", by, editor=record.edited_by_id)
    if settings.SELF_REVIEW:
        return Approval("self_reviewed", by, editor=by.pk)
    raise PublishingError(f"You edited {record} last, so someone else must review it.")


def get_open_review(record: Record) -> Review | None:
    return Review.objects.filter(kind=record.KIND, row=record.pk, outcome="").first()


def record_acceptance(record: Record, by: User, fingerprint: str) -> Review:
    """A reviewer's word, in the review that is open, or in one that nobody asked for."""
    review = get_open_review(record) or Review.objects.create(
        kind=record.KIND, row=record.pk, edited_by_id=record.edited_by_id
    )
    word = Acceptance(review=review, by=by, fingerprint=fingerprint)
    Acceptance.objects.bulk_create([word], ignore_conflicts=True)
    return review


def get_acceptor_ids(review: Review, fingerprint: str, editor: int | None) -> list[int]:
    """Those whose word stands for exactly this content, in the order in which they gave it."""
    rows = review.acceptances.filter(fingerprint=fingerprint).exclude(by=editor)
    return list(rows.order_by("pk").values_list("by", flat=True))


def require_reviewers(record: Record, given: Approval, fingerprint: str) -> Approval:
    """The approval with all whose word stands. Raises Refused when these are too few."""
    if given.by is None or given.state != "reviewed":
        return given
    review = record_acceptance(record, given.by, fingerprint)
    people = get_acceptor_ids(review, fingerprint, given.editor)
    if len(people) < settings.REVIEWS:
        raise PublishingError(
            f"{record}: publishing takes {settings.REVIEWS} reviewers. With you it has "
            f"{len(people)}: accept it, and another reviewer publishes it."
        )
    return Approval(given.state, given.by, reviewers=people, editor=given.editor)


def close_reviews(kind: str, rows: list[int], outcome: str, by: User | None) -> None:
    """End open reviews of records of a kind."""
    Review.objects.filter(kind=kind, row__in=rows, outcome="").update(
        outcome=outcome, closed_by=by, closed_at=timezone.now()
    )
