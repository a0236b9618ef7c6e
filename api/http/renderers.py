"""JSON by orjson, and the choice of the format of a response. Imports no views."""

from collections.abc import Iterable, Mapping

import orjson
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

ANY_MEDIA_TYPE = "*/*"


def encode_json(data: object) -> bytes:
    return orjson.dumps(data)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: object,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, object] | None = None,
    ) -> bytes:
        return encode_json(data) if data is not None else b""


class CSVRenderer(JSONRenderer):
    """Selects CSV. Views stream the rows themselves, so this renders problem documents only."""

    media_type = "text/csv"
    format = "csv"


class NDJSONRenderer(JSONRenderer):
    """Selects NDJSON, in the same way as CSVRenderer."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class FormatNegotiation(DefaultContentNegotiation):
    """The parameter `format` decides if it names a renderer; otherwise the Accept header does."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        choices = list(renderers)
        requested_format = request.query_params.get("format")
        for renderer in choices:
            if renderer.format == requested_format:
                return renderer, renderer.media_type
        accepted = str(request.META.get("HTTP_ACCEPT", ANY_MEDIA_TYPE))
        for renderer in choices:  # shortcut for what nearly all clients send
            if accepted in (ANY_MEDIA_TYPE, renderer.media_type):
                return renderer, renderer.media_type
        selected: tuple[BaseRenderer, str] = super().select_renderer(
            request, choices, format_suffix
        )
        return selected
