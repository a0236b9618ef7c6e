"""Documents inside serializers: they are served as stored."""

from typing import Any

import orjson
from rest_framework import serializers

from policy.documents.shape import Shape


class DocumentField(serializers.Field[Any, Any, orjson.Fragment, Any]):
    """The stored JSON text of a document, which has one of these schemas."""

    def __init__(self, *schemas: type[Shape], **options: Any) -> None:
        self.schemas = schemas
        super().__init__(**options)

    def to_representation(self, value: str) -> orjson.Fragment:
        return orjson.Fragment(value)
