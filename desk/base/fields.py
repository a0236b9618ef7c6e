"""Form fields that take plain text where the model keeps lists and JSON."""

import json
import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from policy import strictjson
from policy.documents.action_part_schema import Support
from policy.models import Term

SUPPORTS_HELP = (
    "One field a line: its key, then stated, derived or inferred; inferred takes its reason behind "
    "a colon. For example “dates/occurred derived”, or “stance inferred: the words only imply it”."
)
SUPPORT_LINE = re.compile(r"(?P<field>\S+)\s+(?P<basis>[^\s:]+)\s*(?::\s*(?P<reason>.*))?")
SupportRow = dict[str, str]


class TextField(forms.CharField):
    """Browsers end lines with CR LF; text that nobody touched must not count as changed."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")


class FormattedTextField(TextField):
    """A value that people write as text: `spell` writes it, `read` reads it."""

    def format_value(self, value: Any) -> str:
        raise NotImplementedError

    def parse_value(self, text: str) -> Any:
        raise NotImplementedError

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else self.format_value(value)

    def clean(self, value: Any) -> Any:
        return self.parse_value(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


class LinesField(FormattedTextField):
    """A list of strings, one a line."""

    def __init__(self, *, base_field: Any = None, help_text: str = "", **options: Any) -> None:
        options |= {"widget": AdminTextareaWidget(attrs={"rows": 3}), "max_length": None}
        super().__init__(help_text=f"{help_text} One a line.".strip(), **options)

    def format_value(self, value: list[str] | None) -> str:
        return "\n".join(value or [])

    def parse_value(self, text: str) -> list[str]:
        return [line.strip() for line in text.split("\n") if line.strip()]


class ObjectField(FormattedTextField):
    """A JSON object that the database can hold."""

    widget = AdminTextareaWidget

    def format_value(self, value: Any) -> str:
        return json.dumps(value or {}, indent=2, ensure_ascii=False)

    def parse_value(self, text: str) -> Any:
        try:
            value = strictjson.parse_json((text or "{}").encode())
        except strictjson.BadJSON as error:
            raise ValidationError(f"Not usable: {error}") from None
        if not isinstance(value, dict):
            raise ValidationError("Write one JSON object: {…}.")
        return value


class SupportsField(FormattedTextField):
    """What a citation backs, one field a line."""

    def __init__(self, **options: Any) -> None:
        widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"})
        super().__init__(**{"widget": widget, "help_text": SUPPORTS_HELP, **options})

    def format_value(self, value: list[SupportRow] | None) -> str:
        return "\n".join(map(format_support, value or []))

    def parse_value(self, text: str) -> list[SupportRow]:
        known = Term.objects.filter(vocabulary="basis").values_list("pk", flat=True)
        found, errors = [], []
        for number, line in enumerate(text.split("\n"), 1):
            try:
                found += [parse_support(line.strip(), known)] if line.strip() else []
            except ValidationError as error:
                errors += [f"Line {number}: {message}" for message in error.messages]
        fields = [row["field"] for row in found]
        errors += [f"{name} stands here twice." for name in sorted(find_repeated_words(fields))]
        if errors:
            raise ValidationError(errors)
        return found


def format_support(row: SupportRow) -> str:
    reason = " ".join(row.get("reason", "").split())
    return f"{row['field']} {row['basis']}" + (f": {reason}" if reason else "")


def parse_support(line: str, known: Any) -> SupportRow:
    """The support that a line spells. Raises ValidationError."""
    match = SUPPORT_LINE.fullmatch(line)
    if not match:
        raise ValidationError(f"“{line}” is not a field, a basis and perhaps “: reason”.")
    support = Support(data=match.groupdict(default=""), context={"terms": known})
    if not support.is_valid():
        raise ValidationError([str(text) for found in support.errors.values() for text in found])
    return dict(support.validated_data)


def find_repeated_words(words: list[str]) -> set[str]:
    return {word for word in words if words.count(word) > 1}
