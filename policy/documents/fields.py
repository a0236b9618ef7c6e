"""The types of the fields that documents consist of."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Self, TypeVar

from django.core.validators import RegexValidator, URLValidator
from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from policy.documents.markers import Checked, CodeOf, StoredAsKeys
from policy.documents.shape import Shape, field_problems, get_context, value_problem
from policy.documents.times import format_timestamp
from policy.models.record import validate_sha256
from policy.strictjson import is_storable

validate_no_space = RegexValidator(r"^\S+\Z", "Must not contain white space.")
MAX_INTEGER = 2**31 - 1  # of PostgreSQL's integer
MAX_NUMBER = Decimal(10) ** 18
NUMBER_STEP = Decimal("0.000001")


def check_text(value: str, info: ValidationInfo) -> str:
    if not is_storable(value):
        raise value_problem("Must not contain NUL or half of a surrogate pair.")
    context = get_context(info)
    if value != value.strip() and not (context.published or context.is_draft):
        raise value_problem("Remove the white space before and after the text.")
    return value


def check_day(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise value_problem("Write the date as YYYY-MM-DD, for example 2021-05-21.")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise value_problem(f"There is no day {value}.") from None
    return value


def check_moment(value: str) -> str:
    try:
        written = format_timestamp(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise value_problem("Write the time as in 2026-11-22T09:30:00.000000Z.") from None
    if written != value:
        raise value_problem(f"Write this time as {written}.")
    return value


def check_number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise value_problem("The value must be a number.")
    try:
        rounded = Decimal(str(value)).quantize(NUMBER_STEP)
    except InvalidOperation:
        rounded = MAX_NUMBER
    if not 0 <= rounded < MAX_NUMBER:
        raise value_problem("Must be at least 0 and below 1,000,000,000,000,000,000.")
    if rounded != Decimal(str(value)):
        raise value_problem("Use at most six digits after the decimal point.")
    return value


def sort_codes(codes: list[str]) -> list[str]:
    if len(set(codes)) < len(codes):
        raise value_problem("A value occurs twice. Remove the duplicate.")
    return sorted(codes)


def sort_references(references: "list[Reference]") -> "list[Reference]":
    if len({reference.id for reference in references}) < len(references):
        raise value_problem("An id occurs twice. Remove the duplicate.")
    return sorted(references, key=lambda reference: reference.id)


def sort_keyed(rows: "list[AnySchemeValue]") -> "list[AnySchemeValue]":
    keys = [row.key for row in rows]
    if len(set(keys)) < len(keys):
        raise value_problem("A value occurs twice. Remove the duplicate.")
    return sorted(rows, key=lambda row: row.key)


def ignore_in_files(
    value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> object:
    return handler(value) if get_context(info).published else None


AnySchemeValue = TypeVar("AnySchemeValue", bound="SchemeValue")
OptionalText = Annotated[str, AfterValidator(check_text)]  # may be empty
Text = Annotated[OptionalText, Field(min_length=1)]
Word = Annotated[
    str,
    Checked(validate_no_space),
    AfterValidator(check_text),
    Field(min_length=1, max_length=120),
]
Url = Annotated[OptionalText, Checked(URLValidator())]
Sha256 = Annotated[Text, Checked(validate_sha256)]
Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Ordinal = Annotated[int, Field(ge=1, le=MAX_INTEGER)]
Day = Annotated[
    str, AfterValidator(check_day), WithJsonSchema({"type": "string", "format": "date"})
]
Moment = Annotated[
    str, AfterValidator(check_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
# A JSON number with at most 18 digits before the decimal point and 6 after it.
Number = Annotated[
    int | float, PlainValidator(check_number), WithJsonSchema({"type": "number", "minimum": 0})
]
Sorted = AfterValidator(sort_codes)  # a list without duplicates, in sorted order
SortedById = AfterValidator(sort_references)
Computed = WrapValidator(ignore_in_files)  # publishing computes the value; not a column


def computed(description: str) -> Any:
    """Return the declaration of a field that is Computed. In files its value is None."""
    return Field(default=None, description=description)


class Reference(Shape):
    """A reference to another record: its id, and its name at the time of publication."""

    id: str = Field(description="Public id.")
    name: OptionalText = Field(default="", description="Name at the time of publication.")


class SchemeValue(Shape):
    """A value of a scheme. Subclasses name the vocabulary of their schemes."""

    vocabulary: ClassVar[str]
    scheme: str
    value: str

    @property
    def key(self) -> str:
        return f"{self.scheme}:{self.value}"

    @classmethod
    def item_key(cls, item: Mapping[str, Any]) -> str:
        return f"{item['scheme']}:{item['value']}"

    @model_validator(mode="after")
    def check_pattern(self, info: ValidationInfo) -> Self:
        pattern = get_context(info).patterns.get(f"{self.vocabulary}.{self.scheme}", "")
        if pattern and not re.fullmatch(pattern, self.value):
            message = f"Is no value of the scheme {self.scheme}: values must match {pattern}"
            raise field_problems({"value": message})
        return self


class Identifier(SchemeValue):
    """What others call a record: a number in a register or another database."""

    vocabulary: ClassVar = "identifier_scheme"
    scheme: Annotated[str, CodeOf("identifier_scheme")] = Field(
        description="Scheme of the value. A code of the vocabulary identifier_scheme."
    )
    value: Word = Field(description="Identifier in this scheme.")


class Classification(SchemeValue):
    """What a record is about: a code of a classification."""

    vocabulary: ClassVar = "classification_scheme"
    scheme: Annotated[str, CodeOf("classification_scheme")] = Field(
        description="Scheme of the code. A code of the vocabulary classification_scheme."
    )
    value: Word = Field(description="Code in this scheme.")


class HonestDate(Shape):
    """A date as an interval, with its precision and basis."""

    earliest: Day | None = Field(default=None, description="First possible day. Null: no limit.")
    latest: Day | None = Field(default=None, description="Last possible day. Null: no limit.")
    precision: Annotated[str, CodeOf("precision")] = Field(
        description="Precision of the date. A code of the vocabulary precision."
    )
    basis: Annotated[str, CodeOf("basis")] = Field(
        description="Basis of the date. A code of the vocabulary basis."
    )
    resolution: OptionalText = Field(
        default="", description="How the interval was derived from the words of the source."
    )

    @model_validator(mode="after")
    def check_interval(self) -> Self:
        earliest, latest = self.earliest, self.latest
        if earliest is None and latest is None:
            raise value_problem(
                "Give earliest or latest, or leave out the date and give the reason."
            )
        if earliest and latest and earliest > latest:
            raise value_problem(f"The earliest day {earliest} is after the latest day {latest}.")
        if self.precision == "day" and earliest != latest:
            raise value_problem(
                "If the precision is day, earliest and latest must be the same day."
            )
        return self


Identifiers = Annotated[list[Identifier], AfterValidator(sort_keyed), StoredAsKeys()]
Classifications = Annotated[list[Classification], AfterValidator(sort_keyed), StoredAsKeys()]
IDENTIFIERS_HELP = "What others call it, each as a scheme and a value."
CLASSIFICATIONS_HELP = "Codes of classifications that say what it is about."
