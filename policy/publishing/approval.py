"""The four-eyes rule: who approves a revision, and which acceptances count."""

from collections.abc import Set
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from policy.documents.times import format_timestamp
from policy.documents.types import ReviewContent
from policy.models import Acceptance, AuditEvent, Credit, Record, Review

# Members of the detail of an audit event by which an account may change hands.
ACCOUNT_CONTROL = {"created", "password"}


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


def get_approval(record: Record, by: User, controlled: Set[int] | None = None) -> Approval:
    """Return the approval of a record by a user who publishes it.

    `controlled` is what get_controlled_accounts() returns for the user, if that is known. Raise
    PublishingError if the user edited the record last, or controls the account that did, unless
    SELF_REVIEW is set.
    """
    editor = record.edited_by_id
    if controlled is None and editor not in (None, by.pk):
        controlled = get_controlled_accounts(by)
    if editor != by.pk and editor not in (controlled or ()):
        return Approval("reviewed", by, editor=editor)
    if settings.SELF_REVIEW:
        return Approval("self_reviewed", by, editor=editor)
    if editor == by.pk:
        raise PublishingError(f"You were the last to edit {record}. Someone else must review it.")
    name = record.edited_by
    raise PublishingError(
        f"{name} was the last to edit {record}, and you made that account or set its password. "
        f"Someone else must review it, or the operator runs manage.py confirm_account {name}."
    )


def get_controlled_accounts(by: User) -> set[int]:
    """Return the primary keys of the accounts that a user made in the admin, or whose password
    they set: those that nobody else has given a password since, or the operator confirmed."""
    makers: dict[int, int | None] = {}
    events = AuditEvent.objects.filter(what="account").order_by("pk")
    for maker, detail in events.values_list("by", "detail"):
        account: int = detail["account"]
        if maker and "password" in detail.get("confirmed", ()):
            maker, detail = detail.get("asked_by"), detail["confirmed"]  # whoever asked knows it
        if maker is None or (maker != account and not ACCOUNT_CONTROL.isdisjoint(detail)):
            makers[account] = maker
    return {account for account, maker in makers.items() if maker == by.pk}


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
