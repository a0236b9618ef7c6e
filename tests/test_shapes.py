"""The parts that documents are made of accept exactly what they promise to."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from rest_framework import serializers

from policy.documents.action_schema import ActionDocument
from policy.documents.schema import AgencyDocument
from policy.documents.shapes import (
    HonestDate,
    NumberField,
    Reference,
    References,
    Shape,
    SortedList,
    TermField,
)
from policy.documents.strictshape import Reader

TERMS = {"precision.day", "precision.month", "basis.stated", "penalty.fine", "penalty.warning"}
KNOWN = {"agency": {"ministry", "bureau"}, "action": set(), "jurisdiction": {"CN"}}
CONTEXT = {"terms": TERMS, "known": KNOWN}


class Holder(Shape):
    """One field of each sort."""

    number = NumberField(required=False)
    penalty = SortedList(child=TermField("penalty"), required=False)
    agency = Reference("agency", allow_null=True, required=False)
    agencies = References("agency", required=False)
    on = HonestDate(required=False)
    text = serializers.CharField(required=False, allow_blank=True)
    count = serializers.IntegerField(required=False)
    flag = serializers.BooleanField(required=False)
    names = serializers.DictField(child=serializers.CharField(), required=False)
    anything = serializers.JSONField(required=False)


def read(**value):
    """(validated value, problems) of one document, as a file is read."""
    data, problems = Reader(CONTEXT).read(Holder, value)
    return {key: data[key] for key in value if key in data}, problems


def test_unknown_fields_are_refused_with_the_nearest_one():
    assert read(nubmer=1, zzz=2) == (
        {},
        [("nubmer", "Unknown field. Did you mean number?"), ("zzz", "Unknown field.")],
    )


def test_an_object_is_wanted():
    assert Reader().read(Holder, [1])[1] == [
        ("", "Invalid data. Expected a dictionary, but got list.")
    ]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (0, "0"),
        (1100, "1100"),
        (0.0001, "0.0001"),
        (0.1, "0.1"),
        (20.5, "20.5"),
        (99_999_999_999, "99999999999"),
        (99_999_999_999.9999, "99999999999.9999"),
    ],
)
def test_numbers_within_bounds(given, value):
    assert read(number=given) == ({"number": Decimal(value)}, [])
    assert NumberField().to_representation(Decimal(value)) == given


BOUNDS = "Must be at least 0 and below 100,000,000,000."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (-1, BOUNDS),
        (-0.0001, BOUNDS),
        (100_000_000_000, BOUNDS),
        (10**15, BOUNDS),
        (1e300, BOUNDS),
        (0.00001, "Use at most four digits after the decimal point."),
        (1.23456, "Use at most four digits after the decimal point."),
        (True, "The value must be a number."),
        ("5", "The value must be a number."),
        ([], "The value must be a number."),
        (None, "This field may not be null."),
    ],
)
def test_numbers_out_of_bounds(given, message):
    assert read(number=given) == ({}, [("number", message)])


def test_whole_numbers_are_written_as_integers():
    assert type(NumberField().to_representation(Decimal("20.0000"))) is int
    assert type(NumberField().to_representation(Decimal("20.5000"))) is float


def test_sets_are_sorted_and_hold_nothing_twice():
    assert read(penalty=["warning", "fine"]) == (
        {"penalty": ["penalty.fine", "penalty.warning"]},
        [],
    )
    twice = [("penalty", "A value occurs twice. Remove the duplicate.")]
    assert read(penalty=["fine", "warning", "fine"])[1] == twice


def test_a_set_is_written_sorted_from_rows_or_ids():
    field = SortedList(child=TermField("penalty"))
    rows = [SimpleNamespace(pk="penalty.warning"), SimpleNamespace(pk="penalty.fine")]
    assert field.to_representation(rows) == ["fine", "warning"]
    assert field.to_representation(SimpleNamespace(all=lambda: rows)) == ["fine", "warning"]
    assert field.to_representation(["penalty.warning", "penalty.fine"]) == ["fine", "warning"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["fien"], "The vocabulary penalty has no term fien. Did you mean fine?"),
        (["day"], "The vocabulary penalty has no term day."),
        ([["fine"]], "A code must be a string."),
        ([None], "This field may not be null."),
    ],
)
def test_terms_that_do_not_exist(given, message):
    assert read(penalty=given) == ({}, [("penalty[0]", message)])


def test_without_context_only_form_is_checked():
    value = {"penalty": ["anything"], "agency": {"id": "nobody"}}
    data, problems = Reader().read(Holder, value)
    assert (dict(data), problems) == ({"penalty": ["penalty.anything"], "agency": "nobody"}, [])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ministry", 'A reference must be an object: {"id": "…"}.'),
        ({}, 'A reference must be an object: {"id": "…"}.'),
        ({"id": 5}, 'A reference must be an object: {"id": "…"}.'),
        ({"id": "ministry", "nmae": "M", "x": 1}, "Unknown field: nmae, x."),
        ({"id": "minstry"}, "There is no agency minstry. Did you mean ministry?"),
        ({"id": "zzz"}, "There is no agency zzz."),
        ({"id": ""}, "There is no agency ."),
    ],
)
def test_references_that_lead_nowhere(given, message):
    assert read(agency=given) == ({}, [("agency", message)])


def test_a_reference_may_carry_a_name_and_may_be_null():
    assert read(agency={"id": "ministry", "name": "Whatever"}) == ({"agency": "ministry"}, [])
    assert read(agency=None) == ({"agency": None}, [])


def test_sets_of_references_are_sorted_and_hold_nobody_twice():
    both = [{"id": "ministry"}, {"id": "bureau"}]
    assert read(agencies=both) == ({"agencies": ["bureau", "ministry"]}, [])
    twice = [("agencies", "An id occurs twice. Remove the duplicate.")]
    assert read(agencies=[*both, {"id": "bureau"}])[1] == twice
    field = References("agency")
    rows = [SimpleNamespace(pk=1, slug="b", title="B"), SimpleNamespace(pk="a", name="A")]
    assert field.to_representation(rows) == [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]


def honest(**changes):
    day = {"earliest": "2021-06-09", "latest": "2021-06-09", "precision": "day", "basis": "stated"}
    return day | changes


@pytest.mark.parametrize(
    "given",
    [
        honest(),
        honest(precision="month", latest="2021-06-30"),
        honest(precision="month", earliest=None),
        honest(precision="month", latest=None, resolution="Since that day."),
        {"latest": "2021-06-09", "precision": "month", "basis": "stated"},
    ],
)
def test_honest_dates(given):
    assert read(on=given)[1] == []


@pytest.mark.parametrize(
    ("given", "where", "message"),
    [
        (
            honest(earliest=None, latest=None),
            "on",
            "Give earliest or latest, or leave out the date and give the reason.",
        ),
        (
            honest(precision="month", earliest="2021-06-10"),
            "on",
            "The earliest day 2021-06-10 is after the latest day 2021-06-09.",
        ),
        (
            honest(latest="2021-06-10"),
            "on",
            "If the precision is day, earliest and latest must be the same day.",
        ),
        (
            honest(latest=None),
            "on",
            "If the precision is day, earliest and latest must be the same day.",
        ),
        (
            honest(earliest="2021-02-30"),
            "on.earliest",
            "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        ),
        (honest(basis="guessed"), "on.basis", "The vocabulary basis has no term guessed."),
        (honest(precison="day"), "on.precison", "Unknown field. Did you mean precision?"),
    ],
)
def test_dishonest_dates(given, where, message):
    assert read(on=given)[1] == [(where, message)]


@pytest.mark.parametrize(
    ("field", "value", "where", "shown"),
    [
        ("text", 5, "text", "5"),
        ("text", 5.5, "text", "5.5"),
        ("count", "5", "count", "5"),
        ("count", 5.0, "count", "5.0"),
        ("flag", 1, "flag", "1"),
        ("flag", "true", "flag", "true"),
        ("names", {"a": 1}, "names.a", "1"),
        ("agency", {"id": "ministry", "name": ["M"]}, "agency.name", "['M']"),
    ],
)
def test_nothing_is_bent_to_fit(field, value, where, shown):
    assert read(**{field: value})[1] == [(where, f"Wrong JSON type: {shown}.")]


def test_anything_is_anything():
    assert read(anything={"a": [None, 1, {}]}) == ({"anything": {"a": [None, 1, {}]}}, [])


@pytest.mark.parametrize("value", [" a", "a ", "a\n", "\u00a0a", " "])
def test_files_have_no_space_around_texts_and_published_documents_keep_theirs(value):
    assert read(text=value)[1] == [("text", "Remove the white space before and after the text.")]
    published = Reader(CONTEXT, published=True)
    data, problems = published.read(Holder, {"text": value})
    assert data["text"] == value
    assert ("text", "Remove the white space before and after the text.") not in problems


AGENCY = {
    "schema_version": 1,
    "kind": "agency",
    "id": "ministry",
    "revision": 1,
    "published_at": "2026-01-01T00:00:00.000000Z",
    "name": "Ministry",
    "native_name": "",
    "aliases": [],
    "description": "",
    "type": "day",
    "jurisdiction": {"id": "CN", "name": "China"},
    "parent": None,
    "review": {"state": "released", "reviewers": 0, "reviewed_at": None, "released_by": "x@1"},
    "licence": "CC-BY-4.0",
}
PUBLISHED = Reader({"known": KNOWN}, published=True)


def without(*names):
    return {name: value for name, value in AGENCY.items() if name not in names}


def test_a_published_document_states_every_field():
    assert PUBLISHED.read(AgencyDocument, AGENCY)[1] == []
    missing = "Required: a published document must have every field."
    assert PUBLISHED.read(AgencyDocument, without("kind", "parent", "review"))[1] == [
        ("kind", missing),
        ("parent", missing),
        ("review", missing),
    ]
    nameless = AGENCY | {"jurisdiction": {"id": "CN"}}
    assert PUBLISHED.read(AgencyDocument, nameless)[1] == [("jurisdiction.name", missing)]


def test_what_publishing_sets_has_its_types_and_fields_too():
    review = {"state": 1, "reviewers": None, "reviewed_at": None, "released_by": None, "x": 1}
    spoiled = AGENCY | {"revision": "1", "review": review, "licence": None}
    assert PUBLISHED.read(AgencyDocument, spoiled)[1] == [
        ("revision", "Wrong JSON type: 1."),
        ("review.x", "Unknown field."),
        ("review.state", "Wrong JSON type: 1."),
        ("review.reviewers", "Wrong JSON type: None."),
        ("licence", "Wrong JSON type: None."),
    ]


def test_a_file_may_leave_out_what_publishing_sets_or_carry_anything_there():
    reader = Reader({"known": KNOWN})
    small = {"id": "ministry", "name": "M", "type": "day", "jurisdiction": {"id": "CN"}}
    assert reader.read(AgencyDocument, small)[1] == []
    assert reader.read(AgencyDocument, small | {"revision": "x", "review": []})[1] == []


def test_every_problem_of_a_document_is_named_with_its_path():
    document = {
        "id": "Not a slug",
        "title": "x" * 301,
        "unit": None,
        "type": "nope",
        "agencies": [{"role": "nope", "naming": "nope"}, "x"],
        "citations": {},
    }
    paths = [path for path, _ in Reader(CONTEXT).read(ActionDocument, document)[1]]
    assert paths == [
        "id",
        "title",
        "summary",
        "unit",
        "type",
        "agencies[0].role",
        "agencies[0].naming",
        "agencies[1]",
        "citations",
    ]
