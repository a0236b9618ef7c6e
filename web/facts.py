"""The coded values of an action, each with its citations and notes of doubt."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Self

from django.urls import reverse

from policy.documents import evidence
from policy.documents.evidence import ACTOR_KINDS, CODED_SCALAR_FIELDS, CODED_VOCABULARIES
from policy.documents.types import Document
from web import text_formats
from web.code_labels import ACTION_FIELD_LABELS, CodeLabels
from web.key_labels import KeyLabels, get_actor_name

FIRST_FIELDS = ("type", "status", "stance", "legal_force", "penalty", "attribution", "unit")
FIELDS_BY_QUESTION = {
    "What": (
        *dict.fromkeys((*FIRST_FIELDS, *CODED_SCALAR_FIELDS)),
        *("activities", "identifiers", "classifications"),
    ),
    "Where": ("jurisdictions", "targets"),
    "When": ("dates",),
    "Who": ("agencies", "entities"),
    "How many": ("figures",),
}


@dataclass(frozen=True)
class CitationSupport:
    """A citation that supports a value. `label` is that of the basis."""

    citation: int
    basis: str
    label: str
    reason: str


@dataclass
class FactValue:
    """One value of a field, as text. `doubts` are the numbers of notes; `anchor` is the fragment of
    its HTML id, or empty."""

    key: str
    label: str
    text: str
    remarks: list[str] = field(default_factory=list)
    supports: list[CitationSupport] = field(default_factory=list)
    doubts: list[int] = field(default_factory=list)
    is_known: bool = True
    href: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Fact:
    """Consecutive values with the same label."""

    label: str
    values: list[FactValue]

    @classmethod
    def join(cls, values: Iterable[FactValue]) -> list[Self]:
        grouped = groupby(values, lambda value: value.label)
        return [cls(label, list(group)) for label, group in grouped]


class ActionFacts:
    """The values of an action's document, grouped by question."""

    def __init__(self, document: Document, codebook: CodeLabels, names: KeyLabels) -> None:
        self.document, self.codebook, self.names = document, codebook, names

    @cached_property
    def groups(self) -> list[tuple[str, list[Fact]]]:
        """The questions that have an answer, each with its facts."""
        values_by_question = {
            question: [value for name in fields for value in self.values(name)]
            for question, fields in FIELDS_BY_QUESTION.items()
        }
        self.set_anchors([value for values in values_by_question.values() for value in values])
        return [
            (question, Fact.join(values))
            for question, values in values_by_question.items()
            if values
        ]

    def set_anchors(self, values: Iterable[FactValue]) -> None:
        """Set the anchor of the first value of each key. An actor with two roles has two values
        with the same key."""
        first = {value.key: value for value in reversed(list(values))}
        for key, value in first.items():
            value.anchor = key

    def values(self, name: str) -> Iterator[FactValue]:
        """Yield the values of a field, then its unknown values with the reasons."""
        asserted = self.document[name]
        if isinstance(asserted, list):
            yield from (self.item(name, row) for row in asserted)
        elif asserted:
            text = self.codebook.item(name, asserted) if name in CODED_VOCABULARIES else asserted
            yield self.value(name, ACTION_FIELD_LABELS[name], text)
        for key, reason in self.document["unknowns"].items():
            if key.partition("/")[0] == name:
                yield FactValue(key, self.names.item(key), "Unknown", [reason], is_known=False)

    def value(self, key: str, label: str, text: str, *remarks: str, role: str = "") -> FactValue:
        keys = [key, f"{key}/{role}"] if role else [key]
        supports = [support for name in keys for support in self.supports.get(name, [])]
        doubts = [number for name in keys for number in self.doubts.get(name, [])]
        return FactValue(key, label, text, list(filter(None, remarks)), supports, doubts)

    @cached_property
    def supports(self) -> dict[str, list[CitationSupport]]:
        supports: dict[str, list[CitationSupport]] = defaultdict(list)
        for number, citation in enumerate(self.document["citations"], start=1):
            for row in citation["supports"]:
                label = self.codebook.label("basis", row["basis"]).lower()
                supports[row["field"]].append(
                    CitationSupport(number, row["basis"], label, row["reason"])
                )
        return supports

    @cached_property
    def doubts(self) -> dict[str, list[int]]:
        doubts: dict[str, list[int]] = defaultdict(list)
        for number, note in enumerate(self.document["notes"], start=1):
            if note["kind"] == "doubt":
                doubts[note["field"]].append(number)
        return doubts

    def item(self, name: str, row: Document | str) -> FactValue:
        """Return an item of a list field: a row, or the code of a term."""
        key = f"{name}/{evidence.item_key(name, row)}"
        if isinstance(row, str):
            return self.value(key, ACTION_FIELD_LABELS[name], self.codebook.item(name, row))
        match name:
            case "agencies" | "entities":
                return self.actor(name, key, row)
            case "dates":
                return self.date(key, row)
            case "figures":
                return self.figure(key, row)
            case "targets":
                return self.target(key, row)
            case "identifiers" | "classifications":
                return self.scheme_value(name, key, row)
        return self.place(key, row)

    def place(self, key: str, row: Document) -> FactValue:
        value = self.value(key, ACTION_FIELD_LABELS["jurisdictions"], self.codebook.place(row))
        value.href = reverse("web:jurisdiction", args=[row["id"]])
        return value

    def target(self, key: str, row: Document) -> FactValue:
        label = self.codebook.label("target_role", row["role"])
        value = self.value(key, label, self.codebook.place(row["jurisdiction"]))
        value.href = reverse("web:jurisdiction", args=[row["jurisdiction"]["id"]])
        return value

    def scheme_value(self, name: str, key: str, row: Document) -> FactValue:
        value = self.value(key, self.codebook.item(name, row["scheme"]), row["value"])
        value.href = self.codebook.scheme_url(name, row)
        return value

    def actor(self, name: str, key: str, row: Document) -> FactValue:
        label = self.codebook.label(f"{ACTOR_KINDS[name]}_role", row["role"])
        remark = text_formats.describe_naming(row, identified=bool(row[ACTOR_KINDS[name]]))
        value = self.value(key, label, get_actor_name(name, row), remark, role=row["role"])
        if reference := row[ACTOR_KINDS[name]]:
            value.href = reverse(f"web:{ACTOR_KINDS[name]}", args=[reference["id"]])
        return value

    def date(self, key: str, row: Document) -> FactValue:
        label = text_formats.add_part(self.codebook.label("date", row["kind"]), row["part"])
        return self.value(
            key, label, text_formats.format_date_range(row), format_date_basis(row, self.codebook)
        )

    def figure(self, key: str, row: Document) -> FactValue:
        text = text_formats.format_figure(row, self.codebook.label("comparator", row["comparator"]))
        claimant = row["claimed_by"]
        remark = f"Claimed by {self.names.item(claimant)}" if claimant else ""
        label = text_formats.add_part(self.codebook.label("figure", row["kind"]), row["part"])
        return self.value(key, label, text, remark)


def format_date_basis(row: Document, codebook: CodeLabels) -> str:
    """Return the basis of a date, and how it was derived from the text."""
    basis = codebook.label("basis", row["basis"])
    return f"{basis}: {row['resolution']}" if row["resolution"] else f"{basis}."
