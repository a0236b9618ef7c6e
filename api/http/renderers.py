"""JSON by orjson. Stored documents pass through as they are. Imports no views."""

from typing import Any

import orjson
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

ANY_MEDIA_TYPE = "*/*"


def encode_json(data: Any) -> bytes:
    return orjson.dumps(data)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, *args: Any, **options: Any) -> bytes:
        return encode_json(data) if data is not None else b""


class CSVRenderer(JSONRenderer):
    """Chosen for what streams by itself; only errors pass through here."""

    media_type = "text/csv"
    format = "csv"


class NDJSONRenderer(JSONRenderer):
    """As CSVRenderer."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class FormatNegotiation(DefaultContentNegotiation):
    """`format` decides where it is given and known, or else Accept."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        asked = request.query_params.get("format")
        for renderer in renderers:
            if renderer.format == asked:
                return renderer, renderer.media_type
        accepted = request.META.get("HTTP_ACCEPT", ANY_MEDIA_TYPE)
        for renderer in renderers:  # what nearly everybody sends needs no weighing
            if accepted in (ANY_MEDIA_TYPE, renderer.media_type):
                return renderer, renderer.media_type
        return super().select_renderer(request, renderers, format_suffix)
