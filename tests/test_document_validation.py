"""Documents are validated strictly, and every problem is named with its path."""

import copy
import json
import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated

import orjson
import pytest
from hypothesis import given as for_all
from hypothesis import settings, strategies
from pydantic import Field

from bench import generate
from policy.documents.action_schema import ActionDocument
from policy.documents.columns import build_content, to_json_number
from policy.documents.fields import (
    HonestDate,
    Number,
    OptionalText,
    Reference,
    Sorted,
    SortedById,
    Text,
    Url,
)
from policy.documents.markers import CodeOf, RefersTo
from policy.documents.schema import DOCUMENT_SCHEMAS, AgencyDocument
from policy.documents.shape import Shape, ValidationContext
from policy.documents.validation import validate_document

TERMS = {"precision.day", "precision.month", "basis.stated", "penalty.fine", "penalty.warning"}
KNOWN = {"agency": {"ministry", "bureau"}, "action": set(), "jurisdiction": {"CN"}}
CONTEXT = ValidationContext(terms=TERMS, known=KNOWN)


class Holder(Shape):
    """One field of each sort."""

    number: Number = 0
    penalty: Annotated[list[Annotated[str, CodeOf("penalty")]], Sorted] = []
    agency: Annotated[Reference, RefersTo("agency")] | None = None
    agencies: Annotated[list[Annotated[Reference, RefersTo("agency")]], SortedById] = []
    on: HonestDate | None = None
    text: OptionalText = ""
    word: Annotated[Text, Field(max_length=5)] = "x"
    url: Url = ""
    count: Annotated[int, Field(ge=1, le=9)] = 1
    flag: bool = False
    names: dict[str, Text] = {}
    anything: dict[str, object] = {}


def read(**value):
    """(columns, problems) of one document, as a file is read."""
    data, problems = validate_document(Holder, value, CONTEXT)
    return {key: data[key] for key in value if key in data}, problems


def test_unknown_fields_are_refused_with_the_nearest_one():
    assert read(nubmer=1, zzz=2) == (
        {},
        [("nubmer", "Unknown field. Did you mean number?"), ("zzz", "Unknown field.")],
    )


def test_an_object_is_wanted():
    for value in ([1], None, "x"):
        shown = "Must not be null." if value is None else "Must be an object, not "
        shown += "" if value is None else json.dumps(value) + "."
        assert validate_document(Holder, value, CONTEXT) == ({}, [("", shown)])


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
    assert to_json_number(Decimal(value)) == given


BOUNDS = "Must be at least 0 and below 1,000,000,000,000,000,000."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (-1, BOUNDS),
        (-0.0001, BOUNDS),
        (10**18, BOUNDS),
        (10**21, BOUNDS),
        (1e300, BOUNDS),
        (0.0000001, "Use at most six digits after the decimal point."),
        (1.2345678, "Use at most six digits after the decimal point."),
        (True, "The value must be a number."),
        ("5", "The value must be a number."),
        ([], "The value must be a number."),
        (None, "The value must be a number."),
    ],
)
def test_numbers_out_of_bounds(given, message):
    assert read(number=given) == ({}, [("number", message)])


def test_whole_numbers_are_written_as_integers():
    assert type(to_json_number(Decimal("20.0000"))) is int
    assert type(to_json_number(Decimal("20.5000"))) is float


def test_sets_are_sorted_and_hold_nothing_twice():
    assert read(penalty=["warning", "fine"]) == (
        {"penalty": ["penalty.fine", "penalty.warning"]},
        [],
    )
    twice = [("penalty", "A value occurs twice. Remove the duplicate.")]
    assert read(penalty=["fine", "warning", "fine"])[1] == twice


def test_a_set_is_written_sorted():
    class Fined(Shape):
        penalty: list[Annotated[str, CodeOf("penalty")]]

    rows = [SimpleNamespace(pk="penalty.warning"), SimpleNamespace(pk="penalty.fine")]
    record = SimpleNamespace(penalty=SimpleNamespace(all=lambda: rows))
    assert build_content(Fined, record) == {"penalty": ["fine", "warning"]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["fien"], "The vocabulary penalty has no term fien. Did you mean fine?"),
        (["day"], "The vocabulary penalty has no term day."),
        ([["fine"]], 'Must be a string, not ["fine"].'),
        ([None], "Must not be null."),
    ],
)
def test_terms_that_do_not_exist(given, message):
    assert read(penalty=given) == ({}, [("penalty[0]", message)])


def test_without_context_only_form_is_checked():
    value = {"penalty": ["anything"], "agency": {"id": "nobody"}}
    data, problems = validate_document(Holder, value, ValidationContext())
    assert (data["penalty"], data["agency"]) == (["penalty.anything"], "nobody")
    assert problems == []


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ("ministry", {"agency": 'Must be an object, not "ministry".'}),
        ({}, {"agency.id": "This field is required."}),
        ({"id": 5}, {"agency.id": "Must be a string, not 5."}),
        (
            {"id": "ministry", "nmae": "M", "x": 1},
            {"agency.nmae": "Unknown field. Did you mean name?", "agency.x": "Unknown field."},
        ),
        ({"id": "minstry"}, {"agency": "There is no agency minstry. Did you mean ministry?"}),
        ({"id": "zzz"}, {"agency": "There is no agency zzz."}),
        ({"id": ""}, {"agency": "There is no agency ."}),
    ],
)
def test_references_that_lead_nowhere(given, problems):
    assert read(agency=given) == ({}, [*problems.items()])


def test_a_reference_may_carry_a_name_and_may_be_null():
    assert read(agency={"id": "ministry", "name": "Whatever"}) == ({"agency": "ministry"}, [])
    assert read(agency=None) == ({"agency": None}, [])


def test_sets_of_references_are_sorted_and_hold_nobody_twice():
    both = [{"id": "ministry"}, {"id": "bureau"}]
    assert read(agencies=both) == ({"agencies": ["bureau", "ministry"]}, [])
    twice = [("agencies", "An id occurs twice. Remove the duplicate.")]
    assert read(agencies=[*both, {"id": "bureau"}])[1] == twice


def test_a_set_of_references_is_written_sorted_by_id():
    class Held(Shape):
        agencies: list[Annotated[Reference, RefersTo("agency")]]

    rows = [SimpleNamespace(pk=1, slug="b", title="B"), SimpleNamespace(pk="a", name="A")]
    record = SimpleNamespace(agencies=SimpleNamespace(all=lambda: rows))
    both = [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]
    assert build_content(Held, record) == {"agencies": both}


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
            "There is no day 2021-02-30.",
        ),
        *(
            (
                honest(earliest=day),
                "on.earliest",
                "Write the date as YYYY-MM-DD, for example 2021-05-21.",
            )
            for day in ("2021-6-9", "20210609", "2021-W23-3", "2021-06-09T00:00", "", "٢٠٢١-٠٦-٠٩")
        ),
        (honest(basis="guessed"), "on.basis", "The vocabulary basis has no term guessed."),
        (honest(precison="day"), "on.precison", "Unknown field. Did you mean precision?"),
    ],
)
def test_dishonest_dates(given, where, message):
    assert read(on=given)[1] == [(where, message)]


@pytest.mark.parametrize(
    ("field", "value", "where", "message"),
    [
        ("text", 5, "text", "Must be a string, not 5."),
        ("text", 5.5, "text", "Must be a string, not 5.5."),
        ("text", None, "text", "Must not be null."),
        ("text", "a\0", "text", "Must not contain NUL or half of a surrogate pair."),
        ("text", "\ud800", "text", "Must not contain NUL or half of a surrogate pair."),
        ("word", "", "word", "Must not be empty."),
        ("word", "longer", "word", "Use at most 5 characters."),
        ("url", "javascript:alert(1)", "url", "Enter a valid URL."),
        ("count", "5", "count", 'Must be a whole number, not "5".'),
        ("count", 5.0, "count", "Must be a whole number, not 5.0."),
        ("count", True, "count", "Must be a whole number, not true."),
        ("count", 0, "count", "Must be at least 1."),
        ("count", 10, "count", "Must be at most 9."),
        ("flag", 1, "flag", "Must be true or false, not 1."),
        ("flag", "true", "flag", 'Must be true or false, not "true".'),
        ("names", {"a": 1}, "names.a", "Must be a string, not 1."),
        ("names", [], "names", "Must be an object, not []."),
        ("penalty", "fine", "penalty", 'Must be a list, not "fine".'),
        ("penalty", ["\ud800"], "penalty[0]", "The vocabulary penalty has no term \\ud800."),
        ("agency", {"id": "ministry", "name": ["M"]}, "agency.name",
         'Must be a string, not ["M"].'),
    ],
)  # fmt: skip
def test_nothing_is_bent_to_fit(field, value, where, message):
    assert read(**{field: value}) == ({}, [(where, message)])


def test_anything_is_anything():
    assert read(anything={"a": [None, 1, {}]}) == ({"anything": {"a": [None, 1, {}]}}, [])


@pytest.mark.parametrize("value", [" a", "a ", "a\n", "\u00a0a", " "])
def test_files_have_no_space_around_texts_and_published_documents_keep_theirs(value):
    assert read(text=value)[1] == [("text", "Remove the white space before and after the text.")]
    spaced = AGENCY | {"description": value}
    data, problems = validate_document(AgencyDocument, spaced, PUBLISHED)
    assert (data["description"], problems) == (value, [])


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
PUBLISHED = ValidationContext(known=KNOWN, published=True)


def problems_of(document):
    return validate_document(AgencyDocument, document, PUBLISHED)[1]


def without(*names):
    return {name: value for name, value in AGENCY.items() if name not in names}


def test_a_published_document_states_every_field():
    assert problems_of(AGENCY) == []
    missing = "Required: a published document must have every field."
    assert problems_of(without("kind", "parent", "review")) == [
        ("kind", missing),
        ("parent", missing),
        ("review", missing),
    ]
    nameless = AGENCY | {"jurisdiction": {"id": "CN"}}
    assert problems_of(nameless) == [("jurisdiction.name", missing)]


def test_what_publishing_sets_has_its_types_and_fields_too():
    review = {"state": "seen", "reviewers": None, "reviewed_at": "2026-01-01T00:00:00Z",
              "released_by": None, "x": 1}  # fmt: skip
    spoiled = AGENCY | {"revision": "1", "published_at": "soon", "review": review, "licence": None}
    assert problems_of(spoiled) == [
        ("revision", 'Must be a whole number, not "1".'),
        ("published_at", "Write the time as in 2026-11-22T09:30:00.000000Z."),
        ("review.state", "Must be one of reviewed, self_reviewed, released."),
        ("review.reviewers", "Must not be null."),
        ("review.reviewed_at", "Write this time as 2026-01-01T00:00:00.000000Z."),
        ("review.x", "Unknown field."),
        ("licence", "Must not be null."),
    ]


def test_a_file_may_leave_out_what_publishing_sets_or_carry_anything_there():
    context = ValidationContext(known=KNOWN)
    small = {"id": "ministry", "name": "M", "type": "day", "jurisdiction": {"id": "CN"}}
    assert validate_document(AgencyDocument, small, context)[1] == []
    odd = small | {"revision": "x", "review": []}
    assert validate_document(AgencyDocument, odd, context)[1] == []


def test_every_problem_of_a_document_is_named_with_its_path():
    document = {
        "id": "Not a slug",
        "title": "x" * 301,
        "unit": None,
        "type": "nope",
        "agencies": [{"role": "nope", "naming": "nope"}, "x"],
        "citations": {},
    }
    paths = [path for path, _ in validate_document(ActionDocument, document, CONTEXT)[1]]
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


# Properties: what is stored gives the document back, and one change too many is refused


@pytest.fixture(scope="module")
def history():
    return list(generate.history(40, 1))


@pytest.fixture(scope="module")
def published(history):
    known = {kind: {line["record"] for line, _, _ in history if line["kind"] == kind}
             for kind in DOCUMENT_SCHEMAS}  # fmt: skip
    known["jurisdiction"] = set(generate.place_names())
    terms = {f"{row['vocabulary']}.{row['code']}" for row in generate.read("terms.json")}
    return ValidationContext(terms=terms, known=known, published=True)


def test_every_document_of_a_dump_is_valid(history, published):
    for line, document, _ in history:
        schema = DOCUMENT_SCHEMAS[line["kind"]]
        assert validate_document(schema, document, published)[1] == [], line["record"]


def iter_objects(value, path=""):
    """Every object inside a value, with its path."""
    if isinstance(value, dict):
        yield path, value
        for name, inner in value.items():
            yield from iter_objects(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from iter_objects(inner, f"{path}[{position}]")


# What documents of an earlier release lack.
LATER_FIELDS = {
    *("targets", "instrument", "provision", "identifiers", "classifications"),
    *("dates.part", "figures.part", "evidence.fields", "review.credits"),
}


@pytest.mark.parametrize("kind", DOCUMENT_SCHEMAS)
def test_a_published_document_with_a_field_more_or_less_is_refused(history, published, kind):
    fullest = max(
        (document for line, document, _ in history if line["kind"] == kind),
        key=lambda document: len(orjson.dumps(document)),
    )
    for path, part in [*iter_objects(fullest)]:
        if path in {"unknowns", "evidence.fields"}:  # their keys are names of fields
            continue
        for name in part:
            changed = copy.deepcopy(fullest)
            del dict(iter_objects(changed))[path][name]
            where = f"{path}.{name}".lstrip(".")
            problems = validate_document(DOCUMENT_SCHEMAS[kind], changed, published)[1]
            may_lack = re.sub(r"\[[0-9]+\]", "", where) in LATER_FIELDS
            assert [found for found, _ in problems] == ([] if may_lack else [where]), where
        changed = copy.deepcopy(fullest)
        dict(iter_objects(changed))[path]["unheard_of"] = 1
        problems = validate_document(DOCUMENT_SCHEMAS[kind], changed, published)[1]
        assert problems == [(f"{path}.unheard_of".lstrip("."), "Unknown field.")]


days = strategies.dates(date(1000, 1, 1)) | strategies.none()


@for_all(days, days, strategies.sampled_from(["day", "month"]))
@settings(max_examples=200, deadline=None)
def test_a_date_is_an_interval_that_is_a_day_or_longer(earliest, latest, precision):
    given = {
        "earliest": earliest and earliest.isoformat(),
        "latest": latest and latest.isoformat(),
        "precision": precision,
        "basis": "stated",
    }
    known = earliest is not None or latest is not None
    ordered = not (earliest and latest) or earliest <= latest
    valid = known and ordered and (precision == "month" or earliest == latest)
    row, problems = validate_document(HonestDate, given, CONTEXT)
    assert (not problems) == valid
    if valid:
        assert (row["earliest"], row["latest"]) == (earliest, latest)
        assert build_content(HonestDate, SimpleNamespace(**row)) == {**given, "resolution": ""}


numbers = strategies.decimals(0, 99_999_999_999, places=4, allow_nan=False, allow_infinity=False)


@for_all(numbers)
@settings(max_examples=200, deadline=None)
def test_a_number_is_stored_exactly_as_it_is_stated(number):
    stated = to_json_number(number)
    assert read(number=stated) == ({"number": Decimal(str(stated))}, [])
