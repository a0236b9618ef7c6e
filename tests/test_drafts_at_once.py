"""Two who import at once: one wins, and the other is told, whichever came first."""

import threading

import pytest
from django.contrib.auth.models import User
from tablib import Dataset

from desk.exchange import csv_format
from desk.exchange.formats import CONCURRENT_CHANGE, DraftResource
from policy.exchange import drafts
from policy.models import Agency
from tests import factories as make
from tests.drafts import MAX_DRAFT_ENTRIES, export_edited_csv
from tests.test_concurrency import together

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.postgresql]


def confirm(raw: bytes, by: User, ready: threading.Barrier) -> list[str]:
    """What the second step of an import says: nothing when it has written."""
    dataset = Dataset(
        *((e,) for e in csv_format.parse_csv_entries("agency", raw, MAX_DRAFT_ENTRIES)),
        headers=["entry"],
    )
    ready.wait()
    result = DraftResource().import_data(
        dataset, user=by, file_name="x", rollback_on_validation_errors=True
    )
    refused = [str(error.error) for error in result.base_errors]
    return refused + [why for one in result.outcomes for _, why in one.problems]


def both(first: bytes, second: bytes) -> list[list[str]]:
    ready, people = threading.Barrier(2), (make.curator(), make.reviewer())
    return together(
        *((confirm, raw, by, ready) for raw, by in zip([first, second], people, strict=True))
    )


def test_of_two_edits_of_one_record_one_is_refused():
    make.agency("ministry")
    files = [export_edited_csv("agency", ministry={"name": name}) for name in ("One", "Other")]
    told = both(*files)
    row = Agency.objects.get(slug="ministry")
    won = ["One", "Other"].index(row.name)
    assert told[won] == []
    assert told[1 - won] == [
        f"The record was saved by {row.edited_by} on {row.edited_at:%Y-%m-%d at %H:%M} UTC, "
        "after this was exported. Export it again."
    ]


def test_of_two_new_records_with_one_id_one_is_refused():
    files = [f"id,name,type,jurisdiction\nbureau,{name},ministry,CN\n" for name in ("One", "Other")]
    told = both(*(file.encode() for file in files))
    won = ["One", "Other"].index(Agency.objects.get().name)
    assert told[won] == []
    assert len(told[1 - won]) == 1


def test_a_record_made_between_the_check_and_the_writing_is_not_overwritten(monkeypatch):
    """Whoever made it: the database itself refuses the second."""
    written = drafts.write_outcomes

    def late(outcomes, by):
        make.agency("bureau", name="One")
        written(outcomes, by)

    monkeypatch.setattr(drafts, "write_outcomes", late)
    raw = b"id,name,type,jurisdiction\nbureau,Other,ministry,CN\n"
    assert confirm(raw, make.curator(), threading.Barrier(1)) == [CONCURRENT_CHANGE]
