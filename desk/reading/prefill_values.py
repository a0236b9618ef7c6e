"""A new action as a passage suggests it: what its form begins with. A person saves it, or not."""

from dataclasses import dataclass, field
from typing import Any

from desk.reading.passages import Passage
from policy.models import ActionAgency, ActionDate, Citation, Figure, Term
from policy.suggestions import Described, Interval, Quantity, Suggestion
from policy.suggestions.lexicon import SERIES

Row = dict[str, Any]
ENFORCEMENT = (
    *("investigate", "arrest", "prosecute", "fine", "seize", "shut_down", "cut_service"),
    *("monitor", "restrict_access", "warn"),
)
# The least advanced stage that a bare report of such an act supports.
STATUSES = {
    **dict.fromkeys(
        ("arrest", "prosecute", "convict", "fine", "seize", "state_position"), "completed"
    ),
    **dict.fromkeys(("restrict_access", "warn"), "in_force"),
    **dict.fromkeys(("investigate", "monitor", "pilot"), "under_way"),
    "propose": "proposed",
    "consult": "in_consultation",
    "pledge": "planned",
}
ROLES = {
    **dict.fromkeys(ENFORCEMENT, "enforcer"),
    "propose": "proposer",
    "convict": "adjudicator",
}
AHEAD = {"will", "would", "plans", "plan", "planned", "planning", "upcoming", "intends", "going"}


@dataclass
class Proposal:
    """`values` of the action's own fields, `parts` by the model of the rows."""

    values: Row = field(default_factory=dict)
    parts: dict[Any, list[Row]] = field(default_factory=dict)
    supports: list[Row] = field(default_factory=list)

    def support(self, name: str, basis: str) -> None:
        if name not in {row["field"] for row in self.supports}:
            self.supports.append({"field": name, "basis": basis, "reason": ""})


def proposed(passage: Passage) -> Proposal:
    found, rows = Proposal(), passage.suggestions
    propose_type(found, passage, rows)
    propose_activities(found, {row.value for row in rows if row.kind == "activity"})
    propose_places(found, [row.value for row in rows if row.kind == "jurisdiction"])
    propose_agencies(found, [row for row in rows if row.kind == "agency"])
    propose_dates(found, [row for row in rows if row.kind == "date"])
    propose_figures(found, [row.value for row in rows if row.kind == "figure"])
    found.parts[Citation] = [cited(passage, found.supports)]
    return found


def propose_type(found: Proposal, passage: Passage, rows: list[Suggestion]) -> None:
    """Where the words tell of one sort of act only."""
    types = {row.value for row in rows if row.kind == "type"}
    if types == {SERIES}:
        found.values["unit"] = "unit.series"
        found.support("unit", "derived")
    if len(types - {SERIES}) != 1:
        return
    (code,) = types - {SERIES}
    ahead = AHEAD & set(passage.words.lower().split())
    status = "planned" if ahead else STATUSES.get(code, "adopted")
    found.values |= {"type": f"type.{code}", "status": f"status.{status}"}
    found.support("type", "derived")
    found.support("status", "derived")


def propose_activities(found: Proposal, codes: set[str]) -> None:
    """A broader one only where no narrower is named. A pack may lack what a word means."""
    known = Term.objects.in_bulk([f"activity.{code}" for code in codes])
    pks = sorted(set(known) - {term.parent_id for term in known.values()})
    if pks:
        found.values["activities"] = pks
    for pk in pks:
        found.support(f"activities/{pk.removeprefix('activity.')}", "stated")


def propose_places(found: Proposal, codes: list[str]) -> None:
    """The most exact ones: a country is left out beside a part of it."""
    inner = {code for code in codes if not any(other.startswith(f"{code}-") for other in codes)}
    if inner:
        found.values["jurisdictions"] = sorted(inner)
    for code in sorted(inner):
        found.support(f"jurisdictions/{code}", "stated")


def propose_agencies(found: Proposal, rows: list[Suggestion]) -> None:
    code = found.values.get("type", "").removeprefix("type.")
    role = f"agency_role.{ROLES.get(code, 'issuer')}"
    parts: dict[str, Row] = {}
    for row in rows:
        key, values = actor(row.value)
        parts.setdefault(key, {**values, "role": role})
        found.support(f"agencies/{key}", "stated")
    found.parts[ActionAgency] = list(parts.values())


def actor(value: Any) -> tuple[str, Row]:
    """An agency by its id (the form's choice is filled in later), or as the words describe it."""
    if isinstance(value, Described):
        return value.key, {"described_as": value.words, "naming": "naming.described"}
    return value, {"agency": value, "naming": "naming.named"}


def propose_dates(found: Proposal, rows: list[Suggestion]) -> None:
    code = found.values.get("type", "").removeprefix("type.")
    parts: dict[str, Row] = {}
    for row in rows:
        value: Interval = row.value
        kind = value.hint or ("occurred" if code in ENFORCEMENT else "announced")
        parts.setdefault(kind, date_part(kind, value, row.why))
        found.support(f"dates/{kind}", value.basis)
    found.parts[ActionDate] = list(parts.values())


def date_part(kind: str, value: Interval, why: str) -> Row:
    return {
        "kind": f"date.{kind}",
        "earliest": value.earliest,
        "latest": value.latest,
        "precision": f"precision.{value.precision}",
        "basis": f"basis.{value.basis}",
        "resolution": f"{why}." if value.basis == "derived" else "",
    }


def propose_figures(found: Proposal, values: list[Quantity]) -> None:
    parts: dict[str, Row] = {}
    for value in (value for value in values if value.figure):
        parts.setdefault(value.figure, figure_part(value))
        found.support(f"figures/{value.figure}", "stated")
    found.parts[Figure] = list(parts.values())


def figure_part(value: Quantity) -> Row:
    return {
        "kind": f"figure.{value.figure}",
        "comparator": f"comparator.{value.comparator}",
        "value": f"{value.value.normalize():f}",
        "unit": value.unit[:60],
    }


def cited(passage: Passage, supports: list[Row]) -> Row:
    return {
        "source": passage.source.pk,
        "start": passage.start,
        "end": passage.end,
        "paragraph": passage.paragraph,
        "sha256": passage.sha256,
        "quote": passage.quote,
        "supports": supports,
    }
