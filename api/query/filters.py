"""The query language: what lists can be filtered by, one line a parameter."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from api.query import parameters, search
from policy.documents.shapes import nearest
from policy.models import Jurisdiction, Revision, Term
from policy.models.sql import fetch_all

MAX_FILTER_VALUES = 20
MAX_NEIGHBOUR_IDS = 20  # ids to look for a misspelled one among


class FacetFilter(django_filters.Filter):
    """Records that carry a value. `facet_only`: it asks for facets and for nothing else, so that a
    record which is found proves that the value exists; `assume_values_exist` leaves that to the record."""

    field_class = forms.CharField
    facet_only = True
    assume_values_exist = False

    def __init__(self, facet: str, help_text: str, example: str, **options: Any) -> None:
        super().__init__(facet, help_text=help_text, max_length=200, **options)
        self.example = example

    @property
    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": parameters.MAX_PARAMETER_LENGTH}

    def get_existing(self, values: list[str]) -> Iterable[str]:
        """Which of these values exist."""
        return values

    def choices(self, value: str) -> Iterable[str]:
        """Values among which a misspelled one is looked for."""
        return ()

    def clean_value(self, value: str) -> str:
        return self.clean_values([value])[0]

    def clean_values(self, values: list[str]) -> list[str]:
        known = set(values if self.assume_values_exist else self.get_existing(values))
        for value in values:
            if value not in known:
                hint = nearest(value, list(self.choices(value)))
                raise ValidationError(f"There is no {value}.{hint}")
        return values

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(self.field_name, self.clean_value(value)) if value else qs


class TermFilter(FacetFilter):
    """Records that carry a term, or one under it."""

    def __init__(self, facet: str, vocabulary: str, help_text: str, example: str) -> None:
        self.vocabulary = vocabulary
        super().__init__(facet, f"{help_text} Term of the vocabulary {vocabulary}.", example)

    def get_existing(self, values: list[str]) -> Iterable[str]:
        statement = "SELECT code FROM policy_term WHERE vocabulary = %s AND code = ANY(%s)"
        return [code for (code,) in fetch_all(statement, (self.vocabulary, values))]

    def choices(self, value: str) -> Iterable[str]:
        return Term.objects.filter(vocabulary=self.vocabulary).values_list("code", flat=True)


class PlaceFilter(FacetFilter):
    def get_existing(self, values: list[str]) -> Iterable[str]:
        statement = "SELECT code FROM policy_jurisdiction WHERE code = ANY(%s)"
        return [code for (code,) in fetch_all(statement, (values,))]

    def choices(self, value: str) -> Iterable[str]:
        return Jurisdiction.objects.values_list("code", flat=True)


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
    schema = {"type": "string", "enum": ["true", "false"]}

    def get_existing(self, values: list[str]) -> Iterable[str]:
        return self.choices("")

    def choices(self, value: str) -> Iterable[str]:
        return ("true", "false")


class ActorFilter(RecordFilter):
    """With its role parameter, both must hold of the same row."""

    def filter(self, qs: Any, value: Any) -> Any:
        role = self.parent.data.get(f"{self.field_name}_role")
        if not value or not role:
            return super().filter(qs, value)
        return qs.filter(f"{self.field_name}_in_role", f"{self.clean_value(value)}:{role}")


class RoleFilter(TermFilter):
    def filter(self, qs: Any, value: Any) -> Any:
        with_actor = self.field_name.removesuffix("_role") in self.parent.data
        if value and with_actor:
            self.clean_value(value)
            return qs
        return super().filter(qs, value)


class InFilter(FacetFilter):
    """field__in: records that carry one of several values, or more of them."""

    facet_only = False

    def __init__(self, one: FacetFilter) -> None:
        self.base_filter = one
        text = f"One of these, with commas, {MAX_FILTER_VALUES} at most. {one.extra['help_text']}"
        super().__init__(str(one.field_name), text, one.example)

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        values = value.split(",")
        if not all(values) or len(set(values)) < len(values) or len(values) > MAX_FILTER_VALUES:
            raise ValidationError(f"Give one to {MAX_FILTER_VALUES} different values, with commas.")
        return qs.filter_in(self.field_name, self.base_filter.clean_values(values))


class NotEqualFilter(FacetFilter):
    """field__ne: records that do not carry a value. Those that carry none at all belong to them."""

    facet_only = False

    def __init__(self, one: FacetFilter) -> None:
        self.base_filter = one
        text = f"Not this one; records without any value count. {one.extra['help_text']}"
        super().__init__(str(one.field_name), text, one.example)

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.exclude(self.field_name, self.base_filter.clean_value(value)) if value else qs


class IsNullFilter(FlagFilter):
    """field__isnull: records in which a field is empty, or is not."""

    facet_only = False

    def __init__(self, one: FacetFilter) -> None:
        super().__init__(str(one.field_name), "Whether the field is empty.", "true")

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        empty = self.clean_value(value) == "true"
        return qs.exclude(self.field_name) if empty else qs.has_any(self.field_name)


class SearchFilter(FacetFilter):
    """Words: quotes for a phrase, a minus before a word to leave out, OR for either."""

    facet_only = False

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.where(search.matches_words(value)) if value else qs


class ColumnFilter(FacetFilter):
    """Rows of a reference table with a value in a column."""

    def filter(self, qs: Any, value: Any) -> Any:
        return qs.filter(**{self.field_name: self.clean_value(value)}) if value else qs


class VocabularyFilter(ColumnFilter):
    def get_existing(self, values: list[str]) -> Iterable[str]:
        return self.choices("")

    def choices(self, value: str) -> Iterable[str]:
        return Term.objects.order_by().values_list("vocabulary", flat=True).distinct()


class ParentFilter(ColumnFilter, PlaceFilter):
    pass


class NameFilter(ColumnFilter):
    """Rows whose name contains the words."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        return qs.filter(Q(name__icontains=value) | Q(native_name__icontains=value))
