"""Order by rank at a bounded cost: the newest rows are ranked, the older ones follow by date."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from policy.models.sql import Condition, all_of
from policy.search.query import BY_DATE, UNRANKED, Walk, after, order

MOST = 1000  # rows that are ranked: what a common word costs, whatever the size of the dataset
SAMPLE = 300  # rows that tell how common it is
BY_RANK = ("rank", *BY_DATE)
OLDEST = "SELECT date, record FROM ranked ORDER BY date, record LIMIT 1"


@dataclass(frozen=True)
class Ranked(Walk):
    """A walk whose newest rows have a rank of 0 or more, told by their search entry.

    Ordered by rank these come first, and those that are ranked alike by date; then come all others
    by date. That is one order without gaps, and each cut of it one statement.
    """

    rank: Condition = field(kw_only=True)

    def found(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> Condition:
        if columns != BY_RANK:
            return super().found(columns, descending, key, limit)
        behind = key[1:] if key and key[0] == UNRANKED else ()
        if behind and descending:
            return super().found(BY_DATE, descending, behind, limit)
        ranked, best = self.ranked(), cut_of_ranked(descending, key, limit)
        parts = f"WITH ranked AS MATERIALIZED ({ranked.sql}), best AS MATERIALIZED ({best.sql})"
        values = (*ranked.values, *best.values)
        if not reaches_others(descending, key, limit):
            return Condition(f"{parts} SELECT * FROM best", values)  # noqa: S608
        others = self.others(descending, behind, limit)
        sql = f"""
            {parts} SELECT * FROM (SELECT * FROM best UNION ALL ({others.sql})) f
            ORDER BY {order(BY_RANK, descending)} LIMIT %s
        """  # noqa: S608
        return Condition(sql, (*values, *others.values, limit))

    def ranked(self) -> Condition:
        newest = self.newest_found()
        entry = "policy_searchentry s WHERE s.revision_id = f.revision_id"
        sql = f"""
            SELECT f.revision_id, f.date, f.record, (SELECT {self.rank.sql} FROM {entry}) AS rank
            FROM ({newest.sql}) f
        """  # noqa: S608
        return Condition(sql, (*self.rank.values, *newest.values))

    def newest_found(self) -> Condition:
        """Walked from the newest on if matches are common, or else chosen from all of them.

        Left to itself the planner walks too often: it takes words to be independent of each other
        and of time. Sums of dates are in no index, so that the other way is not walked.
        """
        common = self.common()
        which = all_of([self.condition, Condition("(SELECT yes FROM common)")])
        walked = Walk(which, self.led_by, self.value).found(BY_DATE, True, (), MOST)
        sql = f"""
            WITH common AS MATERIALIZED ({common.sql}), walked AS ({walked.sql})
            SELECT * FROM walked UNION ALL (
                SELECT f.revision_id, f.date, f.record, {UNRANKED} FROM policy_facet f
                WHERE {self.condition.sql} AND NOT (SELECT yes FROM common)
                ORDER BY f.date + 0 DESC, f.record DESC LIMIT %s
            )
        """  # noqa: S608
        return Condition(sql, (*common.values, *walked.values, *self.condition.values, MOST))

    def common(self) -> Condition:
        """Whether it is a shorter way to MOST matches than to all.

        With a share s of n rows matching it takes MOST / s rows, and to all of them s * n.
        """
        (led, values), (chosen, more) = self.led_by, self.condition
        sql = f"""
            SELECT count(*) * count(*) * (
                SELECT v.records FROM policy_facetvalue v WHERE v.id = %s
            ) >= %s AS yes FROM (
                SELECT * FROM policy_facet f WHERE {led}
                ORDER BY f.date DESC, f.record DESC LIMIT %s
            ) f WHERE {chosen}
        """  # noqa: S608
        return Condition(sql, (self.value, MOST * SAMPLE**2, *values, SAMPLE, *more))

    def others(self, descending: bool, key: Sequence[Any], limit: int) -> Condition:
        """What is older than all that are ranked. Descending, only if these do not fill the cut."""
        bounds = [
            self.condition,
            Condition("(SELECT count(*) FROM ranked) = %s", (MOST,)),
            Condition(f"(f.date, f.record) < ({OLDEST})"),
        ]
        if descending:
            bounds.append(Condition("(SELECT count(*) FROM best) < %s", (limit,)))
        return Walk(all_of(bounds), self.led_by, self.value).found(BY_DATE, descending, key, limit)


def cut_of_ranked(descending: bool, key: Sequence[Any], limit: int) -> Condition:
    chosen = all_of([Condition("true"), *after(BY_RANK, descending, key)])
    ordered = order(BY_RANK, descending)
    sql = f"""
        SELECT f.revision_id, f.date, f.record, f.rank
        FROM ranked f WHERE {chosen.sql} ORDER BY {ordered} LIMIT %s
    """  # noqa: S608
    return Condition(sql, (*chosen.values, limit))


def reaches_others(descending: bool, key: Sequence[Any], limit: int) -> bool:
    """Whether a cut may hold rows without a rank: a first page is full before it comes to them."""
    if descending:
        return bool(key) or limit > MOST
    return not key or key[0] == UNRANKED
