"""What all pages share: the frame, the content policy, and the answers that are no page."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static

from api.http import problems
from policy.documents.types import Document
from policy.models import Revision
from web import text_formats
from web.action_text import ActionSummary
from web.code_labels import CodeLabels

ViewFunction = Callable[..., HttpResponse]

PUBLIC_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DEFAULT_DESCRIPTION = "What authorities did, each fact with the passage it rests on."


def set_csp(view: ViewFunction) -> ViewFunction:
    """Nothing but our own style sheet and images may load."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["Content-Security-Policy"] = PUBLIC_CSP
        return response

    return wrapped


def render_public_page(
    request: HttpRequest, template: str, /, status: int = 200, **context: Any
) -> HttpResponse:
    """A page. `title` and `description` say what it is, to readers and to those who link to it."""
    frame = {
        "dataset": settings.DATASET_TITLE,
        "licence": settings.DATASET_LICENCE,
        "canonical": request.build_absolute_uri(request.path),
        "card": request.build_absolute_uri(static("web/card.png")),
        "description": DEFAULT_DESCRIPTION,
    }
    return render(request, template, frame | context, status=status)


def load_revision_documents(revisions: Iterable[int]) -> list[Document]:
    """The documents of these revisions, in this order."""
    return [orjson.loads(text) for text in Revision.objects.documents(revisions)]


def load_summaries(revisions: Iterable[int]) -> list[ActionSummary]:
    """Actions in a line each, in this order."""
    found = load_revision_documents(revisions)
    codebook = CodeLabels(found)
    return [ActionSummary(document, codebook) for document in found]


def render_not_found(request: HttpRequest, message: str) -> HttpResponse:
    return render_public_page(request, "404.html", 404, title="Not found", message=message)


def render_gone(request: HttpRequest, revision: Revision) -> HttpResponse:
    """The page of a record that is withdrawn or taken down."""
    return (
        render_taken_down(request, revision)
        if revision.event == "takedown"
        else render_withdrawn(request, revision)
    )


def render_taken_down(request: HttpRequest, revision: Revision) -> HttpResponse:
    at = orjson.loads(revision.document)["taken_down_at"]
    return render_public_page(
        request,
        "web/taken_down.html",
        451,
        title=f"Taken down: {revision.record}",
        description="This record was taken down.",
        revision=revision,
        when=text_formats.format_utc_instant(at),
    )


def render_withdrawn(request: HttpRequest, revision: Revision) -> HttpResponse:
    return render_public_page(
        request,
        "web/withdrawn.html",
        410,
        title=f"Withdrawn: {revision.record}",
        description="This record was withdrawn.",
        revision=revision,
        when=text_formats.format_utc_instant(revision.published_at),
    )


def is_api_request(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


@set_csp
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400"""
    if is_api_request(request):
        return problems.problem_response(request, "bad-request", "The request is malformed.")
    return HttpResponse(loader.render_to_string("400.html"), status=400)


@set_csp
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404"""
    return render_not_found(request, "")


@set_csp
def render_server_error(request: HttpRequest) -> HttpResponse:
    """handler500: leans on nothing that may be what broke."""
    if is_api_request(request):
        return problems.problem_response(request, "internal-error", problems.INTERNAL_ERROR_DETAIL)
    return HttpResponse(loader.render_to_string("500.html"), status=500)
