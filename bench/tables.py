"""The peers' own tables: normalised as their documentation would have it, and filled from the
documents that the product publishes, so that every contestant holds the same facts."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

import bench.django_setup  # noqa: F401
from policy.documents import facets

Document = dict[str, Any]
Row = tuple[Any, ...]
FILES = Path(__file__).resolve().parent / "peers"
PLAIN = (
    *("id", "revision", "published_at", "title", "summary", "unit", "type", "status"),
    *("legal_force", "stance", "attribution", "instrument", "provision", "sort_date", "licence"),
)
LISTS = (
    *("penalty", "activities", "targets", "identifiers", "classifications"),
    *("unknowns", "evidence", "review"),
)
NAMED = ("jurisdiction", "agency", "entity", "source")
ACTOR = ("key", "role", "naming", "described_as")
DATE = ("kind", "part", "earliest", "latest", "precision", "basis", "resolution")
FIGURE = ("kind", "part", "value", "comparator", "unit", "claimed_by")
NOTE = ("kind", "field", "text")
PASSAGE = ("start", "end", "sha256", "paragraph", "quote", "note")
COLUMNS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(NAMED, ("id", "name")),
    "action": (*PLAIN, *LISTS),
    "action_jurisdiction": ("action_id", "jurisdiction_id"),
    "action_agency": ("action_id", "agency_id", *ACTOR),
    "action_entity": ("action_id", "entity_id", *ACTOR),
    "action_date": ("action_id", *DATE),
    "figure": ("action_id", *FIGURE),
    "relation": ("action_id", "target_id", "type", "reason"),
    "note": ("action_id", *NOTE),
    "citation": ("action_id", "source_id", *PASSAGE, "supports"),
}

BARE = {
    "bare.document": ("number", "record", "document"),
    "bare.place": ("place", "date", "record", "number"),
}
FLAT = {"search": ("action_id", "text")}  # in SQLite alone, as the others are in PostgreSQL alone
ALL = {**COLUMNS, **BARE, **FLAT}


def values(row: Document, names: Iterable[str]) -> Row:
    return tuple(row[name] for name in names)


def plain(row: Row) -> Row:
    return tuple(json.dumps(value) if isinstance(value, list | dict) else value for value in row)


def rows(document: Document) -> Iterator[tuple[str, Row]]:
    """(table, row) for everything that an action's document says."""
    own = document["id"]
    yield "action", plain(values(document, (*PLAIN, *LISTS)))
    for place in document["jurisdictions"]:
        yield "action_jurisdiction", (own, place["id"])
    for kind, field in (("agency", "agencies"), ("entity", "entities")):
        for actor in document[field]:
            known = actor[kind] and actor[kind]["id"]
            yield f"action_{kind}", (own, known, *values(actor, ACTOR))
    yield from (("action_date", (own, *values(row, DATE))) for row in document["dates"])
    yield from (("figure", (own, *values(row, FIGURE))) for row in document["figures"])
    for row in document["relations"]:
        yield "relation", (own, row["action"]["id"], row["type"], row["reason"])
    yield from (("note", (own, *values(row, NOTE))) for row in document["notes"])
    for row in document["citations"]:
        passage = values(row, PASSAGE)
        yield "citation", (own, row["source"]["id"], *passage, json.dumps(row["supports"]))


def names(document: Document) -> Iterator[tuple[str, str, str]]:
    """(table, id, name) of what an action's document refers to."""
    for place in document["jurisdictions"]:
        yield "jurisdiction", place["id"], place["name"]
    for kind, field in (("agency", "agencies"), ("entity", "entities")):
        for actor in document[field]:
            if known := actor[kind]:
                yield kind, known["id"], known["name"]
    for citation in document["citations"]:
        yield "source", citation["source"]["id"], citation["source"]["name"]


def documents(product: psycopg.Connection[Any]) -> Iterator[tuple[str, Document]]:
    """(text, document) of every action that stands, the oldest publication first."""
    with product.cursor("standing") as cursor:
        cursor.itersize = 1000
        cursor.execute(
            "SELECT document FROM policy_revision WHERE kind = 'action'"
            " AND superseded_at IS NULL AND event IN ('publish', 'revise') ORDER BY id"
        )
        for (text,) in cursor:
            yield text, json.loads(text)


Watch = Callable[[Iterable[Any]], Iterable[Any]]
Connection = psycopg.Connection[Any]


def fill(product: Connection, peers: Connection, flat: Path, watched: Watch) -> None:
    write(product, peers, flat, watched)
    peers.commit()
    peers.autocommit = True
    peers.execute("VACUUM ANALYZE")


def write(product: Connection, peers: Connection, flat: Path, watched: Watch) -> None:
    """The tables of all peers: PostgreSQL's, and the file of SQLite that Datasette serves."""
    peers.execute((FILES / "tables.sql").read_text())
    target = Sqlite(flat)
    found: dict[tuple[str, str], str] = {}
    batch: dict[str, list[Row]] = {table: [] for table in (*COLUMNS, *BARE, *FLAT)}
    for place, (text, document) in enumerate(watched(documents(product)), 1):
        for table, row in rows(document):
            batch[table].append(row)
        found.update(((table, id), name) for table, id, name in names(document))
        bare(batch, place, text, document)
        batch["search"].append((document["id"], " ".join(facets.search_texts(document).values())))
        if place % 5000 == 0:
            flush(peers, target, batch)
    for (table, id), name in found.items():
        batch[table].append((id, name))
    flush(peers, target, batch)
    words(product, peers)
    peers.execute((FILES / "indexes.sql").read_text())
    target.finish()


def bare(batch: dict[str, list[Row]], place: int, text: str, document: Document) -> None:
    """What the physical limit keeps: documents, and a narrow row in output order per place."""
    own, date = document["id"], document["sort_date"] or facets.UNDATED
    batch["bare.document"].append((place, own, text))
    for code in ("", *(row["id"] for row in document["jurisdictions"])):
        batch["bare.place"].append((code, date, own, place))


def flush(peers: psycopg.Connection[Any], target: "Sqlite", batch: dict[str, list[Row]]) -> None:
    for table, found in batch.items():
        if table not in FLAT:
            copy(peers, table, found)
        if table not in BARE:
            target.insert(table, found)
        found.clear()


def copy(peers: psycopg.Connection[Any], table: str, found: list[Row]) -> None:
    columns = map(sql.Identifier, ALL[table])
    name = sql.Identifier(*table.split("."))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name, sql.SQL(", ").join(columns))
    with peers.cursor() as cursor, cursor.copy(statement) as target:
        for row in found:
            target.write_row(row)


def words(product: psycopg.Connection[Any], peers: psycopg.Connection[Any]) -> None:
    """All search the same words, as the product weighed them."""
    peers.execute('CREATE TEMP TABLE given (record text COLLATE "C", words tsvector)')
    read = (
        "COPY (SELECT r.record, w.words FROM policy_searchentry w"
        " JOIN policy_revision r ON r.id = w.revision_id"
        " WHERE r.kind = 'action' AND r.superseded_at IS NULL) TO STDOUT"
    )
    with (
        product.cursor().copy(read) as source,
        peers.cursor().copy("COPY given FROM STDIN") as target,
    ):
        for block in source:
            target.write(block)
    peers.execute((FILES / "words.sql").read_text())


class Sqlite:
    """The same tables in one file."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self.connection = sqlite3.connect(path)
        self.connection.executescript((FILES / "datasette" / "tables.sql").read_text())

    def insert(self, table: str, found: list[Row]) -> None:
        columns = ALL[table]
        listed = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        statement = f'INSERT INTO "{table}" ({listed}) VALUES ({marks})'
        self.connection.executemany(statement, found)

    def finish(self) -> None:
        self.connection.executescript((FILES / "datasette" / "indexes.sql").read_text())
        self.connection.commit()
        self.connection.close()
