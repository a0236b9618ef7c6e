"""The response to OPTIONS: the filters, their choices and the orderings of a list."""

from collections import defaultdict
from typing import TYPE_CHECKING, NotRequired, TypedDict, cast

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request

from api.query.filters import TermFilter, ValueFilter, VocabularyFilter
from policy.models import Term

if TYPE_CHECKING:  # rest_framework.views imports this module
    from rest_framework.views import APIView

    from api.openapi.described_view import DescribedViewSet

CodesByVocabulary = dict[str, list[str]]


class FilterDescription(TypedDict):
    type: str
    lookup: str
    description: str
    example: str
    choices: NotRequired[list[str]]


class ListMetadata(SimpleMetadata):
    def determine_metadata(self, request: Request, view: "APIView") -> dict[str, object]:
        metadata: dict[str, object] = super().determine_metadata(request, view)
        action_map: dict[str, str] = getattr(view, "action_map", {})
        if "list" in action_map.values():
            viewset = cast("DescribedViewSet", view)
            filters = viewset.filterset.base_filters if viewset.filterset else {}
            codes = get_codes_by_vocabulary() if filters else {}
            metadata["filters"] = {
                name: describe_filter(name, filters[name], codes) for name in filters
            }
            metadata["orderings"] = list(viewset.get_orderings())
        return metadata


def get_codes_by_vocabulary() -> CodesByVocabulary:
    """Return the codes of each vocabulary, in the order of the codebook."""
    codes: CodesByVocabulary = defaultdict(list)
    rows = Term.objects.order_by("vocabulary", "position").values_list("vocabulary", "code")
    for vocabulary, code in rows:
        codes[vocabulary].append(code)
    return codes


def describe_filter(
    name: str, declared: ValueFilter, codes: CodesByVocabulary
) -> FilterDescription:
    description: FilterDescription = {
        "type": str(declared.schema["type"]),
        "lookup": name.partition("__")[2] or "exact",
        "description": declared.help_text,
        "example": declared.example,
    }
    if choices := get_filter_choices(declared, codes):
        description["choices"] = choices
    return description


def get_filter_choices(declared: ValueFilter, codes: CodesByVocabulary) -> list[str]:
    """Return all values of a filter, or an empty list if there are too many or it is free text."""
    if isinstance(declared, TermFilter):
        return codes[declared.vocabulary]
    if isinstance(declared, VocabularyFilter):
        return sorted(codes)
    choices = declared.schema.get("enum")
    return choices if isinstance(choices, list) else []
