"""What the OpenAPI file and OPTIONS read of a view set."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rest_framework.renderers import BaseRenderer

from api.openapi.components import AnySerializer
from api.query.filtersets import StrictFilterSet
from api.query.pagination import Ordering


class DescribedViewSet(Protocol):
    """A StrictViewSet, as far as it is described. This package cannot import api.views."""

    detail: bool
    filterset: type[StrictFilterSet[Any]] | None
    includes: Mapping[str, str]
    kind: str
    lookup_value_regex: str
    serializer_class: type[AnySerializer]

    def get_formats(self) -> Sequence[str]: ...
    def get_renderers(self) -> list[BaseRenderer]: ...
    def get_orderings(self) -> dict[str, Ordering]: ...
    def get_parameter_names(self) -> list[str]: ...
