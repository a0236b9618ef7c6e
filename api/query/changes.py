"""The feed: every publication, withdrawal and merge, in the order in which they were made."""

import re
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from api.query import parameters
from policy.documents.shapes import nearest
from policy.models import Revision
from policy.models.revision import KINDS, LIVE

PARAMETERS = ("after", "kind", "include", "format", "cursor", "page_size")
FORMATS = ("json", "ndjson")
INCLUDES = {"document": "what was published, byte for byte"}
VERSION = re.compile("[0-9]{1,18}")


@dataclass(frozen=True)
class Feed:
    """What is asked of the feed: later versions only, one kind only, documents too."""

    after: int
    kind: str | None
    documents: bool

    def until(self, version: int | None) -> QuerySet[Revision]:
        """The revisions up to a version, each with what stood before it."""
        rows = Revision.objects.filter(id__gt=self.after, id__lte=version or 0)
        chosen = rows.filter(kind=self.kind) if self.kind else rows
        return chosen.annotate(previous=Subquery(before().values("document")[:1]))


def before() -> QuerySet[Revision]:
    """The live revisions of the same record that came before a row, the last one first."""
    same = Revision.objects.filter(kind=OuterRef("kind"), record=OuterRef("record"))
    return same.filter(number__lt=OuterRef("number"), event__in=LIVE).order_by("-number")


def feed(query: QueryDict) -> Feed:
    after, kind = query.get("after", "0"), query.get("kind")
    errors = []
    if not VERSION.fullmatch(after):
        errors.append(parameters.error("after", "Use a version: a whole number from 0."))
    if kind and kind not in KINDS:
        detail = f"There is no {kind}.{nearest(kind, KINDS)}"
        errors.append({**parameters.error("kind", detail), "allowed": KINDS})
    if errors:
        raise parameters.invalid(errors)
    included = parameters.names(query, "include", INCLUDES)
    return Feed(int(after), kind, "document" in included)
