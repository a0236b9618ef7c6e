"""Counts acts: records of the unit `act`, of which some may be the same act."""

from collections.abc import Iterable
from typing import NamedTuple

from policy.models.index import facet_value_id
from policy.models.sql import fetch_all
from policy.search.query import Selection

UNIT_ACT = facet_value_id("action", "unit", "act")


class ActCount(NamedTuple):
    """The smallest and the largest number of different acts that records may tell of."""

    smallest: int
    largest: int


def count_acts(chosen: Selection) -> ActCount:
    """Return the number of acts among the selected actions.

    The largest number takes every record of the unit `act` as an act of its own. The smallest takes
    those that are linked by `may_be_same_as` as one. A link to a merged action is one to the action
    that replaced it.
    """
    sql, values = chosen.to_scan().ids_sql
    statement = f"""
        WITH RECURSIVE acts AS MATERIALIZED (
            SELECT f.revision_id, f.record FROM ({sql}) chosen
            JOIN policy_facet f ON f.revision_id = chosen.revision_id AND f.value_id = %s
        ), links AS (
            SELECT a.record, v.value::text AS other FROM acts a
            JOIN policy_facet f ON f.revision_id = a.revision_id
            JOIN policy_facetvalue v ON v.id = f.value_id
                AND v.kind = 'action' AND v.facet = 'may_be_same_as'
            UNION
            SELECT l.record, r.merged_into::text FROM links l
            JOIN policy_revision r ON r.kind = 'action' AND r.record = l.other
                AND r.event = 'merge' AND r.id <= coalesce(%s, r.id)
        ), pairs AS (
            SELECT l.record, other AS value FROM links l JOIN acts b ON b.record = other
        )
        SELECT (SELECT count(*) FROM acts), record, value FROM (SELECT) one LEFT JOIN pairs ON true
    """  # noqa: S608
    rows = fetch_all(statement, [*values, UNIT_ACT, chosen.version])
    largest: int = rows[0][0]
    links = count_links((record, other) for _, record, other in rows if record is not None)
    return ActCount(largest - links, largest)


def count_links(pairs: Iterable[tuple[str, str]]) -> int:
    """Return by how much the number of groups falls when the members of each pair are joined."""
    group_by_member: dict[str, str] = {}

    def find(member: str) -> str:
        while (group := group_by_member.setdefault(member, member)) != member:
            member = group
        return member

    links = 0
    for pair in pairs:
        first, second = map(find, pair)
        if first != second:
            group_by_member[second] = first
            links += 1
    return links
