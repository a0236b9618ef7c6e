"""The serializers of pages and computed responses, and the schemas of our own fields."""

from functools import cache
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

from api.serializers.envelopes import (
    AggregateSerializer,
    CountSerializer,
    IncludedSerializer,
    MetaSerializer,
)
from api.serializers.history import DiffSerializer
from policy.documents.shapes import TermField

AnySerializer = serializers.Serializer[Any]
COMPUTED_SERIALIZERS: dict[str, type[AnySerializer]] = {
    "count": CountSerializer,
    "aggregate": AggregateSerializer,
    "diff": DiffSerializer,
}


@cache
def build_page_serializer(
    row_serializer: type[AnySerializer],
    resource: str,
    has_records: bool = False,
    supports_include: bool = False,
) -> type[AnySerializer]:
    """Return the serializer of the pages of a list."""
    name = "".join(part.title() for part in resource.split("_"))
    fields: dict[str, object] = {
        "results": row_serializer(many=True, help_text="The rows of this page."),
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


class TermFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "policy.documents.shapes.TermField"
    target: TermField

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, object]:
        description = f"A term of the vocabulary {self.target.vocabulary}."
        return {"type": "string", "description": description}


class NumberFieldSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "policy.documents.shapes.NumberField"

    def map_serializer_field(
        self, auto_schema: AutoSchema, direction: Direction
    ) -> dict[str, object]:
        return {"type": "number", "minimum": 0}
