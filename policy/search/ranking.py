"""Orders search results by rank at a limited cost: only the newest rows are ranked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from policy.models.sql import SqlFragment, join_conditions
from policy.search.query import DATE_ORDER, NO_RANK, IndexScan, keyset_conditions, order_by_sql

MAX_RANKED_ROWS = 1000  # limits the cost of a frequent word in a dataset of any size
RANKING_SAMPLE_SIZE = 300  # rows to estimate how frequent matches are
RANK_ORDER = ("rank", *DATE_ORDER)
OLDEST_RANKED_SQL = "SELECT date, record FROM ranked ORDER BY date, record LIMIT 1"


@dataclass(frozen=True)
class RankedScan(IndexScan):
    """A scan whose newest rows have a rank of 0 or more, computed from their search entries.

    In the order of rank these come first, those of equal rank by date. All other rows follow by
    date. This is one total order, and each page of it takes one statement.
    """

    rank: SqlFragment = field(kw_only=True)

    def page_sql(
        self, columns: Sequence[str], descending: bool, key: Sequence[Any], limit: int
    ) -> SqlFragment:
        if columns != RANK_ORDER:
            return super().page_sql(columns, descending, key, limit)
        date_key = key[1:] if key and key[0] == NO_RANK else ()
        if date_key and descending:
            return super().page_sql(DATE_ORDER, descending, date_key, limit)
        ranked, best = self.ranked_sql(), ranked_page_sql(descending, key, limit)
        parts = f"WITH ranked AS MATERIALIZED ({ranked.sql}), best AS MATERIALIZED ({best.sql})"
        values = (*ranked.values, *best.values)
        if not reaches_unranked(descending, key, limit):
            return SqlFragment(f"{parts} SELECT * FROM best", values)  # noqa: S608
        others = self.unranked_sql(descending, date_key, limit)
        sql = f"""
            {parts} SELECT * FROM (SELECT * FROM best UNION ALL ({others.sql})) f
            ORDER BY {order_by_sql(RANK_ORDER, descending)} LIMIT %s
        """  # noqa: S608
        return SqlFragment(sql, (*values, *others.values, limit))

    def ranked_sql(self) -> SqlFragment:
        """Return a statement that selects the newest rows with their rank."""
        newest = self.newest_rows_sql()
        entry = "policy_searchentry s WHERE s.revision_id = f.revision_id"
        sql = f"""
            SELECT f.revision_id, f.date, f.record, (SELECT {self.rank.sql} FROM {entry}) AS rank
            FROM ({newest.sql}) f
        """  # noqa: S608
        return SqlFragment(sql, (*self.rank.values, *newest.values))

    def newest_rows_sql(self) -> SqlFragment:
        """Return a statement that selects the newest rows that match.

        It scans from the newest row if matches are frequent, and else sorts all matches. The
        planner would scan too often: it assumes that words are independent of each other and of
        dates. `f.date + 0` is in no index, so that it must sort.
        """
        common = self.is_common_sql()
        matches = join_conditions([self.condition, SqlFragment("(SELECT yes FROM common)")])
        scanned = IndexScan(matches, self.driving_condition, self.value).page_sql(
            DATE_ORDER, True, (), MAX_RANKED_ROWS
        )
        sql = f"""
            WITH common AS MATERIALIZED ({common.sql}), scanned AS ({scanned.sql})
            SELECT * FROM scanned UNION ALL (
                SELECT f.revision_id, f.date, f.record, {NO_RANK} FROM policy_facet f
                WHERE {self.condition.sql} AND NOT (SELECT yes FROM common)
                ORDER BY f.date + 0 DESC, f.record DESC LIMIT %s
            )
        """  # noqa: S608
        return SqlFragment(
            sql, (*common.values, *scanned.values, *self.condition.values, MAX_RANKED_ROWS)
        )

    def is_common_sql(self) -> SqlFragment:
        """Return a statement that selects whether matches are frequent.

        If a share s of n rows matches, a scan reads MAX_RANKED_ROWS / s rows, and sorting reads
        s * n. The statement estimates s from a sample of the newest rows.
        """
        (driving, values), (condition, more) = self.driving_condition, self.condition
        sql = f"""
            SELECT count(*) * count(*) * (
                SELECT v.records FROM policy_facetvalue v WHERE v.id = %s
            ) >= %s AS yes FROM (
                SELECT * FROM policy_facet f WHERE {driving}
                ORDER BY f.date DESC, f.record DESC LIMIT %s
            ) f WHERE {condition}
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
        """Return a statement that selects the rows older than the ranked ones.

        In descending order it selects none if the ranked rows fill the page.
        """
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
    """Return a statement that selects the ranked rows of a page."""
    chosen = join_conditions([SqlFragment("true"), *keyset_conditions(RANK_ORDER, descending, key)])
    ordered = order_by_sql(RANK_ORDER, descending)
    sql = f"""
        SELECT f.revision_id, f.date, f.record, f.rank
        FROM ranked f WHERE {chosen.sql} ORDER BY {ordered} LIMIT %s
    """  # noqa: S608
    return SqlFragment(sql, (*chosen.values, limit))


def reaches_unranked(descending: bool, key: Sequence[Any], limit: int) -> bool:
    """Return whether a page may contain rows without a rank."""
    if descending:
        return bool(key) or limit > MAX_RANKED_ROWS
    return not key or key[0] == NO_RANK
