"""The serializers of pages and computed responses, and the schemas of our own fields."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import Direction
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema, WithDefaultSchema
from rest_framework import serializers

from api.serializers.documents import DocumentField
from api.serializers.envelopes import (
    AggregateSerializer,
    CountSerializer,
    IncludedSerializer,
    MetaSerializer,
)
from api.serializers.history import DiffSerializer
from policy.documents.shape import Shape

AnySerializer = serializers.Serializer[Any]
AnySchema = type[AnySerializer] | type[Shape]  # what describes a response
COMPONENT_REF_PREFIX = "#/components/schemas"
COMPUTED_SERIALIZERS: dict[str, type[AnySerializer]] = {
    "count": CountSerializer,
    "aggregate": AggregateSerializer,
    "diff": DiffSerializer,
}


@cache
def build_page_serializer(
    row_schema: AnySchema,
    resource: str,
    has_records: bool = False,
    supports_include: bool = False,
) -> type[AnySerializer]:
    """Return the serializer of the pages of a list."""
    name = "".join(part.title() for part in resource.split("_"))
    row = DocumentField(row_schema) if issubclass(row_schema, Shape) else row_schema()
    fields: dict[str, object] = {
        "results": serializers.ListField(child=row, help_text="The rows of this page."),
        "next": serializers.URLField(
            allow_null=True, help_text="The URL of the next page; null on the last page."
        ),
        "previous": serializers.URLField(
            allow_null=True, help_text="The URL of the previous page; null on the first page."
        ),
        "meta": MetaSerializer(help_text="What the page shows."),
    }
    if has_records:
        fields["count"] = serializers.URLField(
            help_text="The URL that returns the number of rows on all pages."
        )
        fields["highlights"] = serializers.DictField(
            child=serializers.DictField(child=serializers.CharField()),
            required=False,
            help_text="With `highlight`: for each id, the parts of the record that match, as HTML "
            "with `<mark>` tags.",
        )
    if supports_include:
        fields["included"] = IncludedSerializer(
            required=False, help_text="With `include`: the documents that the rows refer to."
        )
    return type(f"{name}Page", (serializers.Serializer,), fields)


class DocumentJsonSchema(GenerateJsonSchema):
    """The JSON Schema of documents as they are served.

    It has no titles and no defaults, and allows more fields: documents gain fields over time.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        del described["title"], described["additionalProperties"]
        return described


class DocumentSchemaExtension(PydanticExtension):  # type: ignore[no-untyped-call]
    """Describes a schema of documents and its parts as components."""

    target_class = "policy.documents.shape.Shape"
    match_subclasses = True
    priority = 1
    target: type[Shape]

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> JsonSchemaValue:
        described = self.target.model_json_schema(
            ref_template=f"{COMPONENT_REF_PREFIX}/{{model}}",
            schema_generator=DocumentJsonSchema,
            mode="serialization",
        )
        for name, part in described.pop("$defs", {}).items():
            register_component(auto_schema, name, part)
        return described


class DocumentFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "api.serializers.documents.DocumentField"
    target: DocumentField

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, object]:
        return register_union(auto_schema, "Published", self.target.schemas)


def register_union(
    auto_schema: AutoSchema, name: str, schemas: Sequence[type[Shape]]
) -> dict[str, object]:
    """Return a reference to a component that is any of several documents, or to the only one."""
    resolve: Callable[..., ResolvedComponent] = auto_schema.resolve_serializer
    refs = [resolve(schema, "response").ref for schema in schemas]
    return register_component(auto_schema, name, {"anyOf": refs}) if len(refs) > 1 else refs[0]


def register_component(
    auto_schema: AutoSchema, name: str, schema: dict[str, object]
) -> dict[str, object]:
    component = ResolvedComponent(  # type: ignore[no-untyped-call]
        name, ResolvedComponent.SCHEMA, schema, object=name
    )
    auto_schema.registry.register_on_missing(component)
    reference: dict[str, object] = component.ref
    return reference
