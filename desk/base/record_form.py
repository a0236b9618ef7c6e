"""Forms of records: they refuse to overwrite the edits of others, and measure source files."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, TypedDict

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Max
from django.http import QueryDict

from desk.base.generic import AnyModelForm
from desk.base.reference_form import validate_no_cycle
from desk.base.uploads import file_size_error
from policy import audit
from policy.documents.types import Document
from policy.hashes import sha256_hex
from policy.models import AuditEvent, Citation, Record, Source, Term
from policy.sources import citations
from policy.sources.formats.html import decode_html, parse_html

# Fields of a document that have another name in the form.
FORM_FIELD_OF_DOCUMENT_FIELD = {
    "id": "slug",
    "penalty": "penalties",
    "published": "published_earliest",
}
MAX_SOURCE_FILE_SIZE = 20 * 2**20  # bytes
DAY_PRECISION_ERROR = "With precision “day”, the earliest and the latest day must be the same."
MAX_LISTED_EDITS = 20  # edits of others that a conflict lists
EDIT_CONFLICT = (
    "Someone else saved this record. Merge their changes below; saving again overwrites them."
)
MEASURED_FIELDS = ("sha256", "bytes", "text_sha256", "characters")


class FileMeasures(TypedDict):
    """What a source states about its file and about the file's text."""

    sha256: str
    bytes: int
    text_sha256: str
    characters: int


class RecordForm(AnyModelForm):
    """The form of a record. It is refused if someone else saved the record after it was opened.

    `parent_field` names a foreign key to the same model, which must not form a cycle.
    """

    instance: Record
    before: Document | None  # the draft before this save; None for a new record
    parent_field = ""
    edition = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["edition"] = self.instance.edited_at.isoformat()

    def clean(self) -> None:
        super().clean()
        if self.instance.pk:
            self.validate_not_overwriting(self.cleaned_data.get("edition", ""))
        if self.parent_field:
            validate_no_cycle(self, self.parent_field)

    def validate_not_overwriting(self, opened: str) -> None:
        """Raise ValidationError unless `opened`, the edition of the form, is the current one.

        The refused form keeps what the user typed and takes the current edition, so that saving it
        again succeeds.
        """
        current = self.current_edition()
        if current == opened:
            return
        if isinstance(self.data, QueryDict):
            data = self.data.copy()
            data[self.add_prefix("edition")] = current
            self.data = data
        raise ValidationError([EDIT_CONFLICT, *describe_edits_since(self.instance, opened)])

    def current_edition(self) -> str:
        """Return when the record was last saved, in ISO 8601. Lock the row for this transaction."""
        rows = type(self.instance)._default_manager.select_for_update(no_key=True)
        edited_at: datetime = rows.values_list("edited_at", flat=True).get(pk=self.instance.pk)
        return edited_at.isoformat()


def describe_edits_since(record: Record, opened: str) -> Iterator[str]:
    """Yield a line for each edit since an edition: who saved it, when, and what it changed."""
    events = [
        event
        for event in audit.events_about(record).filter(what="edited")[:MAX_LISTED_EDITS]
        if is_later_edit(event, opened)
    ]
    for event in reversed(events):
        changes = event.detail.get("changes")
        text = (
            "; ".join(format_change(*change) for change in changes)
            if changes
            else "the private note or the order of rows"
        )
        yield f"{event.by}, {event.at:%Y-%m-%d %H:%M} UTC: {text}"
    if not events:
        when = f"{record.edited_at:%Y-%m-%d %H:%M} UTC"
        yield f"Saved by a command, {when}. Open the record in another tab to compare."


def is_later_edit(event: AuditEvent, opened: str) -> bool:
    try:
        edition: str = event.detail["edition"]
        return datetime.fromisoformat(edition) > datetime.fromisoformat(opened)
    except (KeyError, TypeError, ValueError):
        return False


def format_change(field: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{field}: added “{after}”"
    return f"{field}: removed “{before}”" if after is None else f"{field}: “{before}” → “{after}”"


class AgencyForm(RecordForm):
    parent_field = "parent"


class SourceForm(RecordForm):
    """The form of a source. An uploaded file fills in its digests and lengths."""

    instance: Source
    raw: bytes  # the uploaded file
    measures: FileMeasures | None = None
    parent_field = "derived_from"
    file = forms.FileField(
        required=False,
        help_text="The file as retrieved: plain text in UTF-8, or HTML. It fills in the digests "
        "and lengths. Its text is kept for curators and is never published. To have the title and "
        "the date found as well, use “Bring in an article”.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.files.get(self.add_prefix("file")):
            for name in set(MEASURED_FIELDS) & set(self.fields):
                self.fields[name].required = False

    def clean_file(self) -> "UploadedFile[bytes] | None":
        upload: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if upload and (upload.size or 0) > MAX_SOURCE_FILE_SIZE:
            raise ValidationError(file_size_error(MAX_SOURCE_FILE_SIZE))
        if upload:
            self.raw = upload.read()
            self.measures = measure_file(self.raw, self.instance)
        return upload

    def clean(self) -> None:
        super().clean()
        if self.measures:
            for name, value in self.measures.items():
                self.clean_measure(name, value)
        characters: int | None = self.cleaned_data.get("characters")
        if characters is not None:
            self.validate_citations_fit(characters)
        self.clean_published()

    def clean_measure(self, name: str, value: object) -> None:
        """Set a field to what was measured. A different value in the form is an error."""
        if name in self.fields:
            stated: object = self.cleaned_data.get(name)
            if stated not in (None, "", value):
                self.add_error(name, f"The uploaded file has {value}.")
            self.cleaned_data[name] = value
        elif value != getattr(self.instance, name) and "file" not in self.errors:
            self.add_error("file", "This is not the file that the source describes.")

    def validate_citations_fit(self, characters: int) -> None:
        cited = Citation.objects.filter(source=self.instance.pk)
        last: int | None = cited.aggregate(last=Max("end"))["last"]
        if last and last > characters:
            message = f"A citation of this source ends at character {last}."
            self.add_error("characters", message)

    def clean_published(self) -> None:
        start: date | None = self.cleaned_data.get("published_earliest")
        end: date | None = self.cleaned_data.get("published_latest")
        precision: Term | None = self.cleaned_data.get("published_precision")
        basis: Term | None = self.cleaned_data.get("published_basis")
        if not (start or end):
            if precision or basis:
                message = "Enter a day, or leave all fields of the date empty."
                self.add_error("published_earliest", message)
            return
        for name, value in (("precision", precision), ("basis", basis)):
            if not value:
                self.add_error(f"published_{name}", "Required when a date is given.")
        if precision and precision.code == "day" and start != end:
            self.add_error("published_precision", DAY_PRECISION_ERROR)


def measure_file(raw: bytes, source: Source) -> FileMeasures:
    """Return the digests and lengths of a source's file and of its text. Raise ValidationError."""
    html = decode_html(raw)
    try:
        if html is not None and not source.text_sha256:
            text = parse_html(html).text  # as for an article that is brought in
        else:
            text = citations.extract_source_text(source, raw)
    except UnicodeDecodeError as error:
        message = f"The file is not UTF-8: see byte {error.start}. Save it as UTF-8."
        raise ValidationError(message) from None
    if not text.strip():
        raise ValidationError("The file contains no text.")
    if "\0" in text:
        raise ValidationError("The text contains the NUL character, which cannot be stored.")
    return FileMeasures(
        sha256=sha256_hex(raw),
        bytes=len(raw),
        text_sha256=sha256_hex(text.encode()),
        characters=len(text),
    )
