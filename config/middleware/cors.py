"""Allow scripts of other sites to read the API."""

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers


class FastCorsMiddleware(CorsMiddleware):
    """CorsMiddleware that skips requests without an Origin header, which no browser script sent.

    Their responses only need `Vary: origin`, so that caches keep them apart.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        has_origin = request.method == "OPTIONS" or "HTTP_ORIGIN" in request.META
        skips_headers = not has_origin and self.is_enabled(request)
        response = self.get_response(request) if skips_headers else super().__call__(request)
        assert isinstance(response, HttpResponseBase)  # noqa: S101 (a coroutine only under ASGI)
        if skips_headers:
            patch_vary_headers(response, ["origin"])
        return response
