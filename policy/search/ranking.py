"""Order by rank at a bounded cost: the newest rows are ranked, the older ones follow by date."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from policy.models.sql import SqlFragment, join_conditions
from policy.search.query import DATE_ORDER, NO_RANK, IndexScan, keyset_conditions, order_by_sql

MAX_RANKED_ROWS = (
    1000  # rows that are ranked: what a common word costs, whatever the size of the dataset
)
RANKING_SAMPLE_SIZE = 300  # rows that tell how common it is
RANK_ORDER = ("rank", *DATE_ORDER)
OLDEST_RANKED_SQL = "SELECT date, record FROM ranked ORDER BY date, record LIMIT 1"


@dataclass(frozen=True)
class RankedScan(IndexScan):
    """A walk whose newest rows have a rank of 0 or more, told by their search entry.

    Ordered by rank these come first, and those that are ranked alike by date; then come all others
    by date. That is one order without gaps, and each cut of it one statement.
    """

    rank: SqlFragment = field(kw_only=True)

    def page_sql(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> SqlFragment:
        if columns != RANK_ORDER:
            return super().page_sql(columns, descending, key, limit)
        behind = key[1:] if key and key[0] == NO_RANK else ()
        if behind and descending:
            return super().page_sql(DATE_ORDER, descending, behind, limit)
        ranked, best = self.ranked_sql(), ranked_page_sql(descending, key, limit)
        parts = f"WITH ranked AS MATERIALIZED ({ranked.sql}), best AS MATERIALIZED ({best.sql})"
        values = (*ranked.values, *best.values)
        if not reaches_unranked(descending, key, limit):
            return SqlFragment(f"{parts} SELECT * FROM best", values)  # noqa: S608
        others = self.unranked_sql(descending, behind, limit)
        sql = f"""
            {parts} SELECT * FROM (SELECT * FROM best UNION ALL ({others.sql})) f
            ORDER BY {order_by_sql(RANK_ORDER, descending)} LIMIT %s
        """  # noqa: S608
        return SqlFragment(sql, (*values, *others.values, limit))

    def ranked_sql(self) -> SqlFragment:
        newest = self.newest_rows_sql()
        entry = "policy_searchentry s WHERE s.revision_id = f.revision_id"
        sql = f"""
            SELECT f.revision_id, f.date, f.record, (SELECT {self.rank.sql} FROM {entry}) AS rank
            FROM ({newest.sql}) f
        """  # noqa: S608
        return SqlFragment(sql, (*self.rank.values, *newest.values))

    def newest_rows_sql(self) -> SqlFragment:
        """Walked from the newest on if matches are common, or else chosen from all of them.

        Left to itself the planner walks too often: it takes words to be independent of each other
        and of time. Sums of dates are in no index, so that the other way is not walked.
        """
        common = self.is_common_sql()
        which = join_conditions([self.condition, SqlFragment("(SELECT yes FROM common)")])
        walked = IndexScan(which, self.driving_condition, self.value).page_sql(
            DATE_ORDER, True, (), MAX_RANKED_ROWS
        )
        sql = f"""
            WITH common AS MATERIALIZED ({common.sql}), walked AS ({walked.sql})
            SELECT * FROM walked UNION ALL (
                SELECT f.revision_id, f.date, f.record, {NO_RANK} FROM policy_facet f
                WHERE {self.condition.sql} AND NOT (SELECT yes FROM common)
                ORDER BY f.date + 0 DESC, f.record DESC LIMIT %s
            )
        """  # noqa: S608
        return SqlFragment(
            sql, (*common.values, *walked.values, *self.condition.values, MAX_RANKED_ROWS)
        )

    def is_common_sql(self) -> SqlFragment:
        """Whether it is a shorter way to MOST matches than to all.

        With a share s of n rows matching it takes MOST / s rows, and to all of them s * n.
        """
        (led, values), (chosen, more) = self.driving_condition, self.condition
        sql = f"""
            SELECT count(*) * count(*) * (
                SELECT v.records FROM policy_facetvalue v WHERE v.id = %s
            ) >= %s AS yes FROM (
                SELECT * FROM policy_facet f WHERE {led}
                ORDER BY f.date DESC, f.record DESC LIMIT %s
            ) f WHERE {chosen}
        """  # noqa: S608
        return SqlFragment(
            sql,
            (
                self.value,
                MAX_RANKED_ROWS * RANKING_SAMPLE_SIZE**2,
                *values,
                RANKING_SAMPLE_SIZE,
                *more,
            ),
        )

    def unranked_sql(self, descending: bool, key: Sequence[Any], limit: int) -> SqlFragment:
        """What is older than all that are ranked. Descending, only if these do not fill the cut."""
        bounds = [
            self.condition,
            SqlFragment("(SELECT count(*) FROM ranked) = %s", (MAX_RANKED_ROWS,)),
            SqlFragment(f"(f.date, f.record) < ({OLDEST_RANKED_SQL})"),
        ]
        if descending:
            bounds.append(SqlFragment("(SELECT count(*) FROM best) < %s", (limit,)))
        return IndexScan(join_conditions(bounds), self.driving_condition, self.value).page_sql(
            DATE_ORDER, descending, key, limit
        )


def ranked_page_sql(descending: bool, key: Sequence[Any], limit: int) -> SqlFragment:
    chosen = join_conditions([SqlFragment("true"), *keyset_conditions(RANK_ORDER, descending, key)])
    ordered = order_by_sql(RANK_ORDER, descending)
    sql = f"""
        SELECT f.revision_id, f.date, f.record, f.rank
        FROM ranked f WHERE {chosen.sql} ORDER BY {ordered} LIMIT %s
    """  # noqa: S608
    return SqlFragment(sql, (*chosen.values, limit))


def reaches_unranked(descending: bool, key: Sequence[Any], limit: int) -> bool:
    """Whether a cut may hold rows without a rank: a first page is full before it comes to them."""
    if descending:
        return bool(key) or limit > MAX_RANKED_ROWS
    return not key or key[0] == NO_RANK
