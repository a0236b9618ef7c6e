"""OPTIONS: what a list can be asked, for programs that build their questions as they go."""

from collections import defaultdict
from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request

from api.query.filters import FacetFilter, TermFilter, VocabularyFilter
from policy.models import Term

CodesByVocabulary = dict[str, list[str]]


class ListMetadata(SimpleMetadata):
    def determine_metadata(self, request: Request, view: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().determine_metadata(request, view)
        if "list" in getattr(view, "action_map", {}).values():
            filters = view.filterset.base_filters if view.filterset else {}
            words = get_codes_by_vocabulary() if filters else {}
            told["filters"] = {
                name: describe_filter(name, filters[name], words) for name in filters
            }
            told["orderings"] = list(view.get_orderings())
        return told


def get_codes_by_vocabulary() -> CodesByVocabulary:
    """The codes of each vocabulary, in their order."""
    found = defaultdict(list)
    rows = Term.objects.order_by("vocabulary", "position").values_list("vocabulary", "code")
    for vocabulary, code in rows:
        found[vocabulary].append(code)
    return found


def describe_filter(name: str, declared: FacetFilter, words: CodesByVocabulary) -> dict[str, Any]:
    told = {
        "type": declared.schema["type"],
        "lookup": name.partition("__")[2] or "exact",
        "description": declared.extra["help_text"],
        "example": declared.example,
    }
    found = get_filter_choices(declared, words)
    return told | ({"choices": found} if found else {})


def get_filter_choices(declared: FacetFilter, words: CodesByVocabulary) -> list[str]:
    """All values that there are, where they are few; none: too many, or any text."""
    if isinstance(declared, TermFilter):
        return words[declared.vocabulary]
    if isinstance(declared, VocabularyFilter):
        return sorted(words)
    return declared.schema.get("enum", [])
