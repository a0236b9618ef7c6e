"""How the API describes itself: OpenAPI 3.1, made from the views, filters and documents."""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema as Base
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    OpenApiTypes,
    PolymorphicProxySerializer,
)
from rest_framework import serializers

from api.http.problems import PROBLEM_MEDIA_TYPE
from api.openapi.examples import OPENAPI_EXAMPLES, SEED_RECORD_IDS
from api.openapi.parameters import (
    PARAMETER_DEFINITIONS,
    REVISION_NUMBER_SCHEMA,
    path_parameter,
    query_parameter,
)
from api.query import aggregate, search
from api.serializers.envelopes import (
    AggregateSerializer,
    CountSerializer,
    IncludedSerializer,
    IndexSerializer,
    MetaSerializer,
    ProblemSerializer,
)
from api.serializers.history import DiffSerializer, RevisionSerializer
from policy.documents.record_schema import Tombstone

COMPONENT_REF_PREFIX = "#/components/schemas"
INCLUDED_SCHEMA = {
    "type": "object",
    "properties": {
        "included": {
            "allOf": [{"$ref": f"{COMPONENT_REF_PREFIX}/Included"}],
            "description": "With `include`: what the record refers to.",
        }
    },
}
EXPORT_HEADERS = {
    "Row-Count": "Of files: the rows to come. Fewer: the stream was cut.",
    "Dataset-Version": "Of files: the dataset's version that all rows are from.",
}
VALIDATOR_HEADERS = {
    "ETag": "Of this answer and the dataset's version: send it back as If-None-Match.",
    "Last-Modified": "When the dataset last changed, once that second is over.",
}
ERROR_STATUSES = (400, 405, 406, 412, 429, 500, 503)
DETAIL_ACTIONS = (
    "retrieve",
    "revisions",
    "revision",
    "diff",
)  # actions whose address may name nothing


class AutoSchema(Base):
    """Reads parameters and answers off the view, so that neither can be forgotten."""

    @property
    def action(self) -> str:
        return getattr(self.view, "action", None) or "index"

    @property
    def resource(self) -> str:
        name = type(self.view).__name__
        return name.lower()

    def get_tags(self) -> list[str]:
        return [self.resource]

    def get_operation_id(self) -> str:
        return f"{self.resource}_{self.action}" if self.action != "index" else "index"

    def get_summary(self) -> str:
        one = SINGULAR_BY_PLURAL.get(self.resource, "dataset")
        return {
            "list": f"List {self.resource}",
            "count": f"How many {self.resource} a list would hold",
            "aggregate": f"Count {self.resource} by one or two fields",
            "retrieve": f"One {one}",
            "revisions": f"The history of one {one}",
            "diff": f"What parts two revisions of one {one}",
            "revision": f"One {one} as it was published for the n-th time",
            "index": "What this dataset is and where its parts are",
        }[self.action]

    def get_description(self) -> str:
        return (
            OPERATION_DESCRIPTIONS.get(f"{self.resource}_{self.action}")
            or OPERATION_DESCRIPTIONS[self.action]
        )

    @property
    def is_exportable(self) -> bool:
        return self.action == "list" and hasattr(self.view, "formats")

    def get_override_parameters(self) -> list[OpenApiParameter]:
        names = self.view.get_parameter_names() if hasattr(self.view, "get_parameter_names") else []
        headers = map(
            response_header, (*VALIDATOR_HEADERS, *(EXPORT_HEADERS if self.is_exportable else ()))
        )
        return [*self.get_path_parameters(), *(self.get_parameter(name) for name in names), *headers]

    @property
    def supports_include(self) -> bool:
        return hasattr(self.view, "kind") and bool(self.view.includes)

    def get_example_id(self) -> str:
        return SEED_RECORD_IDS.get(self.resource) or str(OPENAPI_EXAMPLES[self.resource]["id"])

    def get_path_parameters(self) -> list[OpenApiParameter]:
        if not getattr(self.view, "detail", False):
            return []
        example = self.get_example_id()
        found = [path_parameter("id", self.get_id_schema(), "Public id.", example)]
        if self.action == "revision":
            found.append(
                path_parameter("number", REVISION_NUMBER_SCHEMA, "Which revision, from 1.", 1)
            )
        return found

    def get_id_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.view.lookup_value_regex}$"}

    def get_parameter(self, name: str) -> OpenApiParameter:
        filters = getattr(self.view, "filterset", None)
        if filters and name in filters.base_filters:
            declared = filters.base_filters[name]
            return query_parameter(
                name, declared.extra["help_text"], declared.schema, declared.example
            )
        if name == "ordering":
            return self.get_ordering_parameter()
        if name == "format":
            return self.get_format_parameter()
        if name == "include":
            return self.get_include_parameter()
        return query_parameter(name, *PARAMETER_DEFINITIONS[name])

    def get_ordering_parameter(self) -> OpenApiParameter:
        names = list(self.view.get_orderings())
        schema = {"type": "string", "enum": names, "default": names[0]}
        words = "Order of the rows; a minus turns it round."
        if search.RELEVANCE_ORDERING in names:
            words += f" {search.RELEVANCE_DESCRIPTION}"
        return query_parameter("ordering", words, schema, names[0])

    def get_format_parameter(self) -> OpenApiParameter:
        formats = list(self.view.formats)
        files = " and ".join(formats[1:])
        words = (
            f"As {files} the whole answer comes at once, all of one version. Accept asks for the "
            "same."
        )
        schema = {"type": "string", "enum": formats, "default": "json"}
        return query_parameter("format", words, schema, formats[1])

    def get_include_parameter(self) -> OpenApiParameter:
        includes = self.view.includes
        words = "; ".join(f"`{name}`: {help_text}" for name, help_text in includes.items())
        one = "|".join(includes)
        schema = {"type": "string", "pattern": f"^({one})(,({one}))*$"}
        return query_parameter(
            "include", f"Add whole documents. {words}.", schema, ",".join([*includes][:2])
        )

    def get_response_serializers(self) -> Any:
        answers: dict[Any, Any] = {(200, "application/json"): self.get_success_serializer()}
        if self.is_exportable:
            files = self.view.renderer_classes[1:]
            answers |= {(200, renderer.media_type): OpenApiTypes.STR for renderer in files}
        answers[304] = OpenApiResponse(description="Nothing changed: you have this answer.")
        for status in (*ERROR_STATUSES, *([404] if self.action in DETAIL_ACTIONS else [])):
            answers[status, PROBLEM_MEDIA_TYPE] = ProblemSerializer
        if self.action == "retrieve" and hasattr(self.view, "kind"):
            answers[301] = OpenApiResponse(description="Merged: `Location` names its successor.")
            answers[410, PROBLEM_MEDIA_TYPE] = ProblemSerializer
        if self.action in ("retrieve", "diff") and hasattr(self.view, "kind"):
            answers[451, PROBLEM_MEDIA_TYPE] = ProblemSerializer
        return answers

    def get_success_serializer(self) -> Any:
        if self.action == "index":
            return IndexSerializer
        shape = self.view.serializer_class
        if self.action == "list":
            return build_page_serializer(
                shape, self.resource, hasattr(self.view, "kind"), self.supports_include
            )
        if self.action == "retrieve" and self.supports_include:
            return {
                "allOf": [{"$ref": f"{COMPONENT_REF_PREFIX}/{shape.__name__}"}, INCLUDED_SCHEMA]
            }
        if self.action in COMPUTED_SERIALIZERS:
            return COMPUTED_SERIALIZERS[self.action]
        if self.action == "revisions":
            return build_page_serializer(RevisionSerializer, "revisions")
        if self.action == "revision":
            return PolymorphicProxySerializer(
                f"{shape.__name__}OrTombstone", [shape, Tombstone], resource_type_field_name=None
            )
        return shape

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Lists answer with one page, an object: it must not be wrapped in an array."""
        return False

    def get_filter_backends(self) -> list[Any]:
        return []


COMPUTED_SERIALIZERS = {
    "count": CountSerializer,
    "aggregate": AggregateSerializer,
    "diff": DiffSerializer,
}
SINGULAR_BY_PLURAL = {
    "actions": "action",
    "agencies": "agency",
    "entities": "entity",
    "sources": "source",
    "jurisdictions": "jurisdiction",
    "terms": "term",
}
OPERATION_DESCRIPTIONS = {
    "list": "Pages hold one version of the dataset: follow `next` and every row comes once, "
    "whatever is published meanwhile. A parameter that is not understood is an error.",
    "changes_list": "Every publication, withdrawal, merge and takedown, the first one first. Apply "
    "them in this order to a copy, and go on later with `after`. Pages end where the dataset "
    "stood when the first one was cut: at `meta.version`.",
    "count": "Exact, for the same filters as the list.",
    "aggregate": "The same filters as the list, and the same numbers: a list that is filtered by a "
    "group's keys (`jurisdiction_exactly`, `activity_exactly` and `type_exactly` for these three) "
    f"holds as many rows. {aggregate.AGGREGATE_NOTE} {aggregate.MAX_GROUPS} groups at most.",
    "retrieve": "Withdrawn records answer 410 with the reason, merged ones redirect to the "
    "record that took over. Those taken down for a legal reason answer 451, past revisions too.",
    "revisions": "Every publication, withdrawal, merge and takedown, with its digest.",
    "diff": "Field by field, without what publishing adds. A withdrawal or a merge has no content "
    "to compare.",
    "revision": "The bytes as they were published; `Repr-Digest` carries their SHA-256.",
    "index": "Start here.",
}


def response_header(name: str) -> OpenApiParameter:
    kind, text = (
        (str, VALIDATOR_HEADERS[name]) if name in VALIDATOR_HEADERS else (int, EXPORT_HEADERS[name])
    )
    return OpenApiParameter(name, kind, OpenApiParameter.HEADER, description=text, response=[200])


@cache
def build_page_serializer(
    shape: Any, noun: str, counted: bool = False, including: bool = False
) -> Any:
    """The page that a list answers with."""
    name = "".join(part.title() for part in noun.split("_"))
    fields = {
        "results": shape(many=True, help_text="The rows of this page."),
        "next": serializers.URLField(allow_null=True, help_text="The next page; null: the last."),
        "previous": serializers.URLField(
            allow_null=True, help_text="The page before; null: the first."
        ),
        "meta": MetaSerializer(help_text="What the page holds."),
    }
    if counted:
        fields["count"] = serializers.URLField(help_text="Where the rows of all pages are counted.")
        fields["highlights"] = serializers.DictField(
            child=serializers.DictField(child=serializers.CharField()),
            required=False,
            help_text="With `highlight`: by id, the parts where words were found, in HTML marks.",
        )
    if including:
        fields["included"] = IncludedSerializer(
            required=False, help_text="With `include`: what the rows refer to."
        )
    return type(f"{name}Page", (serializers.Serializer,), fields)


class TermFieldSchema(OpenApiSerializerFieldExtension):
    target_class = "policy.documents.shapes.TermField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "description": f"Term of {self.target.vocabulary}."}


class NumberFieldSchema(OpenApiSerializerFieldExtension):
    target_class = "policy.documents.shapes.NumberField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "number", "minimum": 0}
