"""Removes words of records from revisions, index rows, drafts, reviews and logs."""

import json
from collections import Counter
from collections.abc import Sequence

from django.db import connection

from policy.documents import facets
from policy.documents.stored import add_later_fields
from policy.documents.types import Document
from policy.hashes import sha256_hex
from policy.models import (
    CHILD_MODELS,
    M2M_FIELDS,
    Action,
    ActionAgency,
    ActionEntity,
    Agency,
    Citation,
    Entity,
    Record,
    Relation,
    Renamed,
    Revision,
    Source,
    SourceText,
)
from policy.publishing.index import copy_csv_rows, insert_search_entries
from policy.seals import revision_leaf

REDACTED_TEXT = "Taken down"
REDACTED_VALUES = {"title": REDACTED_TEXT, "name": REDACTED_TEXT, "summary": ""}  # others: empty
MIN_REDACTED_WORD_LENGTH = 4  # characters; shorter names are parts of too many other words
# What the detail of an audit event keeps: numbers and ids, no words.
KEPT_DETAIL_KEYS = (
    *("revision", "into", "review", "edition", "versions", "seal", "people", "redacted"),
)
# These statements take: kind, primary key, words. They change the rows about the record, and those
# that contain one of the words.
REDACT_REMARKS_SQL = """
UPDATE policy_review SET remark = '' WHERE remark > '' AND (kind = %s AND "row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(remark, word) > 0))
"""
REDACT_COMMENTS_SQL = f"""
UPDATE policy_comment c SET text = '{REDACTED_TEXT}', field = '' FROM policy_review r
WHERE r.id = c.review_id AND (r.kind = %s AND r."row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(c.text || c.field, word) > 0))
"""  # noqa: S608
REDACT_ADMIN_LOG_SQL = f"""
UPDATE django_admin_log l SET object_repr = '{REDACTED_TEXT}', change_message = ''
FROM django_content_type t
WHERE t.id = l.content_type_id AND (t.model = %s AND l.object_id::bigint = %s OR EXISTS (
    SELECT FROM unnest(%s::text[]) word WHERE strpos(l.object_repr || l.change_message, word) > 0))
"""  # noqa: S608
AUDIT_EVENTS_TO_REDACT_SQL = """
SELECT id, detail FROM policy_auditevent WHERE what <> 'takedown' AND (kind = %s AND "row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(detail::text, word) > 0))
"""


class Redaction:
    """Removes the words of records from the database, and counts what it removed.

    `removed_words` collects names and quotes, which reviews and logs may contain. `event_hashes`
    and `revision_hashes` have the new hash of each changed row, by id.
    """

    def __init__(self) -> None:
        self.removed_counts: Counter[str] = Counter()
        self.removed_words: set[str] = set()
        self.event_hashes: dict[int, str] = {}
        self.revision_hashes: dict[int, str] = {}

    # Published revisions

    def save_revisions(self, batch: list[Revision]) -> None:
        for revision in batch:
            revision.digest = sha256_hex(revision.document)
            self.revision_hashes[revision.pk] = revision_leaf(revision)
        columns = ("event", "reason", "merged_into", "document", "digest", "pk")
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE policy_revision SET event = %s, reason = %s, merged_into = %s,"
                " document = %s, digest = %s, redacted = true WHERE id = %s",
                [[getattr(revision, name) for name in columns] for revision in batch],
            )

    def delete_index_rows(self, ids: list[int]) -> None:
        """Delete the index rows of revisions, and facet values that no other revision has."""
        values = self.delete_rows("policy_facet", "revision_id", ids, "value_id")
        self.delete_rows("policy_interval", "revision_id", ids)
        self.delete_rows("policy_searchentry", "revision_id", ids)
        self.delete_rows("policy_csvrow", "revision_id", ids)
        self.execute(
            "DELETE FROM policy_facetvalue v WHERE id = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM policy_facet f WHERE f.value_id = v.id)",
            [values],
        )

    def rebuild_search_rows(self, changed: Sequence[tuple[Revision, Document]]) -> None:
        """Rebuild the search entries and CSV rows of changed revisions."""
        ids = [row.pk for row, _ in changed]
        self.delete_rows("policy_searchentry", "revision_id", ids)
        self.delete_rows("policy_csvrow", "revision_id", ids)
        insert_search_entries(
            [(row.pk, facets.search_texts(add_later_fields(body))) for row, body in changed]
        )
        copy_csv_rows((row.pk, body) for row, body in changed)

    # Rows that curators edit

    def clear_record(self, record: Record) -> None:
        """Clear the fields of a draft. The row stays, so that nobody can use the id again."""
        self.removed_words |= draft_names(record)
        delete_draft_references(record)
        if isinstance(record, Action):
            self.delete_parts(record)
        if isinstance(record, Source):
            self.delete_text(record)
        Renamed.objects.filter(kind=record.KIND, record=record.slug).delete()
        rows = type(record)._default_manager.filter(pk=record.pk)
        rows.update(**redacted_columns(type(record)))
        self.removed_counts["drafts"] += 1

    def delete_text(self, source: Source) -> None:
        self.removed_counts["texts"] += SourceText.objects.filter(source=source).delete()[0]

    def clear_quotes(self, source: Source) -> None:
        """Delete the text of a source, and clear the quotes and notes in its draft citations."""
        self.delete_text(source)
        cited = Citation.objects.filter(source=source)
        for quote, note in cited.values_list("quote", "note"):
            self.removed_words |= {quote, note}
        self.removed_counts["draft citations"] += cited.update(quote="", note="")

    def delete_parts(self, action: Action) -> None:
        self.removed_words |= set(action.citations.values_list("quote", flat=True))
        for model, _, _ in CHILD_MODELS.values():
            model.objects.filter(action=action).delete()
        for field in M2M_FIELDS:
            getattr(action, field).clear()

    # Reviews and logs

    def redact_logs(self, row: Record) -> None:
        """Redact remarks, comments, the admin log and audit events about a record."""
        words = sorted(word for word in self.removed_words if len(word) >= MIN_REDACTED_WORD_LENGTH)
        parameters = (row.KIND, row.pk, words)
        self.removed_counts["remarks"] += self.execute(REDACT_REMARKS_SQL, parameters)
        self.removed_counts["comments"] += self.execute(REDACT_COMMENTS_SQL, parameters)
        self.removed_counts["admin log entries"] += self.execute(REDACT_ADMIN_LOG_SQL, parameters)
        self.redact_audit_events(
            row, [json.dumps(word, ensure_ascii=False)[1:-1] for word in words]
        )

    def redact_audit_events(self, row: Record, words: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(AUDIT_EVENTS_TO_REDACT_SQL, [row.KIND, row.pk, words])
            details: dict[int, Document] = {
                id: json.loads(detail) for id, detail in cursor.fetchall()
            }
        kept: dict[int, Document] = {
            id: {k: v for k, v in d.items() if k in KEPT_DETAIL_KEYS} for id, d in details.items()
        }
        changed = [id for id in details if kept[id] != details[id]]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE policy_auditevent SET detail = %s::jsonb WHERE id = %s",
                [(json.dumps(kept[id]), id) for id in changed],
            )
            cursor.execute(
                "SELECT id, policy_auditevent_hash(d) FROM policy_auditevent d WHERE id = ANY(%s)",
                [changed],
            )
            hashes: dict[int, str] = dict(cursor.fetchall())
        self.event_hashes |= hashes
        self.removed_counts["audit events"] += len(changed)

    # SQL

    def execute(
        self, statement: str, parameters: Sequence[str | int | list[str] | list[int]]
    ) -> int:
        """Run a statement and return the number of rows that it changed."""
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return int(cursor.rowcount)

    def delete_rows(
        self, table: str, column: str, ids: list[int], returning: str = ""
    ) -> list[int]:
        """Delete rows by a column. Return the distinct values of the column `returning`."""
        with connection.cursor() as cursor:
            statement = f"DELETE FROM {table} WHERE {column} = ANY(%s)"  # noqa: S608
            cursor.execute(statement + (f" RETURNING {returning}" if returning else ""), [ids])
            return sorted({row[0] for row in cursor.fetchall()}) if returning else []


def redacted_columns(model: type[Record]) -> dict[str, object]:
    """Return the values that the columns of a draft get.

    Required codes, digests and numbers are kept: they contain no words of a record.
    """
    fields = {field.name: field for field in model._meta.concrete_fields if field.editable}
    optional = {
        name: None if field.null else field.get_default()
        for name, field in fields.items()
        if field.blank and not field.primary_key
    }
    return optional | {name: text for name, text in REDACTED_VALUES.items() if name in fields}


def draft_names(record: Record) -> set[str]:
    """Return the names and titles of a draft."""
    if isinstance(record, Agency | Entity):
        return {record.name, record.native_name, *record.aliases}
    return {record.title} if isinstance(record, Action | Source) else set()


def delete_draft_references(record: Record) -> None:
    """Delete the rows and references of other drafts that refer to a record."""
    if isinstance(record, Action):
        Relation.objects.filter(target=record).delete()
    elif isinstance(record, Agency):
        ActionAgency.objects.filter(agency=record).delete()
        Agency.objects.filter(parent=record).update(parent=None)
    elif isinstance(record, Entity):
        ActionEntity.objects.filter(entity=record).delete()
    elif isinstance(record, Source):
        Citation.objects.filter(source=record).delete()
        Source.objects.filter(derived_from=record).update(derived_from=None)
