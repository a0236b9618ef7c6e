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

from desk.base.db_errors import why_refused
from desk.exchange import csv_format, zip_format
from desk.exchange.csv_format import BadFile
from policy.exchange import drafts
from policy.exchange.draft_entries import Entry, Outcome
from policy.models import CHILD_MODELS, RECORDS, Record

LARGEST = 5 * 2**20  # bytes of a file: it travels in the form until it is confirmed
MOST = 1000  # records
DETAILED = 100  # of them: a new record beyond is shown without its values
LOST = "The file was lost on its way, or is not yours. Choose it again."
MEANWHILE = "Somebody made or removed such a record at this moment. Hand the file over again."
TYPES = {
    "new": RowResult.IMPORT_TYPE_NEW,
    "changed": RowResult.IMPORT_TYPE_UPDATE,
    "unchanged": RowResult.IMPORT_TYPE_SKIP,
    "faulty": RowResult.IMPORT_TYPE_INVALID,
}
Rows = Iterable[tuple[Record, dict[str, Any]]]


# Permissions


def may(person: User, verbs: Iterable[str], kind: str) -> bool:
    return all(person.has_perm(f"policy.{verb}_{kind}") for verb in verbs)


def parts(kind: str) -> list[str]:
    """The models whose rows belong to a record."""
    return (
        [model._meta.model_name for model, _, _ in CHILD_MODELS.values()]
        if kind == "action"
        else []
    )


def may_read(person: User, kind: str) -> bool:
    return all(may(person, ["view"], name) for name in (kind, *parts(kind)))


def may_write(person: User, kind: str) -> bool:
    """Importing writes an action's rows anew, so it needs what the form needs to do the same."""
    whole = may(person, ["add", "change"], kind)
    return whole and all(may(person, ["add", "change", "delete"], name) for name in parts(kind))


# Formats


class DraftFormat(Format):
    """A dataset, to the library, is one column of entries."""

    title = extension = content_type = ""

    def __init__(self, kind: str, encoding: str | None = None) -> None:
        self.kind = kind

    def entries(self, raw: bytes) -> list[Entry]:
        raise NotImplementedError

    def stream(self, rows: Rows) -> Iterator[bytes]:
        raise NotImplementedError

    def create_dataset(self, raw: bytes) -> Dataset:
        found = self.entries(raw)
        if len(found) > MOST:
            raise BadFile(f"More than {MOST} records. Import it in parts.")
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


class Table(DraftFormat):
    title = "CSV: a table for spreadsheets, a row a record"
    extension, content_type = "csv", "text/csv; charset=utf-8; header=present"

    def entries(self, raw: bytes) -> list[Entry]:
        return csv_format.entries(self.kind, raw, MOST)

    def stream(self, rows: Rows) -> Iterator[bytes]:
        return csv_format.table(self.kind, rows)


class Folder(DraftFormat):
    title = "Dataset: a .zip of JSON files, a file a record"
    extension, content_type = "zip", "application/zip"

    def entries(self, raw: bytes) -> list[Entry]:
        return zip_format.entries(raw, MOST)

    def stream(self, rows: Rows) -> Iterator[bytes]:
        return zip_format.archive(self.kind, rows)


FORMATS = (Table, Folder)


def format_of(start: bytes) -> str:
    """Which of the formats a file is in, by its first bytes and never by its name."""
    return str(FORMATS.index(Folder if start.startswith(zip_format.MAGIC) else Table))


# Checking and writing


class Refused(Exception):
    """Why nothing of a file can be written."""


class DraftResource(Resource):
    """Everything is checked and written at once, before the first row; rows then report."""

    class Meta:
        using_db = "default"
        use_transactions = True
        use_bulk = True  # no savepoint for each row
        instance_loader_class = BaseInstanceLoader

    outcomes: list[Outcome] = []

    @classmethod
    def get_display_name(cls) -> str:
        return "Drafts"

    def before_import(self, dataset: Dataset, **options: Any) -> None:
        entries: list[Entry] = dataset["entry"]
        by = options["user"]
        for kind in sorted({entry.kind for entry in entries}):
            if not may_write(by, kind):
                plural = RECORDS[kind]._meta.verbose_name_plural
                raise Refused(f"It holds {plural}, which you may not add and change.")
        try:
            self.outcomes = drafts.bring_in(entries, by)
        except DatabaseError as error:
            meanwhile = isinstance(error.__cause__, UniqueViolation | ForeignKeyViolation)
            raise Refused(MEANWHILE if meanwhile else why_refused(error)) from error

    def handle_import_error(self, result: Any, error: Exception, *options: Any) -> None:
        """The library would show whatever goes wrong here to people, and log nothing."""
        if not isinstance(error, Refused):
            raise error
        super().handle_import_error(result, error)

    def import_row(self, row: Any, instance_loader: Any, **options: Any) -> RowResult:
        found = RowResult()
        if not self.outcomes:
            found.import_type = RowResult.IMPORT_TYPE_SKIP
            return found
        outcome = self.outcomes[options["row_number"] - 1]
        found.import_type = TYPES[outcome.mark]
        if outcome.problems:
            found.validation_error = ValidationError([message for _, message in outcome.problems])
        return found

    def after_import(self, dataset: Dataset, result: Any, **options: Any) -> None:
        result.outcomes = self.outcomes
        result.detailed = DETAILED
        result.tally = drafts.tally(self.outcomes)
        if not (options["dry_run"] or result.has_errors() or result.has_validation_errors()):
            log(self.outcomes, options["user"], options["file_name"])


def log(outcomes: list[Outcome], by: User, file: str) -> None:
    for mark, flag in (("new", ADDITION), ("changed", CHANGE)):
        for kind, model in RECORDS.items():
            slugs = [
                one.entry.slug for one in outcomes if (one.entry.kind, one.mark) == (kind, mark)
            ]
            if slugs:
                rows = model.objects.filter(slug__in=slugs)
                LogEntry.objects.log_actions(by.pk, rows, flag, f"Imported from {file[:100]}.")


# Between the preview and the confirmation the file stays with whoever handed it over.


class Carried(BaseStorage):
    """Its name is its content, so nothing waits on a disk."""

    def save(self, data: bytes) -> None:
        self.name = base64.urlsafe_b64encode(zlib.compress(data)).decode()

    def read(self) -> bytes:
        return zlib.decompressobj().decompress(base64.urlsafe_b64decode(self.name), LARGEST)

    def remove(self) -> None:
        """Nothing was kept."""


class HandOver(ImportForm):
    media = forms.Media()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["import_file"].label = "File"
        self.fields["import_file"].widget.attrs = {"accept": ".csv,.zip"}
        self.fields[
            "import_file"
        ].help_text = (
            f"CSV in UTF-8 or a dataset as .zip: {LARGEST // 2**20} MB and {MOST} records at most."
        )
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()

    def clean_import_file(self) -> Any:
        file = self.cleaned_data["import_file"]
        if file.size > LARGEST:
            raise ValidationError(f"Larger than {LARGEST // 2**20} MB. Import it in parts.")
        return file

    def clean(self) -> dict[str, Any]:
        super().clean()
        if file := self.cleaned_data.get("import_file"):
            self.cleaned_data["format"] = format_of(file.read(4))
            file.seek(0)
        return self.cleaned_data


class Confirm(ConfirmImportForm):
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
            self.start = Carried(name=name).read()[:4]
        except (signing.BadSignature, binascii.Error, zlib.error):
            raise ValidationError(LOST) from None
        return name

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.cleaned_data["format"] = format_of(getattr(self, "start", b""))
        return self.cleaned_data


class TakeOut(ExportForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [choice for choice in self.fields["format"].choices if choice[0]]
        self.fields["format"] = forms.ChoiceField(
            choices=choices, initial="0", widget=forms.RadioSelect, label="As"
        )
