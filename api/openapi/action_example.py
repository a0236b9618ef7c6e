"""The example of an action."""

from policy.documents.action_schema import ActionDocument

Example = dict[str, object]  # JSON values
EXAMPLE_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EXAMPLE_VALUES: Example = {
    "title": "Example ministry orders mines to close",
    "summary": "The ministry ordered all mines in the north to close within a month.",
    "penalty": ["licence_loss"],
    "sort_date": "2021-06-09",
    "jurisdictions": [{"id": "CN-QH", "name": "Qinghai"}],
    "activities": ["mining"],
    "targets": [{"jurisdiction": {"id": "CN-NM", "name": "Inner Mongolia"}, "role": "target"}],
    "agencies": [
        {
            "key": "example-ministry",
            "agency": {"id": "example-ministry", "name": "Example Ministry"},
            "role": "issuer",
            "naming": "named",
            "described_as": "",
        }
    ],
    "entities": [
        {
            "key": "large-mines",
            "entity": None,
            "role": "affected",
            "naming": "described",
            "described_as": "large mines",
        }
    ],
    "dates": [
        {
            "kind": "adopted",
            "part": "",
            "earliest": "2021-06-09",
            "latest": "2021-06-09",
            "precision": "day",
            "basis": "derived",
            "resolution": "“Wednesday”, relative to the day on which the article appeared.",
        }
    ],
    "figures": [
        {
            "kind": "sites_closed",
            "part": "large-sites",
            "value": 26,
            "comparator": "more_than",
            "unit": "sites",
            "claimed_by": "agencies/example-ministry",
        }
    ],
    "identifiers": [{"scheme": "celex", "value": "32024R1689"}],
    "classifications": [{"scheme": "hs", "value": "854231"}],
    "relations": [
        {
            "type": "implements",
            "action": {"id": "example-plan", "name": "Example plan"},
            "reason": "The order names the plan.",
        }
    ],
    "unknowns": {"dates/effective": "The source gives no day."},
    "notes": [
        {"kind": "doubt", "field": "status", "text": "The source does not say whether it began."}
    ],
    "evidence": {
        "level": "single_source",
        "reported_claim": False,
        "claimed_by": ["entities/large-mines"],
        "disputed": False,
        "fields": {"type": "single_source", "dates/adopted": None},
    },
    "citations": [
        {
            "source": {"id": "example-article", "name": "Example article"},
            "start": 120,
            "end": 258,
            "sha256": EXAMPLE_DIGEST,
            "paragraph": 2,
            "quote": "ordered the closure of mines",
            "supports": [
                {"field": "type", "basis": "stated", "reason": "The text orders a closure."}
            ],
            "note": "The sentence is repeated further down.",
        }
    ],
}

# In the order of the schema, which has the examples of simple fields.
ACTION_EXAMPLE_CONTENT: Example = {
    name: EXAMPLE_VALUES.get(name, *(field.examples or []))
    for name, field in ActionDocument.model_fields.items()
    if name in EXAMPLE_VALUES or field.examples
}
