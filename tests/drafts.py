"""Create and read files of drafts for the tests of export and import."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from desk.exchange import csv_format, zip_format
from policy.exchange import draft_entries, drafts
from policy.models import RECORD_MODELS
from tests import factories as make

MAX_DRAFT_ENTRIES = 1000


def make_three_actions() -> None:
    """Create ban, law and raid, which share an agency and a source."""
    agency, source = make.agency("ministry"), make.source("article")
    for name in ("ban", "law", "raid"):
        make.action(name, agency=agency, source=source)


def export_csv(kind: str = "action") -> bytes:
    return b"".join(
        csv_format.iter_draft_csv(
            kind, draft_entries.iter_draft_documents(RECORD_MODELS[kind].objects.all())
        )
    )


def export_zip(kind: str = "action") -> bytes:
    return b"".join(
        zip_format.iter_draft_zip(
            kind, draft_entries.iter_draft_documents(RECORD_MODELS[kind].objects.all())
        )
    )


def parse_csv(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def format_csv(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def export_edited_csv(kind: str = "action", **changes: dict[str, str]) -> bytes:
    """Export a kind as CSV and change cells: id (with _ for -) -> column -> value."""
    rows = parse_csv(export_csv(kind))
    for row in rows:
        row |= changes.get(row["id"].replace("-", "_"), {})
    return format_csv(rows)


def import_draft_file(
    raw: bytes, kind: str = "action", by=None
) -> list[draft_entries.ImportOutcome]:
    read = (
        zip_format.parse_zip_entries(raw, MAX_DRAFT_ENTRIES)
        if raw[:2] == b"PK"
        else csv_format.parse_csv_entries(kind, raw, MAX_DRAFT_ENTRIES)
    )
    return drafts.import_drafts(read, by or make.curator())


def get_marks(outcomes: list[draft_entries.ImportOutcome]) -> list[str]:
    return [one.status for one in outcomes]


def get_problems(outcomes: list[draft_entries.ImportOutcome]) -> list[tuple[str, str, str]]:
    return [(one.entry.location, *problem) for one in outcomes for problem in one.problems]


def make_zip(files: dict[str, str | bytes]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as into:
        for name, content in files.items():
            into.writestr(name, content)
    return found.getvalue()


@contextmanager
def assert_nothing_written() -> Iterator[None]:
    before = [list(model.objects.order_by("pk").values()) for model in RECORD_MODELS.values()]
    yield
    assert [
        list(model.objects.order_by("pk").values()) for model in RECORD_MODELS.values()
    ] == before
