"""Values that the dataset knows, so that requests made from the schema also find something."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from api.query import dates, filters
from api.query.kinds import COLLECTION_BY_KIND
from api.views import changes, index, record_kinds, reference
from policy.versions import EMPTY_VERSION

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
LIKELY = 0.9  # how often a parameter takes one of them
ENDED = ("withdrawn", "merged")  # actions that conftest publishes, then withdraws or merges
KINDS = {
    plural: kind for kind, plural in COLLECTION_BY_KIND.items() if (FIXTURES / plural).is_dir()
}
VIEWSETS = (
    record_kinds.Actions,
    record_kinds.Agencies,
    record_kinds.Entities,
    record_kinds.Sources,
)
TABLES = (reference.Jurisdictions, reference.Terms)
EMPTY = str(EMPTY_VERSION)  # each history has this version
OTHERS = (changes.Changes, index.Index, index.Head)


def read(name: str) -> list[dict[str, Any]]:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def codes() -> dict[str, list[str]]:
    """The terms of each vocabulary."""
    found = defaultdict(list)
    for term in read("terms.json"):
        found[term["vocabulary"]].append(term["code"])
    return found


def ids(plural: str) -> list[str]:
    return sorted(path.stem for path in (FIXTURES / plural).glob("*.json"))


def of_filter(declared: filters.ValueFilter) -> list[str | int]:
    if isinstance(declared, filters.TermFilter):
        return codes()[declared.vocabulary]
    if isinstance(declared, filters.RecordFilter):
        return ids(COLLECTION_BY_KIND[declared.field_name])
    if isinstance(declared, filters.PlaceValues):
        return ["CN", "CN-QH", "SV", "US"]
    if isinstance(declared, dates.DateWindowFilter):
        return ["2021", "2021-06", "2021-05-01/2021-06-09", "../2021", "2021-06-10/.."]
    if isinstance(declared, filters.SearchFilter):
        return ["mining", '"digital yuan"', "bitcoin OR yuan", "-mining", "police"]
    example = declared.example
    return [int(example) if declared.schema["type"] == "integer" else example]


def of_view(view: Any) -> dict[str, list[Any]]:
    """Parameter to its values, for all the routes of a view."""
    found = {f"query.{n}": of_filter(f) for n, f in view.filterset.base_filters.items()}
    found["header.Min-Dataset-Version"] = [EMPTY]
    if view in VIEWSETS:
        own = ids(COLLECTION_BY_KIND[view.kind])
        found["path.id"] = [*own, *ENDED] if view.kind == "action" else own
        found["path.number"] = [1, 1, 1, 2]
        found["query.as_of"] = ["2022-01-01", "2022-06-01T12:00:00Z", "2020-01-01"]
        found["query.version"] = [EMPTY]
    if view is record_kinds.Actions:
        found["query.sum"] = codes()["figure"]
    if view is reference.Jurisdictions:
        found["path.id"] = ["CN", "CN-QH", "SV"]
        found["query.kind"] = codes()["jurisdiction_kind"]
    if view is reference.Terms:
        found["path.id"] = ["activity.mining", "type.arrest", "unit.act"]
        found["query.vocabulary"] = sorted(codes())
    return found


def config() -> dict[str, Any]:
    """As schemathesis takes them: named lists, and which parameter of which route has which."""
    dictionaries: dict[str, Any] = {}
    operations = []
    for view in (*VIEWSETS, *TABLES):
        tag = view.__name__.lower()
        bound = {}
        for parameter, values in of_view(view).items():
            name = f"{tag}.{parameter}"
            dictionaries[name] = {"values": values}
            bound[parameter] = {"dictionary": name, "probability": LIKELY}
        operations.append({"include-tag": tag, "parameters": bound})
    dictionaries["versions"] = {"values": [EMPTY]}
    held = {"dictionary": "versions", "probability": LIKELY}
    operations += [
        {
            "include-tag": view.__name__.lower(),
            "parameters": {"header.Min-Dataset-Version": held},
        }
        for view in OTHERS
    ]
    # A request may name a version that the history lacks, and have another fault as well.
    rejections = [400, 404, 405, 406, 410]
    return {
        "dictionaries": dictionaries,
        "operations": operations,
        "checks": {"negative_data_rejection": {"expected-statuses": rejections}},
    }
