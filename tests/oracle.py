"""The rules of computed answers, read a second time from docs/decisions/0026-computed-answers.md.

Nothing here imports the code that it checks, and nothing is made to be fast: each question is put
to one document and one day. A day is text (YYYY-MM-DD). A document is an action as published.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations
from typing import Any

Document = Mapping[str, Any]
FIRST_DAY, LAST_DAY = "0001-01-01", "9999-12-31"

# Level of evidence

FIELDS_THAT_TELL_WHAT_WAS_DONE = {
    *("type", "status", "agencies", "entities", "jurisdictions", "targets", "dates", "figures"),
}
SINGLE_VALUES = (
    *("unit", "type", "status", "legal_force", "stance", "attribution", "instrument", "provision"),
)


def iter_value_keys(action: Document) -> Iterable[str]:
    """Yield the key of each coded value: see "Keys" in docs/data-model.md."""
    yield from (name for name in SINGLE_VALUES if action[name])
    for name in ("penalty", "activities"):
        yield from (f"{name}/{code}" for code in action[name])
    yield from (f"jurisdictions/{row['id']}" for row in action["jurisdictions"])
    yield from (f"targets/{row['jurisdiction']['id']}/{row['role']}" for row in action["targets"])
    yield from (f"agencies/{row['agency']['id']}" for row in action["agencies"])
    yield from (f"entities/{row['entity']['id']}" for row in action["entities"])
    for name in ("dates", "figures"):
        for row in action[name]:
            yield f"{name}/{row['kind']}" + (f"/{row['part']}" if row["part"] else "")
    yield from (f"relations/{row['type']}/{row['action']['id']}" for row in action["relations"])


def level_of_record(action: Document, sources: Sequence[Any]) -> str | None:
    """Return the level of an action. `sources` are those of its citations, in their order."""
    counted = []
    for citation, source in zip(action["citations"], sources, strict=True):
        for support in citation["supports"]:
            told = support["field"].split("/")[0] in FIELDS_THAT_TELL_WHAT_WAS_DONE
            if told and support["basis"] != "inferred":
                counted.append(source)
    return level_of_sources(counted)


def levels_of_values(action: Document, sources: Sequence[Any]) -> dict[str, str | None]:
    """Return the level of each coded value. What supports a role of an actor supports the actor."""
    levels = {}
    for key in iter_value_keys(action):
        actor = key.startswith(("agencies/", "entities/"))
        levels[key] = level_of_sources(
            source
            for citation, source in zip(action["citations"], sources, strict=True)
            for support in citation["supports"]
            if support["basis"] in ("stated", "derived")
            and (support["field"] == key or (actor and support["field"].startswith(f"{key}/")))
        )
    return levels


def level_of_sources(sources: Iterable[Any]) -> str | None:
    found = list(sources)
    if not found:
        return None
    if any(source.source_class_id.startswith("source_class.official_") for source in found):
        return "official"
    independent = any(
        publisher_of(one) and publisher_of(two) and publisher_of(one) != publisher_of(two)
        for one, two in combinations(found, 2)
    )
    return "corroborated" if independent else "single_source"


def publisher_of(source: Any) -> str:
    """Return the publisher of the original that a source repeats, perhaps at third hand."""
    while source.derived_from is not None:
        source = source.derived_from
    return str(source.publisher)


# In force

PLANS = ("planned", "proposed", "in_consultation", "dropped")
BEGINNINGS = ("effective", "adopted", "occurred", "observed", "announced")


def is_in_force(action: Document, day: str, *, surely: bool) -> bool:
    """Return whether an action surely, or else possibly, was in force on a day."""
    if action["status"] in PLANS:
        return False
    dates = {(row["kind"], row["part"]): row for row in action["dates"]}
    parts = {part for kind, part in dates if kind != "reported"} or {""}
    asked = surely_holds if surely else possibly_holds
    return any(
        asked(action["status"], beginning_of(dates, part), ending_of(dates, part), day)
        for part in parts
    )


def beginning_of(dates: Mapping[tuple[str, str], Any], part: str) -> Any:
    for owner in (part, ""):
        for kind in BEGINNINGS:
            if (kind, owner) in dates:
                return dates[kind, owner]
    return None


def ending_of(dates: Mapping[tuple[str, str], Any], part: str) -> Any:
    return dates.get(("ended", part), dates.get(("ended", "")))


def surely_holds(status: str | None, beginning: Any, ending: Any, day: str) -> bool:
    if beginning is None or beginning["latest"] is None or day < beginning["latest"]:
        return False  # it may begin later
    if ending is not None:
        return ending["earliest"] is not None and day <= ending["earliest"]
    if status in ("adopted", "in_force"):
        return True
    known_day = beginning["earliest"] == beginning["latest"] == day
    if status == "completed":
        return known_day
    if beginning["kind"] == "observed" and status in (None, "under_way"):
        return known_day
    return status == "under_way" and day == beginning["latest"]


def possibly_holds(status: str | None, beginning: Any, ending: Any, day: str) -> bool:
    first, last = as_bounds(beginning)
    if day < first:
        return False
    if ending is not None:
        return day <= as_bounds(ending)[1]
    return status != "completed" or day <= last


def as_bounds(row: Any) -> tuple[str, str]:
    """Return the first and last possible day of a date, without limit where it is open."""
    if row is None:
        return FIRST_DAY, LAST_DAY
    return row["earliest"] or FIRST_DAY, row["latest"] or LAST_DAY


# The main date

MAIN_KINDS = ("occurred", "adopted", "effective", "announced", "observed", "ended", "reported")


def main_dates(action: Document) -> list[Any]:
    """Return the first dates of an action. The rule leaves the order of several parts open."""
    ranks = [rank_of(row) for row in action["dates"]]
    return [row for row, rank in zip(action["dates"], ranks, strict=True) if rank == min(ranks)]


def rank_of(row: Any) -> tuple[object, ...]:
    is_open = row["earliest"] is None or row["latest"] is None
    width = 0 if is_open else ordinal(row["latest"]) - ordinal(row["earliest"])
    return (
        row["kind"] == "reported",
        is_open,
        row["kind"] in ("observed", "ended"),
        row["part"] != "",
        width,
        MAIN_KINDS.index(row["kind"]),
    )


def main_bounds(action: Document) -> tuple[str | None, str | None] | None:
    """Return the two ends of the main date, None where open; None without a date."""
    main = next(iter(main_dates(action)), None)
    return (main["earliest"], main["latest"]) if main else None


def sort_day(row: Any) -> str:
    return str(row["earliest"] or row["latest"])


def surely_within(action: Document, first: str, last: str) -> bool:
    bounds = main_bounds(action)
    if bounds is None or bounds[0] is None or bounds[1] is None:
        return False
    return first <= bounds[0] and bounds[1] <= last


def may_overlap(action: Document, first: str, last: str) -> bool:
    bounds = main_bounds(action)
    if bounds is None:
        return False
    return (bounds[0] or FIRST_DAY) <= last and first <= (bounds[1] or LAST_DAY)


# Days, months and years


def ordinal(day: str) -> int:
    return date.fromisoformat(day).toordinal()


def shift(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def month_bounds(month: str) -> tuple[str, str]:
    year, number = map(int, month.split("-"))
    last = date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)
    return f"{month}-01", last.isoformat()


def year_bounds(year: str) -> tuple[str, str]:
    return f"{year}-01-01", f"{year}-12-31"


def month_of(action: Document) -> str | None:
    """Return the month in which the main date surely lies."""
    month = (main_bounds(action) or ("",))[0] or ""
    return month[:7] if month and surely_within(action, *month_bounds(month[:7])) else None


def year_of(action: Document) -> str | None:
    year = (main_bounds(action) or ("",))[0] or ""
    return year[:4] if year and surely_within(action, *year_bounds(year[:4])) else None


def iter_months(first: str, last: str) -> Iterable[str]:
    while first <= last:
        yield first
        first = shift(month_bounds(first)[1], 1)[:7]


def iter_years(first: str, last: str) -> Iterable[str]:
    return (str(year) for year in range(int(first), int(last) + 1))


# Counting


def count_acts(
    actions: Sequence[Document], merged: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Return the smallest and largest number of acts that some actions tell of.

    `merged` names the record that replaces each merged one.
    """
    acts = {action["id"]: action for action in actions if action["unit"] == "act"}
    group = {slug: slug for slug in acts}
    for slug, action in acts.items():
        for relation in action["relations"]:
            other = relation["action"]["id"]
            while merged and other in merged:
                other = merged[other]
            if relation["type"] == "may_be_same_as" and other in acts:
                old, new = group[slug], group[other]
                group = {each: new if name == old else name for each, name in group.items()}
    return {"smallest": len(set(group.values())), "largest": len(acts)}


def no_keys(action: Document) -> list[str | None]:
    return [""]


def count_groups(
    actions: Sequence[Document],
    period_of: Callable[[Document], str | None],
    iter_between: Callable[[str, str], Iterable[str]],
    bounds_of: Callable[[str], tuple[str, str]],
    keys_of: Callable[[Document], list[str | None]] = no_keys,
) -> dict[tuple[str | None, str | None], tuple[int, int, int | None]]:
    """Return count, acts and possible of each period and key; the period None: surely in none.

    Without keys, every period between the first and the last sure one has a group.
    """
    told = [(action, key) for action in actions for key in keys_of(action)]
    counts = Counter((period_of(action), key) for action, key in told)
    acts = Counter((period_of(action), key) for action, key in told if action["unit"] == "act")
    sure = sorted(period for period, _ in counts if period is not None)
    periods = list(iter_between(sure[0], sure[-1])) if sure else []
    possible = Counter(
        (period, key)
        for period in periods
        for action, key in told
        if may_overlap(action, *bounds_of(period))
    )
    empty = {(period, "") for period in periods if keys_of is no_keys}
    return {
        group: (counts[group], acts[group], None if group[0] is None else possible[group])
        for group in counts.keys() | possible.keys() | empty
    }
