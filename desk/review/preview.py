"""The preview of a publication: what would change, what prevents it, and the comments on it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Greatest, Substr

from desk.base.fields import format_support
from desk.base.requests import admin_url
from desk.review.publication_status import (
    PublicationStatus,
    get_statuses_and_drafts,
    revision_content,
)
from policy.documents import evidence, facets
from policy.documents.diff import Difference, diff_documents
from policy.documents.types import Document, RecordKey
from policy.models import RECORD_MODELS, Action, Citation, Comment, Record, Review, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing import approval, ledger, publish, review
from policy.publishing.approval import PublishingError
from policy.sources import citations
from policy.strictjson import PathProblem

PASSAGE_CONTEXT_LENGTH = 240  # characters shown before and after a passage


class CommentedDifference(NamedTuple):
    """A value that would change, the comments on its field, and the comment being written."""

    difference: Difference
    comments: list[Comment]
    typed: str


class PreviewPassage(NamedTuple):
    """A citation with its supports, one per line, and what is wrong with it."""

    citation: Citation
    supports: list[str]
    faults: list[str]
    attached: bool  # whether the source's text is here


@dataclass
class Preview:
    """One record as `by` would publish it now."""

    record: Record
    by: User
    publication_status: PublicationStatus
    body: Document  # the draft; the fingerprint is computed from it
    faults: list[PathProblem] = field(default_factory=list)  # of the citations
    other_comments: list[Comment] = field(default_factory=list)  # on values that do not change
    # The accounts that `by` controls, see approval.get_controlled_accounts(); None: not known yet.
    controlled: Set[int] | None = None

    def __post_init__(self) -> None:
        self.key = "/".join(ledger.record_key(self.record))
        self.fingerprint = publish.content_hash(self.body, self.current_revision)
        self.draft_problems = [*iter_draft_problems(self.record, self.body), *self.faults]

    @property
    def current_revision(self) -> Revision | None:
        return self.publication_status.revision if self.publication_status.is_published else None

    @property
    def publish_url(self) -> str:
        return admin_url(self.record.KIND, "publish", self.record.pk)

    @property
    def unchanged(self) -> bool:
        return self.publication_status.is_published and not self.publication_status.changed

    @property
    def references(self) -> set[RecordKey]:
        """Return the keys of the records that must be public as well."""
        return facets.required_references({**self.body, "kind": self.record.KIND})

    @property
    def text(self) -> str:
        return pretty_json(self.body)

    @cached_property
    def differences(self) -> list[Difference]:
        current = self.current_revision
        return diff_documents(revision_content(current) if current else {}, self.body)

    @property
    def merge_obstacles(self) -> list[str]:
        last = self.publication_status.revision
        return [f"It {last.closed_reason}"] if last and last.closed_reason else []

    @cached_property
    def approval_obstacles(self) -> list[str]:
        """Return why the reviewer may not approve this record."""
        try:
            approval.get_approval(self.record, self.by, self.controlled)
        except PublishingError as error:
            return list(error.messages)
        return []

    @cached_property
    def obstacles(self) -> list[str]:
        """Return everything that prevents publication."""
        problems = [f"{name}: {message}" for name, message in self.draft_problems]
        return [*self.merge_obstacles, *self.approval_obstacles, *problems]

    # The review

    @property
    def review(self) -> Review | None:
        return self.publication_status.review

    @cached_property
    def accepted_by(self) -> list[User]:
        """Return the users who accepted exactly this content, without its last editor."""
        if not self.review:
            return []
        acceptances = [
            acceptance
            for acceptance in self.review.acceptances.all()
            if acceptance.fingerprint == self.fingerprint
        ]
        editor = self.record.edited_by_id
        return [acceptance.by for acceptance in acceptances if acceptance.by_id != editor]

    @property
    def completes_review(self) -> bool:
        """Return whether no other reviewer has to accept before the user can publish."""
        required: int = settings.REVIEWS
        return bool(settings.SELF_REVIEW) or len({*self.accepted_by, self.by}) >= required

    @cached_property
    def comments(self) -> list[Comment]:
        return review.comments_on(self.record)

    def rows_with_comments(self, typed: Mapping[str, str]) -> list[CommentedDifference]:
        """Return the differences with their comments. `typed` maps fields to unsaved comments.

        Comments on other fields go to `other_comments`.
        """
        comments = group_comments_by_field(self.comments)
        fields = {row.field for row in self.differences}
        self.other_comments = [
            comment
            for name, of_field in comments.items()
            if name not in fields
            for comment in of_field
        ]
        return [
            CommentedDifference(row, comments.get(row.field, []), typed.get(row.field, ""))
            for row in self.differences
        ]

    @cached_property
    def passages(self) -> list[PreviewPassage]:
        if not isinstance(self.record, Action):
            return []
        return [self.cited_passage(row) for row in citations_in_context(self.record)]

    def cited_passage(self, citation: Citation) -> PreviewPassage:
        key = f"citations/{citation.source.slug}/{citation.start}/"
        passage: str | None = getattr(citation, "passage")  # noqa: B009 - an annotation
        return PreviewPassage(
            citation,
            [format_support(row) for row in citation.supports],
            [message for name, message in self.faults if name.startswith(key)],
            attached=passage is not None,
        )


def group_comments_by_field(comments: Iterable[Comment]) -> dict[str, list[Comment]]:
    by_field: dict[str, list[Comment]] = {}
    for comment in comments:
        by_field.setdefault(comment.field, []).append(comment)
    return by_field


def citations_in_context(action: Action) -> QuerySet[Citation]:
    """Return an action's citations with `before`, `passage` and `after`: the words of the text.

    They are None if the source's text is not attached.
    """
    text, start = "source__attached__text", F("start")
    context_start = Greatest(start - PASSAGE_CONTEXT_LENGTH, Value(0))
    return (
        Citation.objects.filter(action=action)
        .select_related("source")
        .annotate(
            before=Substr(text, context_start + 1, start - context_start),
            passage=Substr(text, start + 1, F("end") - start),
            after=Substr(text, F("end") + 1, PASSAGE_CONTEXT_LENGTH),
        )
        .order_by("source__slug", "start", "pk")
    )


def build_previews(records: Sequence[Record], by: User) -> list[Preview]:
    """Return the previews of records of one kind, in a constant number of queries."""
    if not records:
        return []
    faults = citations.citation_faults_by_action(records) if records[0].KIND == "action" else {}
    controlled = approval.get_controlled_accounts(by)
    return [
        Preview(record, by, status, draft, faults.get(record.pk, []), controlled=controlled)
        for record, (status, draft) in zip(records, get_statuses_and_drafts(records), strict=True)
    ]


def build_preview(record: Record, by: User) -> Preview:
    return build_previews([record], by)[0]


def iter_draft_problems(record: Record, draft: Document) -> Iterator[PathProblem]:
    """Yield what prevents an action's publication, as (key, message). Passages are not checked."""
    if record.KIND == "action":
        yield from evidence.iter_key_problems(draft)
        yield from evidence.iter_evidence_gaps(draft)


def build_reference_previews(preview: Preview) -> list[Preview]:
    """Return previews of all unpublished records that one refers to, directly or indirectly."""
    previews = {ledger.record_key(preview.record): preview}
    latest = [preview]
    while latest:
        missing = {key for page in latest for key in page.references} - set(previews)
        latest = [
            page
            for kind in RECORD_MODELS
            for page in build_unpublished_previews(kind, missing, preview.by)
        ]
        previews |= {ledger.record_key(page.record): page for page in latest}
    order = list(RECORD_MODELS)
    return sorted(
        (page for page in previews.values() if page is not preview),
        key=lambda page: (order.index(page.record.KIND), page.record.slug),
    )


def build_unpublished_previews(kind: str, keys: Iterable[RecordKey], by: User) -> list[Preview]:
    """Return previews of those of the records that are of a kind and not published."""
    slugs = {slug for of_kind, slug in keys if of_kind == kind}
    if not slugs:
        return []
    live = Revision.objects.as_of(None).filter(kind=kind, record__in=slugs, event__in=LIVE_EVENTS)
    slugs -= set(live.values_list("record", flat=True))
    rows = RECORD_MODELS[kind]._default_manager.filter(slug__in=slugs) if slugs else ()
    return build_previews(list(rows), by)


def pretty_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
