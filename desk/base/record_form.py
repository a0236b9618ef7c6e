"""Forms of records."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max

from desk.base.reference_form import validate_no_cycle
from policy import audit
from policy.hashes import sha256_hex
from policy.models import AuditEvent, Citation, Record, Source
from policy.sources import citations
from policy.sources.formats.html import decode_html, parse_html

MAX_SOURCE_FILE_SIZE = 20 * 2**20  # bytes of an uploaded file
DAY_PRECISION_ERROR = "A date known to the day has one day at both ends."
MAX_LISTED_EDITS = 20  # edits that a second person is told of
EDIT_CONFLICT = (
    "Somebody saved this record after you opened it. Nothing of yours is saved, and all of it "
    "stands below. Take over what you want to keep of their changes, then save again: what you "
    "leave as it is goes over theirs."
)
MEASURED_FIELDS = ("sha256", "bytes", "text_sha256", "characters")


class RecordForm(forms.ModelForm):
    """Refuses to overwrite what somebody else saved in the meantime."""

    parent_field = ""
    edition = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["edition"] = self.instance.edited_at.isoformat()

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk:
            self.validate_not_overwriting(self.cleaned_data.get("edition", ""))
        if self.parent_field:
            validate_no_cycle(self, self.parent_field)
        return self.cleaned_data

    def validate_not_overwriting(self, opened: str) -> None:
        """What was typed stays in the form, which from now on is of what stands."""
        standing = self.current_edition()
        if standing == opened:
            return
        self.data = self.data.copy()
        self.data[self.add_prefix("edition")] = standing
        raise ValidationError([EDIT_CONFLICT, *describe_edits_since(self.instance, opened)])

    def current_edition(self) -> str:
        """When the row was saved last. Locks it until this form is saved or refused."""
        rows = type(self.instance)._default_manager.select_for_update(no_key=True)
        return rows.values_list("edited_at", flat=True).get(pk=self.instance.pk).isoformat()


def describe_edits_since(record: Record, opened: str) -> Iterator[str]:
    """Who saved a record since an edition of it, when, and what that changed."""
    audit_events = [
        audit_event
        for audit_event in audit.events_about(record).filter(what="edited")[:MAX_LISTED_EDITS]
        if is_later_edit(audit_event, opened)
    ]
    for audit_event in reversed(audit_events):
        changes = audit_event.detail.get("changes") or [
            ["the private note or the order", None, None]
        ]
        said = "; ".join(format_change(*change) for change in changes)
        yield f"{audit_event.by}, {audit_event.at:%Y-%m-%d %H:%M} UTC: {said}"
    if not audit_events:
        when = f"{record.edited_at:%Y-%m-%d %H:%M} UTC"
        yield f"Saved by a command, {when}: open it in another tab to compare."


def is_later_edit(audit_event: AuditEvent, opened: str) -> bool:
    try:
        return datetime.fromisoformat(audit_event.detail["edition"]) > datetime.fromisoformat(
            opened
        )
    except (KeyError, TypeError, ValueError):
        return False


def format_change(field: str, before: str | None, after: str | None) -> str:
    if before is None and after is None:
        return field
    if before is None:
        return f"{field}: now “{after}”"
    return f"{field}: “{before}” is gone" if after is None else f"{field}: “{before}” → “{after}”"


class AgencyForm(RecordForm):
    parent_field = "parent"


class SourceForm(RecordForm):
    parent_field = "derived_from"
    file = forms.FileField(
        required=False,
        help_text="The bytes as retrieved: plain text in UTF-8, or HTML, whose words are the text. "
        "Fills in the digests and lengths, and keeps the text here for curators: it is never "
        "published. “Bring in an article” also finds title and date.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.files.get(self.add_prefix("file")):
            for name in set(MEASURED_FIELDS) & set(self.fields):
                self.fields[name].required = False

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload and upload.size > MAX_SOURCE_FILE_SIZE:
            raise ValidationError(f"Larger than {MAX_SOURCE_FILE_SIZE // 2**20} MB.")
        if upload:
            self.raw = upload.read()
            self.measured = measure_file(self.raw, self.instance)
        return upload

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name, value in getattr(self, "measured", {}).items():
            if name in self.fields:
                self.set_measured(name, value)
            elif value != getattr(self.instance, name) and "file" not in self.errors:
                self.add_error("file", "This is not the file that the source describes.")
        if (characters := self.cleaned_data.get("characters")) is not None:
            self.validate_citations_fit(characters)
        self.clean_published()
        return self.cleaned_data

    def set_measured(self, name: str, measured: Any) -> None:
        """One measure of the uploaded file, unless the form states another."""
        if self.cleaned_data.get(name) not in (None, "", measured):
            self.add_error(name, f"The file's is {measured}.")
        self.cleaned_data[name] = measured

    def validate_citations_fit(self, characters: int) -> None:
        cited = Citation.objects.filter(source=self.instance.pk).aggregate(last=Max("end"))["last"]
        if cited and cited > characters:
            self.add_error("characters", f"A citation of this source ends at {cited}.")

    def clean_published(self) -> None:
        names = ("earliest", "latest", "precision", "basis")
        start, end, precision, basis = map(self.cleaned_data.get, (f"published_{n}" for n in names))
        if not (start or end):
            if precision or basis:
                self.add_error("published_earliest", "Give a day, or leave the whole date out.")
            return
        for name, value in (("precision", precision), ("basis", basis)):
            if not value:
                self.add_error(f"published_{name}", "A date says this, too.")
        if precision and precision.code == "day" and start != end:
            self.add_error("published_precision", DAY_PRECISION_ERROR)


def measure_file(raw: bytes, source: Source) -> dict[str, Any]:
    """The digests and lengths of a file and of its text."""
    words = decode_html(raw)
    try:
        if words is not None and not source.text_sha256:
            text = parse_html(words).text  # like that of an article that is brought in
        else:
            text = citations.extract_source_text(source, raw)
    except UnicodeDecodeError as error:
        raise ValidationError(f"Not UTF-8 at byte {error.start}.") from None
    if not text.strip():
        raise ValidationError("Holds no text.")
    if "\0" in text:
        raise ValidationError("Its text holds NUL, which cannot be kept.")
    return {
        "sha256": sha256_hex(raw),
        "bytes": len(raw),
        "text_sha256": sha256_hex(text.encode()),
        "characters": len(text),
    }
