"""The page with the interactive documentation of the API (Swagger UI)."""

from drf_spectacular.views import SpectacularSwaggerSplitView


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI, served by this instance, without external resources and inline scripts."""

    url_name = "schema"
    template_name = "api/docs.html"
