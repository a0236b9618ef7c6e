"""Writes what finds a revision: facets, intervals and words. All of it follows from documents."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django.db import connection

from policy import facets
from policy.document import Document
from policy.models import Revision
from policy.models.revision import LIVE
from policy.reference import Trees

Rows = list[tuple[Any, ...]]
FACET = ("kind", "facet", "value", "date", "record", "revision_id", "superseded_by")
INTERVAL = ("revision_id", "date", "earliest", "latest")
WEIGHTS = "ABCD"
LANGUAGES = ("english", "simple")  # stemmed words, and names as they are written
VECTOR = " || ".join(
    f"setweight(to_tsvector('{language}', {weight}), '{weight}')"
    for weight in WEIGHTS
    for language in LANGUAGES
)


class Index:
    @cached_property
    def trees(self) -> Trees:
        return Trees.read()

    def add(self, revisions: Sequence[tuple[Revision, Document]]) -> None:
        """Index live revisions. Tombstones are found by their address alone."""
        live = [(revision, body) for revision, body in revisions if revision.event in LIVE]
        # every row is made before COPY begins: a query inside it would wait for itself
        copy("policy_facet", FACET, [row for pair in live for row in self.facets(*pair)])
        copy("policy_interval", INTERVAL, [row for pair in live for row in intervals(*pair)])
        write_words([(revision.id, facets.words(body)) for revision, body in live])

    def facets(self, revision: Revision, body: Document) -> Rows:
        day = facets.day(body)
        place = (day, revision.record, revision.id, revision.successor)
        found = facets.facets(body, self.trees.places, self.trees.terms)
        return [(revision.kind, facet, value, *place) for facet, value in sorted(found)]


def intervals(revision: Revision, body: Document) -> Rows:
    return [(revision.id, *interval) for interval in facets.intervals(body)]


def copy(table: str, columns: Sequence[str], rows: Rows) -> None:
    with connection.cursor() as cursor:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with cursor.copy(statement) as target:
            for row in rows:
                target.write_row(row)


def write_words(words: Sequence[tuple[int, dict[str, str]]]) -> None:
    """The words of documents, weighted, once per language."""
    texts = [[found[weight] for _, found in words] for weight in WEIGHTS]
    arrays = ", ".join(["%s::text[]"] * len(WEIGHTS))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO policy_searchentry (revision_id, words) SELECT id, {VECTOR}"  # noqa: S608
            f" FROM unnest(%s::bigint[], {arrays}) AS given (id, {', '.join(WEIGHTS)})",
            [[id for id, _ in words], *texts],
        )
