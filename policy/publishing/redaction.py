"""TODO docstring."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from policy import audit
from policy.documents import facets
from policy.documents.build import digest
from policy.documents.types import Document, Key
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
from policy.publishing.index import write_lines, write_words

GONE = "Taken down"
SHORTEST = 4  # letters of a name that is looked for in the trail: shorter ones are in every word
# What a deed's detail may keep: numbers and ids, no words.
PLAIN = ("revision", "into", "review", "edition", "versions", "seal")
NAMES = ("title", "name", "native_name")
DATES = ("earliest", "latest", "precision", "basis")
BLANK: dict[str, Document] = {
    "action": {
        "title": GONE,
        "summary": "",
        **dict.fromkeys(("type", "status", "legal_force", "stance", "attribution")),
    },
    "agency": {"name": GONE, "native_name": "", "aliases": [], "description": "", "parent": None},
    "entity": {
        **{"name": GONE, "native_name": "", "aliases": [], "description": ""},
        "jurisdiction": None,
    },
    "source": {
        **{"title": GONE, "publisher": "", "authors": [], "url": "", "derived_from": None},
        **dict.fromkeys(f"published_{part}" for part in DATES),
        **{"published_resolution": "", "retrieved_at": None},
    },
}
# Of the record itself, or repeating one of its names or quotes.
REMARKS = """
UPDATE policy_review SET remark = '' WHERE remark > '' AND (kind = %s AND "row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(remark, word) > 0))
"""
COMMENTS = """
UPDATE policy_comment c SET text = 'Taken down', field = '' FROM policy_review r
WHERE r.id = c.review_id AND (r.kind = %s AND r."row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(c.text || c.field, word) > 0))
"""
LOG = """
UPDATE django_admin_log l SET object_repr = 'Taken down', change_message = ''
FROM django_content_type t
WHERE t.id = l.content_type_id AND (t.model = %s AND l.object_id::bigint = %s OR EXISTS (
    SELECT FROM unnest(%s::text[]) word WHERE strpos(l.object_repr || l.change_message, word) > 0))
"""
DEEDS = """
SELECT id, detail FROM policy_deed WHERE what <> 'takedown' AND (kind = %s AND "row" = %s
    OR EXISTS (SELECT FROM unnest(%s::text[]) word WHERE strpos(detail::text, word) > 0))
"""


class Redaction:
    """Takes words out of the places that keep them, and counts what went.

    `said` collects names and quotes, which the audit log may repeat. `deeds` and `revisions` hold
    what the hash of each changed row is now, by id.
    """

    def __init__(self) -> None:
        self.went: Counter[str] = Counter()
        self.said: set[str] = set()
        self.deeds: dict[int, str] = {}
        self.revisions: dict[int, str] = {}

    # Published revisions

    def rewrite(self, batch: list[Revision]) -> None:
        for revision in batch:
            revision.digest = digest(revision.document)
            self.revisions[revision.pk] = audit.seal("", revision)
        columns = ("event", "reason", "merged_into", "document", "digest", "pk")
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE policy_revision SET event = %s, reason = %s, merged_into = %s,"
                " document = %s, digest = %s WHERE id = %s",
                [[getattr(revision, name) for name in columns] for revision in batch],
            )

    def unindex(self, ids: list[int]) -> None:
        """Nothing finds them any more; values that nobody else has go too."""
        values = self.delete("policy_facet", "revision_id", ids, "value_id")
        self.delete("policy_interval", "revision_id", ids)
        self.delete("policy_searchentry", "revision_id", ids)
        self.delete("policy_line", "revision_id", ids)
        self.run(
            "DELETE FROM policy_facetvalue v WHERE id = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM policy_facet f WHERE f.value_id = v.id)",
            [values],
        )

    def reword(self, changed: list[tuple[Revision, Document]]) -> None:
        """The words to search, and the line, of what was rewritten."""
        ids = [row.pk for row, _ in changed]
        self.delete("policy_searchentry", "revision_id", ids)
        self.delete("policy_line", "revision_id", ids)
        write_words([(row.pk, facets.words(body)) for row, body in changed])
        write_lines((row.pk, body) for row, body in changed)

    # Rows that curators edit

    def blank(self, row: Any) -> None:
        """The row stays, for its id is taken, and says nothing."""
        self.said |= {str(getattr(row, name, "")) for name in NAMES}
        self.said |= set(getattr(row, "aliases", ()))
        drop_references(row)
        if row.KIND == "action":
            self.empty(row)
        if row.KIND == "source":
            self.drop_text(row)
        Renamed.objects.filter(kind=row.KIND, record=row.slug).delete()
        type(row).objects.filter(pk=row.pk).update(note="", **BLANK[row.KIND])
        self.went["records in the workbench"] += 1

    def drop_text(self, source: Any) -> None:
        self.went["texts"] += SourceText.objects.filter(source=source).delete()[0]

    def unquote(self, source: Any) -> None:
        """Of a source that stays: its text, and whatever drafts quote of it."""
        self.drop_text(source)
        cited = Citation.objects.filter(source=source)
        self.said |= {words for row in cited.values_list("quote", "note") for words in row}
        self.went["citations in the workbench"] += cited.update(quote="", note="")

    def empty(self, action: Any) -> None:
        self.said |= set(action.citations.values_list("quote", flat=True))
        for model, _, _ in CHILD_MODELS.values():
            model.objects.filter(action=action).delete()
        for field in M2M_FIELDS:
            getattr(action, field).clear()

    # Reviews and logs

    def hush(self, row: Record) -> None:
        """Remarks, comments, the admin's log and details of deeds."""
        words = sorted(word for word in self.said if len(word) >= SHORTEST)
        given = (row.KIND, row.pk, words)
        self.went["remarks"] += self.run(REMARKS, given)
        self.went["comments"] += self.run(COMMENTS, given)
        self.went["entries of the admin's log"] += self.run(LOG, given)
        self.hush_deeds(row, [json.dumps(word, ensure_ascii=False)[1:-1] for word in words])

    def hush_deeds(self, row: Record, words: list[str]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(DEEDS, [row.KIND, row.pk, words])
            details = {id: json.loads(detail) for id, detail in cursor.fetchall()}
        plain = {id: {k: v for k, v in d.items() if k in PLAIN} for id, d in details.items()}
        changed = [id for id in details if plain[id] != details[id]]
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE policy_deed SET detail = %s::jsonb WHERE id = %s",
                [(json.dumps(plain[id]), id) for id in changed],
            )
            cursor.execute(
                "SELECT id, policy_deed_hash(d) FROM policy_deed d WHERE id = ANY(%s)", [changed]
            )
            self.deeds |= dict(cursor.fetchall())
        self.went["deeds"] += len(changed)

    # SQL

    def run(self, statement: str, given: Sequence[Any]) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return int(cursor.rowcount)

    def delete(self, table: str, column: str, ids: list[int], back: str = "") -> list[int]:
        """Rows by a column. Returns the different values of another one."""
        with connection.cursor() as cursor:
            statement = f"DELETE FROM {table} WHERE {column} = ANY(%s)"  # noqa: S608
            cursor.execute(statement + (f" RETURNING {back}" if back else ""), [ids])
            return sorted({row[0] for row in cursor.fetchall()}) if back else []


def named(body: Document) -> set[str]:
    """What a record is called, and the words that it quotes."""
    quotes = {citation["quote"] for citation in body.get("citations", [])}
    return {body.get(name, "") for name in NAMES} | {*body.get("aliases", ())} | quotes


def silenced(body: Document, key: Key, cited_only: bool = False) -> set[str]:
    """Take out of a document what it says of a record. Returns the words that went."""
    kind, slug = key
    went = set()
    for found, reference in () if cited_only else facets.referred(body):
        if reference and (found, reference["id"]) == key:
            went.add(reference["name"])
            reference["name"] = GONE
    for row, words in beside(body, kind, slug):
        went |= {row[word] for word in words}
        row |= dict.fromkeys(words, "")
    return went


def beside(body: Document, kind: str, slug: str) -> Iterable[tuple[Document, tuple[str, ...]]]:
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


def drop_references(row: Any) -> None:
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
