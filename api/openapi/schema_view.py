"""The OpenAPI document of the API, which is built once for each format."""

from functools import cache

from django.http import HttpResponse
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

RENDERERS = {
    renderer.format: renderer for renderer in reversed(SpectacularAPIView.renderer_classes)
}


class SchemaView(SpectacularAPIView):
    """The document does not depend on the data, so the process keeps it."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: object, **kwargs: object) -> HttpResponse:
        renderer: BaseRenderer = request.accepted_renderer
        charset = f"; charset={renderer.charset}" if renderer.charset else ""
        filename = f"{spectacular_settings.TITLE}.{renderer.format}"
        return HttpResponse(
            build_schema(renderer.format),
            content_type=f"{renderer.media_type}{charset}",
            headers={"Content-Disposition": f'inline; filename="{filename}"'},
        )


@cache
def build_schema(format: str) -> bytes:
    """Return the document as "yaml" or "json"."""
    schema = SpectacularAPIView.generator_class().get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    content: bytes | str = RENDERERS[format]().render(schema, renderer_context={})
    return content.encode() if isinstance(content, str) else content
