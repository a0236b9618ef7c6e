"""The query of the change feed: all revisions in the order of their versions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from django.db.models import Func, QuerySet, TextField
from django.http import QueryDict

from api.query import parameters, positions
from policy.documents.nearest import nearest
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS
from policy.versions import EMPTY_VERSION, Version

CHANGES_PARAMETERS = ("after", "kind", "include", "format", "cursor", "page_size")
CHANGES_FORMATS = ("json", "ndjson")
CHANGES_INCLUDES = {"document": "the document exactly as it was published"}
AFTER_HINT = f"{positions.VERSION_HINT} To begin, use 0."


class FormatTimestamp(Func):
    """A time as `policy.documents.times.format_timestamp` writes it. This is faster."""

    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TextField()


PUBLISHED_AT = FormatTimestamp("published_at")


class Change(NamedTuple):
    """The columns of a revision that the feed states. `document` is empty unless asked for."""

    id: int
    seal: str
    kind: str
    record: str
    number: int
    event: str
    published_at: str  # as in documents
    reason: str
    merged_into: str
    digest: str
    changed: list[str]
    document: str = ""

    def to_json(self, list_urls: Mapping[str, str]) -> dict[str, object]:
        """Return the change as in ChangeSerializer. `list_urls` has the URL of each kind's list."""
        url = f"{list_urls[self.kind]}{self.record}/revisions/{self.number}/"
        document = {"document": orjson.Fragment(self.document)} if self.document else {}
        return {
            "version": str(Version.of(self.id, self.seal)),
            "kind": self.kind,
            "id": self.record,
            "revision": self.number,
            "event": self.event,
            "published_at": self.published_at,
            "reason": self.reason,
            "merged_into": self.merged_into or None,
            "digest": self.digest,
            "changed": self.changed if self.event in LIVE_EVENTS else [],
            "url": url,
            **document,
        }


@dataclass(frozen=True)
class ChangesQuery:
    """The parameters: only versions after `after`, only one `kind`, with or without documents."""

    after: Version
    kind: str | None
    documents: bool

    def revisions_up_to(self, version: Version) -> QuerySet[Any]:
        """Return rows with the columns of Change, of the revisions up to a version."""
        rows = Revision.objects.filter(id__gt=self.after.number, id__lte=version.number)
        rows = rows.filter(kind=self.kind) if self.kind else rows
        fields = [PUBLISHED_AT if name == "published_at" else name for name in Change._fields]
        return rows.values_list(*(fields if self.documents else fields[:-1]), named=True)


def parse_changes_query(query: QueryDict, current: Version) -> ChangesQuery:
    """Raise ApiProblem if `after`, `kind` or `include` is not valid, or if the history does not
    have the version `after`. `current` is the version that it has now."""
    kind = query.get("kind")
    errors: list[parameters.ParameterError] = []
    after = parse_after(query.get("after", "0"))
    if after is None:
        errors.append(parameters.parameter_error("after", AFTER_HINT))
    if kind and kind not in RECORD_KINDS:
        detail = f"There is no {kind}.{nearest(kind, RECORD_KINDS)}"
        errors.append({"parameter": "kind", "detail": detail, "allowed": list(RECORD_KINDS)})
    if after is None or errors:
        raise parameters.invalid_value_problem(errors)
    included = parameters.parse_names(query, "include", CHANGES_INCLUDES)
    positions.require_held(after, current)
    return ChangesQuery(after, kind, "document" in included)


def parse_after(text: str) -> Version | None:
    """Return the version in `after`; None if it is malformed. Only 0 is allowed without a seal."""
    return EMPTY_VERSION if text == "0" else Version.parse(text)
