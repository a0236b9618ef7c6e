"""What publishing would change, what stands in its way, and what was said of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, Value
from django.db.models.functions import Greatest, Substr
from django.urls import reverse

from desk.base.fields import format_support
from desk.review.publication_status import (
    PublicationStatus,
    get_statuses_and_drafts,
    revision_content,
)
from policy.documents import evidence, facets
from policy.documents.diff import Difference, diff_documents
from policy.documents.types import Document
from policy.models import RECORD_MODELS, Comment, Record, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing import approval, ledger, publish, review
from policy.sources import citations

PASSAGE_CONTEXT_LENGTH = 240  # characters shown on either side of a passage


@dataclass
class Preview:
    """One record, as it would be published now."""

    record: Record
    by: User
    publication_status: PublicationStatus
    body: Document  # read once: the fingerprint is of exactly what the page shows
    faults: list[tuple[str, str]] = field(default_factory=list)
    other_comments: list[Comment] = field(default_factory=list)  # said of what does not change

    def __post_init__(self) -> None:
        self.key = "/".join(ledger.record_key(self.record))
        current = self.publication_status.revision if self.publication_status.is_published else None
        self.fingerprint = publish.content_hash(self.body, current)
        self.draft_problems = [*iter_draft_problems(self.record, self.body), *self.faults]

    @property
    def publish_url(self) -> str:
        """Of this page."""
        return reverse(f"admin:policy_{self.record.KIND}_publish", args=[self.record.pk])

    @property
    def unchanged(self) -> bool:
        return self.publication_status.is_published and not self.publication_status.changed

    @property
    def references(self) -> set[tuple[str, str]]:
        return facets.required_references({**self.body, "kind": self.record.KIND})

    @property
    def text(self) -> str:
        return pretty_json(self.body)

    @cached_property
    def differences(self) -> list[Difference]:
        revision = self.publication_status.revision
        before = (
            revision_content(revision) if revision and self.publication_status.is_published else {}
        )
        return diff_documents(before, self.body)

    @property
    def merge_obstacles(self) -> list[str]:
        if self.publication_status.revision and self.publication_status.revision.closed_reason:
            return [f"It {self.publication_status.revision.closed_reason}"]
        return []

    @cached_property
    def approval_obstacles(self) -> list[str]:
        """Why this reader's word does not count."""
        try:
            approval.get_approval(self.record, self.by)
        except publish.PublishingError as refusal:
            return refusal.messages
        return []

    @cached_property
    def obstacles(self) -> list[str]:
        return [
            *self.merge_obstacles,
            *self.approval_obstacles,
            *(f"{name}: {message}" for name, message in self.draft_problems),
        ]

    # The review

    @property
    def review(self) -> Any:
        return self.publication_status.review

    @cached_property
    def accepted_by(self) -> list[User]:
        """Those whose word stands for exactly this."""
        if not self.review:
            return []
        acceptances = [a for a in self.review.acceptances.all() if a.fingerprint == self.fingerprint]
        return [a.by for a in acceptances if a.by_id != self.record.edited_by_id]

    @property
    def completes_review(self) -> bool:
        """Whether this reader's word would be the last that publishing takes."""
        return settings.SELF_REVIEW or len({*self.accepted_by, self.by}) >= settings.REVIEWS

    @cached_property
    def comments(self) -> list[Comment]:
        return review.comments_on(self.record)

    def rows_with_comments(self, typed: dict[str, str]) -> list[dict[str, Any]]:
        """Each difference with what was said of its field, and what is being typed about it."""
        fields = {row.field for row in self.differences}
        comments = group_comments_by_field(self.comments)
        self.other_comments = [
            c for field, of_field in comments.items() if field not in fields for c in of_field
        ]
        return [
            {"row": row, "comments": comments.get(row.field, []), "typed": typed.get(row.field, "")}
            for row in self.differences
        ]

    @cached_property
    def passages(self) -> list[dict[str, Any]]:
        return [self.passage(citation) for citation in citations_in_context(self.record)]

    def passage(self, citation: Any) -> dict[str, Any]:
        key = f"citations/{citation.source.slug}/{citation.start}/"
        return {
            "citation": citation,
            "supports": [format_support(row) for row in citation.supports],
            "faults": [message for name, message in self.faults if name.startswith(key)],
            "attached": citation.passage is not None,
        }


def group_comments_by_field(comments: list[Comment]) -> dict[str, list[Comment]]:
    by_field: dict[str, list[Comment]] = {}
    for comment in comments:
        by_field.setdefault(comment.field, []).append(comment)
    return by_field


def citations_in_context(record: Record) -> Any:
    """An action's citations with their words in context, none where no text is attached."""
    if record.KIND != "action":
        return []
    text, start = "source__attached__text", F("start")
    from_ = Greatest(start - PASSAGE_CONTEXT_LENGTH, Value(0))
    return (
        record.citations.select_related("source")  # type: ignore[attr-defined]
        .annotate(
            before=Substr(text, from_ + 1, start - from_),
            passage=Substr(text, start + 1, F("end") - start),
            after=Substr(text, F("end") + 1, PASSAGE_CONTEXT_LENGTH),
        )
        .order_by("source__slug", "start", "pk")
    )


def build_previews(records: Sequence[Record], by: User) -> list[Preview]:
    """Of records of one kind, in a constant number of queries."""
    if not records:
        return []
    faults = citations.citation_faults_by_action(records) if records[0].KIND == "action" else {}
    return [
        Preview(record, by, status, body, faults.get(record.pk, []))
        for record, (status, body) in zip(records, get_statuses_and_drafts(records), strict=True)
    ]


def build_preview(record: Record, by: User) -> Preview:
    return build_previews([record], by)[0]


def iter_draft_problems(record: Record, body: Document) -> Iterator[tuple[str, str]]:
    """(field, message) for all that an action lacks, its passages left out."""
    if record.KIND == "action":
        yield from evidence.iter_key_problems(body)
        yield from evidence.iter_evidence_gaps(body)


def build_reference_previews(preview: Preview) -> list[Preview]:
    """Every record that this one refers to, directly or through others, and that is not public."""
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


def build_unpublished_previews(kind: str, keys: set[tuple[str, str]], by: User) -> list[Preview]:
    """Those of these records that are of a kind and not public."""
    slugs = {slug for of_kind, slug in keys if of_kind == kind}
    if not slugs:
        return []
    live = Revision.objects.as_of(None).filter(kind=kind, record__in=slugs, event__in=LIVE_EVENTS)
    slugs -= set(live.values_list("record", flat=True))
    rows = RECORD_MODELS[kind]._default_manager.filter(slug__in=slugs) if slugs else ()
    return build_previews(list(rows), by)


def pretty_json(document: Document) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
