"""The physical limit: one process, one prepared statement, stored bytes joined into one answer.

No routing, validation, errors, links or schema. Nothing that answers from PostgreSQL through
Python can be much faster; the aim of the product is to come near.
"""

from threading import local
from urllib.parse import parse_qsl

from psycopg.pq import ConnStatus, PGconn

PAGE = (
    b"SELECT document FROM (SELECT date, record, number FROM bare.place"
    b" WHERE place = $1 AND date BETWEEN $2 AND $3"
    b" ORDER BY date DESC, record DESC LIMIT 50) page JOIN bare.document USING (number)"
    b" ORDER BY date DESC, page.record DESC"
)
DEEP = PAGE.replace(b" ORDER BY", b" AND (date, record) < ($4, $5) ORDER BY", 1)
ONE = b"SELECT document FROM bare.document WHERE record = $1"
WORDS = (
    b"SELECT document FROM (SELECT date, record, number FROM bare.words"
    b" WHERE words @@ (websearch_to_tsquery('english', $1) || websearch_to_tsquery('simple', $1))"
    b" AND date BETWEEN $2 AND $3"
    b" ORDER BY date DESC, record DESC LIMIT 50) page JOIN bare.document USING (number)"
    b" ORDER BY date DESC, page.record DESC"
)
GROUPS = (
    b"SELECT json_build_array(type, stance, count(*)) FROM action"
    b" WHERE sort_date BETWEEN $1 AND $2 GROUP BY type, stance"
)
PREPARED = {b"page": PAGE, b"deep": DEEP, b"one": ONE, b"groups": GROUPS}
JSON = [("Content-Type", "application/json")]
kept = local()


def connection() -> PGconn:
    if not hasattr(kept, "connection"):
        kept.connection = PGconn.connect(b"")  # PGHOST and its like say where
        assert kept.connection.status == ConnStatus.OK, kept.connection.error_message
        for name, statement in PREPARED.items():
            kept.connection.prepare(name, statement)
    return kept.connection


def asked(query):
    """(statement, its parameters)."""
    since, until = query.get("since", "0001-01-02"), query.get("until", "9999-12-31")
    if "group" in query:
        return b"groups", [since, until]
    if "q" in query:
        return None, [query["q"], since, until]
    where = [query.get("jurisdiction", ""), since, until]
    if "date" in query:
        return b"deep", [*where, query["date"], query["record"]]
    return b"page", where


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/actions":
        name, values = asked(dict(parse_qsl(environ["QUERY_STRING"])))
    else:
        name, values = b"one", [path.rpartition("/")[2]]
    encoded = [value.encode() for value in values]
    if name:
        found = connection().exec_prepared(name, encoded)
    else:  # a plan made for this very word
        found = connection().exec_params(WORDS, encoded)
    rows = [found.get_value(row, 0) for row in range(found.ntuples)]
    body = rows[0] if name == b"one" else b'{"results":[' + b",".join(rows) + b"]}"
    start_response("200 OK", [*JSON, ("Content-Length", str(len(body)))])
    return [body]
