"""Take what a court forbids out of every place where it is stored.

The one way around what is immutable, and only whoever owns the tables may go it (migration 0008).
What was removed is repeated nowhere. The trail says who did it and why, and what each deed that had
to change has become, so that `verify_audit` knows it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.contrib.auth.models import User
from django.db import connection, transaction

from policy import audit
from policy.documents import facets
from policy.documents.schema import Document, Envelope, Key, digest, instant, text, tombstone
from policy.exchange import write_rows
from policy.models import (
    ActionAgency,
    ActionEntity,
    Agency,
    Citation,
    Facet,
    Record,
    Relation,
    Renamed,
    Revision,
    Source,
    SourceText,
)
from policy.models.revision import KINDS, LIVE, value_id
from policy.publishing.approval import Approval, Refused
from policy.publishing.index import write_lines, write_words
from policy.publishing.publish import Ledger, batched, key_of, locked, new_revision, said_since

GONE = "Taken down"
BATCH = 500
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
TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname NOT LIKE 'django%%session' ORDER BY relname
"""


class Takedown:
    """Records that go, all in one transaction; what went, counted; what is left of deeds."""

    def __init__(
        self, records: Sequence[Record], by: User, reason: str, others: Iterable[Key] = ()
    ) -> None:
        self.by, self.reason = by, reason
        open_the_way()
        self.ledger = Ledger([*map(key_of, records), *others])
        self.version = self.ledger.version
        self.rows = {key_of(record): locked(record) for record in records}
        self.at = self.ledger.next_instant()
        self.went: Counter[str] = Counter()
        self.said: set[str] = set()  # names and quotes: the trail may have repeated them
        self.deeds: dict[int, str] = {}  # what the hash of each would be now
        self.revisions: dict[int, str] = {}

    def refuse(self) -> None:
        """Raises Refused with every reason why not."""
        done = filter(self.is_done, self.rows.values())
        found = [f"{row.slug} is taken down already." for row in done]
        found += [] if self.reason.strip() else ["Give a reason: it is shown to everybody."]
        if found:
            raise Refused(*found)

    def refuse_dangling(self) -> None:
        """What stands, or stood last, must not rest on what says nothing."""
        found = [
            f"The {kind} {slug} refers to {row.slug}: revise it first, or take it down too."
            for row in self.rows.values()
            for kind, slug in sorted(self.dependants(key_of(row)) - self.rows.keys())
        ]
        if found:
            raise Refused(*found)

    def is_done(self, row: Record) -> bool:
        standing = self.ledger.current.get(key_of(row))
        return standing is not None and standing.event == "takedown"

    def dependants(self, key: Key) -> set[Key]:
        """Records whose last content refers to one, whether it stands or was withdrawn."""
        rows = referring(key).values_list("kind", "record", "number")
        last: dict[Key, int] = {}
        for kind, slug, number in rows:
            last[kind, slug] = max(number, last.get((kind, slug), 0))
        return {found for found, number in last.items() if number == last_content(found)}

    # What was published

    def bury(self, key: Key, row: Record) -> None:
        """A tombstone takes over, and every revision before it becomes one."""
        if key not in self.ledger.current:
            return  # a draft: nobody outside knows of it
        at = self.ledger.next_instant()
        envelope = Envelope(row.KIND, self.ledger.next_number(key), at)
        given = Approval("self_reviewed", self.by)
        revision = new_revision(envelope, row, given, self.reason)
        revision.event = "takedown"
        self.ledger.append(revision, self.stone(revision))

    def stone(self, revision: Revision) -> Document:
        envelope = Envelope(revision.kind, revision.number, revision.published_at)
        when = instant(self.at)
        return tombstone(envelope, revision.record, "takedown", self.reason, taken_down_at=when)

    def redact_own(self, key: Key) -> None:
        for batch in batched(Revision.objects.of(*key).exclude(event="takedown"), BATCH):
            for revision in batch:
                self.said |= named(orjson.loads(revision.document))
                revision.event, revision.merged_into = "takedown", ""
                revision.reason, revision.document = self.reason, text(self.stone(revision))
            self.rewrite(batch)
            self.unindex([revision.pk for revision in batch])
            self.went["revisions"] += len(batch)

    def redact_referring(self, key: Key, cited_only: bool = False) -> None:
        """What others said of it: only its id stays, or all but the words that they cite."""
        for batch in batched(referring(key).exclude(event="takedown"), BATCH):
            changed = []
            for revision in batch:
                body = orjson.loads(revision.document)
                self.said |= silenced(body, key, cited_only)
                if text(body) != revision.document:
                    revision.document = text(body)
                    changed.append((revision, body))
            self.rewrite([revision for revision, _ in changed])
            self.reword(changed)
            self.went["revisions of other records"] += len(changed)
            for revision, body in changed if cited_only else ():
                self.say_again(revision, body)

    def say_again(self, revision: Revision, body: Document) -> None:
        """What stands, without what was taken out of it, so that copies learn of it."""
        if revision.superseded_at is not None:
            return
        envelope = Envelope(revision.kind, revision.number + 1, self.ledger.next_instant())
        again = Revision(
            kind=revision.kind,
            record=revision.record,
            number=envelope.revision,
            event="revise",
            published_at=envelope.published_at,
            reason=self.reason,
            review=revision.review,
        )
        given = {"revision": again.number, "published_at": instant(again.published_at)}
        self.ledger.append(again, {**body, **given})

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

    # What curators keep

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
        for model, _, _ in write_rows.LISTS.values():
            model.objects.filter(action=action).delete()
        for field in write_rows.SETS:
            getattr(action, field).clear()

    # What was done and said

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

    def write_deeds(self, order: str, **more: Any) -> None:
        """One for each record; the first says what the others' rows have become."""
        detail = {"reason": self.reason, **({"order": order} if order else {}), **more}
        whole: Document = {"redacted": {"deeds": self.deeds, "revisions": self.revisions}}
        if self.ledger.version > self.version:
            whole |= said_since(self.version)
        told: list[audit.Told] = []
        for key, row in self.rows.items():
            revision = self.ledger.current.get(key)
            number = {"revision": revision.number} if revision else {}
            told.append(("takedown", row, {**number, **detail, **({} if told else whole)}))
        audit.write_all(told, self.by)

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


@transaction.atomic
def take_down(
    records: Sequence[Record], by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Leave of records nothing but a tombstone that says why. Returns what went, counted.

    All or nothing, and nothing where one of `words` would still stand somewhere.
    """
    job = Takedown(records, by, reason)
    job.refuse()
    job.refuse_dangling()
    for key, row in job.rows.items():
        job.bury(key, row)
    job.ledger.close()
    for key in job.rows:
        job.redact_own(key)
    for key in job.rows:
        job.redact_referring(key)
    for row in job.rows.values():
        job.blank(row)
    finish(job, words, order)
    return job.went


@transaction.atomic
def take_passages_down(
    source: Source, by: User, reason: str, order: str = "", words: Iterable[str] = ()
) -> Counter[str]:
    """Leave a source what it is, and where its passages stand, without a word of them."""
    key = key_of(source)
    quoting = referring(key).values_list("kind", "record").distinct()
    job = Takedown([source], by, reason, others=quoting)
    job.refuse()
    job.redact_referring(key, cited_only=True)
    job.ledger.close()
    job.unquote(source)
    finish(job, words, order, passages=True)
    return job.went


def finish(job: Takedown, words: Iterable[str], order: str, **more: Any) -> None:
    for row in job.rows.values():
        job.hush(row)
    job.write_deeds(order, **more)
    forget_statistics()
    if left := [place for word in words for place in traces(word)]:
        raise Refused(*left)
    connection.check_constraints()


def open_the_way() -> None:
    """For this transaction. Triggers look whether whoever asks owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('policy.take_down', 'on', true)")
        cursor.execute("SELECT policy_may_take_down()")
        if not cursor.fetchone()[0]:
            raise Refused("Only the role that owns the tables may take records down.")


def referring(key: Key) -> Any:
    """Every revision, past ones too, that refers to a record."""
    ids = [value_id(kind, "refers_to", "/".join(key)) for kind in KINDS]
    facets_of = Facet.objects.filter(value__in=ids)
    return Revision.objects.filter(pk__in=facets_of.values("revision")).order_by("pk")


def last_content(key: Key) -> int:
    """The number of a record's last revision that says something."""
    rows = Revision.objects.of(*key).filter(event__in=LIVE)
    return max(rows.values_list("number", flat=True), default=0)


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


def forget_statistics() -> None:
    """The planner keeps samples of what columns hold."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        cursor.execute(f"ANALYZE {', '.join(name for (name,) in cursor.fetchall())}")


def traces(word: str) -> list[str]:
    """Every row of every table that holds a word, in whatever case."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"SELECT coalesce(j->>'record', j->>'slug', j->>'id', ''), j->>'number'"  # noqa: S608
                f" FROM {table} t, to_jsonb(t) j WHERE strpos(lower(t::text), lower(%s)) > 0",
                [word],
            )
            found += [place(table, *row) for row in cursor.fetchall()]
    return found


def place(table: str, name: str, number: str | None) -> str:
    where = f"{name}@{number}" if number else name
    return f"A word to remove still stands in {table}: {where}."
