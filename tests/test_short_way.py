"""Published documents are read the short way: what it takes, the long way takes alike."""

import copy

import orjson
import pytest
from django.core.exceptions import ValidationError
from rest_framework import serializers

from bench import generate
from policy import strictjson
from policy.documents.plainshape import Doubt
from policy.documents.schema import DOCUMENT_SERIALIZERS
from policy.documents.strictshape import Reader
from policy.exchange.history_line import HistoryLine

# TypeError: a digest of half a surrogate pair, which no JSON brings here
REFUSALS = (Doubt, ValidationError, serializers.ValidationError, TypeError)
ODD = (None, "", " spaced ", "x" * 400, "a b c d e f g h i", "\0", "\ud800", 0, -1, 1.5, 2**40,
       True, [], [None], {}, {"id": "x"}, {"id": "x", "name": 1}, "2021-02-30")  # fmt: skip


@pytest.fixture(scope="module")
def history():
    return list(generate.history(40, 1))


@pytest.fixture(scope="module")
def reader(history):
    terms = {f"{row['vocabulary']}.{row['code']}" for row in generate.read("terms.json")}
    known = {kind: {line["record"] for line, _, _ in history if line["kind"] == kind}
             for kind in DOCUMENT_SERIALIZERS}  # fmt: skip
    known["jurisdiction"] = set(generate.place_names())
    return Reader({"terms": terms, "known": known}, published=True)


def documents(history):
    """(shape, value): each line and each document."""
    for line, document, _ in history:
        yield HistoryLine, {**line, "document": document}
        yield DOCUMENT_SERIALIZERS[line["kind"]], document


def test_it_takes_every_document_that_a_dump_holds(history, reader):
    for shape, value in documents(history):
        assert (reader.taker(shape)(value), []) == reader.at_length(shape, value)


def bent(value):
    """The value with one thing changed, in every place."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        kept = value[key]
        for odd in ODD:
            value[key] = odd
            yield
        value[key] = kept
        if isinstance(kept, dict | list):
            yield from bent(kept)
    if isinstance(value, dict):
        for key in list(value):
            kept = value.pop(key)
            yield
            value[key] = kept
        value["unheard_of"] = 1
        yield
        del value["unheard_of"]


@pytest.mark.parametrize("kind", [*DOCUMENT_SERIALIZERS, "line"])
def test_it_takes_nothing_that_the_long_way_does_not_take_alike(history, reader, kind):
    fullest = max((document for line, document, _ in history if line["kind"] in (kind, "line")),
                  key=lambda document: len(orjson.dumps(document)), default=None)  # fmt: skip
    shape = DOCUMENT_SERIALIZERS.get(kind, HistoryLine)
    value = copy.deepcopy(fullest or next(documents(history))[1])
    taken = tried = 0
    for _ in bent(value):
        tried += 1
        try:
            found = reader.taker(shape)(value)
        except REFUSALS:
            continue
        taken += 1
        assert (found, []) == reader.at_length(shape, value)
    assert 0 < taken < tried


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
def test_bytes_read_the_short_way_mean_the_same(data, monkeypatch):
    def outcome():
        try:
            return repr(strictjson.parse_json(data))
        except strictjson.BadJSON as bad:
            return bad.problems

    found = outcome()
    monkeypatch.setattr(strictjson, "parse_canonical_json", lambda data: orjson.loads(b"!"))
    assert outcome() == found
