"""Serializers and fields that document schemas consist of.

The context of a serializer may have `terms`, the ids of all terms, and `known`, the ids of each
kind. Then codes and references must be among them. Without a context only the form is checked.
"""

import difflib
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from rest_framework import serializers


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a suggestion to append to an error message, or an empty text."""
    found = difflib.get_close_matches(word, [str(choice) for choice in choices], n=1)
    return f" Did you mean {found[0]}?" if found else ""


class Shape(serializers.Serializer[Any]):
    """An object with these keys and no others.

    `first` and `last` put inherited fields in order. `later` are fields that documents published
    earlier may lack.
    """

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    later: tuple[str, ...] = ()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        middle = [name for name in fields if name not in self.first + self.last]
        return {name: fields[name] for name in (*self.first, *middle, *self.last)}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = {
                str(key): [f"Unknown field.{nearest(str(key), self.fields)}"]
                for key in data
                if key not in self.fields
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)


class TermField(serializers.Field[str, str, str, Any]):
    """A code of one vocabulary, or null if the field allows it."""

    def __init__(self, vocabulary: str, **options: Any) -> None:
        self.vocabulary = vocabulary
        super().__init__(**options)

    def to_representation(self, value: str) -> str:
        return value.rpartition(".")[2]

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("A code must be a string.")
        terms = self.context.get("terms")
        term = f"{self.vocabulary}.{data}"
        if terms is not None and term not in terms:
            codes = [t.rpartition(".")[2] for t in terms if t.startswith(f"{self.vocabulary}.")]
            raise serializers.ValidationError(
                f"The vocabulary {self.vocabulary} has no term {data}.{nearest(data, codes)}"
            )
        return term


class SortedList(serializers.ListField):
    """A list without duplicates, in sorted order."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = data.all() if hasattr(data, "all") else data
        return sorted(super().to_representation([getattr(row, "pk", row) for row in rows]))

    def to_internal_value(self, data: Any) -> list[Any]:
        values = super().to_internal_value(data)
        if len(set(values)) < len(values):
            raise serializers.ValidationError("A value occurs twice. Remove the duplicate.")
        return sorted(values)


class Reference(serializers.Serializer[Any]):
    """A reference to another record: its id, and its name at the time of publication."""

    id = serializers.CharField(help_text="Public id.")
    name = serializers.CharField(required=False, help_text="Name at the time of publication.")

    def __init__(self, kind: str = "", *args: Any, **options: Any) -> None:
        self.kind = kind
        super().__init__(*args, **options)

    def to_representation(self, instance: Any) -> dict[str, str]:
        name = getattr(instance, "title", None) or instance.name
        return {"id": getattr(instance, "slug", instance.pk), "name": name}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, dict) or not isinstance(data.get("id"), str):
            raise serializers.ValidationError('A reference must be an object: {"id": "…"}.')
        if extra := set(data) - {"id", "name"}:
            raise serializers.ValidationError(f"Unknown field: {', '.join(sorted(extra))}.")
        known = self.context.get("known")
        if known is not None and data["id"] not in known[self.kind]:
            hint = nearest(data["id"], known[self.kind])
            raise serializers.ValidationError(f"There is no {self.kind} {data['id']}.{hint}")
        return str(data["id"])


class References(serializers.ListSerializer[Any]):
    """A list of references without duplicates, sorted by id."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__(child=Reference(kind), **options)

    def to_representation(self, data: Any) -> list[Any]:
        return sorted(super().to_representation(data), key=lambda row: row["id"])

    def to_internal_value(self, data: Any) -> Any:
        ids = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError(["An id occurs twice. Remove the duplicate."])
        return sorted(ids)


class NumberField(serializers.Field[Decimal, Any, float, Any]):
    """A JSON number with at most 11 digits before the decimal point and 4 after it."""

    LIMIT = Decimal(10) ** 11

    def to_representation(self, value: Decimal) -> float:
        return int(value) if value == int(value) else float(value)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError("The value must be a number.")
        try:
            value = Decimal(str(data)).quantize(Decimal("0.0001"))
        except InvalidOperation:
            value = self.LIMIT
        if not 0 <= value < self.LIMIT:
            raise serializers.ValidationError("Must be at least 0 and below 100,000,000,000.")
        if value != Decimal(str(data)):
            raise serializers.ValidationError("Use at most four digits after the decimal point.")
        return value


class HonestDate(Shape):
    """A date as an interval, with its precision and basis."""

    earliest = serializers.DateField(
        allow_null=True,
        required=False,
        default=None,
        help_text="First possible day. Null: no limit.",
    )
    latest = serializers.DateField(
        allow_null=True,
        required=False,
        default=None,
        help_text="Last possible day. Null: no limit.",
    )
    precision = TermField(
        "precision",
        source="precision_id",
        help_text="Precision of the date. A code of the vocabulary precision.",
    )
    basis = TermField(
        "basis", source="basis_id", help_text="Basis of the date. A code of the vocabulary basis."
    )
    resolution = serializers.CharField(
        allow_blank=True,
        required=False,
        default="",
        help_text="How the interval was derived from the words of the source.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        earliest, latest = attrs["earliest"], attrs["latest"]
        if earliest is None and latest is None:
            raise serializers.ValidationError(
                "Give earliest or latest, or leave out the date and give the reason."
            )
        if earliest and latest and earliest > latest:
            raise serializers.ValidationError(
                f"The earliest day {earliest} is after the latest day {latest}."
            )
        if attrs["precision_id"] == "precision.day" and earliest != latest:
            raise serializers.ValidationError(
                "If the precision is day, earliest and latest must be the same day."
            )
        return attrs


def flattened(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the message of every error in the nested errors of DRF."""
    if isinstance(errors, dict):
        for name, inner in errors.items():
            yield from flattened(inner, path if name == "non_field_errors" else below(path, name))
    elif isinstance(errors, list):
        for position, inner in enumerate(errors):
            nested = isinstance(inner, dict | list)
            yield from flattened(inner, f"{path}[{position}]" if nested else path)
    else:
        yield path, str(errors)


def below(path: str, name: str | int) -> str:
    if isinstance(name, int):
        return f"{path}[{name}]"
    return f"{path}.{name}" if path else name
