"""Files of drafts, as the tests of exporting and importing make and read them."""

import csv
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from desk.exchange import csv_format, zip_format
from policy.exchange import draft_entries, drafts
from policy.models import RECORDS
from tests import factories as make

MOST = 1000


def three_actions() -> None:
    """ban, law and raid share an agency and a source."""
    agency, source = make.agency("ministry"), make.source("article")
    for name in ("ban", "law", "raid"):
        make.action(name, agency=agency, source=source)


def table(kind: str = "action") -> bytes:
    return b"".join(csv_format.table(kind, draft_entries.written(RECORDS[kind].objects.all())))


def archive(kind: str = "action") -> bytes:
    return b"".join(zip_format.archive(kind, draft_entries.written(RECORDS[kind].objects.all())))


def rows_of(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def sheet(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def edited(kind: str = "action", **changes: dict[str, str]) -> bytes:
    """The table of a kind with other cells in the rows of these ids."""
    rows = rows_of(table(kind))
    for row in rows:
        row |= changes.get(row["id"].replace("-", "_"), {})
    return sheet(rows)


def bring(raw: bytes, kind: str = "action", by=None) -> list[draft_entries.Outcome]:
    read = (
        zip_format.entries(raw, MOST) if raw[:2] == b"PK" else csv_format.entries(kind, raw, MOST)
    )
    return drafts.bring_in(read, by or make.curator())


def marks(outcomes: list[draft_entries.Outcome]) -> list[str]:
    return [one.mark for one in outcomes]


def problems(outcomes: list[draft_entries.Outcome]) -> list[tuple[str, str, str]]:
    return [(one.entry.place, *problem) for one in outcomes for problem in one.problems]


def packed(files: dict[str, str | bytes]) -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as into:
        for name, content in files.items():
            into.writestr(name, content)
    return found.getvalue()


@contextmanager
def nothing_written() -> Iterator[None]:
    before = [list(model.objects.order_by("pk").values()) for model in RECORDS.values()]
    yield
    assert [list(model.objects.order_by("pk").values()) for model in RECORDS.values()] == before
