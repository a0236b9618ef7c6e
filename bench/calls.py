"""What is asked of every contestant, in words that belong to none of them.

A call is a long list of questions that cost alike, so that an answer kept by anybody is not asked
for again before thousands of others were. Each contestant turns a question into its own URL.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import permutations
from random import Random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psycopg

from bench import generate, words

if TYPE_CHECKING:
    from bench.contestants import Contestant, Rows

FIRST, LAST = generate.FIRST_DAY, generate.LAST_DAY
PAGE = 50
MANY = 3000  # questions of a call: more pages than anybody keeps


@dataclass(frozen=True)
class Ask:
    call: str
    given: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """What is in the dataset: places by how many dated actions they hold, ids, and its size."""

    places: list[tuple[str, int]]
    ids: list[str]
    dated: int
    versions: int

    @classmethod
    def read(cls, peers: psycopg.Connection[Any], product: psycopg.Connection[Any]) -> Facts:
        places = peers.execute(
            "SELECT jurisdiction_id, count(*) FROM action_jurisdiction"
            " JOIN action ON action.id = action_id WHERE sort_date IS NOT NULL"
            " GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
        ids = [id for (id,) in peers.execute("SELECT id FROM action ORDER BY md5(id) LIMIT 30000")]
        total = peers.execute("SELECT count(sort_date) FROM action").fetchone()
        last = product.execute("SELECT max(id) FROM policy_revision").fetchone()
        assert total is not None
        assert last is not None
        return cls(places, ids, total[0], last[0])

    def holding(self, least: int, most: float = float("inf")) -> list[str]:
        found = [place for place, number in self.places if least <= number <= most]
        return found or [self.places[0][0]]


def day(rng: Random, first: date = FIRST, last: date = LAST) -> date:
    return first + timedelta(days=rng.randrange((last - first).days))


def window(rng: Random, least: int = 4) -> dict[str, str]:
    """Some years: they begin anywhere, and hold enough for a page of a common place."""
    since = day(rng, FIRST, LAST - timedelta(days=366 * least))
    until = since + timedelta(days=rng.randrange(365 * least, 365 * (least + 4)))
    return {"since": str(since), "until": str(min(until, LAST))}


def lists(call: str, choose: Callable[[Facts], list[str]]) -> Callable[..., list[Ask]]:
    def asks(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
        places = choose(facts)
        return [Ask(call, {"jurisdiction": rng.choice(places), **window(rng)}) for _ in range(MANY)]

    return asks


def one(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
    return [Ask("one", {"id": id}) for id in facts.ids]


def searches(call: str, find: list[str], **more: str) -> Callable[..., list[Ask]]:
    """The bounds differ, so that the question does, and hardly leave anything out."""

    def asks(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
        found = []
        for number in range(MANY):
            until = LAST - timedelta(days=number % 60)
            since = FIRST + timedelta(days=number // 60)
            bounds = {"since": str(since), "until": str(until)}
            found.append(Ask(call, {"q": find[number % len(find)], **bounds, **more}))
        rng.shuffle(found)
        return found

    return asks


def aggregate(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
    return [Ask("aggregate", {**window(rng, 6), "group": "type,stance"}) for _ in range(MANY)]


def changes(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
    last = max(1, facts.versions - PAGE)
    return [Ask("changes", {"after": n}) for n in rng.sample(range(last), min(last, MANY))]


def walk(ours: Contestant, path: str) -> tuple[Rows, str | None]:
    """The rows of one of our pages, and where the next one is."""
    found = json.loads(ours.get(path)[0])
    beyond = found["next"] and urlsplit(found["next"])
    return found["results"], beyond and f"{beyond.path}?{beyond.query}"


def deep(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
    """Pages behind 80 to 97 % of all dated rows. Ours has no page numbers, so links are followed.

    The order of parameters differs, so that an address does not come again too soon.
    """
    since, found, offset = str(FIRST), [], 0
    stride = min(1000, facts.dated // 20 // PAGE * PAGE or PAGE)
    path: str | None = f"/api/v1/actions/?sort_date__gte={since}&page_size={stride}"
    while path and offset < 0.8 * facts.dated:
        rows, path = walk(ours, path)
        offset += len(rows)
    path = path and path.replace(f"page_size={stride}", f"page_size={PAGE}")
    while path and offset < 0.97 * facts.dated and len(found) < 600:
        last = {"date": rows[-1]["sort_date"], "record": rows[-1]["id"]}
        found.append({"since": since, "offset": offset, "after_row": last, "path": path})
        rows, path = walk(ours, path)
        offset += len(rows)
    return [
        Ask("deep", {**given, "path": turned(given["path"], n)})
        for n in range(6)
        for given in found
    ]


def turned(path: str, number: int) -> str:
    """The same question with its parameters in another order."""
    address, _, query = path.partition("?")
    orders = list(permutations(query.split("&")))
    return f"{address}?{'&'.join(orders[number % len(orders)])}"


def repeated(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
    """Few pages, asked for again and again."""
    return [Ask("repeated", ask.given) for ask in CALLS["list"].asks(facts, rng, ours)[:8]]


def not_modified(facts: Facts, rng: Random, ours: Contestant) -> list[Ask]:
    """Pages that the client has already."""
    found = []
    for ask in CALLS["list"].asks(facts, rng, ours)[:200]:
        tag = ours.get(ours.path(ask))[1]["ETag"]
        found.append(Ask("not_modified", ask.given, {"If-None-Match": tag}))
    return found


@dataclass(frozen=True)
class Call:
    label: str
    asks: Callable[[Facts, Random, Contestant], list[Ask]]
    status: int = 200
    ours_alone: bool = False  # why, says README.md
    again: bool = False  # what was asked before, of the process that keeps answers


CALLS: dict[str, Call] = {
    "list": Call(
        "list page of 50: a place, a range of dates",
        lists("list", lambda facts: facts.holding(facts.dated // 100)[:16]),
    ),
    "list_common": Call(
        "list page: the commonest place",
        lists("list_common", lambda facts: facts.holding(0)[:1]),
    ),
    "list_rare": Call(
        "list page: rare places",
        lists("list_rare", lambda facts: facts.holding(2, 40)[:200]),
    ),
    "deep": Call("page behind 80 to 97 % of the rows", deep),
    "one": Call("one record", one),
    "search_common": Call(
        "search by date: common words", searches("search_common", words.WORDS[:8])
    ),
    "search_rare": Call(
        "search by date: a rare word", searches("search_rare", [generate.RARE_WORD])
    ),
    "search_relevance": Call(
        "search by relevance: common words",
        searches("search_relevance", words.WORDS[:8], ordering="relevance"),
        ours_alone=True,
    ),
    "aggregate": Call("aggregate by two fields", aggregate),
    "changes": Call("changes since a version", changes, ours_alone=True),
    "repeated": Call("list page, the same again", repeated, ours_alone=True, again=True),
    "not_modified": Call(
        "list page, not modified (304)", not_modified, 304, ours_alone=True, again=True
    ),
}
