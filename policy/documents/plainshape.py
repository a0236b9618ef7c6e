"""A fast validator: it compiles serializers into functions for published documents.

DRF takes about a millisecond for a document. These functions take a tenth of that, but have no
error messages: they raise Doubt if a value may be invalid. Then validate it with DRF.
"""

from collections.abc import Callable
from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from policy.documents.shapes import Reference, Shape, TermField
from policy.strictjson import is_storable

Take = Callable[[Any], Any]  # from a JSON value to the validated one
STORABLE_VALIDATORS = (ProhibitNullCharactersValidator, ProhibitSurrogateCharactersValidator)


class Doubt(Exception):
    """The value may be invalid. Validate it with DRF."""


def taker(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    """Return a function that validates values of a field. `other` validates unknown fields."""
    make = MAKERS.get(type(field), shape if is_plain(field) else None)
    take = make(field, other) if make else lambda value: other(field, value)
    if not field.allow_null:
        return take
    return lambda value: None if value is None else take(value)


def is_plain(field: Any) -> bool:
    """Return whether a field is a Shape that does not override how its fields are read."""
    return (
        isinstance(field, Shape)
        and type(field).to_internal_value is Shape.to_internal_value
        and not field.validators
        and not any(hasattr(field, f"validate_{name}") for name in field.fields)
    )


def shape(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    """Validate an object: each field, then the object with `validate`."""
    # a dict's own keys: DRF's mapping compares its keys in Python, one by one
    names, validate = dict.fromkeys(field.fields).keys(), field.validate
    parts = [(n, part.source, taker(part, other)) for n, part in own(field, read_only=False)]
    shown = [(n, part) for n, part in own(field, read_only=True)]

    def take(value: Any) -> Any:
        if type(value) is not dict or value.keys() != names:
            raise Doubt
        found = {source: part(value[name]) for name, source, part in parts}
        for name, part in shown:
            other(part, value[name])
        return validate(found)

    return take


def own(field: Any, read_only: bool) -> list[tuple[str, Any]]:
    return [(n, part) for n, part in field.fields.items() if part.read_only == read_only]


def several(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    child, least = taker(field.child, other), field.min_length or int(not field.allow_empty)
    most = field.max_length

    def take(value: Any) -> list[Any]:
        if type(value) is not list or len(value) < least or (most and len(value) > most):
            raise Doubt
        return [child(item) for item in value]

    return take


def text(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    rules = [rule for rule in field.validators if not isinstance(rule, STORABLE_VALIDATORS)]
    blank = field.allow_blank

    def take(value: Any) -> str:
        if type(value) is not str or not (value or blank) or not is_storable(value):
            raise Doubt
        for rule in rules if value else ():
            rule(value)
        return value

    return take


def integer(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    def take(value: Any) -> int:
        if type(value) is not int:
            raise Doubt
        for rule in field.validators:
            rule(value)
        return value

    return take


def term(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    prefix, terms = f"{field.vocabulary}.", field.context.get("terms")

    def take(value: Any) -> str:
        found = f"{prefix}{value}"
        if type(value) is not str or (terms is not None and found not in terms):
            raise Doubt
        return found

    return take


def reference(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    known = field.context.get("known")
    ids = None if known is None else known[field.kind]

    def take(value: Any) -> str:
        if type(value) is not dict or value.keys() != {"id", "name"}:
            raise Doubt
        found, name = value["id"], value["name"]
        if type(found) is not str or type(name) is not str:
            raise Doubt
        if ids is not None and found not in ids:
            raise Doubt
        return found

    return take


def anything(field: Any, other: Callable[[Any, Any], Any]) -> Take:
    """Accept any JSON object."""

    def take(value: Any) -> Any:
        if type(value) is not dict:
            raise Doubt
        return value

    return take


MAKERS: dict[type, Callable[[Any, Callable[[Any, Any], Any]], Take]] = {
    serializers.CharField: text,
    serializers.IntegerField: integer,
    serializers.JSONField: anything,
    serializers.ListSerializer: several,
    TermField: term,
    Reference: reference,
}
