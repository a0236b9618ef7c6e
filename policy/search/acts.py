"""Counts acts: records of the unit `act`, of which some may be the same act."""

from collections.abc import Iterable
from typing import NamedTuple

from policy.models.sql import SqlFragment, fetch_all
from policy.search.counts import count_scan
from policy.search.query import Selection, current_condition


class ActCount(NamedTuple):
    """The smallest and the largest number of different acts that records may tell of.

    The largest number takes every record of the unit `act` as an act of its own. The smallest takes
    those that are linked by `may_be_same_as` as one.
    """

    smallest: int
    largest: int


def count_acts(chosen: Selection) -> ActCount:
    """Return the number of acts among the selected actions."""
    largest = count_scan(chosen.filter("unit", "act").to_scan()).records
    return ActCount(largest - count_repeated_acts(chosen), largest)


def count_repeated_acts(chosen: Selection) -> int:
    """Return how many of the selected acts may be the same as another selected act.

    Acts are the same if they are linked by `may_be_same_as`. A link to a merged action is one to
    the action that replaced it.
    """
    links = fetch_links(chosen.version)
    if not links:
        return 0
    acts = fetch_acts_among(chosen, {record for link in links for record in link})
    return count_links(link for link in links if acts.issuperset(link))


def fetch_links(version: int | None) -> list[tuple[str, str]]:
    """Return the pairs of records that are linked by `may_be_same_as`, now or at a version,
    which is given as its number."""
    current = current_condition(version)
    statement = f"""
        WITH RECURSIVE links AS (
            SELECT f.record::text, v.value::text AS other FROM policy_facetvalue v
            JOIN policy_facet f ON f.value_id = v.id
            WHERE v.kind = 'action' AND v.facet = 'may_be_same_as' AND {current.sql}
            UNION
            SELECT l.record, r.merged_into::text FROM links l
            JOIN policy_revision r ON r.kind = 'action' AND r.record = l.other
                AND r.event = 'merge' AND r.id <= coalesce(%s, r.id)
        )
        SELECT record, other FROM links
    """  # noqa: S608
    return fetch_all(statement, [*current.values, version])


def fetch_acts_among(chosen: Selection, records: set[str]) -> set[str]:
    """Return those of some actions that are selected and of the unit `act`."""
    ids = "SELECT id FROM policy_revision WHERE kind = 'action' AND record = ANY(%s)"
    few = chosen.where(SqlFragment(f"f.revision_id = ANY(ARRAY({ids}))", (sorted(records),)))
    condition, values = few.where(chosen.exists("unit", "act")).to_scan().condition
    statement = f"SELECT f.record FROM policy_facet f WHERE {condition}"  # noqa: S608
    return {record for (record,) in fetch_all(statement, values)}


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
