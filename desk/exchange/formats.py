"""What django-import-export is given: the two formats, one way of writing, the forms."""

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from import_export.formats.base_formats import Format
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.results import RowResult
from import_export.tmp_storages import BaseStorage
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from tablib import Dataset

from desk.base.db_errors import user_message
from desk.exchange import csv_format, zip_format
from desk.exchange.csv_format import BadFile
from policy.exchange import drafts
from policy.exchange.draft_entries import DraftEntry, ImportOutcome
from policy.models import CHILD_MODELS, RECORD_MODELS, Record

MAX_DRAFT_FILE_SIZE = 5 * 2**20  # bytes of a file: it travels in the form until it is confirmed
MAX_DRAFT_RECORDS = 1000  # records
MAX_DETAILED_OUTCOMES = 100  # of them: a new record beyond is shown without its values
UPLOAD_LOST = "The file was lost on its way, or is not yours. Choose it again."
CONCURRENT_CHANGE = (
    "Somebody made or removed such a record at this moment. Hand the file over again."
)
IMPORT_TYPE_BY_OUTCOME = {
    "new": RowResult.IMPORT_TYPE_NEW,
    "changed": RowResult.IMPORT_TYPE_UPDATE,
    "unchanged": RowResult.IMPORT_TYPE_SKIP,
    "faulty": RowResult.IMPORT_TYPE_INVALID,
}
DraftRows = Iterable[tuple[Record, dict[str, Any]]]


# Permissions


def has_kind_permissions(person: User, verbs: Iterable[str], kind: str) -> bool:
    return all(person.has_perm(f"policy.{verb}_{kind}") for verb in verbs)


def part_model_names(kind: str) -> list[str]:
    """The models whose rows belong to a record."""
    return (
        [str(model._meta.model_name) for model, _, _ in CHILD_MODELS.values()]
        if kind == "action"
        else []
    )


def can_export_drafts(person: User, kind: str) -> bool:
    return all(
        has_kind_permissions(person, ["view"], name) for name in (kind, *part_model_names(kind))
    )


def can_import_drafts(person: User, kind: str) -> bool:
    """Importing writes an action's rows anew, so it needs what the form needs to do the same."""
    whole = has_kind_permissions(person, ["add", "change"], kind)
    return whole and all(
        has_kind_permissions(person, ["add", "change", "delete"], name)
        for name in part_model_names(kind)
    )


# Formats


class DraftFormat(Format):
    """A dataset, to the library, is one column of entries."""

    title = extension = content_type = ""

    def __init__(self, kind: str, encoding: str | None = None) -> None:
        self.kind = kind

    def entries(self, raw: bytes) -> list[DraftEntry]:
        raise NotImplementedError

    def stream(self, rows: DraftRows) -> Iterator[bytes]:
        raise NotImplementedError

    def create_dataset(self, raw: bytes) -> Dataset:
        found = self.entries(raw)
        if len(found) > MAX_DRAFT_RECORDS:
            raise BadFile(f"More than {MAX_DRAFT_RECORDS} records. Import it in parts.")
        return Dataset(*((entry,) for entry in found), headers=["entry"])

    def get_title(self) -> str:
        return self.title

    def get_extension(self) -> str:
        return self.extension

    def get_content_type(self) -> str:
        return self.content_type

    def can_import(self) -> bool:
        return True

    can_export = can_import


class DraftCsvFormat(DraftFormat):
    title = "CSV: a table for spreadsheets, a row a record"
    extension, content_type = "csv", "text/csv; charset=utf-8; header=present"

    def entries(self, raw: bytes) -> list[DraftEntry]:
        return csv_format.parse_csv_entries(self.kind, raw, MAX_DRAFT_RECORDS)

    def stream(self, rows: DraftRows) -> Iterator[bytes]:
        return csv_format.iter_draft_csv(self.kind, rows)


class DraftZipFormat(DraftFormat):
    title = "Dataset: a .zip of JSON files, a file a record"
    extension, content_type = "zip", "application/zip"

    def entries(self, raw: bytes) -> list[DraftEntry]:
        return zip_format.parse_zip_entries(raw, MAX_DRAFT_RECORDS)

    def stream(self, rows: DraftRows) -> Iterator[bytes]:
        return zip_format.iter_draft_zip(self.kind, rows)


DRAFT_FORMATS = (DraftCsvFormat, DraftZipFormat)


def detect_draft_format(start: bytes) -> str:
    """Which of the formats a file is in, by its first bytes and never by its name."""
    return str(
        DRAFT_FORMATS.index(
            DraftZipFormat if start.startswith(zip_format.ZIP_SIGNATURE) else DraftCsvFormat
        )
    )


# Checking and writing


class ImportRefused(Exception):
    """Why nothing of a file can be written."""


class DraftResource(Resource):
    """Everything is checked and written at once, before the first row; rows then report."""

    class Meta:
        using_db = "default"
        use_transactions = True
        use_bulk = True  # no savepoint for each row
        instance_loader_class = BaseInstanceLoader

    outcomes: list[ImportOutcome] = []

    @classmethod
    def get_display_name(cls) -> str:
        return "Drafts"

    def before_import(self, dataset: Dataset, **options: Any) -> None:
        entries: list[DraftEntry] = dataset["entry"]
        by = options["user"]
        for kind in sorted({entry.kind for entry in entries}):
            if not can_import_drafts(by, kind):
                plural = RECORD_MODELS[kind]._meta.verbose_name_plural
                raise ImportRefused(f"It holds {plural}, which you may not add and change.")
        try:
            self.outcomes = drafts.import_drafts(entries, by)
        except DatabaseError as error:
            meanwhile = isinstance(error.__cause__, UniqueViolation | ForeignKeyViolation)
            raise ImportRefused(CONCURRENT_CHANGE if meanwhile else user_message(error)) from error

    def handle_import_error(self, result: Any, error: Exception, *options: Any) -> None:
        """The library would show whatever goes wrong here to people, and log nothing."""
        if not isinstance(error, ImportRefused):
            raise error
        super().handle_import_error(result, error)

    def import_row(self, row: Any, instance_loader: Any, **options: Any) -> RowResult:
        found = RowResult()
        if not self.outcomes:
            found.import_type = RowResult.IMPORT_TYPE_SKIP
            return found
        outcome = self.outcomes[options["row_number"] - 1]
        found.import_type = IMPORT_TYPE_BY_OUTCOME[outcome.status]
        if outcome.problems:
            found.validation_error = ValidationError([message for _, message in outcome.problems])
        return found

    def after_import(self, dataset: Dataset, result: Any, **options: Any) -> None:
        result.outcomes = self.outcomes
        result.detailed = MAX_DETAILED_OUTCOMES
        result.tally = drafts.count_outcomes(self.outcomes)
        if not (options["dry_run"] or result.has_errors() or result.has_validation_errors()):
            log_import(self.outcomes, options["user"], options["file_name"])


def log_import(outcomes: list[ImportOutcome], by: User, file: str) -> None:
    for mark, flag in (("new", ADDITION), ("changed", CHANGE)):
        for kind, model in RECORD_MODELS.items():
            slugs = [
                one.entry.slug for one in outcomes if (one.entry.kind, one.status) == (kind, mark)
            ]
            if slugs:
                rows = model.objects.filter(slug__in=slugs)
                LogEntry.objects.log_actions(by.pk, rows, flag, f"Imported from {file[:100]}.")


# Between the preview and the confirmation the file stays with whoever handed it over.


class InFormStorage(BaseStorage):
    """Its name is its content, so nothing waits on a disk."""

    def save(self, data: bytes) -> None:
        self.name = base64.urlsafe_b64encode(zlib.compress(data)).decode()

    def read(self) -> bytes:
        return zlib.decompressobj().decompress(
            base64.urlsafe_b64decode(self.name), MAX_DRAFT_FILE_SIZE
        )

    def remove(self) -> None:
        """Nothing was kept."""


class DraftImportForm(ImportForm):
    media = forms.Media()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["import_file"].label = "File"
        self.fields["import_file"].widget.attrs = {"accept": ".csv,.zip"}
        self.fields[
            "import_file"
        ].help_text = f"CSV in UTF-8 or a dataset as .zip: {MAX_DRAFT_FILE_SIZE // 2**20} MB and {MAX_DRAFT_RECORDS} records at most."
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > MAX_DRAFT_FILE_SIZE:
            raise ValidationError(
                f"Larger than {MAX_DRAFT_FILE_SIZE // 2**20} MB. Import it in parts."
            )
        return file

    def clean(self) -> dict[str, Any]:
        super().clean()
        if file := self.cleaned_data.get("import_file"):
            self.cleaned_data["format"] = detect_draft_format(file.read(4))
            file.seek(0)
        return self.cleaned_data


class DraftConfirmForm(ConfirmImportForm):
    resource = None

    def __init__(self, *args: Any, by: User, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.signer = signing.Signer(salt=f"desk.exchange/{by.pk}/{kind}")
        if name := self.initial.get("import_file_name"):
            self.initial["import_file_name"] = self.signer.sign(name)
        self.fields["format"].required = False

    def clean_import_file_name(self) -> str:
        """The file that was looked at, by this person, here."""
        try:
            name = self.signer.unsign(self.cleaned_data["import_file_name"])
            self.start = InFormStorage(name=name).read()[:4]
        except (signing.BadSignature, binascii.Error, zlib.error):
            raise ValidationError(UPLOAD_LOST) from None
        return name

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.cleaned_data["format"] = detect_draft_format(getattr(self, "start", b""))
        return self.cleaned_data


class DraftExportForm(ExportForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [choice for choice in self.fields["format"].choices if choice[0]]
        self.fields["format"] = forms.ChoiceField(
            choices=choices, initial="0", widget=forms.RadioSelect, label="As"
        )
