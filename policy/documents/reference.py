"""Reference data: the rows of its files, and the ancestors of jurisdictions and terms."""

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from pydantic import Field, ValidationInfo, model_validator

from policy.documents.facets import AncestorMap
from policy.documents.fields import OptionalText, Text
from policy.documents.markers import Checked
from policy.documents.shape import Shape, field_problems, get_context
from policy.documents.types import Document
from policy.models import Jurisdiction, Term

validate_vocabulary = RegexValidator(r"^[a-z_]+\Z", "Use lower-case letters and underscores.")
validate_code = RegexValidator(r"^[a-z0-9_]+\Z", "Use lower-case letters, digits and underscores.")
validate_jurisdiction_code = RegexValidator(
    r"^[A-Z]{2}(-[A-Z0-9]{1,3})?\Z",
    "Enter a code of ISO 3166-1 or ISO 3166-2, for example CN or CN-SC.",
)
validate_iso3 = RegexValidator(r"^[A-Z]{3}\Z", "Enter three capital letters, for example CHN.")
validate_m49 = RegexValidator(r"^[0-9]{3}\Z", "Enter three digits, for example 156.")
ParentMap = Mapping[str, str | None]


def validate_pattern(pattern: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a pattern that may mean something else in the future
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValidationError(f"Is no regular expression: {error}.") from None


def validate_template(template: str) -> None:
    if "{value}" not in template or not template.startswith("https://"):
        raise ValidationError("Enter an address that starts with https:// and contains {value}.")


def scheme_patterns() -> dict[str, str]:
    """Return the patterns of the values of schemes, by id of the term."""
    return dict(Term.objects.exclude(pattern="").values_list("id", "pattern"))


def drop_defaults(schema: type[Shape], row: Document) -> Document:
    """Return a row, which may be invalid, without fields that have their default in the schema."""
    fields = schema.model_fields
    return {
        name: value
        for name, value in row.items()
        if name not in fields or fields[name].is_required() or value != fields[name].default
    }


def get_ancestors(key: str, parents: ParentMap) -> tuple[str, ...]:
    """Return the ancestors of a key, the nearest first. A cycle is followed once."""
    ancestors: dict[str, None] = {}
    above = parents.get(key)
    while above is not None and above not in ancestors:
        ancestors[above] = None
        above = parents.get(above)
    return tuple(ancestors)


def build_ancestor_map(parents: ParentMap) -> dict[str, tuple[str, ...]]:
    """Return the ancestors of every key that has any."""
    return {key: above for key in parents if (above := get_ancestors(key, parents))}


@dataclass
class ReferenceTrees:
    """The ancestors of jurisdictions and terms, loaded once to index many documents."""

    places: AncestorMap
    terms: AncestorMap

    @classmethod
    def load(cls) -> Self:
        return cls(
            build_ancestor_map(dict(Jurisdiction.objects.values_list("code", "parent"))),
            build_ancestor_map(dict(Term.objects.values_list("id", "parent"))),
        )


class TermRow(Shape):
    """A row of terms.json."""

    vocabulary: Annotated[Text, Checked(validate_vocabulary), Field(max_length=60)]
    code: Annotated[Text, Checked(validate_code), Field(max_length=60)]
    label: Annotated[Text, Field(max_length=120)]
    definition: Text
    includes: OptionalText
    excludes: OptionalText
    parent: Text | None
    abstract: bool
    crosswalk: dict[str, dict[str, object]]
    position: Annotated[int, Field(ge=0)]
    pattern: Annotated[OptionalText, Field(max_length=200), Checked(validate_pattern)] = ""
    url_template: Annotated[OptionalText, Field(max_length=300), Checked(validate_template)] = ""
    sum: bool = True

    @model_validator(mode="after")
    def check_parent(self, info: ValidationInfo) -> Self:
        if self.parent is not None:
            parent = f"{self.vocabulary}.{self.parent}"
            if parent not in get_context(info).all_terms:
                raise field_problems({"parent": f"There is no term {parent}."})
        return self

    def complete_row(self, row: Document) -> Document:
        parent = row.pop("parent")
        return row | {
            "id": f"{self.vocabulary}.{self.code}",
            "parent_id": None if parent is None else f"{self.vocabulary}.{parent}",
        }

    @classmethod
    def from_term(cls, term: Term) -> Document:
        """Return a term as a row of terms.json."""
        row = {name: getattr(term, name) for name in cls.model_fields if name != "parent"}
        row |= {"parent": term.parent_id and term.parent_id.partition(".")[2]}
        return drop_defaults(cls, row)


class JurisdictionRow(Shape):
    """A row of jurisdictions.json."""

    code: Annotated[Text, Checked(validate_jurisdiction_code), Field(max_length=60)]
    name: Annotated[Text, Field(max_length=200)]
    native_name: Annotated[OptionalText, Field(max_length=200)]
    kind: Annotated[Text, Field(max_length=60)]
    local_kind: Annotated[OptionalText, Field(max_length=120)]
    parent: Text | None
    aliases: list[Annotated[Text, Field(max_length=200)]]
    iso3: Annotated[OptionalText, Checked(validate_iso3)] = ""
    m49: Annotated[OptionalText, Checked(validate_m49)] = ""

    @model_validator(mode="after")
    def check_parent_and_kind(self, info: ValidationInfo) -> Self:
        context, wrong = get_context(info), {}
        if self.parent is not None and self.parent not in (context.known or {})["jurisdiction"]:
            wrong["parent"] = f"There is no jurisdiction {self.parent}."
        if f"jurisdiction_kind.{self.kind}" not in (context.terms or ()):
            wrong["kind"] = f"The vocabulary jurisdiction_kind has no term {self.kind}."
        if wrong:
            raise field_problems(wrong)
        return self

    def complete_row(self, row: Document) -> Document:
        row["parent_id"] = row.pop("parent")
        return row

    @classmethod
    def from_jurisdiction(cls, place: Jurisdiction) -> Document:
        """Return a jurisdiction as a row of jurisdictions.json."""
        row = {name: getattr(place, name) for name in cls.model_fields if name != "parent"}
        return drop_defaults(cls, row | {"parent": place.parent_id})
