"""The base of all schemas of documents, and what values are validated against."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema, PydanticCustomError

from policy.documents.types import Document


@dataclass(frozen=True)
class ValidationContext:
    """What a value is validated against. Without `terms` and `known`, only its form is checked.

    A published document must have every field, except those in `later`. Its white space is kept.
    A file and a draft may omit fields that have a default, and their computed fields are ignored. A
    draft may have white space around its texts.
    """

    terms: Collection[str] | None = None  # ids of the terms that records may be coded with
    known: Mapping[str, Collection[str]] | None = None  # public ids by kind
    all_terms: Collection[str] = field(default=())  # ids of all terms, headings included
    # Patterns of the values of schemes, by id of the term. Without one, a scheme admits any value.
    patterns: Mapping[str, str] = field(default_factory=dict)
    published: bool = False
    is_draft: bool = False


def get_context(info: ValidationInfo) -> ValidationContext:
    context: ValidationContext = info.context or ValidationContext()
    return context


def value_problem(message: str) -> PydanticCustomError:
    """Return an error about the value that is validated."""
    return PydanticCustomError("problem", "{message}", {"message": escape_surrogates(message)})


def field_problems(messages: Mapping[str, str]) -> PydanticCustomError:
    """Return an error about fields of the object that is validated, with a message for each."""
    escaped = {name: escape_surrogates(message) for name, message in messages.items()}
    return PydanticCustomError("field_problems", "{messages}", {"messages": escaped})


def escape_surrogates(text: str) -> str:
    """Return a text that can be encoded: half of a surrogate pair is written as in JSON."""
    return text.encode("utf-8", "backslashreplace").decode()


class Shape(BaseModel):
    """An object with these keys and no others.

    `later` are fields that documents published earlier may lack.
    """

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_serialization_defaults_required=True
    )
    later: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def item_key(cls, item: Mapping[str, Any]) -> str:
        """Return how supports name an item of a list of such objects, which are JSON objects."""
        return str(item["id"] if "id" in item else item["kind"])

    @model_validator(mode="after")
    def require_published_fields(self, info: ValidationInfo) -> Self:
        fields = type(self).model_fields
        if get_context(info).published and len(self.model_fields_set) < len(fields):
            message = "Required: a published document must have every field."
            missing = [name for name in fields if name not in self.model_fields_set]
            if problems := {name: message for name in missing if name not in self.later}:
                raise field_problems(problems)
        return self

    def complete_row(self, row: Document) -> Document:
        """Return the columns of this object, of which `row` has those that have a field."""
        return row

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler.resolve_ref_schema(handler(schema))
        described["required"] = [name for name in described["required"] if name not in cls.later]
        return described
