"""The readers' door: pages made from revisions, and from nothing else."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.template import loader
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from policy.models import Facet, FacetValue, Revision
from policy.models.revision import KINDS, LIVE
from web import words
from web.codebook import Codebook
from web.reading import Headline, Reading, address

Document = dict[str, Any]
View = Callable[..., HttpResponse]

LATEST = 20
REFERRING = 100
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PLURALS = {"action": "actions", "agency": "agencies", "entity": "entities", "source": "sources"}
EXAMPLES = [
    ("What happened in China, its provinces included", "jurisdiction=CN"),
    ("Every kind of enforcement", "type=enforcement"),
    ("What may have been done in June 2021", "occurred__overlaps=2021-06"),
]


def strict(view: View) -> View:
    """Nothing but our own style sheet and images may load."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        response = view(*args, **kwargs)
        response.headers["Content-Security-Policy"] = POLICY
        return response

    return wrapped


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    context |= {
        "dataset": settings.DATASET_TITLE,
        "licence": settings.DATASET_LICENCE,
        "canonical": request.build_absolute_uri(request.path),
    }
    return render(request, name, context, status=status)


def documents(revisions: Iterable[int]) -> list[Document]:
    """The documents of these revisions, in this order."""
    ids = list(revisions)
    found = dict(Revision.objects.filter(pk__in=ids).values_list("id", "document"))
    return [orjson.loads(found[pk]) for pk in ids]


@strict
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    walk = Facet.objects.standing("action").walked().order_by("-date", "-record")
    latest = documents(walk.values_list("revision_id", flat=True)[:LATEST])
    codebook = Codebook(latest)
    return page(
        request,
        "web/home.html",
        counts=counts(),
        version=version(),
        actions=[Headline(document, codebook) for document in latest],
        examples=EXAMPLES,
    )


def counts() -> list[tuple[str, int, str]]:
    """(noun, how many, where to list them) for each kind of record, actions first."""
    found = FacetValue.objects.totals()
    return [
        (kind if found[kind] == 1 else PLURALS[kind], found[kind], listing(kind))
        for kind in reversed(KINDS)
    ]


def listing(kind: str) -> str:
    return reverse(f"v1:{kind}-list")


def version() -> Document:
    last = Revision.objects.order_by("-id").values_list("id", "published_at").first()
    return {"number": last[0], "at": words.moment(last[1])} if last else {"number": 0, "at": ""}


@strict
@require_safe
def action(request: HttpRequest, id: str) -> HttpResponse:
    revision = Revision.objects.as_of(None).filter(kind="action", record=id).first()
    if revision is None:
        return missing(request, f"There is no action with the id {id}.")
    if revision.event == "merge":
        return HttpResponsePermanentRedirect(address(revision.merged_into))
    if revision.event not in LIVE:
        return withdrawn(request, revision)
    return evidenced(request, orjson.loads(revision.document))


def evidenced(request: HttpRequest, document: Document) -> HttpResponse:
    cited = {citation["source"]["id"] for citation in document["citations"]}
    sources = Revision.objects.current("source").filter(record__in=cited)
    reading = Reading(
        document,
        Codebook([document]),
        {name: orjson.loads(text) for name, text in sources.values_list("record", "document")},
        referring(document["id"]),
    )
    response = page(request, "web/action.html", action=reading, staff=is_staff(request))
    patch_vary_headers(response, ["Cookie"])
    return response


def referring(action: str) -> list[Document]:
    """The newest of the actions that state a relation to this one."""
    walk = Facet.objects.standing("action").having("related_to", action).walked()
    ids = walk.order_by("-date", "-record").values_list("revision_id", flat=True)
    return documents(ids[:REFERRING])


def is_staff(request: HttpRequest) -> bool:
    """Looks for a session only where the reader brought one."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_staff


def withdrawn(request: HttpRequest, revision: Revision) -> HttpResponse:
    when = words.moment(revision.published_at)
    return page(request, "web/withdrawn.html", 410, revision=revision, when=when)


def missing(request: HttpRequest, message: str) -> HttpResponse:
    return page(request, "404.html", 404, message=message)


@strict
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404"""
    return missing(request, "")


@strict
def broken(request: HttpRequest) -> HttpResponse:
    """handler500: leans on nothing that may be what broke."""
    return HttpResponse(loader.render_to_string("500.html"), status=500)
