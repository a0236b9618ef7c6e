"""Markers of fields: which values are valid, and which column of a Django model holds the value."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from policy.documents.nearest import nearest
from policy.documents.shape import get_context, value_problem


class HasId(Protocol):
    """A reference."""

    id: str


AnyReference = TypeVar("AnyReference", bound=HasId)


@dataclass(frozen=True)
class Column:
    """The attribute of the Django model that holds the field, if it has another name."""

    name: str


@dataclass(frozen=True)
class Coded:
    """The values of the field are coded from sources, so each needs a citation.

    `label` names the field on pages. If the field is empty, the action must give the reason, unless
    it `may_be_empty`.
    """

    label: str
    may_be_empty: bool = False


class NotStored:
    """The field is checked, but not stored."""


class StoredAsJson:
    """The value is stored as JSON in one column."""


class StoredAsKeys:
    """The items of a list are stored as texts: their keys, `<scheme>:<value>`."""


class Check:
    """Checks a value after pydantic has checked its type."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self.check, handler(source))

    def check(self, value: Any, info: ValidationInfo) -> Any:
        """Return the value. Raise `value_problem` if it is not valid in the context of `info`."""
        raise NotImplementedError


@dataclass(frozen=True)
class RefersTo(Check):
    """The kind of record that a reference refers to."""

    kind: str

    def check(self, value: AnyReference, info: ValidationInfo) -> AnyReference:
        known = get_context(info).known
        if known is not None and value.id not in known[self.kind]:
            hint = nearest(value.id, known[self.kind])
            raise value_problem(f"There is no {self.kind} {value.id}.{hint}")
        return value


@dataclass(frozen=True)
class CodeOf(Check):
    """A code of one vocabulary, without the name of the vocabulary."""

    vocabulary: str

    def check(self, value: str, info: ValidationInfo) -> str:
        terms = get_context(info).terms
        prefix = f"{self.vocabulary}."
        if terms is not None and prefix + value not in terms:
            codes = [term.removeprefix(prefix) for term in terms if term.startswith(prefix)]
            raise value_problem(
                f"The vocabulary {self.vocabulary} has no term {value}.{nearest(value, codes)}"
            )
        return value

    def get_id(self, code: str) -> str:
        return f"{self.vocabulary}.{code}"


@dataclass(frozen=True)
class OneOf(Check):
    """A text that is one of a few."""

    choices: Sequence[str]

    def check(self, value: str, info: ValidationInfo) -> str:
        if value not in self.choices:
            raise value_problem(
                f"Must be one of {', '.join(self.choices)}.{nearest(value, self.choices)}"
            )
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "enum": [*self.choices]}


@dataclass(frozen=True)
class Checked(Check):
    """A text that a validator of Django accepts."""

    validate: Callable[[str], None]

    def check(self, value: str, info: ValidationInfo) -> str:
        try:
            if value:
                self.validate(value)
        except ValidationError as error:
            raise value_problem(" ".join(error.messages)) from None
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        if isinstance(self.validate, URLValidator):
            empty = {"type": "string", "maxLength": 0}
            return {"anyOf": [{**described, "format": "uri"}, empty]}
        if isinstance(self.validate, RegexValidator):
            regex = cast("re.Pattern[str]", self.validate.regex)
            pattern = regex.pattern.replace(r"\Z", "$")
            may_be_empty = "minLength" not in described and not regex.search("")
            described["pattern"] = f"^$|{pattern}" if may_be_empty else pattern
        return described
