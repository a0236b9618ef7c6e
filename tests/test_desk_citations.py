"""Citations are written in lines that people can write, and checked against attached texts."""

import hashlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from desk.base.fields import SupportsField
from policy.models import Citation
from tests import factories as make
from tests.admin_pages import (
    PageForm,
    admin_url,
    get_form_data,
    get_form_errors,
    get_row_errors,
    inline_row,
    login_client,
    save_record,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def test_supports_are_written_as_they_are_read(curator):
    row = make.action("ban")
    kept = [
        {"field": "type", "basis": "stated", "reason": ""},
        {"field": "dates/occurred", "basis": "derived", "reason": "The day before: it says so."},
        {"field": "stance", "basis": "inferred", "reason": "The words only imply it."},
    ]
    row.citations.update(supports=kept)
    lines = get_form_data(curator, admin_url(row))["citations-0-supports"]
    assert lines == [
        "type stated\r\n"
        "dates/occurred derived: The day before: it says so.\r\n"
        "stance inferred: The words only imply it."
    ]
    spaced = f"\r\n  {lines[0]}  \r\n\r\n".replace(" stated", "   stated")
    assert save_record(curator, row, **inline_row("citations", supports=spaced)).status_code == 302
    assert row.citations.get().supports == kept


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("type", "Line 1: “type” must be a field, a basis and, if needed, a colon and a reason."),
        (
            "type stated\r\nunit sated",
            "Line 2: The vocabulary basis has no term sated. Did you mean stated?",
        ),
        ("stance inferred", "Line 1: Required if the basis is inferred."),
        ("stance inferred:  ", "Line 1: Required if the basis is inferred."),
        ("type stated\r\ntype derived", "type is listed twice."),
        ("", "This field is required."),
        ("x" * 141 + " stated", "Line 1: Use at most 140 characters."),
    ],
)
def test_slips_in_supports_are_said(db, lines, message):
    with pytest.raises(ValidationError) as found:
        SupportsField().clean(lines)
    assert found.value.messages == [message]


def test_slips_are_said_in_the_form_and_what_was_typed_stays(curator):
    row = make.action("ban")
    page = save_record(curator, row, **inline_row("citations", supports="type\r\nunit sated"))
    assert get_form_errors(page) == [
        "Line 1: “type” must be a field, a basis and, if needed, a colon and a reason.",
        "Line 2: The vocabulary basis has no term sated. Did you mean stated?",
    ]
    assert PageForm(page.content.decode()).values["citations-0-supports"] == ["type\r\nunit sated"]


# Passages


def cited(client: Client, attached: bool = True, **values: Any) -> Any:
    """Save a new citation of a source, whose text is attached or not."""
    source = make.source("article")
    if attached:
        make.attach_source_text(source, make.SOURCE_TEXT)
    row = make.action("ban", source=source)
    given = {"source": source.pk, "supports": "type stated"} | values
    sent = {"citations-TOTAL_FORMS": 2} | inline_row("citations", 1, **given)
    return save_record(client, row, **sent)


def test_what_the_text_tells_need_not_be_typed(curator):
    start = make.SOURCE_TEXT.index("Police")
    assert cited(curator, start=start, end=start + 15).status_code == 302
    found = Citation.objects.get(start=start)
    assert (found.sha256, found.paragraph) == (
        hashlib.sha256(b"Police arrested").hexdigest(),
        2,
    )


def test_a_quote_that_stands_once_gives_the_offsets(curator):
    assert cited(curator, quote="arrested more than 20").status_code == 302
    found = Citation.objects.latest("pk")
    assert make.SOURCE_TEXT[found.start : found.end] == "arrested more than 20"
    assert found.paragraph == 2


DIGEST = "0" * 64


BELIED = [
    ({"start": 0, "end": 5, "sha256": DIGEST}, "The SHA-256 does not match the passage at 0-5."),
    ({"start": 0, "end": 5, "quote": "Police"}, "The quote does not occur in the passage at 0-5."),
    ({"start": 0, "end": 5, "paragraph": 2}, "Offset 0 is in paragraph 1."),
    (
        {"start": 0, "end": 999},
        f"The text of the source has only {len(make.SOURCE_TEXT)} characters.",
    ),
    ({"start": 5, "end": 5}, "The passage must end after it starts."),
    ({"quote": "in"}, "The quote occurs 4 times in the text. Enter start and end."),
    ({"quote": "nowhere"}, "The quote does not occur in the text. Enter start and end."),
    ({"start": 0}, "This field is required."),
    ({"start": -1, "end": 37}, "Ensure this value is greater than or equal to 0."),
    ({"start": 0, "end": 2**40}, "Ensure this value is less than or equal to 2147483647."),
    (
        {"start": 0, "end": 5, "sha256": "x"},
        "Enter 64 lower-case hexadecimal digits.",
    ),
]


def test_passages_that_the_text_belies_are_refused(curator):
    source = make.source("article")
    make.attach_source_text(source, make.SOURCE_TEXT)
    row = make.action("ban", source=source)
    sent = {"citations-TOTAL_FORMS": 1 + len(BELIED)}
    for number, (values, _) in enumerate(BELIED, 1):
        sent |= inline_row("citations", number, source=source.pk, supports="type stated", **values)
    page = save_record(curator, row, **sent)
    assert get_row_errors(page, "citations") == [[], *([message] for _, message in BELIED)]
    assert Citation.objects.count() == 1


def test_a_quote_has_eight_words_at_most(curator):
    text = "One two three four five six seven eight nine."
    source = make.source("long", text=text)
    make.attach_source_text(source, text)
    row = make.action("ban", source=make.source("article"))
    sent = {"citations-TOTAL_FORMS": 2} | inline_row(
        "citations", 1, source=source.pk, supports="type stated", quote=text
    )
    assert get_form_errors(save_record(curator, row, **sent)) == ["Enter at most eight words."]


def test_a_passage_is_cited_once(curator):
    assert "This action already cites this passage." in get_form_errors(
        cited(curator, start=0, end=37)
    )


def test_without_the_text_everything_is_required(curator):
    assert get_form_errors(cited(curator, attached=False, start=0, end=5)) == [
        "This field is required. The source's text is not attached."
    ]


def test_without_the_text_what_is_given_stands(curator):
    given = {"start": 0, "end": 5, "sha256": DIGEST, "paragraph": 1}
    assert cited(curator, attached=False, **given).status_code == 302
    assert Citation.objects.latest("pk").sha256 == DIGEST
