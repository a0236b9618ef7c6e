"""The feed: every publication, withdrawal and merge, in the order in which they were made."""

import re
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from api.query import parameters
from policy.documents.shapes import nearest
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS

CHANGES_PARAMETERS = ("after", "kind", "include", "format", "cursor", "page_size")
CHANGES_FORMATS = ("json", "ndjson")
CHANGES_INCLUDES = {"document": "what was published, byte for byte"}
VERSION_PATTERN = re.compile("[0-9]{1,18}")


@dataclass(frozen=True)
class ChangesQuery:
    """What is asked of the feed: later versions only, one kind only, documents too."""

    after: int
    kind: str | None
    documents: bool

    def revisions_up_to(self, version: int | None) -> QuerySet[Revision]:
        """The revisions up to a version, each with what stood before it."""
        rows = Revision.objects.filter(id__gt=self.after, id__lte=version or 0)
        chosen = rows.filter(kind=self.kind) if self.kind else rows
        return chosen.annotate(previous=Subquery(previous_live_revisions().values("document")[:1]))


def previous_live_revisions() -> QuerySet[Revision]:
    """The live revisions of the same record that came before a row, the last one first."""
    same = Revision.objects.filter(kind=OuterRef("kind"), record=OuterRef("record"))
    return same.filter(number__lt=OuterRef("number"), event__in=LIVE_EVENTS).order_by("-number")


def parse_changes_query(query: QueryDict) -> ChangesQuery:
    after, kind = query.get("after", "0"), query.get("kind")
    errors = []
    if not VERSION_PATTERN.fullmatch(after):
        errors.append(parameters.parameter_error("after", "Use a version: a whole number from 0."))
    if kind and kind not in RECORD_KINDS:
        detail = f"There is no {kind}.{nearest(kind, RECORD_KINDS)}"
        errors.append({**parameters.parameter_error("kind", detail), "allowed": RECORD_KINDS})
    if errors:
        raise parameters.invalid_value_problem(errors)
    included = parameters.parse_names(query, "include", CHANGES_INCLUDES)
    return ChangesQuery(int(after), kind, "document" in included)
