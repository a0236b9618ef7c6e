"""Validates JSON strictly with serializers: a value of another JSON type is an error."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from policy.documents.plainshape import Doubt, Take, taker
from policy.documents.shapes import NumberField, Shape, TermField, below, flattened, nearest
from policy.documents.types import Document
from policy.strictjson import PathProblem

JSON_TYPES: dict[type, tuple[type, ...]] = {
    serializers.Serializer: (dict,),
    serializers.DictField: (dict,),
    serializers.ListSerializer: (list,),
    serializers.ListField: (list,),
    serializers.BooleanField: (bool,),
    serializers.IntegerField: (int,),
    NumberField: (int, float),
    TermField: (str,),
    serializers.CharField: (str,),
    serializers.ChoiceField: (str,),
    serializers.DateField: (str,),
    serializers.DateTimeField: (str,),
}


class Reader:
    """Validates many values with serializers that are created once.

    A published document must have every field, read-only ones included, except those in `later`.
    Its white space is kept. A file may omit fields.
    """

    def __init__(self, context: Document | None = None, published: bool = False) -> None:
        self.context = context or {}
        self.published = published
        self.made: dict[type[Shape], Shape] = {}
        self.short: dict[type[Shape], Take] = {}

    def read(self, shape: type[Shape], value: Any) -> tuple[Document, list[PathProblem]]:
        """Return the validated value, and all problems as pairs of a path and a message."""
        if self.published:
            try:
                return self.taker(shape)(value), []
            except (Doubt, ValidationError, serializers.ValidationError):
                pass  # DRF says what is wrong, if anything
        return self.at_length(shape, value)

    def taker(self, shape: type[Shape]) -> Take:
        if shape not in self.short:
            self.short[shape] = taker(self.serializer(shape), self.part)
        return self.short[shape]

    def part(self, field: Any, value: Any) -> Any:
        """Validate the value of one field with DRF. Read-only values are checked and dropped."""
        found = None if field.read_only else field.run_validation(value)
        if any(self.bent(field, value)):
            raise Doubt
        return found

    def at_length(self, shape: type[Shape], value: Any) -> tuple[Document, list[PathProblem]]:
        serializer = self.serializer(shape)
        try:
            data = serializer.run_validation(value)
        except serializers.ValidationError as error:
            return {}, list(flattened(error.detail))
        return data, list(self.bent(serializer, value))

    def serializer(self, shape: type[Shape]) -> Shape:
        if shape not in self.made:
            self.made[shape] = shape(context=self.context)
            keep_spaces(self.made[shape])
        return self.made[shape]

    def bent(self, field: Any, value: Any, path: str = "") -> Iterator[PathProblem]:
        """Yield a problem for every value that has another JSON type than its field."""
        types = json_types(field.__class__)
        if (value is None and field.allow_null) or not types:
            return
        if type(value) not in types:
            yield path, f"Wrong JSON type: {str(value)[:40]}."
        elif isinstance(field, serializers.Serializer):
            yield from self.bent_object(field, value, path)
        elif isinstance(value, dict | list):
            for name, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from self.bent(field.child, item, below(path, name))
        elif is_spaced(field, value) and not self.published:
            yield path, "Remove the white space before and after the text."

    def bent_object(self, field: Any, value: Document, path: str) -> Iterator[PathProblem]:
        for name in sorted(value.keys() - field.fields.keys()):
            yield below(path, name), f"Unknown field.{nearest(name, field.fields)}"
        for name, inner in field.fields.items():
            if inner.read_only and not self.published:
                continue
            if name in value:
                yield from self.bent(inner, value[name], below(path, name))
            elif self.published and name not in getattr(field, "later", ()):
                yield below(path, name), "Required: a published document must have every field."


@cache
def json_types(field: type) -> tuple[type, ...]:
    """Return the JSON types of a class of fields; nothing if any type is allowed."""
    return next((types for cls, types in JSON_TYPES.items() if issubclass(field, cls)), ())


def is_spaced(field: Any, value: Any) -> bool:
    return isinstance(field, serializers.CharField) and value != value.strip()


def keep_spaces(field: Any) -> None:
    """Turn off the trimming of white space in a field and in all fields inside it."""
    if isinstance(field, serializers.Serializer):
        for inner in field.fields.values():
            keep_spaces(inner)
    elif hasattr(field, "child"):
        keep_spaces(field.child)
    elif isinstance(field, serializers.CharField):
        field.trim_whitespace = False
