"""Scripts of other sites may read the API."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers


class FastCorsMiddleware(CorsMiddleware):
    """Spares whom no browser sent the look at all headers: there is no origin among them, and only
    caches have to know that there might be one."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asks_first = request.method == "OPTIONS"
        if asks_first or "HTTP_ORIGIN" in request.META or not self.is_enabled(request):
            return super().__call__(request)  # type: ignore[no-any-return]
        response = self.get_response(request)
        patch_vary_headers(response, ["origin"])
        return response
