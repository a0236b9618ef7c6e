"""TODO docstring."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from policy import audit
from policy.documents import facets
from policy.documents.types import Document, RecordKey
from policy.hashes import sha256_hex
from policy.models import (
    CHILD_MODELS,
    M2M_FIELDS,
    ActionAgency,
    ActionEntity,
    Agency,
    Citation,
    Record,
    Relation,
    Renamed,
    Revision,
    Source,
    SourceText,
)
from policy.publishing.index import copy_csv_rows, insert_search_entries

REDACTED_TEXT = "Taken down"
MIN_REDACTED_WORD_LENGTH = (
    4  # letters of a name that is looked for in the trail: shorter ones are in every word
)
# What a audit event's detail may keep: numbers and ids, no words.
KEPT_DETAIL_KEYS = ("revision", "into", "review", "edition", "versions", "seal")
NAME_FIELDS = ("title", "name", "native_name")
PUBLISHED_DATE_FIELDS = ("earliest", "latest", "precision", "basis")
REDACTED_VALUES: dict[str, Document] = {
    "action": {
        "title": REDACTED_TEXT,
        "summary": "",
        **dict.fromkeys(("type", "status", "legal_force", "stance", "attribution")),
    },
    "agency": {
        "name": REDACTED_TEXT,
        "native_name": "",
        "aliases": [],
        "description": "",
        "parent": None,
    },
    "entity": {
        **{"name": REDACTED_TEXT, "native_name": "", "aliases": [], "description": ""},
        "jurisdiction": None,
    },
    "source": {
        **{"title": REDACTED_TEXT, "publisher": "", "authors": [], "url": "", "derived_from": None},
        **dict.fromkeys(f"published_{part}" for part in PUBLISHED_DATE_FIELDS),
        **{"published_resolution": "", "retrieved_at": None},
    },
}
# Of the record itself, or repeating one of its names or quotes.
REDACT_REMARKS_SQL = """
UPDATE policy_review SET remark = '' WHERE remark > '' AND (kind = %s AND "row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(remark, word) > 0))
"""
REDACT_COMMENTS_SQL = """
UPDATE policy_comment c SET text = 'Taken down', field = '' FROM policy_review r
WHERE r.id = c.review_id AND (r.kind = %s AND r."row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(c.text || c.field, word) > 0))
"""
REDACT_ADMIN_LOG_SQL = """
UPDATE django_admin_log l SET object_repr = 'Taken down', change_message = ''
FROM django_content_type t
WHERE t.id = l.content_type_id AND (t.model = %s AND l.object_id::bigint = %s OR EXISTS (
    SELECT FROM unnest(%s::text[]) word WHERE strpos(l.object_repr || l.change_message, word) > 0))
"""
AUDIT_EVENTS_TO_REDACT_SQL = """
SELECT id, detail FROM policy_auditevent WHERE what <> 'takedown' AND (kind = %s AND "row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(detail::text, word) > 0))
"""


class Redaction:
    """Takes words out of the places that keep them, and counts what went.

    `said` collects names and quotes, which the audit log may repeat. `audit events` and `revisions` hold
    what the hash of each changed row is now, by id.
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
            self.revision_hashes[revision.pk] = audit.seal("", revision)
        columns = ("event", "reason", "merged_into", "document", "digest", "pk")
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE policy_revision SET event = %s, reason = %s, merged_into = %s,"
                " document = %s, digest = %s WHERE id = %s",
                [[getattr(revision, name) for name in columns] for revision in batch],
            )

    def delete_index_rows(self, ids: list[int]) -> None:
        """Nothing finds them any more; values that nobody else has go too."""
        values = self.delete("policy_facet", "revision_id", ids, "value_id")
        self.delete("policy_interval", "revision_id", ids)
        self.delete("policy_searchentry", "revision_id", ids)
        self.delete("policy_csvrow", "revision_id", ids)
        self.execute(
            "DELETE FROM policy_facetvalue v WHERE id = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM policy_facet f WHERE f.value_id = v.id)",
            [values],
        )

    def rebuild_search_rows(self, changed: list[tuple[Revision, Document]]) -> None:
        """The words to search, and the line, of what was rewritten."""
        ids = [row.pk for row, _ in changed]
        self.delete("policy_searchentry", "revision_id", ids)
        self.delete("policy_csvrow", "revision_id", ids)
        insert_search_entries([(row.pk, facets.search_texts(body)) for row, body in changed])
        copy_csv_rows((row.pk, body) for row, body in changed)

    # Rows that curators edit

    def clear_record(self, row: Any) -> None:
        """The row stays, for its id is taken, and says nothing."""
        self.removed_words |= {str(getattr(row, name, "")) for name in NAME_FIELDS}
        self.removed_words |= set(getattr(row, "aliases", ()))
        delete_draft_references(row)
        if row.KIND == "action":
            self.delete_parts(row)
        if row.KIND == "source":
            self.delete_text(row)
        Renamed.objects.filter(kind=row.KIND, record=row.slug).delete()
        type(row).objects.filter(pk=row.pk).update(note="", **REDACTED_VALUES[row.KIND])
        self.removed_counts["records in the workbench"] += 1

    def delete_text(self, source: Any) -> None:
        self.removed_counts["texts"] += SourceText.objects.filter(source=source).delete()[0]

    def clear_quotes(self, source: Any) -> None:
        """Of a source that stays: its text, and whatever drafts quote of it."""
        self.delete_text(source)
        cited = Citation.objects.filter(source=source)
        self.removed_words |= {words for row in cited.values_list("quote", "note") for words in row}
        self.removed_counts["citations in the workbench"] += cited.update(quote="", note="")

    def delete_parts(self, action: Any) -> None:
        self.removed_words |= set(action.citations.values_list("quote", flat=True))
        for model, _, _ in CHILD_MODELS.values():
            model.objects.filter(action=action).delete()
        for field in M2M_FIELDS:
            getattr(action, field).clear()

    # Reviews and logs

    def redact_logs(self, row: Record) -> None:
        """Remarks, comments, the admin's log and details of audit events."""
        words = sorted(word for word in self.removed_words if len(word) >= MIN_REDACTED_WORD_LENGTH)
        given = (row.KIND, row.pk, words)
        self.removed_counts["remarks"] += self.execute(REDACT_REMARKS_SQL, given)
        self.removed_counts["comments"] += self.execute(REDACT_COMMENTS_SQL, given)
        self.removed_counts["entries of the admin's log"] += self.execute(
            REDACT_ADMIN_LOG_SQL, given
        )
        self.redact_audit_events(
            row, [json.dumps(word, ensure_ascii=False)[1:-1] for word in words]
        )

    def redact_audit_events(self, row: Record, words: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(AUDIT_EVENTS_TO_REDACT_SQL, [row.KIND, row.pk, words])
            details = {id: json.loads(detail) for id, detail in cursor.fetchall()}
        plain = {
            id: {k: v for k, v in d.items() if k in KEPT_DETAIL_KEYS} for id, d in details.items()
        }
        changed = [id for id in details if plain[id] != details[id]]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE policy_auditevent SET detail = %s::jsonb WHERE id = %s",
                [(json.dumps(plain[id]), id) for id in changed],
            )
            cursor.execute(
                "SELECT id, policy_auditevent_hash(d) FROM policy_auditevent d WHERE id = ANY(%s)",
                [changed],
            )
            self.event_hashes |= dict(cursor.fetchall())
        self.removed_counts["audit_events"] += len(changed)

    # SQL

    def execute(self, statement: str, given: Sequence[Any]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return int(cursor.rowcount)

    def delete(self, table: str, column: str, ids: list[int], back: str = "") -> list[int]:
        """Rows by a column. Returns the different values of another one."""
        with connection.cursor() as cursor:
            statement = f"DELETE FROM {table} WHERE {column} = ANY(%s)"  # noqa: S608
            cursor.execute(statement + (f" RETURNING {back}" if back else ""), [ids])
            return sorted({row[0] for row in cursor.fetchall()}) if back else []


def collect_names(body: Document) -> set[str]:
    """What a record is called, and the words that it quotes."""
    quotes = {citation["quote"] for citation in body.get("citations", [])}
    return {body.get(name, "") for name in NAME_FIELDS} | {*body.get("aliases", ())} | quotes


def remove_mentions(body: Document, key: RecordKey, cited_only: bool = False) -> set[str]:
    """Take out of a document what it says of a record. Returns the words that went."""
    kind, slug = key
    went = set()
    for found, reference in () if cited_only else facets.iter_record_references(body):
        if reference and (found, reference["id"]) == key:
            went.add(reference["name"])
            reference["name"] = REDACTED_TEXT
    for row, words in iter_rows_about(body, kind, slug):
        went |= {row[word] for word in words}
        row |= dict.fromkeys(words, "")
    return went


def iter_rows_about(
    body: Document, kind: str, slug: str
) -> Iterable[tuple[Document, tuple[str, ...]]]:
    """Rows of an action about a record, and the words in them."""
    lists = {
        "agency": ("agencies", "agency", ("described_as",)),
        "entity": ("entities", "entity", ("described_as",)),
        "source": ("citations", "source", ("quote", "note")),
        "action": ("relations", "action", ("reason",)),
    }
    field, reference, words = lists[kind]
    for row in body.get(field, []):
        if row[reference] and row[reference]["id"] == slug:
            yield row, words


def delete_draft_references(row: Any) -> None:
    """No draft goes on referring to what says nothing."""
    if row.KIND == "action":
        Relation.objects.filter(target=row).delete()
    elif row.KIND == "agency":
        ActionAgency.objects.filter(agency=row).delete()
        Agency.objects.filter(parent=row).update(parent=None)
    elif row.KIND == "entity":
        ActionEntity.objects.filter(entity=row).delete()
    else:
        Citation.objects.filter(source=row).delete()
        Source.objects.filter(derived_from=row).update(derived_from=None)
