"""Form fields in which people edit lists, JSON objects and supports as plain text."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any, Generic, TypedDict, TypeVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from policy import strictjson
from policy.documents.action_part_schema import Support
from policy.documents.shape import ValidationContext
from policy.documents.validation import validate_document
from policy.models import Term

SUPPORTS_HELP = (
    "One field per line: its key, then stated, derived or inferred. After inferred, add a colon "
    "and the reason. Examples: “dates/occurred derived” and “stance inferred: the words only imply "
    "it”."
)
SUPPORT_LINE = re.compile(r"(?P<field>\S+)\s+(?P<basis>[^\s:]+)\s*(?::\s*(?P<reason>.*))?")
FieldValue = TypeVar("FieldValue")


class SupportRow(TypedDict):
    """One field that a citation supports, as documents hold it."""

    field: str
    basis: str
    reason: str


class TextField(forms.CharField):
    """A text whose line ends are LF: browsers send CR LF, which must not count as a change."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value)
        return "" if text is None else text.replace("\r\n", "\n").replace("\r", "\n")


class FormattedTextField(TextField, Generic[FieldValue]):
    """A value that people edit as text."""

    def format_value(self, value: FieldValue | None) -> str:
        raise NotImplementedError

    def parse_value(self, text: str) -> FieldValue:
        """Return the value of a text with LF line ends. Raise ValidationError."""
        raise NotImplementedError

    def prepare_value(self, value: FieldValue | str | None) -> str:
        return value if isinstance(value, str) else self.format_value(value)

    def clean(self, value: object) -> FieldValue:
        return self.parse_value(super().clean(value))

    def has_changed(self, initial: FieldValue | str | None, data: object) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


class LinesField(FormattedTextField[list[str]]):
    """A list of strings, one per line."""

    def __init__(self, *, base_field: object = None, help_text: str = "", **options: Any) -> None:
        options |= {"widget": AdminTextareaWidget(attrs={"rows": 3}), "max_length": None}
        super().__init__(help_text=f"{help_text} One per line.".strip(), **options)

    def format_value(self, value: list[str] | None) -> str:
        return "\n".join(value or [])

    def parse_value(self, text: str) -> list[str]:
        return [line.strip() for line in text.split("\n") if line.strip()]


class ObjectField(FormattedTextField[dict[str, object]]):
    """A JSON object that the database can store."""

    widget = AdminTextareaWidget

    def format_value(self, value: dict[str, object] | None) -> str:
        return json.dumps(value or {}, indent=2, ensure_ascii=False)

    def parse_value(self, text: str) -> dict[str, object]:
        try:
            value: object = strictjson.parse_json((text or "{}").encode())
        except strictjson.BadJSON as error:
            raise ValidationError(f"Not valid: {error}") from None
        if not isinstance(value, dict):
            raise ValidationError("Enter one JSON object: {…}.")
        return value


class SupportsField(FormattedTextField[list[SupportRow]]):
    """The fields that a citation supports, one per line."""

    def __init__(self, **options: Any) -> None:
        widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})
        super().__init__(**{"widget": widget, "help_text": SUPPORTS_HELP, **options})

    def format_value(self, value: list[SupportRow] | None) -> str:
        return "\n".join(map(format_support, value or []))

    def parse_value(self, text: str) -> list[SupportRow]:
        bases = get_basis_keys()
        supports: list[SupportRow] = []
        errors: list[str] = []
        for number, line in enumerate(text.split("\n"), 1):
            try:
                supports += [parse_support(line.strip(), bases)] if line.strip() else []
            except ValidationError as error:
                errors += [f"Line {number}: {message}" for message in error.messages]
        repeated = find_repeated_words([row["field"] for row in supports])
        errors += [f"{name} is listed twice." for name in sorted(repeated)]
        if errors:
            raise ValidationError(errors)
        return supports


def get_basis_keys() -> list[str]:
    """Return the primary keys of the codebook's bases, such as basis.stated."""
    return list(Term.objects.filter(vocabulary="basis").values_list("pk", flat=True))


def format_support(row: SupportRow) -> str:
    """Return a support as one line: field, basis and, after a colon, the reason."""
    reason = " ".join(row.get("reason", "").split())
    return f"{row['field']} {row['basis']}" + (f": {reason}" if reason else "")


def split_support(line: str) -> SupportRow | None:
    """Return the parts of a support's line, unchecked, or None if it is not in that form."""
    match = SUPPORT_LINE.fullmatch(line)
    if match is None:
        return None
    return SupportRow(field=match["field"], basis=match["basis"], reason=match["reason"] or "")


def support_line_error(line: str) -> str:
    return f"“{line}” must be a field, a basis and, if needed, a colon and a reason."


def parse_support(line: str, bases: Collection[str]) -> SupportRow:
    """Return the support of a line. `bases` are the valid primary keys. Raise ValidationError."""
    row = split_support(line)
    if row is None:
        raise ValidationError(support_line_error(line))
    _, problems = validate_document(Support, row, ValidationContext(terms=bases))
    if problems:
        raise ValidationError([message for _, message in problems])
    return row


def find_repeated_words(words: Iterable[str]) -> set[str]:
    """Return the words that are given more than once."""
    return {word for word, count in Counter(words).items() if count > 1}
