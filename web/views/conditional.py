"""ETags and conditional requests for the public pages."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers

from api.http.conditional import (
    CACHE_REVALIDATE,
    VERSION_HEADER,
    CacheValidator,
    NotModified,
)
from api.http.problems import ApiProblem
from policy.search.version import DatasetState
from web.views import rendering

PageView = Callable[..., HttpResponse]
PAGE_FILES = ("web/site.css", "web/card.png", "web/favicon.svg")  # pages contain their URLs


def dataset_page(view: PageView) -> PageView:
    """Add validators to a page that depends on the published data only, and answer 304 before the
    page is built. All pages state the version of the dataset.

    Users who may be signed in always get the page itself: some pages show curators more.
    """

    @wraps(view)
    def conditional_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        validator = CacheValidator.load()
        request.dataset_state = validator  # type: ignore[attr-defined]  # for get_dataset_state
        if may_be_signed_in(request):
            response = view(request, *args, **kwargs)
        else:
            response = get_conditional_page(
                request, validator, lambda: view(request, *args, **kwargs)
            )
        response.headers[VERSION_HEADER] = str(validator.version)
        return response

    return conditional_view


def get_dataset_state(request: HttpRequest) -> DatasetState:
    """Return the state of the dataset that dataset_page() has loaded for a request."""
    state: DatasetState = request.dataset_state  # type: ignore[attr-defined]
    return state


def may_be_signed_in(request: HttpRequest) -> bool:
    return settings.DESK and settings.SESSION_COOKIE_NAME in request.COOKIES


def get_conditional_page(
    request: HttpRequest, validator: CacheValidator, build: Callable[[], HttpResponse]
) -> HttpResponse:
    """Return the page, or 304 or 412 if the conditions of the request say so."""
    # A page contains the URLs of static files, which change with an upgrade.
    files = " ".join(static(name) for name in PAGE_FILES)
    etag = validator.etag(request, f"text/html {files}")
    try:
        validator.check_preconditions(request, etag)
    except NotModified:
        response = HttpResponse(status=304)
        patch_vary_headers(response, ["Accept-Encoding", *(["Cookie"] if settings.DESK else [])])
    except ApiProblem as problem:
        return rendering.render_problem(request, problem)
    else:
        response = build()
    if response.status_code in (200, 304):
        validator.add_headers(response, etag)
        response.headers["Cache-Control"] = CACHE_REVALIDATE
    return response
