"""Random actions and sources: valid documents whose values agree, contradict or are missing."""

import hashlib
from collections.abc import Iterator, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any

from tests import folders, oracle

FIRST_DAY, NUMBER_OF_DAYS = "2020-11-20", 110  # four months of two years
DAYS = [oracle.shift(FIRST_DAY, number) for number in range(NUMBER_OF_DAYS)]
STATUSES = (
    *(None, "planned", "proposed", "in_consultation", "adopted", "in_force", "under_way"),
    *("suspended", "completed", "ended", "repealed", "superseded", "dropped"),
)
DATE_KINDS = ("occurred", "announced", "adopted", "effective", "ended", "observed", "reported")
PARTS = ("", "", "a", "b")
TYPES = ("regulate", "arrest", "fine", "pledge")
SHARES_OF_INFERENCES = (0, 0, 0.5, 0.9, 1)

# Source: publisher, class, and the source that it repeats.
SOURCES = {
    "nameless": ("", "wire", None),
    "unsigned": ("", "local_media", None),
    "herald": ("Herald", "national_media", None),
    "herald-again": ("Herald", "wire", None),
    "wire": ("Wire", "wire", None),
    "wire-copy": ("Herald", "national_media", "wire"),
    "wire-copy-of-copy": ("Gazette", "local_media", "wire-copy"),
    "copy-of-nameless": ("Gazette", "local_media", "nameless"),
    "ministry-page": ("Ministry", "official_primary", None),
    "bulletin": ("", "official_secondary", None),
    "copy-of-bulletin": ("Post", "social_post", "bulletin"),
}


def make_sources() -> dict[str, Any]:
    """Return the sources as objects, by id."""
    sources: dict[str, Any] = {}
    for slug, (publisher, source_class, original) in SOURCES.items():
        sources[slug] = SimpleNamespace(
            slug=slug,
            publisher=publisher,
            source_class_id=f"source_class.{source_class}",
            derived_from=sources[original] if original else None,
        )
    return sources


def source_document(slug: str) -> dict[str, Any]:
    publisher, source_class, original = SOURCES[slug]
    return folders.SOURCE_DOCUMENT | {
        "id": slug,
        "title": slug.title(),
        "publisher": publisher,
        "source_class": source_class,
        "derived_from": {"id": original} if original else None,
        "sha256": hashlib.sha256(slug.encode()).hexdigest(),
    }


def random_action(chance: Random, slug: str, twins: Sequence[str] = ()) -> dict[str, Any]:
    """Return an action as published. It may be the same as `twins`."""
    action = {
        **{"schema_version": 2, "kind": "action", "id": slug, "title": slug, "summary": slug},
        "unit": chance.choice(["act", "act", "act", "series", "state"]),
        "type": chance.choice(TYPES),
        "status": chance.choice([*STATUSES, "adopted", "in_force", "under_way", "completed"]),
        "stance": chance.choice(["prohibit", "restrict", None]),
        "attribution": chance.choice(["government", None]),
        "legal_force": None,
        "penalty": chance.sample(["fine", "detention"], chance.choice([0, 0, 1, 2])),
        "activities": chance.choice([["mining"], ["trading"], ["mining", "trading"]]),
        "jurisdictions": [refer_to(chance.choice(["CN", "SV"]))],
        "targets": list(random_targets(chance)),
        "agencies": list(random_agencies(chance)),
        "entities": list(random_entities(chance)),
        "dates": random_dates(chance),
        "figures": list(random_figures(chance)),
        "relations": [
            {"type": "may_be_same_as", "action": refer_to(twin), "reason": "Alike."}
            for twin in twins
        ],
        **{"instrument": "", "provision": "", "identifiers": [], "classifications": []},
        "notes": [],
    }
    fields = ("status", "stance", "attribution", "legal_force", "penalty", "agencies", "dates")
    action["unknowns"] = {name: "It does not say." for name in fields if not action[name]}
    if all(row["kind"] == "reported" for row in action["dates"]):
        action["unknowns"]["dates"] = "It does not say when it was done."
    action["citations"] = random_citations(chance, action)
    return action


def random_targets(chance: Random) -> Iterator[dict[str, Any]]:
    if chance.random() < 0.2:
        yield {"jurisdiction": refer_to("US"), "role": "target"}


def random_agencies(chance: Random) -> Iterator[dict[str, Any]]:
    if chance.random() < 0.6:
        row = {"agency": refer_to("ministry"), "role": "issuer", "naming": "named"}
        yield {"key": "ministry", **row, "described_as": ""}


def random_entities(chance: Random) -> Iterator[dict[str, Any]]:
    if chance.random() < 0.3:
        row = {"entity": refer_to("exchange"), "role": "affected", "naming": "named"}
        yield {"key": "exchange", **row, "described_as": ""}


def random_figures(chance: Random) -> Iterator[dict[str, Any]]:
    for part in ("", "a"):
        if chance.random() < 0.1:
            value = {"value": 20, "comparator": "exactly", "unit": "persons"}
            yield {"kind": "persons_arrested", "part": part, **value, "claimed_by": ""}


def random_dates(chance: Random) -> list[dict[str, Any]]:
    """Return dates of any kinds and parts. They may contradict each other."""
    kinds = chance.sample(DATE_KINDS, chance.choice([1, 2, 3, 7]))
    keys = {
        (chance.choice(kinds), chance.choice(PARTS))
        for _ in range(chance.choice([0, 1, 1, 2, 2, 3, 4, 6]))
    }
    return [random_date(chance, kind, part) for kind, part in sorted(keys)]


def random_date(chance: Random, kind: str, part: str) -> dict[str, Any]:
    day, other = chance.choices(DAYS, k=2)
    near = oracle.shift(day, chance.randrange(10))
    earliest, latest = chance.choice(
        [
            *[(day, day)] * 4,
            *[(day, near)] * 3,
            (min(day, other), max(day, other)),
            oracle.month_bounds(day[:7]),
            oracle.year_bounds(day[:4]),
            (None, day),
            (day, None),
        ]
    )
    bounds = {"earliest": earliest, "latest": latest}
    precision = "day" if earliest == latest else "range"
    precision = "before" if earliest is None else "after" if latest is None else precision
    basis = {"precision": precision, "basis": "stated", "resolution": ""}
    return {"kind": kind, "part": part, **bounds, **basis}


def random_citations(chance: Random, action: dict[str, Any]) -> list[dict[str, Any]]:
    """Return up to three citations. Each value has one support or two, of any basis."""
    citations = [random_citation(chance, start) for start in range(chance.choice([1, 1, 2, 3]))]
    inferences = chance.choice(SHARES_OF_INFERENCES)
    for key in oracle.iter_value_keys(action):
        for citation in chance.sample(citations, min(len(citations), chance.choice([1, 1, 2]))):
            basis = chance.choice(["stated", "derived"])
            basis = "inferred" if chance.random() < inferences else basis
            field = f"{key}/issuer" if key.startswith("agencies") and chance.random() < 0.3 else key
            citation["supports"].append({"field": field, "basis": basis, "reason": "It is known."})
    return [citation for citation in citations if citation["supports"]]


def random_citation(chance: Random, start: int) -> dict[str, Any]:
    citation = folders.citation_document(start, 37, 1, "banned mining")
    source = refer_to(chance.choice(list(SOURCES)))
    return citation | {"source": source, "supports": [], "note": ""}


def refer_to(slug: str) -> dict[str, str]:
    return {"id": slug, "name": slug.title()}
