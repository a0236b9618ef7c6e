"""One example of everything that the API returns. A test validates them against the schemas."""

from django.conf import settings

from api.openapi.action_example import ACTION_EXAMPLE_CONTENT, EXAMPLE_DIGEST, Example
from api.query.aggregate import AGGREGATE_NOTE
from policy.documents.record_schema import SCHEMA_VERSION
from policy.versions import Version

EXAMPLE_SEAL = "73d53380" + "4f1c9a7e" * 7
EXAMPLE_VERSION = str(Version.of(17, EXAMPLE_SEAL))
EXAMPLE_INSTANT = "2026-11-22T09:30:00.000000Z"
SEED_RECORD_IDS = {  # records of the seed dataset, so that example URLs work
    "actions": "qinghai-mining-ban",
    "agencies": "peoples-bank-of-china",
    "entities": "weibo",
    "sources": "china-crypto-arrests-article",
}
SCHEME_EXAMPLES = {
    "identifiers": [{"scheme": "wikidata", "value": "Q42"}],
    "classifications": [{"scheme": "isic", "value": "6419"}],
}


def build_example_document(kind: str, id: str, content: Example) -> Example:
    """Return an example of a published record with this content."""
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "id": id,
        "revision": 1,
        "published_at": EXAMPLE_INSTANT,
        **content,
        **{name: rows for name, rows in SCHEME_EXAMPLES.items() if name not in content},
        "review": {
            "state": "reviewed",
            "reviewers": 1,
            "reviewed_at": EXAMPLE_INSTANT,
            "released_by": None,
            "credits": ["Ada Example"],
        },
        "licence": "CC-BY-4.0",
    }


NAME_FIELDS_EXAMPLE = {
    "native_name": "示例部",
    "aliases": ["ExMin"],
    "description": "An invented example.",
}

OPENAPI_EXAMPLES: dict[str, Example] = {
    "actions": build_example_document("action", "example-closure-order", ACTION_EXAMPLE_CONTENT),
    "agencies": build_example_document(
        "agency",
        "example-ministry",
        {
            "name": "Example Ministry",
            **NAME_FIELDS_EXAMPLE,
            "type": "ministry",
            "jurisdiction": {"id": "CN", "name": "China"},
            "parent": {"id": "example-cabinet", "name": "Example Cabinet"},
        },
    ),
    "entities": build_example_document(
        "entity",
        "example-platform",
        {
            "name": "Example Platform",
            **NAME_FIELDS_EXAMPLE,
            "type": "platform",
            "jurisdiction": {"id": "CN", "name": "China"},
        },
    ),
    "sources": build_example_document(
        "source",
        "example-article",
        {
            "title": "Example article",
            "publisher": "Example Press",
            "authors": ["A. Writer"],
            "url": "https://example.org/article",
            "published": {
                "earliest": "2021-06-10",
                "latest": "2021-06-10",
                "precision": "day",
                "basis": "stated",
                "resolution": "Printed above the text.",
            },
            "retrieved_at": "2021-06-11",
            "language": "en",
            "source_class": "national_media",
            "sha256": EXAMPLE_DIGEST,
            "bytes": 4164,
            "text_sha256": EXAMPLE_DIGEST,
            "characters": 4148,
            "derived_from": {"id": "example-wire", "name": "Example wire report"},
        },
    ),
    "jurisdictions": {
        "id": "CN-NM",
        "name": "Inner Mongolia",
        "native_name": "内蒙古自治区",
        "kind": "subdivision",
        "local_kind": "Autonomous region",
        "parent": "CN",
        "iso3": "",
        "m49": "",
        "aliases": ["Nei Mongol Zizhiqu"],
    },
    "terms": {
        "id": "activity.mining",
        "vocabulary": "activity",
        "code": "mining",
        "label": "Mining",
        "definition": "Creating new units by computing.",
        "includes": "A data centre that mines.",
        "excludes": "Buying units: use trading.",
        "parent": "activity.crypto",
        "abstract": False,
        "crosswalk": {"dpa": {"code": "DLT provider", "match": "broad"}},
        "pattern": "",
        "url_template": "",
        "sum": True,
    },
    "revision": {
        "revision": 1,
        "version": EXAMPLE_VERSION,
        "event": "publish",
        "published_at": EXAMPLE_INSTANT,
        "superseded_at": None,
        "reason": "",
        "digest": EXAMPLE_DIGEST,
        "url": "https://example.org/api/v1/actions/example-closure-order/revisions/1/",
    },
    "change": {
        "version": EXAMPLE_VERSION,
        "kind": "action",
        "id": "example-closure-order",
        "revision": 1,
        "event": "publish",
        "published_at": EXAMPLE_INSTANT,
        "reason": "",
        "merged_into": None,
        "digest": EXAMPLE_DIGEST,
        "changed": ["title", "summary"],
        "url": "https://example.org/api/v1/actions/example-closure-order/revisions/1/",
    },
    "diff": {
        "id": "example-closure-order",
        "from": 1,
        "to": 2,
        "changes": [
            {"field": "status", "before": "adopted", "after": "completed"},
            {"field": "dates/effective/earliest", "before": None, "after": "2021-06-20"},
        ],
    },
    "head": {
        "version": EXAMPLE_VERSION,
        "seal": EXAMPLE_SEAL,
        "published_at": EXAMPLE_INSTANT,
    },
    "index": {
        "title": "Policy Events",
        "version": EXAMPLE_VERSION,
        "software_version": settings.SOFTWARE_VERSION,
        "schema_version": SCHEMA_VERSION,
        "licence": "CC-BY-4.0",
        "counts": {"agency": 5, "entity": 6, "source": 2, "action": 12},
        "coverage": {
            "stated": 70,
            "derived": 81,
            "inferred": 4,
            "unbacked": 0,
            "unknown": 33,
            "unexplained": 0,
        },
        "links": {"actions": "https://example.org/api/v1/actions/"},
    },
    "count": {"count": 12, "version": EXAMPLE_VERSION},
    "aggregate": {
        "groups": [
            {
                "keys": {"month": "2021-06"},
                "labels": {"month": "2021-06"},
                "count": 3,
                "acts": 2,
                "possible": 5,
                "sums": [
                    {
                        "unit": "persons",
                        "value": 1100,
                        "at_least": True,
                        "comparators": ["more_than"],
                        "records": 1,
                    }
                ],
            }
        ],
        "unit": "records",
        "note": AGGREGATE_NOTE,
        "total": 12,
        "acts": {"smallest": 7, "largest": 8},
        "version": EXAMPLE_VERSION,
    },
    "meta": {"version": EXAMPLE_VERSION, "page_size": 50, "ordering": "-date"},
    "problem": {
        "type": "/api/problems/unknown-parameter/",
        "title": "Unknown parameter",
        "status": 400,
        "detail": "jurisdcition: Unknown parameter. Did you mean jurisdiction?",
        "instance": "/api/v1/actions/?jurisdcition=CN",
        "request_id": "5f1c9a7e2b8d4f60a3c1e9d7b5a2f481",
        "errors": [
            {
                "parameter": "jurisdcition",
                "detail": "Unknown parameter. Did you mean jurisdiction?",
                "allowed": ["jurisdiction"],
            }
        ],
        "reason": "The source was withdrawn by its publisher.",
        "taken_down_at": EXAMPLE_INSTANT,
        "version": EXAMPLE_VERSION,
    },
    "tombstone": {
        "schema_version": 1,
        "kind": "action",
        "id": "example-closure-order",
        "revision": 2,
        "published_at": EXAMPLE_INSTANT,
        "event": "takedown",
        "reason": "A court ordered it.",
        "merged_into": None,
        "licence": "CC-BY-4.0",
        "taken_down_at": EXAMPLE_INSTANT,
    },
}

OPENAPI_EXAMPLES["change"]["document"] = OPENAPI_EXAMPLES["actions"]
OPENAPI_EXAMPLES["included"] = {
    name: {str(OPENAPI_EXAMPLES[name]["id"]): OPENAPI_EXAMPLES[name]}
    for name in ("agencies", "entities", "sources")
}
OPENAPI_EXAMPLES["included"]["related"] = {
    str(OPENAPI_EXAMPLES["actions"]["id"]): OPENAPI_EXAMPLES["actions"]
}
