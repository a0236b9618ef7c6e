"""Schema of one line of revisions.ndjson, and checks of a line against its document."""

from collections.abc import Container, Iterator
from datetime import datetime
from sys import intern
from typing import Annotated, NamedTuple, Self

from django.core.validators import RegexValidator
from pydantic import Field, model_validator

from policy.documents.build import (
    Envelope,
    build_tombstone,
    serialize_document,
)
from policy.documents.fields import Moment, OptionalText, Ordinal, Text
from policy.documents.markers import Checked, OneOf
from policy.documents.periods import sort_date
from policy.documents.record_schema import FIRST_SCHEMA_VERSION, SCHEMA_VERSION, Tombstone
from policy.documents.shape import Shape, field_problems
from policy.documents.stored import add_later_fields
from policy.documents.times import format_timestamp
from policy.documents.types import Document, RecordKey
from policy.hashes import sha256_hex
from policy.models import Revision
from policy.models.record import SLUG_PATTERN
from policy.models.revision import LIVE_EVENTS, RECORD_KINDS, REVIEW_STATES, REVISION_EVENTS
from policy.seals import LEAF_FIELDS, compute_leaf
from policy.strictjson import PathProblem

CitedExtents = tuple[tuple[str, int], ...]  # (source, end): how far an action cites each source
validate_hash = RegexValidator(
    r"\A[0-9a-f]{64}\Z", "Use a SHA-256 hash: 64 lower-case hexadecimal digits."
)
validate_record_id = RegexValidator(
    SLUG_PATTERN + r"\Z", "Use lower-case letters, digits and single hyphens."
)


class HistoryLine(Shape):
    """One revision. Values that are also in its document must be the same there.

    Dumps of versions before 1.0.0 have no leaves and seals.
    """

    later = ("leaf", "seal", "redacted")

    version: int = Field(ge=1)
    kind: Annotated[str, OneOf(RECORD_KINDS)]
    record: Annotated[Text, Checked(validate_record_id)] = Field(max_length=120)
    revision: Ordinal
    event: Annotated[str, OneOf(REVISION_EVENTS)]
    published_at: Moment
    reason: OptionalText
    merged_into: OptionalText = Field(max_length=120)
    review: Annotated[str, OneOf(REVIEW_STATES)]
    digest: Text = Field(max_length=64)
    leaf: Annotated[OptionalText, Checked(validate_hash)] = ""
    seal: Annotated[OptionalText, Checked(validate_hash)] = ""
    redacted: bool = False
    document: dict[str, object]

    @model_validator(mode="after")
    def check_event(self) -> Self:
        wrong = {}
        if (self.event == "merge") != bool(self.merged_into):
            wrong["merged_into"] = "Required for a merge, and not allowed otherwise."
        if self.merged_into == self.record:
            wrong["merged_into"] = "A record cannot be merged into itself."
        if self.event not in LIVE_EVENTS and not self.reason.strip():
            wrong["reason"] = "Enter the reason why the record was withdrawn, merged or taken down."
        if sha256_hex(serialize_document(self.document)) != self.digest:
            wrong["digest"] = "Does not match the SHA-256 of the document."
        if bool(self.leaf) != bool(self.seal) or (self.redacted and not self.leaf):
            wrong["leaf"] = "A line must have both `leaf` and `seal`, or neither and no `redacted`."
        if wrong:
            raise field_problems(wrong)
        return self


class RevisionLine(NamedTuple):
    """A validated HistoryLine."""

    version: int
    kind: str
    record: str
    revision: int
    event: str
    published_at: datetime
    reason: str
    merged_into: str
    review: str
    digest: str
    leaf: str  # empty in dumps of versions before 1.0.0, like the seal
    seal: str
    redacted: bool
    document: Document

    @property
    def key(self) -> RecordKey:
        return self.kind, intern(self.record)

    def is_repeated_tombstone(self, event: str, merged_into: str) -> bool:
        """Return whether it repeats a withdrawal or merge of a source, which is the event before
        it. A takedown of passages does so, see policy.publishing.takedown."""
        repeats = (self.event, self.merged_into) == (event, merged_into)
        return self.kind == "source" and self.event in ("withdraw", "merge") and repeats

    @property
    def content_leaf(self) -> str:
        """The leaf that belongs to the content of the line."""
        return compute_leaf(self._asdict())


def get_cited_extents(data: Document) -> CitedExtents:
    """Return, for each source, the highest end of the citations of an action."""
    extents: dict[str, int] = {}
    for citation in data["citations"]:
        source, end = intern(citation["source"]), citation["end"]
        extents[source] = max(end, extents.get(source, 0))
    return tuple(extents.items())


def database_mismatches(stored: Revision | None, line: RevisionLine) -> Iterator[PathProblem]:
    """Yield a problem for each field that differs from the revision in the database; for the leaf
    only if no other field does."""
    names = [*LEAF_FIELDS, *(["redacted"] if line.leaf else [])]  # older dumps do not state it
    columns = {name: "number" if name == "revision" else name for name in names}
    different = [n for n in names if getattr(stored, columns[n], None) != getattr(line, n)]
    if not different and line.leaf and stored and line.leaf != stored.leaf:
        different = ["leaf"]
    for name in different:
        yield name, f"Differs from version {line.version} in this database."


def document_mismatches(line: RevisionLine, terms: Container[str]) -> Iterator[PathProblem]:
    """Yield a problem for each value of a live document that contradicts its line or itself."""
    document = line.document
    expected: Document = {
        "schema_version": max(
            FIRST_SCHEMA_VERSION, min(document["schema_version"], SCHEMA_VERSION)
        ),
        "kind": line.kind,
        "id": line.record,
        "revision": line.revision,
        "published_at": format_timestamp(line.published_at),
    }
    if line.kind == "action":
        dates, version = add_later_fields(document)["dates"], document["schema_version"]
        expected["sort_date"] = sort_date(dates, version)
        level = document["evidence"]["level"]
        if level is not None and f"evidence.{level}" not in terms:
            yield "evidence.level", f"The vocabulary evidence has no term {level}."
    yield from field_mismatches(document, expected)
    yield from field_mismatches(document["review"], {"state": line.review}, "review.")


def expected_tombstone(line: RevisionLine) -> Document:
    """Return the tombstone that belongs to a withdrawal, merge or takedown."""
    document = line.document
    envelope = Envelope(
        line.kind,
        line.revision,
        line.published_at,
        schema_version=document["schema_version"],
        licence=document["licence"],
    )
    later_fields = {name: document[name] for name in Tombstone.later if name in document}
    return build_tombstone(
        envelope, line.record, line.event, line.reason, line.merged_into, **later_fields
    )


def field_mismatches(
    document: Document, expected: Document, path: str = ""
) -> Iterator[PathProblem]:
    for name, value in expected.items():
        if document[name] != value:
            yield f"{path}{name}", f"Is {document[name]!r}, but must be {value!r}."
