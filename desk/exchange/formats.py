"""Formats, resource and storage of drafts for django-import-export."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from import_export.formats.base_formats import Format
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import Resource
from import_export.results import Result, RowResult
from import_export.tmp_storages import BaseStorage
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from tablib import Dataset  # type: ignore[import-untyped]

from desk.base.db_errors import user_message
from desk.base.uploads import decode_upload, encode_upload
from desk.exchange import csv_format, zip_format
from desk.exchange.csv_format import BadFile
from desk.exchange.permissions import can_import_drafts
from policy.documents.types import Document
from policy.exchange import drafts
from policy.exchange.draft_entries import DraftEntry, ImportOutcome
from policy.models import RECORD_MODELS, Record

MAX_DRAFT_FILE_SIZE = 5 * 2**20  # bytes; the form carries the file until it is confirmed
MAX_DRAFT_RECORDS = 1000
MAX_DETAILED_OUTCOMES = 100  # outcomes for which the values of new records are listed
CONCURRENT_CHANGE = (
    "Someone else added or deleted one of these records at the same time. Upload the file again."
)
DraftRows = Iterable[tuple[Record, Document]]

if TYPE_CHECKING:
    RecordResource = Resource[Record]
else:
    RecordResource = Resource


class DraftFormat(Format):
    """A file format. For the library, its content is a dataset with one column of entries."""

    title = extension = content_type = ""

    def __init__(self, kind: str, encoding: str | None = None) -> None:
        self.kind = kind

    def entries(self, raw: bytes) -> list[DraftEntry]:
        """Return the records of a file. Raise BadFile if it cannot be read."""
        raise NotImplementedError

    def stream(self, rows: DraftRows) -> Iterator[bytes]:
        """Yield a file with these records in chunks."""
        raise NotImplementedError

    def create_dataset(self, in_stream: bytes) -> Dataset:  # type: ignore[override]  # never text
        entries = self.entries(in_stream)
        if len(entries) > MAX_DRAFT_RECORDS:
            raise BadFile(
                f"The file has more than {MAX_DRAFT_RECORDS} records. "
                "Split it and import the parts."
            )
        return Dataset(*((entry,) for entry in entries), headers=["entry"])

    def get_title(self) -> str:  # type: ignore[override]  # the stub is wrong: forms show a text
        return self.title

    def get_extension(self) -> str:
        return self.extension

    def get_content_type(self) -> str:
        return self.content_type

    def can_import(self) -> bool:
        return True

    can_export = can_import


class DraftCsvFormat(DraftFormat):
    title = "CSV: a table for spreadsheets, one row for each record"
    extension, content_type = "csv", "text/csv; charset=utf-8; header=present"

    def entries(self, raw: bytes) -> list[DraftEntry]:
        return csv_format.parse_csv_entries(self.kind, raw, MAX_DRAFT_RECORDS)

    def stream(self, rows: DraftRows) -> Iterator[bytes]:
        return csv_format.iter_draft_csv(self.kind, rows)


class DraftZipFormat(DraftFormat):
    title = "Dataset: a .zip of JSON files, one file for each record"
    extension, content_type = "zip", "application/zip"

    def entries(self, raw: bytes) -> list[DraftEntry]:
        return zip_format.parse_zip_entries(raw, MAX_DRAFT_RECORDS)

    def stream(self, rows: DraftRows) -> Iterator[bytes]:
        return zip_format.iter_draft_zip(self.kind, rows)


DRAFT_FORMATS = (DraftCsvFormat, DraftZipFormat)


def detect_draft_format(start: bytes) -> str:
    """Return the index in DRAFT_FORMATS of a file's format, from its first bytes, not its name."""
    is_zip = start.startswith(zip_format.ZIP_SIGNATURE)
    return str(DRAFT_FORMATS.index(DraftZipFormat if is_zip else DraftCsvFormat))


class ImportRefused(Exception):
    """A file of which nothing can be written. The message says why."""


class DraftResult(Result):
    """The result of an import, with what the page shows about it."""

    outcomes: list[ImportOutcome]
    max_detailed: int
    counts: dict[str, int]


class DraftResource(RecordResource):
    """Checks and writes all entries before the first row. The rows then report their outcomes."""

    class Meta:
        using_db = "default"
        use_transactions = True
        use_bulk = True  # no savepoint for each row
        instance_loader_class = BaseInstanceLoader

    outcomes: list[ImportOutcome] = []

    @classmethod
    def get_display_name(cls) -> str:
        return "Drafts"

    @classmethod
    def get_result_class(cls) -> type[Result]:
        return DraftResult

    def before_import(self, dataset: Dataset, **options: Any) -> None:
        entries: list[DraftEntry] = dataset["entry"]
        user: User = options["user"]
        for kind in sorted({entry.kind for entry in entries}):
            if not can_import_drafts(user, kind):
                plural = RECORD_MODELS[kind]._meta.verbose_name_plural
                raise ImportRefused(
                    f"The file contains {plural}. "
                    "You do not have permission to add and change them."
                )
        try:
            self.outcomes = drafts.import_drafts(entries, user)
        except DatabaseError as error:
            is_conflict = isinstance(error.__cause__, UniqueViolation | ForeignKeyViolation)
            message = CONCURRENT_CHANGE if is_conflict else user_message(error)
            raise ImportRefused(message) from error

    def handle_import_error(  # type: ignore[override]  # the stub's overloads differ in Never
        self, result: Result, error: Exception, raise_errors: bool = False
    ) -> None:
        """Show refusals to the user. The library would show errors of the program as well."""
        if not isinstance(error, ImportRefused):
            raise error
        super().handle_import_error(result, error)

    def import_row(
        self, row: dict[str, Any], instance_loader: BaseInstanceLoader, **options: Any
    ) -> RowResult:
        row_result = RowResult()
        row_result.import_type = RowResult.IMPORT_TYPE_SKIP
        if not self.outcomes:
            return row_result
        row_number: int = options["row_number"]
        outcome = self.outcomes[row_number - 1]
        if outcome.status == "new":
            row_result.import_type = RowResult.IMPORT_TYPE_NEW
        elif outcome.status == "changed":
            row_result.import_type = RowResult.IMPORT_TYPE_UPDATE
        elif outcome.status == "faulty":
            row_result.import_type = RowResult.IMPORT_TYPE_INVALID
        if outcome.problems:
            messages = [message for _, message in outcome.problems]
            row_result.validation_error = ValidationError(messages)
        return row_result

    def after_import(  # type: ignore[override]  # get_result_class chooses the class
        self, dataset: Dataset, result: DraftResult, **options: Any
    ) -> None:
        result.outcomes = self.outcomes
        result.max_detailed = MAX_DETAILED_OUTCOMES
        result.counts = drafts.count_outcomes(self.outcomes)
        dry_run: bool = options["dry_run"]
        if not (dry_run or result.has_errors() or result.has_validation_errors()):
            log_import(self.outcomes, options["user"], options["file_name"])


def log_import(outcomes: list[ImportOutcome], by: User, file: str) -> None:
    """Write the admin's log entries of new and changed records."""
    for status, flag in (("new", ADDITION), ("changed", CHANGE)):
        for kind, model in RECORD_MODELS.items():
            slugs = [
                outcome.entry.slug
                for outcome in outcomes
                if (outcome.entry.kind, outcome.status) == (kind, status)
            ]
            if slugs:
                rows = model._default_manager.filter(slug__in=slugs)
                LogEntry.objects.log_actions(by.pk, rows, flag, f"Imported from {file[:100]}.")


class InFormStorage(BaseStorage):
    """Keeps an uploaded file in the form until it is confirmed: the name is the encoded content."""

    def save(self, data: bytes) -> None:
        self.name = encode_upload(data)

    def read(self) -> bytes:
        return decode_upload(self.name or "", MAX_DRAFT_FILE_SIZE)

    def remove(self) -> None:
        """Do nothing: no file was stored."""
