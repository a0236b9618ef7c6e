"""The filters of the lists: how the value of a parameter is checked and applied."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from api.query import parameters, search
from api.query.pagination import ModelT
from api.query.parameters import ParameterSchema
from policy.documents.nearest import nearest
from policy.models import Jurisdiction, Revision, Term
from policy.models.sql import fetch_all
from policy.search.query import Selection

MAX_FILTER_VALUES = 20
MAX_FILTER_VALUE_LENGTH = 200
MAX_NEIGHBOUR_IDS = 20  # ids on each side of an unknown id that may be suggested instead


class HasQueryData(Protocol):
    """A filter set: the parameters of the request by name."""

    data: Mapping[str, str]


class ValueFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter ships no types
    """A parameter with a value. Subclasses say which values exist, and how they filter rows."""

    field_class = forms.CharField
    field: forms.CharField
    field_name: str
    parent: HasQueryData
    schema: ParameterSchema = parameters.TEXT_SCHEMA

    def __init__(self, field_name: str, help_text: str, example: str) -> None:
        super().__init__(field_name, help_text=help_text, max_length=MAX_FILTER_VALUE_LENGTH)
        self.help_text, self.example = help_text, example

    def get_existing(self, values: list[str]) -> Iterable[str]:
        """Return those of the values that exist."""
        return values

    def choices(self, value: str) -> Iterable[str]:
        """Return the values from which a correction of a misspelled `value` is suggested."""
        return ()

    def clean_value(self, value: str) -> str:
        return self.clean_values([value])[0]

    def clean_values(self, values: list[str]) -> list[str]:
        """Return the values. Raise ValidationError if one does not exist."""
        existing = set(self.get_existing(values))
        for value in values:
            if value not in existing:
                hint = nearest(value, list(self.choices(value)))
                raise ValidationError(f"There is no {value}.{hint}")
        return values


class FacetFilter(ValueFilter):
    """Records that have a value of the facet `field_name`."""

    def filter(self, qs: Selection, value: str) -> Selection:
        return qs.filter(self.field_name, self.clean_value(value)) if value else qs


class TermFilter(FacetFilter):
    """Records that have a term of a vocabulary, or a narrower term."""

    def __init__(self, facet: str, vocabulary: str, help_text: str, example: str) -> None:
        self.vocabulary = vocabulary
        super().__init__(facet, f"{help_text} A term of the vocabulary {vocabulary}.", example)

    def get_existing(self, values: list[str]) -> Iterable[str]:
        statement = "SELECT code FROM policy_term WHERE vocabulary = %s AND code = ANY(%s)"
        return [code for (code,) in fetch_all(statement, (self.vocabulary, values))]

    def choices(self, value: str) -> Iterable[str]:
        return Term.objects.filter(vocabulary=self.vocabulary).values_list("code", flat=True)


class PlaceValues(ValueFilter):
    """Values that are codes of jurisdictions."""

    def get_existing(self, values: list[str]) -> Iterable[str]:
        statement = "SELECT code FROM policy_jurisdiction WHERE code = ANY(%s)"
        return [code for (code,) in fetch_all(statement, (values,))]

    def choices(self, value: str) -> Iterable[str]:
        return Jurisdiction.objects.values_list("code", flat=True)


class PlaceFilter(PlaceValues, FacetFilter):
    """Records of a jurisdiction."""


class RecordFilter(FacetFilter):
    """Records that refer to an agency, entity or source."""

    def get_existing(self, values: list[str]) -> Iterable[str]:
        statement = (
            "SELECT record FROM policy_revision WHERE kind = %s AND number = 1 AND record = ANY(%s)"
        )
        return [record for (record,) in fetch_all(statement, (self.field_name, values))]

    def choices(self, value: str) -> Iterable[str]:
        records = Revision.objects.filter(kind=self.field_name).values_list("record", flat=True)
        yield from records.filter(record__gt=value).order_by("record")[:MAX_NEIGHBOUR_IDS]
        yield from records.filter(record__lt=value).order_by("-record")[:MAX_NEIGHBOUR_IDS]


class FlagFilter(FacetFilter):
    """Records of which something is true, or is not."""

    schema: ParameterSchema = {"type": "string", "enum": ["true", "false"]}

    def get_existing(self, values: list[str]) -> Iterable[str]:
        return self.choices("")

    def choices(self, value: str) -> Iterable[str]:
        return ("true", "false")


class ActorFilter(RecordFilter):
    """Records with an agency or entity. If its role parameter is also given, the agency or entity
    must have that role."""

    def filter(self, qs: Selection, value: str) -> Selection:
        role = self.parent.data.get(f"{self.field_name}_role")
        if not value or not role:
            return super().filter(qs, value)
        return qs.filter(f"{self.field_name}_in_role", f"{self.clean_value(value)}:{role}")


class RoleFilter(TermFilter):
    """Records with an agency or entity in a role. ActorFilter applies the role if its own
    parameter is also given."""

    def filter(self, qs: Selection, value: str) -> Selection:
        with_actor = self.field_name.removesuffix("_role") in self.parent.data
        if value and with_actor:
            self.clean_value(value)
            return qs
        return super().filter(qs, value)


class TargetFilter(PlaceFilter):
    """Records with a place among their targets. If its role parameter is also given, the place must
    have that role."""

    def filter(self, qs: Selection, value: str) -> Selection:
        role = self.parent.data.get("target_role")
        if not value or not role:
            return super().filter(qs, value)
        return qs.filter("target_in_role", f"{self.clean_value(value)}:{role}")


class SchemeFilter(FacetFilter):
    """Records with a value of a scheme, as `scheme:value`."""

    def __init__(self, facet: str, vocabulary: str, help_text: str, example: str) -> None:
        self.vocabulary = vocabulary
        super().__init__(facet, f"{help_text} Schemes: the vocabulary {vocabulary}.", example)

    def clean_values(self, values: list[str]) -> list[str]:
        """Return the values. Raise ValidationError if the form or the scheme of one is wrong."""
        for value in values:
            scheme, colon, code = value.partition(":")
            if not (colon and scheme and code):
                raise ValidationError(
                    f"Use a scheme, a colon and a value, for example {self.example}."
                )
            schemes = Term.objects.filter(vocabulary=self.vocabulary)
            if not schemes.filter(code=scheme).exists():
                hint = nearest(scheme, list(schemes.values_list("code", flat=True)))
                raise ValidationError(f"There is no scheme {scheme}.{hint}")
        return values


class InFilter(FacetFilter):
    """The lookup `__in`: records that have at least one of several values."""

    def __init__(self, base_filter: FacetFilter) -> None:
        self.base_filter = base_filter
        super().__init__(
            base_filter.field_name,
            f"One of up to {MAX_FILTER_VALUES} values, separated by commas. "
            f"{base_filter.help_text}",
            base_filter.example,
        )

    def filter(self, qs: Selection, value: str) -> Selection:
        if not value:
            return qs
        values = value.split(",")
        if not all(values) or len(set(values)) < len(values) or len(values) > MAX_FILTER_VALUES:
            raise ValidationError(
                f"Enter 1 to {MAX_FILTER_VALUES} different values, separated by commas."
            )
        return qs.filter_in(self.field_name, self.base_filter.clean_values(values))


class NotEqualFilter(FacetFilter):
    """The lookup `__ne`: records that do not have a value, including those without any value."""

    def __init__(self, base_filter: FacetFilter) -> None:
        self.base_filter = base_filter
        super().__init__(
            base_filter.field_name,
            "Not this value. Also finds records without any value. " + base_filter.help_text,
            base_filter.example,
        )

    def filter(self, qs: Selection, value: str) -> Selection:
        return qs.exclude(self.field_name, self.base_filter.clean_value(value)) if value else qs


class IsNullFilter(FlagFilter):
    """The lookup `__isnull`: records in which a field is empty, or is not."""

    def __init__(self, base_filter: FacetFilter) -> None:
        super().__init__(base_filter.field_name, "Whether the field is empty.", "true")

    def filter(self, qs: Selection, value: str) -> Selection:
        if not value:
            return qs
        is_empty = self.clean_value(value) == "true"
        return qs.exclude(self.field_name) if is_empty else qs.has_any(self.field_name)


class SearchFilter(FacetFilter):
    """Full-text search in the syntax of PostgreSQL's websearch_to_tsquery: quotes for a phrase, a
    minus before a word to exclude it, OR between alternatives."""

    def filter(self, qs: Selection, value: str) -> Selection:
        return qs.where(search.matches_words(value)) if value else qs


class ColumnFilter(ValueFilter):
    """Rows of a reference table with a value in the column `field_name`."""

    def filter(self, qs: QuerySet[ModelT], value: str) -> QuerySet[ModelT]:
        return qs.filter(**{self.field_name: self.clean_value(value)}) if value else qs


class VocabularyFilter(ColumnFilter):
    """Terms of a vocabulary."""

    def get_existing(self, values: list[str]) -> Iterable[str]:
        return self.choices("")

    def choices(self, value: str) -> Collection[str]:
        return Term.objects.order_by().values_list("vocabulary", flat=True).distinct()


class ParentFilter(PlaceValues, ColumnFilter):
    """Jurisdictions directly inside a jurisdiction."""


class NameFilter(ColumnFilter):
    """Rows whose name, in English or their own language, contains a text."""

    def filter(self, qs: QuerySet[ModelT], value: str) -> QuerySet[ModelT]:
        if not value:
            return qs
        return qs.filter(Q(name__icontains=value) | Q(native_name__icontains=value))
