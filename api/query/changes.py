"""The query of the change feed: all revisions in the order of their versions."""

import re
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import QueryDict

from api.query import parameters
from policy.documents.nearest import nearest
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS

CHANGES_PARAMETERS = ("after", "kind", "include", "format", "cursor", "page_size")
CHANGES_FORMATS = ("json", "ndjson")
CHANGES_INCLUDES = {"document": "the document exactly as it was published"}
VERSION_PATTERN = re.compile("[0-9]{1,18}")


@dataclass(frozen=True)
class ChangesQuery:
    """The parameters: only versions after `after`, only one `kind`, with or without documents."""

    after: int
    kind: str | None
    documents: bool

    def revisions_up_to(self, version: int | None) -> QuerySet[Revision]:
        """Return the revisions up to a version. `previous` of each is the document of the
        publication before it, or None."""
        rows = Revision.objects.filter(id__gt=self.after, id__lte=version or 0)
        rows = rows.filter(kind=self.kind) if self.kind else rows
        return rows.annotate(previous=Subquery(previous_live_revisions().values("document")[:1]))


def previous_live_revisions() -> QuerySet[Revision]:
    """Return a subquery: the publications of the same record before a row, newest first."""
    same_record = Revision.objects.filter(kind=OuterRef("kind"), record=OuterRef("record"))
    return same_record.filter(number__lt=OuterRef("number"), event__in=LIVE_EVENTS).order_by(
        "-number"
    )


def parse_changes_query(query: QueryDict) -> ChangesQuery:
    """Raise ApiProblem if `after`, `kind` or `include` is not valid."""
    after, kind = query.get("after", "0"), query.get("kind")
    errors: list[parameters.ParameterError] = []
    if not VERSION_PATTERN.fullmatch(after):
        errors.append(
            parameters.parameter_error(
                "after", "Use a version of the dataset: a whole number from 0."
            )
        )
    if kind and kind not in RECORD_KINDS:
        detail = f"There is no {kind}.{nearest(kind, RECORD_KINDS)}"
        errors.append({"parameter": "kind", "detail": detail, "allowed": list(RECORD_KINDS)})
    if errors:
        raise parameters.invalid_value_problem(errors)
    included = parameters.parse_names(query, "include", CHANGES_INCLUDES)
    return ChangesQuery(int(after), kind, "document" in included)
