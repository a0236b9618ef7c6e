"""Chooses revisions by their facets: walks the rarest value in order, probes the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from policy.documents.facets import Pair
from policy.models.index import value_id
from policy.models.sql import Condition, all_of, fetched
from policy.search.version import STATE, VERSION, State

PERIODS = ("year", "month")
FEW = 1000  # rows that are sorted sooner than found one by one
EVERY: Pair = ("all", "")  # the value that all revisions have
BY_DATE = ("date", "record")
UNRANKED = -1  # below all ranks


class Row(NamedTuple):
    """A chosen revision, and the dataset's version that its statement saw; of a walk that is
    `stated`, all of where the dataset stood."""

    revision_id: int
    date: str
    record: str
    version: int
    rank: int
    text: str | None
    reference: int = 0
    at: float = 0.0

    @property
    def state(self) -> State:
        return State(self.version, self.reference, self.at)


class Text(NamedTuple):
    """What is read of each chosen revision behind the LIMIT."""

    column: str
    join: str


NOTHING = Text("NULL", "")
DOCUMENT = Text("r.document", "JOIN policy_revision r ON r.id = f.revision_id")
# One that is missing must not pass for the end of a list.
LINE = Text("l.text", "LEFT JOIN policy_line l ON l.revision_id = f.revision_id")


WITH_VERSION = ("", f"({VERSION})", "")
WITH_STATE = (
    f"WITH state AS MATERIALIZED ({STATE})",
    "(SELECT version FROM state)",
    ", (SELECT reference FROM state), (SELECT at FROM state)",
)


def standing(version: int | None = None) -> Condition:
    """What stands now, or stood at a version of the dataset."""
    if version is None:
        return Condition("f.superseded_by IS NULL")
    return Condition(
        "(f.superseded_by IS NULL OR f.superseded_by > %s) AND f.revision_id <= %s",
        (version, version),
    )


def having(id: int) -> Condition:
    return Condition("f.value_id = %s", (id,))


def probe(which: str, *values: Any) -> Condition:
    """Asked of one row after another: OFFSET 0 keeps the planner from joining whole lists."""
    same = f"SELECT FROM policy_facet o WHERE o.revision_id = f.revision_id AND {which} OFFSET 0"
    return Condition(f"EXISTS ({same})", values)


@dataclass(frozen=True)
class Walk:
    """Rows in an order, found by one facet and narrowed by conditions.

    `value` is that facet's, and `led_by` what is true of all rows that have it. `stated`: rows tell
    where the dataset stands. A file has too many of them to say it again and again.
    """

    condition: Condition
    led_by: Condition
    value: int
    text: Text = NOTHING
    stated: bool = False

    @property
    def ids(self) -> Condition:
        """A statement that gives the ids of the revisions."""
        sql, values = self.condition
        ids = f"SELECT f.revision_id FROM policy_facet f WHERE {sql}"  # noqa: S608
        return Condition(ids, values)

    def cut(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> list[Row]:
        """The first rows in an order of columns that tell all rows apart, or those after a key."""
        found = self.found(columns, descending, key, limit)
        state, version, beyond = WITH_STATE if self.stated else WITH_VERSION
        statement = f"""
            {state} SELECT f.revision_id, f.date::text, f.record, {version}, f.rank,
                {self.text.column} {beyond}
            FROM ({found.sql}) f {self.text.join}
            ORDER BY {order(columns, descending)}
        """  # noqa: S608
        return [Row(*row) for row in fetched(statement, found.values)]

    def found(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> Condition:
        """A statement that gives the rows of a cut."""
        chosen = all_of([self.condition, *after(columns, descending, key)])
        sql = f"""
            SELECT f.revision_id, f.date, f.record, {UNRANKED}::bigint AS rank
            FROM policy_facet f WHERE {chosen.sql}
            ORDER BY {order(columns, descending)} LIMIT %s
        """  # noqa: S608
        return Condition(sql, (*chosen.values, limit))

    def newest(self, most: int) -> list[int]:
        """The ids of the newest revisions by the date of their records."""
        rows = self.cut(BY_DATE, descending=True, key=(), limit=most)
        return [row.revision_id for row in rows]


def order(columns: Sequence[str], descending: bool) -> str:
    way = " DESC" if descending else ""
    return ", ".join(f"f.{column}{way}" for column in columns)


def after(columns: Sequence[str], descending: bool, key: Sequence[Any]) -> list[Condition]:
    """What is true of the rows after a key; of all when it is empty."""
    names = ", ".join(f"f.{column}" for column in columns)
    sign = "<" if descending else ">"
    places = ", ".join(["%s"] * len(key))
    return [Condition(f"({names}) {sign} ({places})", tuple(key))] if key else []


@dataclass(frozen=True)
class Selection:
    """What is asked of the revisions of a kind, before it is decided how to find them."""

    kind: str
    version: int | None = None
    wanted: tuple[Pair, ...] = ()
    bounds: tuple[Condition, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def having(self, facet: str, value: str) -> Self:
        """Only revisions with this value."""
        return replace(self, wanted=(*self.wanted, (facet, value)))

    def having_any(self, facet: str, values: Collection[str]) -> Self:
        """Only revisions with at least one of these values."""
        ids = [value_id(self.kind, facet, value) for value in values]
        if sum(records(ids).values()) > FEW:
            return self.where(probe("o.value_id = ANY(%s)", ids))
        few = "f.revision_id IN (SELECT o.revision_id FROM policy_facet o WHERE value_id = ANY(%s))"
        return self.where(Condition(few, (ids,)))

    def lacking(self, facet: str, value: str | None = None) -> Self:
        """Only revisions without this value; without any value of the facet when None."""
        return self.where(~self.probe(facet, value))

    def having_some(self, facet: str) -> Self:
        """Only revisions with a value of the facet."""
        return self.where(self.probe(facet))

    def where(self, condition: Condition) -> Self:
        """Only rows of facets, called f, of which this is true."""
        return replace(self, conditions=(*self.conditions, condition))

    def dated(self, condition: Condition) -> Self:
        """The same of their dates alone: where a walk begins and ends."""
        return replace(self, bounds=(*self.bounds, condition))

    def probe(self, facet: str, value: str | None = None) -> Condition:
        if value is not None:
            return probe("o.value_id = %s", value_id(self.kind, facet, value))
        values = "SELECT v.id FROM policy_facetvalue v WHERE v.kind = %s AND v.facet = %s"
        return probe(f"o.value_id IN ({values})", self.kind, facet)

    def walked(self) -> Walk:
        """Every list walks one facet; with no filter, the one that all revisions have."""
        walked, *probed = self.rarest_first() or [EVERY]
        probes = [self.probe(*pair) for pair in probed]
        value = value_id(self.kind, *walked)
        led_by = all_of([standing(self.version), having(value), *self.bounds])
        return Walk(all_of([led_by, *self.conditions, *probes]), led_by, value)

    def rarest_first(self) -> list[Pair]:
        """The value to walk, then those to probe. The records of a year or month lie together, so
        that these bound the walk and never lead it."""
        if len(self.wanted) < 2:
            return list(self.wanted)
        found = records([value_id(self.kind, *pair) for pair in self.wanted])
        numbers = {pair: found.get(value_id(self.kind, *pair), 0) for pair in self.wanted}
        return sorted(self.wanted, key=lambda pair: (pair[0] in PERIODS, numbers[pair]))


def records(ids: Sequence[int]) -> dict[int, int]:
    """How many standing records have each value."""
    rows = fetched("SELECT id, records FROM policy_facetvalue WHERE id = ANY(%s)", [list(ids)])
    return dict(rows)
