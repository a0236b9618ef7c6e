"""The OpenAPI 3.1 description of the API, generated from views, filters and serializers."""

from typing import cast

from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
)
from rest_framework.viewsets import ViewSetMixin

from api.http.problems import PROBLEM_MEDIA_TYPE
from api.openapi.components import (
    COMPONENT_REF_PREFIX,
    COMPUTED_SERIALIZERS,
    AnySchema,
    AnySerializer,
    build_page_serializer,
    register_union,
)
from api.openapi.described_view import DescribedViewSet
from api.openapi.examples import OPENAPI_EXAMPLES, SEED_RECORD_IDS
from api.openapi.operation_texts import (
    EXPORT_HEADERS,
    OPERATION_DESCRIPTIONS,
    SUMMARIES,
    VALIDATOR_HEADERS,
)
from api.openapi.parameters import (
    MIN_VERSION_PARAMETER,
    PARAMETER_DEFINITIONS,
    REVISION_NUMBER_SCHEMA,
    path_parameter,
    query_parameter,
)
from api.query import search
from api.query.kinds import KIND_BY_COLLECTION
from api.query.parameters import ParameterSchema
from api.serializers.envelopes import (
    HeadSerializer,
    IndexSerializer,
    ProblemSerializer,
)
from api.serializers.history import RevisionSerializer
from policy.documents.record_schema import Tombstone
from policy.documents.schema import DOCUMENT_SCHEMAS

INCLUDED_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "included": {
            "allOf": [{"$ref": f"{COMPONENT_REF_PREFIX}/Included"}],
            "description": "With `include`: the documents that the record refers to.",
        }
    },
}
PLAIN_VIEW_SERIALIZERS = {"index": IndexSerializer, "head": HeadSerializer}
ERROR_STATUSES = (400, 405, 406, 410, 412, 429, 500, 503)
DETAIL_ACTIONS = ("retrieve", "revisions", "revision", "diff")  # the actions that may return 404
ResponseSchema = AnySerializer | AnySchema | OpenApiResponse | OpenApiTypes | dict[str, object]
ResponseKey = int | tuple[int, str]  # a status, or a status and a media type


class AutoSchema(SpectacularAutoSchema):
    """Describes the parameters and responses of a view by reading its attributes."""

    @property
    def action(self) -> str:
        return getattr(self.view, "action", None) or self.resource

    @property
    def is_viewset(self) -> bool:
        return isinstance(self.view, ViewSetMixin)

    @property
    def resource(self) -> str:
        return type(self.view).__name__.lower()

    @property
    def viewset(self) -> DescribedViewSet:
        """The view as a StrictViewSet, if `is_viewset`."""
        return cast("DescribedViewSet", self.view)

    @property
    def has_records(self) -> bool:
        return hasattr(self.view, "kind")

    @property
    def row_schema(self) -> AnySchema:
        """What describes one row of the list of the view."""
        if self.has_records:
            return DOCUMENT_SCHEMAS[self.viewset.kind]
        return self.viewset.serializer_class

    def get_tags(self) -> list[str]:
        return [self.resource]

    def get_operation_id(self) -> str:
        return f"{self.resource}_{self.action}" if self.is_viewset else self.resource

    def get_summary(self) -> str:
        singular = KIND_BY_COLLECTION.get(self.resource, "dataset")
        return SUMMARIES[self.action].format(plural=self.resource, singular=singular)

    def get_description(self) -> str:  # type: ignore[override]  # as in the base class
        return (
            OPERATION_DESCRIPTIONS.get(f"{self.resource}_{self.action}")
            or OPERATION_DESCRIPTIONS[self.action]
        )

    @property
    def is_exportable(self) -> bool:
        return self.is_viewset and len(self.viewset.get_formats()) > 1

    def get_override_parameters(
        self,
    ) -> list[OpenApiParameter | AnySerializer | type[AnySerializer]]:
        names = self.viewset.get_parameter_names() if self.is_viewset else []
        headers = (*VALIDATOR_HEADERS, *(EXPORT_HEADERS if self.is_exportable else ()))
        return [
            *self.get_path_parameters(),
            MIN_VERSION_PARAMETER,
            *map(self.get_parameter, names),
            *map(response_header, headers),
        ]

    @property
    def supports_include(self) -> bool:
        return self.has_records and bool(self.viewset.includes)

    def get_example_id(self) -> str:
        return SEED_RECORD_IDS.get(self.resource) or str(OPENAPI_EXAMPLES[self.resource]["id"])

    def get_path_parameters(self) -> list[OpenApiParameter]:
        if not self.is_viewset or not self.viewset.detail:
            return []
        schema: ParameterSchema = {
            "type": "string",
            "pattern": f"^{self.viewset.lookup_value_regex}$",
        }
        path_parameters = [path_parameter("id", schema, "The public id.", self.get_example_id())]
        if self.action == "revision":
            path_parameters.append(
                path_parameter(
                    "number", REVISION_NUMBER_SCHEMA, "The number of the revision, from 1.", 1
                )
            )
        return path_parameters

    def get_parameter(self, name: str) -> OpenApiParameter:
        filters = self.viewset.filterset.base_filters if self.viewset.filterset else {}
        if each := filters.get(name):
            return query_parameter(name, each.help_text, each.schema, each.example)
        if name == "ordering":
            return self.get_ordering_parameter()
        if name == "format":
            return self.get_format_parameter()
        if name == "include":
            return self.get_include_parameter()
        return query_parameter(name, *PARAMETER_DEFINITIONS[name])

    def get_ordering_parameter(self) -> OpenApiParameter:
        names = list(self.viewset.get_orderings())
        schema: ParameterSchema = {"type": "string", "enum": names, "default": names[0]}
        description = "Sort order."
        if any(name.startswith("-") for name in names):
            description = "Sort order; prefix with `-` for descending."
        if search.RELEVANCE_ORDERING in names:
            description += f" {search.RELEVANCE_DESCRIPTION}"
        return query_parameter("ordering", description, schema, names[0])

    def get_format_parameter(self) -> OpenApiParameter:
        formats = list(self.viewset.get_formats())
        files = " or ".join(formats[1:])
        content = "all groups" if self.action == "aggregate" else "the whole list"
        description = (
            f"The format. An export as {files} contains {content}, in one version of the "
            "dataset. The Accept header can select the format instead."
        )
        schema: ParameterSchema = {"type": "string", "enum": formats, "default": "json"}
        return query_parameter("format", description, schema, formats[1])

    def get_include_parameter(self) -> OpenApiParameter:
        includes = self.viewset.includes
        choices = "; ".join(f"`{name}`: {help_text}" for name, help_text in includes.items())
        pattern = "|".join(includes)
        schema: ParameterSchema = {"type": "string", "pattern": f"^({pattern})(,({pattern}))*$"}
        return query_parameter(
            "include", f"Add whole documents. {choices}.", schema, ",".join([*includes][:2])
        )

    def get_response_serializers(self) -> dict[ResponseKey, ResponseSchema]:  # type: ignore[override]  # also accepted
        responses: dict[ResponseKey, ResponseSchema] = {
            (200, "application/json"): self.get_success_serializer()
        }
        if self.is_exportable:
            for renderer in self.viewset.get_renderers()[1:]:
                responses[200, renderer.media_type] = OpenApiTypes.STR
        responses[304] = OpenApiResponse(
            description="Not modified: you already have the current response."
        )
        for status in (*ERROR_STATUSES, *([404] if self.action in DETAIL_ACTIONS else [])):
            responses[status, PROBLEM_MEDIA_TYPE] = ProblemSerializer
        if self.action == "retrieve" and self.has_records:
            responses[301] = OpenApiResponse(
                description="Merged: `Location` is the URL of the record that replaces it."
            )
        if self.action in ("retrieve", "diff") and self.has_records:
            responses[451, PROBLEM_MEDIA_TYPE] = ProblemSerializer
        return responses

    def get_success_serializer(self) -> ResponseSchema:
        if not self.is_viewset:
            return PLAIN_VIEW_SERIALIZERS[self.resource]
        if self.action == "list":
            return build_page_serializer(
                self.row_schema, self.resource, self.has_records, self.supports_include
            )
        if self.action == "retrieve" and self.supports_include:
            document = {"$ref": f"{COMPONENT_REF_PREFIX}/{self.row_schema.__name__}"}
            return {"allOf": [document, INCLUDED_SCHEMA]}
        if self.action in COMPUTED_SERIALIZERS:
            return COMPUTED_SERIALIZERS[self.action]
        if self.action == "revisions":
            return build_page_serializer(RevisionSerializer, "revisions")
        if self.action == "revision":
            schema = DOCUMENT_SCHEMAS[self.viewset.kind]
            return register_union(self, f"{schema.__name__}OrTombstone", [schema, Tombstone])
        return self.row_schema

    def _is_list_view(self, serializer: AnySerializer | type[AnySerializer] | None = None) -> bool:
        """Return False: a list returns a page, which is an object and not an array."""
        return False

    def get_filter_backends(self) -> list[object]:
        return []


def response_header(name: str) -> OpenApiParameter:
    description = VALIDATOR_HEADERS.get(name) or EXPORT_HEADERS[name]
    return OpenApiParameter(
        name,
        str if name in VALIDATOR_HEADERS else int,
        OpenApiParameter.HEADER,
        description=description,
        response=[200],
    )
