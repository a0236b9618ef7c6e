"""A new action as a passage suggests it: what its form begins with. A person saves it, or not."""

from dataclasses import dataclass, field
from typing import Any

from desk.reading.passages import SelectedPassage
from policy.models import ActionAgency, ActionDate, Citation, Figure, Term
from policy.suggestions import DescribedBody, Quantity, SuggestedDate, Suggestion
from policy.suggestions.lexicon import SERIES_CODE

FormValues = dict[str, Any]
ENFORCEMENT_TYPES = (
    *("investigate", "arrest", "prosecute", "fine", "seize", "shut_down", "cut_service"),
    *("monitor", "restrict_access", "warn"),
)
# The least advanced stage that a bare report of such an act supports.
STATUS_BY_TYPE = {
    **dict.fromkeys(
        ("arrest", "prosecute", "convict", "fine", "seize", "state_position"), "completed"
    ),
    **dict.fromkeys(("restrict_access", "warn"), "in_force"),
    **dict.fromkeys(("investigate", "monitor", "pilot"), "under_way"),
    "propose": "proposed",
    "consult": "in_consultation",
    "pledge": "planned",
}
AGENCY_ROLE_BY_TYPE = {
    **dict.fromkeys(ENFORCEMENT_TYPES, "enforcer"),
    "propose": "proposer",
    "convict": "adjudicator",
}
FUTURE_WORDS = {
    "will",
    "would",
    "plans",
    "plan",
    "planned",
    "planning",
    "upcoming",
    "intends",
    "going",
}


@dataclass
class ActionProposal:
    """`values` of the action's own fields, `parts` by the model of the rows."""

    values: FormValues = field(default_factory=dict)
    parts: dict[Any, list[FormValues]] = field(default_factory=dict)
    supports: list[FormValues] = field(default_factory=list)

    def add_support(self, name: str, basis: str) -> None:
        if name not in {row["field"] for row in self.supports}:
            self.supports.append({"field": name, "basis": basis, "reason": ""})


def propose_action(passage: SelectedPassage) -> ActionProposal:
    found, rows = ActionProposal(), passage.suggestions
    propose_type(found, passage, rows)
    propose_activities(found, {row.value for row in rows if row.kind == "activity"})
    propose_places(found, [row.value for row in rows if row.kind == "jurisdiction"])
    propose_agencies(found, [row for row in rows if row.kind == "agency"])
    propose_dates(found, [row for row in rows if row.kind == "date"])
    propose_figures(found, [row.value for row in rows if row.kind == "figure"])
    found.parts[Citation] = [citation_form_values(passage, found.supports)]
    return found


def propose_type(found: ActionProposal, passage: SelectedPassage, rows: list[Suggestion]) -> None:
    """Where the words tell of one sort of act only."""
    types = {row.value for row in rows if row.kind == "type"}
    if types == {SERIES_CODE}:
        found.values["unit"] = "unit.series"
        found.add_support("unit", "derived")
    if len(types - {SERIES_CODE}) != 1:
        return
    (code,) = types - {SERIES_CODE}
    ahead = FUTURE_WORDS & set(passage.words.lower().split())
    status = "planned" if ahead else STATUS_BY_TYPE.get(code, "adopted")
    found.values |= {"type": f"type.{code}", "status": f"status.{status}"}
    found.add_support("type", "derived")
    found.add_support("status", "derived")


def propose_activities(found: ActionProposal, codes: set[str]) -> None:
    """A broader one only where no narrower is named. A pack may lack what a word means."""
    known = Term.objects.in_bulk([f"activity.{code}" for code in codes])
    pks = sorted(set(known) - {term.parent_id for term in known.values()})
    if pks:
        found.values["activities"] = pks
    for pk in pks:
        found.add_support(f"activities/{pk.removeprefix('activity.')}", "stated")


def propose_places(found: ActionProposal, codes: list[str]) -> None:
    """The most exact ones: a country is left out beside a part of it."""
    inner = {code for code in codes if not any(other.startswith(f"{code}-") for other in codes)}
    if inner:
        found.values["jurisdictions"] = sorted(inner)
    for code in sorted(inner):
        found.add_support(f"jurisdictions/{code}", "stated")


def propose_agencies(found: ActionProposal, rows: list[Suggestion]) -> None:
    code = found.values.get("type", "").removeprefix("type.")
    role = f"agency_role.{AGENCY_ROLE_BY_TYPE.get(code, 'issuer')}"
    parts: dict[str, FormValues] = {}
    for row in rows:
        key, values = agency_form_values(row.value)
        parts.setdefault(key, {**values, "role": role})
        found.add_support(f"agencies/{key}", "stated")
    found.parts[ActionAgency] = list(parts.values())


def agency_form_values(value: Any) -> tuple[str, FormValues]:
    """An agency by its id (the form's choice is filled in later), or as the words describe it."""
    if isinstance(value, DescribedBody):
        return value.key, {"described_as": value.words, "naming": "naming.described"}
    return value, {"agency": value, "naming": "naming.named"}


def propose_dates(found: ActionProposal, rows: list[Suggestion]) -> None:
    code = found.values.get("type", "").removeprefix("type.")
    parts: dict[str, FormValues] = {}
    for row in rows:
        value: SuggestedDate = row.value
        kind = value.hint or ("occurred" if code in ENFORCEMENT_TYPES else "announced")
        parts.setdefault(kind, date_form_values(kind, value, row.why))
        found.add_support(f"dates/{kind}", value.basis)
    found.parts[ActionDate] = list(parts.values())


def date_form_values(kind: str, value: SuggestedDate, why: str) -> FormValues:
    return {
        "kind": f"date.{kind}",
        "earliest": value.earliest,
        "latest": value.latest,
        "precision": f"precision.{value.precision}",
        "basis": f"basis.{value.basis}",
        "resolution": f"{why}." if value.basis == "derived" else "",
    }


def propose_figures(found: ActionProposal, values: list[Quantity]) -> None:
    parts: dict[str, FormValues] = {}
    for value in (value for value in values if value.figure_kind):
        parts.setdefault(value.figure_kind, figure_form_values(value))
        found.add_support(f"figures/{value.figure_kind}", "stated")
    found.parts[Figure] = list(parts.values())


def figure_form_values(value: Quantity) -> FormValues:
    return {
        "kind": f"figure.{value.figure_kind}",
        "comparator": f"comparator.{value.comparator}",
        "value": f"{value.value.normalize():f}",
        "unit": value.unit[:60],
    }


def citation_form_values(passage: SelectedPassage, supports: list[FormValues]) -> FormValues:
    return {
        "source": passage.source.pk,
        "start": passage.start,
        "end": passage.end,
        "paragraph": passage.paragraph,
        "sha256": passage.sha256,
        "quote": passage.quote,
        "supports": supports,
    }
