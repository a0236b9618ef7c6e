"""The values that an action's form starts with when it is opened for a passage of a source."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Model

from desk.base.fields import SupportRow
from desk.reading.passages import INFERRED_PUBLICATION_REASON, SelectedPassage
from policy.documents.evidence import item_key
from policy.models import ActionAgency, ActionDate, Citation, Figure, Term
from policy.suggestions import DescribedBody, ParsedDateInterval, Quantity, Suggestion
from policy.suggestions.lexicon import SERIES_CODE
from policy.suggestions.statuses import SUGGESTED_STATUSES

FormValue = str | int | date | list[str] | list[SupportRow] | None
FormValues = dict[str, FormValue]
ENFORCEMENT_TYPES = (
    *("investigate", "arrest", "prosecute", "fine", "seize", "shut_down", "cut_service"),
    *("monitor", "restrict_access", "warn"),
)
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
    """The initial values of an action's own fields, and of its rows by their model."""

    values: FormValues = field(default_factory=dict)
    rows: dict[type[Model], list[FormValues]] = field(default_factory=dict)
    supports: list[SupportRow] = field(default_factory=list)

    def add_support(self, name: str, basis: str, reason: str = "") -> None:
        if name not in {row["field"] for row in self.supports}:
            self.supports.append(SupportRow(field=name, basis=basis, reason=reason))

    @property
    def type_code(self) -> str:
        return str(self.values.get("type", "")).removeprefix("type.")


def propose_action(passage: SelectedPassage) -> ActionProposal:
    """Return what the suggestions in a passage propose. Agencies are given by their ids."""
    proposal, suggestions = ActionProposal(), passage.suggestions
    propose_type(proposal, passage, suggestions)
    propose_activities(proposal, set(suggested_codes(suggestions, "activity")))
    propose_places(proposal, suggested_codes(suggestions, "jurisdiction"))
    propose_agencies(proposal, [row for row in suggestions if row.kind == "agency"])
    propose_dates(proposal, [row for row in suggestions if row.kind == "date"])
    propose_figures(proposal, [row.value for row in suggestions if row.kind == "figure"])
    proposal.rows[Citation] = [citation_form_values(passage, proposal.supports)]
    return proposal


def suggested_codes(suggestions: Iterable[Suggestion], kind: str) -> list[str]:
    return [str(row.value) for row in suggestions if row.kind == kind]


def propose_type(
    proposal: ActionProposal, passage: SelectedPassage, suggestions: list[Suggestion]
) -> None:
    """Propose a type and its status if the passage reports exactly one type of act."""
    types = set(suggested_codes(suggestions, "type"))
    if types == {SERIES_CODE}:
        proposal.values["unit"] = "unit.series"
        proposal.add_support("unit", "derived")
    if len(types - {SERIES_CODE}) != 1:
        return
    (code,) = types - {SERIES_CODE}
    is_future = FUTURE_WORDS & set(passage.words.lower().split())
    status = "planned" if is_future else SUGGESTED_STATUSES.get(code, ("adopted", ""))[0]
    proposal.values |= {"type": f"type.{code}", "status": f"status.{status}"}
    proposal.add_support("type", "derived")
    proposal.add_support("status", "derived")


def propose_activities(proposal: ActionProposal, codes: set[str]) -> None:
    """Propose the codebook's terms with these codes. A narrower term replaces its parent."""
    terms = Term.objects.in_bulk([f"activity.{code}" for code in codes])
    pks = sorted(set(terms) - {term.parent_id for term in terms.values()})
    if pks:
        proposal.values["activities"] = pks
    for pk in pks:
        proposal.add_support(f"activities/{pk.removeprefix('activity.')}", "stated")


def propose_places(proposal: ActionProposal, codes: list[str]) -> None:
    """Propose the places with these codes. A part of a country replaces the country."""
    inner = {code for code in codes if not any(other.startswith(f"{code}-") for other in codes)}
    if inner:
        proposal.values["jurisdictions"] = sorted(inner)
    for code in sorted(inner):
        proposal.add_support(f"jurisdictions/{code}", "stated")


def propose_agencies(proposal: ActionProposal, suggestions: list[Suggestion]) -> None:
    role = f"agency_role.{AGENCY_ROLE_BY_TYPE.get(proposal.type_code, 'issuer')}"
    rows: dict[str, FormValues] = {}
    for suggestion in suggestions:
        key, values = agency_form_values(suggestion.value)
        rows.setdefault(key, {**values, "role": role})
        proposal.add_support(f"agencies/{key}", "stated")
    proposal.rows[ActionAgency] = list(rows.values())


def agency_form_values(body: DescribedBody | str) -> tuple[str, FormValues]:
    """Return the key and the values of an agency's row: `body` is its id or a description."""
    if isinstance(body, DescribedBody):
        return body.key, {"described_as": body.words, "naming": "naming.described"}
    return body, {"agency": body, "naming": "naming.named"}


def propose_dates(proposal: ActionProposal, suggestions: list[Suggestion]) -> None:
    default = "occurred" if proposal.type_code in ENFORCEMENT_TYPES else "announced"
    rows: dict[str, FormValues] = {}
    for suggestion in suggestions:
        value: ParsedDateInterval = suggestion.value
        kind = value.hint or default
        rows.setdefault(kind, date_form_values(kind, value, suggestion.why))
        reason = INFERRED_PUBLICATION_REASON if value.basis == "inferred" else ""
        proposal.add_support(whole_act_key("dates", kind), value.basis, reason)
    proposal.rows[ActionDate] = list(rows.values())


def whole_act_key(name: str, kind: str) -> str:
    """Return the key of a row about the whole act, which the proposed rows are."""
    return f"{name}/{item_key(name, {'kind': kind})}"


def date_form_values(kind: str, value: ParsedDateInterval, why: str) -> FormValues:
    resolution = {
        "derived": f"{why}.",
        "inferred": f"{why}. {INFERRED_PUBLICATION_REASON}",
    }
    return {
        "kind": f"date.{kind}",
        "earliest": value.earliest,
        "latest": value.latest,
        "precision": f"precision.{value.precision}",
        "basis": f"basis.{value.basis}",
        "resolution": resolution.get(value.basis, ""),
    }


def propose_figures(proposal: ActionProposal, quantities: list[Quantity]) -> None:
    rows: dict[str, FormValues] = {}
    for quantity in quantities:
        kind = quantity.figure_kind
        if kind:
            rows.setdefault(kind, figure_form_values(quantity))
            proposal.add_support(whole_act_key("figures", kind), "stated")
    proposal.rows[Figure] = list(rows.values())


def figure_form_values(quantity: Quantity) -> FormValues:
    return {
        "kind": f"figure.{quantity.figure_kind}",
        "comparator": f"comparator.{quantity.comparator}",
        "value": f"{quantity.value.normalize():f}",
        "unit": quantity.unit[:60],
    }


def citation_form_values(passage: SelectedPassage, supports: list[SupportRow]) -> FormValues:
    return {
        "source": passage.source.pk,
        "start": passage.start,
        "end": passage.end,
        "paragraph": passage.paragraph,
        "sha256": passage.sha256,
        "quote": passage.quote,
        "supports": supports,
    }
