"""The form field of identifiers and classifications: one `scheme:value` per line."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Field
from django.http import HttpRequest

from desk.base.fields import LinesField
from desk.base.term_widgets import AdminBase, get_request_terms
from policy.documents.columns import split_key
from policy.documents.fields import Classification, Identifier, SchemeValue
from policy.documents.shape import ValidationContext
from policy.documents.validation import validate_document
from policy.models import Term

SCHEMA_BY_FIELD: dict[str, type[SchemeValue]] = {
    "identifiers": Identifier,
    "classifications": Classification,
}


class SchemeValuesField(LinesField):
    """Keys of values of schemes, one per line. `terms` are all terms of the codebook."""

    def __init__(self, schema: type[SchemeValue], terms: Iterable[Term], **options: Any) -> None:
        of_vocabulary = [
            term for term in terms if term.vocabulary == schema.vocabulary and not term.abstract
        ]
        self.schema, self.codes = schema, [term.code for term in of_vocabulary]
        self.context = ValidationContext(
            terms=[term.pk for term in of_vocabulary],
            patterns={term.pk: term.pattern for term in of_vocabulary},
        )
        super().__init__(**options)
        self.help_text = f"{self.help_text} Schemes: {', '.join(self.codes)}."
        self.widget.attrs |= {"spellcheck": "false"}

    def parse_value(self, text: str) -> list[str]:
        """Return the keys in order, as documents hold them. Name each faulty line."""
        first_lines: dict[str, int] = {}
        errors: list[str] = []
        for number, line in enumerate(text.split("\n"), 1):
            key = line.strip()
            if not key:
                continue
            problems = list(self.iter_problems(key))
            if first_lines.setdefault(key, number) != number:
                problems = [f"Is the same as line {first_lines[key]}. Remove one of them."]
            errors += [f"Line {number}, “{key}”: {problem}" for problem in problems]
        if errors:
            raise ValidationError(errors)
        return sorted(first_lines)

    def iter_problems(self, key: str) -> Iterator[str]:
        """Yield what is wrong with a value of a scheme."""
        if ":" not in key:
            yield f"Write a scheme, a colon and a value. {self.allowed_schemes}"
            return
        _, problems = validate_document(self.schema, split_key(key), self.context)
        for path, message in problems:
            yield f"{message} {self.allowed_schemes}" if path == "scheme" else message

    @property
    def allowed_schemes(self) -> str:
        return f"The schemes are {', '.join(self.codes)}."


class SchemeFieldsMixin(AdminBase):
    """Show the identifiers and classifications of a record as lines. For a ModelAdmin."""

    def formfield_for_dbfield(
        self, db_field: "Field[object, object]", request: HttpRequest, **options: Any
    ) -> Any:
        if schema := SCHEMA_BY_FIELD.get(db_field.name):
            return db_field.formfield(
                form_class=SchemeValuesField, schema=schema, terms=get_request_terms(request)
            )
        return super().formfield_for_dbfield(db_field, request, **options)
