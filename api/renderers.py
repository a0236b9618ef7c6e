"""JSON by orjson. Stored documents pass through as they are. Imports no views."""

from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


def encode(data: Any) -> bytes:
    return orjson.dumps(data)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, *args: Any, **options: Any) -> bytes:
        return encode(data)
