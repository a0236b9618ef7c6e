"""Documents that were published before the schema had a field are read with its default."""

import json

import pytest

from policy.documents import stored
from policy.documents.action_part_schema import DateOfAction
from policy.documents.action_schema import ActionDocument
from policy.documents.stored import read_document

OLD = {
    "kind": "action",
    "id": "ban",
    "dates": [{"kind": "adopted"}, {"kind": "ended", "resolution": "Stated."}],
}


@pytest.fixture
def later_fields(monkeypatch):
    monkeypatch.setattr(ActionDocument, "later", ("stance", "activities"))
    monkeypatch.setattr(DateOfAction, "later", ("resolution",))
    caches = (stored.later_defaults, stored.parts_with_later_fields)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_an_old_document_gets_the_defaults_of_later_fields(later_fields):
    assert read_document(json.dumps(OLD)) == {
        **OLD,
        "stance": None,
        "activities": [],
        "dates": [
            {"kind": "adopted", "resolution": ""},
            {"kind": "ended", "resolution": "Stated."},
        ],
    }


def test_no_two_documents_share_a_default(later_fields):
    read_document(json.dumps(OLD))["activities"].append("mining")
    assert read_document(json.dumps(OLD))["activities"] == []


def test_a_tombstone_has_no_such_fields(later_fields):
    tombstone = {"kind": "action", "id": "ban", "event": "withdraw"}
    assert read_document(json.dumps(tombstone)) == tombstone
