"""JSON is read whole and strictly: every problem is named, and where it stands."""

import sys

import orjson
import pytest

from policy import strictjson
from policy.strictjson import BadJSON

LIMIT = "nested deeper than 32 levels."
HUGE = "too large to be exact."
QUOTES = "Expecting property name enclosed in double quotes."


def problems(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(BadJSON) as bad:
        strictjson.parse_json(data)
    return list(bad.value.problems)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b" [] \r\n", []),
        (b'{"": {"a": [true, false, null]}}', {"": {"a": [True, False, None]}}),
        ('{"名": "\\u00e9\\ud83d\\ude00"}'.encode(), {"名": "é😀"}),
        (b"[9007199254740992, -9007199254740992]", [2**53, -(2**53)]),
        (b"[1.5, -0.0, 1e308]", [1.5, 0.0, 1e308]),
        (b'"line\\nend \\u007f"', "line\nend \x7f"),
    ],
)
def test_what_a_database_can_keep_is_read(data, value):
    assert strictjson.parse_json(data) == value


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", ("", "not JSON at line 1, column 1: Expecting value.")),
        (b"{", ("", f"not JSON at line 1, column 2: {QUOTES}")),
        (b'{"a": 1}\n{"a": 2}', ("", "not JSON at line 2, column 1: Extra data.")),
        (b"[1,\n 2 3]", ("", "not JSON at line 2, column 4: Expecting ',' delimiter.")),
        (b"{'a': 1}", ("", f"not JSON at line 1, column 2: {QUOTES}")),
        (b'"a\nb"', ("", "not JSON at line 1, column 3: Invalid control character at.")),
        (b'"a\0b"', ("", "not JSON at line 1, column 3: Invalid control character at.")),
        (b'"caf\xe9"', ("", "not UTF-8 at byte 4. Save the file as UTF-8.")),
        (b'"\xed\xa0\x80"', ("", "not UTF-8 at byte 1. Save the file as UTF-8.")),
        (b'\xff\xfe"\0a\0', ("", "not UTF-8 at byte 0. Save the file as UTF-8.")),
        (
            b"\xef\xbb\xbf{}",
            ("", "starts with a byte order mark. Save the file as UTF-8 without one."),
        ),
        (b'{"a": [1, NaN]}', ("a[1]", "is not a finite number.")),
        (b'{"a": {"b": -Infinity}}', ("a.b", "is not a finite number.")),
        (b"[1e999]", ("[0]", "is not a finite number.")),
        (b"[9007199254740993]", ("[0]", f"the integer 9007199254740993… is {HUGE}")),
        (b'{"n": -1%s}' % (b"0" * 40), ("n", f"the integer -1000000000000000000… is {HUGE}")),
        (b"[%s]" % (b"9" * 5000), ("", f"an integer is {HUGE}")),
        (b'{"a": "x\\u0000y"}', ("a", "contains NUL or half of a surrogate pair.")),
        (b'["\\ud800"]', ("[0]", "contains NUL or half of a surrogate pair.")),
        (b'["\\ude00\\ud83d"]', ("[0]", "contains NUL or half of a surrogate pair.")),
        (b'{"a\\u0000": 1}', ("", "the key 'a\\x00' contains NUL or half of a surrogate pair.")),
        (b'{"a": {"b": 1, "c": 2, "b": 1}}', ("a", "the key 'b' is duplicated.")),
        (b"[" * 33 + b"1" + b"]" * 33, ("[0]" * 33, LIMIT)),
        (b'{"a":' * 33 + b"1" + b"}" * 33, (".".join("a" * 33), LIMIT)),
        (b"[" * 200_000, ("", LIMIT)),
    ],
)
def test_what_cannot_be_kept_is_named(data, problem):
    assert problems(data) == [problem]


def test_the_greatest_depth_that_is_allowed():
    assert strictjson.parse_json(b"[" * 32 + b"1" + b"]" * 32)


def test_all_problems_are_named_at_once():
    data = b'{"a": NaN, "b": [1e999, "\\u0000"], "a": 1, "b": {"c": 99999999999999999}, "d": NaN}'
    assert problems(data) == [
        ("", "the key 'a' is duplicated."),
        ("", "the key 'b' is duplicated."),
        ("b.c", f"the integer 99999999999999999… is {HUGE}"),
        ("d", "is not a finite number."),
    ]


def test_the_message_says_it_all():
    with pytest.raises(BadJSON) as bad:
        strictjson.parse_json(b'{"a": NaN, "b": NaN}')
    assert str(bad.value) == "a: is not a finite number.\nb: is not a finite number."


def test_reading_leaves_the_interpreter_as_it_was():
    before = sys.getrecursionlimit()
    problems(b"[" * 200_000)
    assert sys.getrecursionlimit() == before


# Canonical JSON is read by a faster parser

SPELLINGS = [
    *(b'{"a":1}', b'{"a":1}\n', b'{"a": 1}', b'{"a":1,"a":1}', b'{"a":[1,{"a":2,"a":2}]}'),
    *(b"[NaN]", b'"\\u0000"', b'"\\ud800"', b'"\\ud83d\\ude00"', '"ü"'.encode(), b'"\\u00fc"'),
    *(b"[1e5,1.0,-0.0]", b"[9007199254740992]", b"[9007199254740993]", b"[18446744073709551616]"),
    *(b"[" * deep + b"]" * deep for deep in (31, 32, 33, 34, 2000)),
    *(b"[" * deep + b"1" + b"]" * deep for deep in (31, 32, 33, 34)),
    *(b"[1e400]", b"[" * 2000, b"", b" ", b"1", b'"x"', b"null", b"\xff", b"\xef\xbb\xbf{}"),
    *(b"{}}", b"[0.1,1e-7]"),
]


@pytest.mark.parametrize("data", [*SPELLINGS, *(s + b"\n" for s in SPELLINGS)])
def test_canonical_json_is_read_as_any_other_json(data, monkeypatch):
    def outcome():
        try:
            return repr(strictjson.parse_json(data))
        except strictjson.BadJSON as bad:
            return bad.problems

    found = outcome()
    monkeypatch.setattr(strictjson, "parse_canonical_json", lambda data: orjson.loads(b"!"))
    assert outcome() == found
