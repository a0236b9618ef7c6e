"""What the dates of an action say: its main date, and when it was in force, surely and possibly.

docs/decisions/0026-computed-answers.md gives the rules and their reasons.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from policy.documents.types import ActionContent, DateContent

# The derived periods have a point in their names, which no code of the vocabulary date has.
MAIN_PERIOD = "derived.main"
IN_FORCE = "derived.in_force"
POSSIBLY_IN_FORCE = "derived.in_force_possibly"
DERIVED_PERIODS = (MAIN_PERIOD, IN_FORCE, POSSIBLY_IN_FORCE)

MAIN_DATE_KINDS = ("occurred", "adopted", "effective", "announced", "observed", "ended", "reported")
SECONDARY_DATE_KINDS = ("observed", "ended")  # not the day on which the act was done
UNKNOWN_WIDTH = date.max.toordinal()

# A part begins with the first of these kinds that it has.
START_DATE_KINDS = ("effective", "adopted", "occurred", "observed", "announced")
NEVER_IN_FORCE = frozenset({"planned", "proposed", "in_consultation", "dropped"})
CONTINUING = frozenset({"adopted", "in_force"})  # until they are known to have ended


class Period(NamedTuple):
    """The kind of a period, and its first and last day (YYYY-MM-DD); None: no limit."""

    kind: str
    earliest: str | None
    latest: str | None


def main_date(dates: Sequence[DateContent], schema_version: int) -> DateContent | None:
    """Return the date that tells best when the act was done; None if it has no date.

    The day of a report is only used if there is no other date. A date with both ends comes before
    one with an open end, the narrowest first.
    """
    if schema_version < 2:
        by_kind = {row["kind"]: row for row in dates}
        return next((by_kind[kind] for kind in MAIN_DATE_KINDS if kind in by_kind), None)
    return min(dates, key=main_date_rank, default=None)


def main_date_rank(row: DateContent) -> tuple[bool, bool, bool, bool, int, int, str]:
    kind, width = row["kind"], interval_width(row)
    return (
        kind == "reported",
        width == UNKNOWN_WIDTH,
        kind in SECONDARY_DATE_KINDS,
        bool(row["part"]),
        width,
        MAIN_DATE_KINDS.index(kind) if kind in MAIN_DATE_KINDS else len(MAIN_DATE_KINDS),
        row["part"],
    )


def interval_width(row: DateContent) -> int:
    """Return the number of days between both ends of a date; UNKNOWN_WIDTH if one is open."""
    if row["earliest"] is None or row["latest"] is None:
        return UNKNOWN_WIDTH
    return (date.fromisoformat(row["latest"]) - date.fromisoformat(row["earliest"])).days


def sort_date(dates: Sequence[DateContent], schema_version: int) -> str | None:
    """Return the day to sort an action by: the earliest day of its main date, or the latest."""
    main = main_date(dates, schema_version)
    return (main["earliest"] or main["latest"]) if main else None


def common_period(earliest: str | None, latest: str | None, length: int) -> str:
    """Return the year (`length` 4) or month (7) in which both days lie; empty if there is none."""
    if earliest is None or latest is None or earliest[:length] != latest[:length]:
        return ""
    return earliest[:length]


def iter_periods(action: ActionContent) -> Iterator[Period]:
    """Yield the dates of an action as they are coded, and the periods derived from them."""
    for row in action["dates"]:
        yield Period(row["kind"], row["earliest"], row["latest"])
    if main := main_date(action["dates"], action["schema_version"]):
        yield Period(MAIN_PERIOD, main["earliest"], main["latest"])
    yield from dict.fromkeys(iter_force_periods(action))


def iter_force_periods(action: ActionContent) -> Iterator[Period]:
    """Yield when each part of an action surely was in force, and when it possibly was."""
    if action["status"] in NEVER_IN_FORCE:
        return
    for part in iter_parts(action["dates"]):
        start = find_date(action["dates"], part, START_DATE_KINDS)
        end = find_date(action["dates"], part, ("ended",))
        possibly = possible_force(action["status"], start, end)
        if is_in_order(possibly):
            yield possibly
            surely = sure_force(action["status"], start, end)
            if surely and is_in_order(surely):
                yield surely


def iter_parts(dates: Sequence[DateContent]) -> list[str]:
    """Return the parts that a start or an end is known of; the whole act if there are none."""
    kinds = {*START_DATE_KINDS, "ended"}
    return list(dict.fromkeys(row["part"] for row in dates if row["kind"] in kinds)) or [""]


def find_date(dates: Sequence[DateContent], part: str, kinds: Sequence[str]) -> DateContent | None:
    """Return the first of the kinds that a part has, or else that the whole act has."""
    by_key = {(row["part"], row["kind"]): row for row in dates}
    keys = [(name, kind) for name in dict.fromkeys((part, "")) for kind in kinds]
    return next((by_key[key] for key in keys if key in by_key), None)


def possible_force(
    status: str | None, start: DateContent | None, end: DateContent | None
) -> Period:
    first = start["earliest"] if start else None
    if status == "completed" and not end:
        return Period(POSSIBLY_IN_FORCE, first, start["latest"] if start else None)
    return Period(POSSIBLY_IN_FORCE, first, end["latest"] if end else None)


def sure_force(
    status: str | None, start: DateContent | None, end: DateContent | None
) -> Period | None:
    """Return the period in which a part surely was in force; None if there is none."""
    if start is None or start["latest"] is None:
        return None
    first = start["latest"]
    if end:
        return Period(IN_FORCE, first, end["earliest"]) if end["earliest"] else None
    if status in CONTINUING:
        return Period(IN_FORCE, first, None)
    observed = start["kind"] == "observed"
    begun = status == "under_way" and not observed
    seen_then = status in ("under_way", "completed") or (status is None and observed)
    if begun or (seen_then and start["earliest"] == first):
        return Period(IN_FORCE, first, first)
    return None


def is_in_order(period: Period) -> bool:
    return not (period.earliest and period.latest and period.earliest > period.latest)
