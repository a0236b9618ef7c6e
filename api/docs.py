from drf_spectacular.views import SpectacularSwaggerView


class DocsView(SpectacularSwaggerView):
    """The API's documentation, served from here, with no outside address."""

    url_name = "schema"
