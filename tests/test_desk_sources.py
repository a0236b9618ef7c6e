"""Sources are measured from their files, and dated honestly."""

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from policy.models import Source, SourceText
from tests import factories as make
from tests.admin_pages import admin_url, get_form_data, get_form_errors, login_client, save_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


NEW_SOURCE = {
    "title": "Article",
    "slug": "article",
    "language": "en",
    "source_class": "source_class.wire",
}


def add_source(client: Client, raw: bytes | None, **changes: Any) -> Any:
    sent = get_form_data(client, "/admin/policy/source/add/", **NEW_SOURCE | changes)
    if raw is not None:
        sent["file"] = SimpleUploadedFile("article.txt", raw)
    return client.post("/admin/policy/source/add/", sent)


def test_a_file_gives_a_source_its_digests_and_its_text(curator):
    raw = "Über\r\nalles.".encode()
    assert add_source(curator, raw).status_code == 302
    row = Source.objects.get()
    assert (row.bytes, row.characters) == (len(raw), 11)
    assert row.sha256 == hashlib.sha256(raw).hexdigest()
    assert row.text_sha256 == hashlib.sha256("Über\nalles.".encode()).hexdigest()
    assert (bytes(row.attached.raw), row.attached.text) == (raw, "Über\nalles.")


@pytest.mark.parametrize(
    ("raw", "changes", "message"),
    [
        (b"\xff\xfe", {}, "The file is not UTF-8: see byte 0. Save it as UTF-8."),
        (b"a\0b", {}, "The text contains the NUL character, which cannot be stored."),
        (b"abc", {"bytes": "4"}, "The uploaded file has 3."),
        (b"", {}, "The submitted file is empty."),
    ],
)
def test_files_that_cannot_be_kept_are_refused(curator, raw, changes, message):
    assert message in get_form_errors(add_source(curator, raw, **changes))
    assert (Source.objects.count(), SourceText.objects.count()) == (0, 0)


def test_files_have_a_limit(curator, monkeypatch):
    monkeypatch.setattr("desk.base.record_form.MAX_SOURCE_FILE_SIZE", 2**20)
    assert "The file is larger than 1 MB." in get_form_errors(
        add_source(curator, b"a" * 2**20 + b"b")
    )


def test_without_a_file_the_digests_are_required(curator):
    assert get_form_errors(add_source(curator, None)) == ["This field is required."]


def test_the_same_bytes_are_one_source(curator):
    assert add_source(curator, b"abc").status_code == 302
    again = add_source(curator, b"abc", slug="again")
    assert get_form_errors(again) == ["Source with this Sha256 already exists."]


def test_a_file_must_be_the_one_that_the_source_describes(curator):
    row = make.source("article")
    other = get_form_data(curator, admin_url(row)) | {
        "file": SimpleUploadedFile("a.txt", b"Other words.")
    }
    assert "The uploaded file has 12." in get_form_errors(curator.post(admin_url(row), other))
    assert SourceText.objects.count() == 0


def test_digests_are_fixed_once_the_text_is_attached(curator):
    row = make.source("article")
    make.attach_source_text(row, make.SOURCE_TEXT)
    assert save_record(curator, row, characters="3", note="x").status_code == 302
    assert Source.objects.get().characters == len(make.SOURCE_TEXT)
    other = get_form_data(curator, admin_url(row)) | {
        "file": SimpleUploadedFile("a.txt", b"Other words.")
    }
    assert get_form_errors(curator.post(admin_url(row), other)) == [
        "This is not the file that the source describes."
    ]


def test_a_source_is_no_shorter_than_its_passages(curator):
    row = make.source("article")
    make.action("ban", source=row)
    assert get_form_errors(save_record(curator, row, characters="36")) == [
        "A citation of this source ends at character 37."
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"published_earliest": "2021-06-10"}, "Required when a date is given."),
        (
            {"published_precision": "precision.day"},
            "Enter a day, or leave all fields of the date empty.",
        ),
        (
            {
                "published_earliest": "2021-06-10",
                "published_precision": "precision.day",
                "published_basis": "basis.stated",
            },
            "With precision “day”, the earliest and the latest day must be the same.",
        ),
        (
            {
                "published_earliest": "2021-06-10",
                "published_latest": "2021-06-09",
                "published_precision": "precision.range",
                "published_basis": "basis.stated",
            },
            "The earliest day must not be after the latest day.",
        ),
        ({"url": "javascript:alert(1)"}, "Enter a valid URL."),
    ],
)
def test_dates_and_addresses_of_sources_are_honest(curator, changes, message):
    assert get_form_errors(save_record(curator, make.source("article"), **changes)) == [message]
