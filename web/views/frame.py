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
from web import words
from web.codebook import Codebook
from web.reading import Headline

View = Callable[..., HttpResponse]

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WHAT_IT_IS = "What authorities did, each fact with the passage it rests on."


def strict(view: View) -> View:
    """Nothing but our own style sheet and images may load."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return wrapped


def page(request: HttpRequest, template: str, /, status: int = 200, **context: Any) -> HttpResponse:
    """A page. `title` and `description` say what it is, to readers and to those who link to it."""
    frame = {
        "dataset": settings.DATASET_TITLE,
        "licence": settings.DATASET_LICENCE,
        "canonical": request.build_absolute_uri(request.path),
        "card": request.build_absolute_uri(static("web/card.png")),
        "description": WHAT_IT_IS,
    }
    return render(request, template, frame | context, status=status)


def documents(revisions: Iterable[int]) -> list[Document]:
    """The documents of these revisions, in this order."""
    return [orjson.loads(text) for text in Revision.objects.documents(revisions)]


def headlines(revisions: Iterable[int]) -> list[Headline]:
    """Actions in a line each, in this order."""
    found = documents(revisions)
    codebook = Codebook(found)
    return [Headline(document, codebook) for document in found]


def missing(request: HttpRequest, message: str) -> HttpResponse:
    return page(request, "404.html", 404, title="Not found", message=message)


def buried(request: HttpRequest, revision: Revision) -> HttpResponse:
    """The page of a record that is withdrawn or taken down."""
    return (
        taken(request, revision) if revision.event == "takedown" else withdrawn(request, revision)
    )


def taken(request: HttpRequest, revision: Revision) -> HttpResponse:
    at = orjson.loads(revision.document)["taken_down_at"]
    return page(
        request,
        "web/taken_down.html",
        451,
        title=f"Taken down: {revision.record}",
        description="This record was taken down.",
        revision=revision,
        when=words.moment(at),
    )


def withdrawn(request: HttpRequest, revision: Revision) -> HttpResponse:
    return page(
        request,
        "web/withdrawn.html",
        410,
        title=f"Withdrawn: {revision.record}",
        description="This record was withdrawn.",
        revision=revision,
        when=words.moment(revision.published_at),
    )


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


@strict
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400"""
    if is_api(request):
        return problems.response(request, "bad-request", "The request is malformed.")
    return HttpResponse(loader.render_to_string("400.html"), status=400)


@strict
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404"""
    return missing(request, "")


@strict
def broken(request: HttpRequest) -> HttpResponse:
    """handler500: leans on nothing that may be what broke."""
    if is_api(request):
        return problems.response(request, "internal-error", problems.OURS)
    return HttpResponse(loader.render_to_string("500.html"), status=500)
