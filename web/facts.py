"""The values of an action, each with what backs it and what is doubted about it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Self

from django.urls import reverse

from policy.documents import evidence
from policy.documents.evidence import ACTOR_KINDS
from policy.documents.types import Document
from web import text_formats
from web.code_labels import ACTION_FIELD_LABELS, CodeLabels
from web.key_labels import KeyLabels, get_actor_name

WHAT_FIELDS = (
    "type",
    "status",
    "stance",
    "legal_force",
    "penalty",
    "attribution",
    "unit",
    "activities",
)
FIELDS_BY_QUESTION = {
    "What": WHAT_FIELDS,
    "Where": ("jurisdictions",),
    "When": ("dates",),
    "Who": ("agencies", "entities"),
    "How many": ("figures",),
}


@dataclass(frozen=True)
class CitationSupport:
    """A citation's word for a value."""

    citation: int
    basis: str
    label: str
    reason: str


@dataclass
class FactValue:
    """What stands in one place of a field; `anchor` where the page can be entered."""

    key: str
    label: str
    text: str
    remarks: list[str] = field(default_factory=list)
    supports: list[CitationSupport] = field(default_factory=list)
    doubts: list[int] = field(default_factory=list)
    known: bool = True
    href: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Fact:
    """Neighbours under one label."""

    label: str
    values: list[FactValue]

    @classmethod
    def join(cls, values: Iterable[FactValue]) -> list[Self]:
        grouped = groupby(values, lambda value: value.label)
        return [cls(label, list(neighbours)) for label, neighbours in grouped]


class ActionFacts:
    def __init__(self, document: Document, codebook: CodeLabels, names: KeyLabels) -> None:
        self.document, self.codebook, self.names = document, codebook, names

    @cached_property
    def groups(self) -> list[tuple[str, list[Fact]]]:
        """The facts by question, as far as there is anything to say."""
        found = {
            question: [value for name in fields for value in self.values(name)]
            for question, fields in FIELDS_BY_QUESTION.items()
        }
        self.anchor([value for values in found.values() for value in values])
        return [(question, Fact.join(values)) for question, values in found.items() if values]

    def anchor(self, values: Iterable[FactValue]) -> None:
        """An actor in two roles has one key: it is found at the first."""
        first = {value.key: value for value in reversed(list(values))}
        for key, value in first.items():
            value.anchor = key

    def values(self, name: str) -> Iterator[FactValue]:
        """What the record says of a field, then what it does not know of it and why."""
        asserted = self.document[name]
        if isinstance(asserted, list):
            yield from (self.item(name, row) for row in asserted)
        elif asserted is not None:
            yield self.value(name, ACTION_FIELD_LABELS[name], self.codebook.label(name, asserted))
        for key, reason in self.document["unknowns"].items():
            if key.partition("/")[0] == name:
                yield FactValue(key, self.names.item(key), "Not known", [reason], known=False)

    def value(self, key: str, label: str, text: str, *remarks: str, role: str = "") -> FactValue:
        keys = [key, f"{key}/{role}"] if role else [key]
        backings = [backing for name in keys for backing in self.supports.get(name, [])]
        doubts = [number for name in keys for number in self.doubts.get(name, [])]
        return FactValue(key, label, text, list(filter(None, remarks)), backings, doubts)

    @cached_property
    def supports(self) -> dict[str, list[CitationSupport]]:
        found = defaultdict(list)
        for number, citation in enumerate(self.document["citations"], start=1):
            for row in citation["supports"]:
                label = self.codebook.label("basis", row["basis"]).lower()
                found[row["field"]].append(
                    CitationSupport(number, row["basis"], label, row["reason"])
                )
        return found

    @cached_property
    def doubts(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for number, note in enumerate(self.document["notes"], start=1):
            if note["kind"] == "doubt":
                found[note["field"]].append(number)
        return found

    def item(self, name: str, row: Any) -> FactValue:
        key = f"{name}/{evidence.item_key(name, row)}"
        match name:
            case "agencies" | "entities":
                return self.actor(name, key, row)
            case "dates":
                return self.date(key, row)
            case "figures":
                return self.figure(key, row)
            case "jurisdictions":
                return self.place(key, row)
        return self.value(key, ACTION_FIELD_LABELS[name], self.codebook.item(name, row))

    def place(self, key: str, row: Document) -> FactValue:
        value = self.value(key, ACTION_FIELD_LABELS["jurisdictions"], self.codebook.place(row))
        value.href = reverse("web:jurisdiction", args=[row["id"]])
        return value

    def actor(self, name: str, key: str, row: Document) -> FactValue:
        label = self.codebook.label(f"{ACTOR_KINDS[name]}_role", row["role"])
        remark = text_formats.describe_naming(row, identified=bool(row[ACTOR_KINDS[name]]))
        value = self.value(key, label, get_actor_name(name, row), remark, role=row["role"])
        if reference := row[ACTOR_KINDS[name]]:
            value.href = reverse(f"web:{ACTOR_KINDS[name]}", args=[reference["id"]])
        return value

    def date(self, key: str, row: Document) -> FactValue:
        label = self.codebook.label("date", row["kind"])
        return self.value(
            key, label, text_formats.format_date_range(row), format_date_basis(row, self.codebook)
        )

    def figure(self, key: str, row: Document) -> FactValue:
        text = text_formats.format_figure(row, self.codebook.label("comparator", row["comparator"]))
        claimant = row["claimed_by"]
        remark = f"Claimed by {self.names.item(claimant)}" if claimant else ""
        return self.value(key, self.codebook.label("figure", row["kind"]), text, remark)


def format_date_basis(row: Document, codebook: CodeLabels) -> str:
    """What a date rests on, and how it came out of the words."""
    basis = codebook.label("basis", row["basis"])
    return f"{basis}: {row['resolution']}" if row["resolution"] else f"{basis}."
