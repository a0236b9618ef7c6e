"""A page for each published record: actions, and what they refer to."""

from collections.abc import Callable
from typing import Any

import orjson
from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    JsonResponse,
)
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from policy.documents.build import content
from policy.documents.diff import differences
from policy.models import Revision, SourceText
from policy.models.revision import LIVE
from policy.search.counts import of_value
from policy.search.query import Selection
from web import words
from web.cite import Cite
from web.codebook import Codebook
from web.reading import Reading, document_of
from web.views.frame import Document, buried, documents, headlines, missing, page, strict

REFERRING = 100  # actions that are listed because they name this one
LISTED = 50  # actions on the page of what they refer to
REVISIONS = 20  # of a record's history on one page
Show = Callable[[HttpRequest, Revision], HttpResponse]


def standing(request: HttpRequest, kind: str, id: str, show: Show) -> HttpResponse:
    """The page of what stands; where nothing does, what became of it."""
    revision = Revision.objects.as_of(None).filter(kind=kind, record=id).first()
    if revision is None:
        return missing(request, f"There is no {kind} with the id {id}.")
    if revision.event == "merge":
        return HttpResponsePermanentRedirect(reverse(f"web:{kind}", args=[revision.merged_into]))
    return show(request, revision) if revision.event in LIVE else buried(request, revision)


# Actions


@strict
@require_safe
def action(request: HttpRequest, id: str) -> HttpResponse:
    return standing(request, "action", id, whole)


def whole(request: HttpRequest, revision: Revision) -> HttpResponse:
    return evidenced(request, revision, referring(revision.record))


@strict
@require_safe
def action_revision(request: HttpRequest, id: str, number: int) -> HttpResponse:
    """A record as it was once published, whatever became of it: what citations lead to."""
    revision = revision_of(id, number)
    if revision.event not in LIVE:
        return buried(request, revision)
    return evidenced(request, revision, [], frozen=True)


def revision_of(id: str, number: int) -> Revision:
    revision = Revision.objects.of("action", id).filter(number=number).first()
    if revision is None:
        raise Http404(f"There is no revision {number} of an action {id}.")
    return revision


def evidenced(
    request: HttpRequest, revision: Revision, referring: list[Document], **context: Any
) -> HttpResponse:
    document = orjson.loads(revision.document)
    cited = {citation["source"]["id"] for citation in document["citations"]}
    sources = Revision.objects.current("source").filter(record__in=cited)
    curator = is_curator(request)
    reading = Reading(
        document,
        Codebook([document]),
        {name: orjson.loads(text) for name, text in sources.values_list("record", "document")},
        referring,
        texts_of(cited) if curator else {},
    )
    response = page(
        request,
        "web/action.html",
        title=reading.title,
        description=words.shortened(reading.summary),
        action=reading,
        curator=curator,
        revision=revision,
        cite=cite(request, revision, reading.title),
        contact=contact(revision),
        **context,
    )
    if settings.DESK:
        patch_vary_headers(response, ["Cookie"])
    if curator:
        patch_cache_control(response, private=True, no_store=True)
    return response


def referring(action: str) -> list[Document]:
    """The newest of the actions that state a relation to this one."""
    walk = Selection("action").having("related_to", action).walked()
    return documents(walk.newest(REFERRING))


def is_curator(request: HttpRequest) -> bool:
    """Looks for a session only where the reader brought one."""
    signed_in = settings.DESK and settings.SESSION_COOKIE_NAME in request.COOKIES
    return signed_in and request.user.has_perm("policy.view_sourcetext")


def texts_of(sources: set[str]) -> dict[str, str]:
    found = SourceText.objects.filter(source__slug__in=sources)
    return dict(found.values_list("source__slug", "text"))


def contact(revision: Revision) -> str:
    """Where an error in a record is reported; empty where the instance names nobody."""
    about = f"{revision.record}, revision {revision.number}"
    return settings.CONTACT.replace("{record}", words.quoted(about))


def cite(request: HttpRequest, revision: Revision, title: str) -> Cite:
    path = reverse("web:action-revision", args=[revision.record, revision.number])
    return Cite(
        settings.DATASET_TITLE,
        title,
        revision.record,
        revision.number,
        revision.published_at,
        revision.digest,
        request.build_absolute_uri(path),
    )


@strict
@require_safe
def citation(request: HttpRequest, id: str, number: int, form: str) -> HttpResponse:
    """The citation as a file: txt, bib or json."""
    revision = revision_of(id, number)
    if revision.event not in LIVE:
        raise Http404("Only what was published can be cited.")
    cited = cite(request, revision, orjson.loads(revision.document)["title"])
    if form == "json":
        return JsonResponse(
            [cited.csl], safe=False, content_type="application/vnd.citationstyles.csl+json"
        )
    if form == "bib":
        return HttpResponse(cited.bibtex, content_type="application/x-bibtex; charset=utf-8")
    return HttpResponse(f"{cited.text}\n", content_type="text/plain; charset=utf-8")


@strict
@require_safe
def history(request: HttpRequest, id: str) -> HttpResponse:
    """The revisions of an action, the newest first, each with what it changed."""
    newest = list(Revision.objects.of("action", id).reverse()[: REVISIONS + 1])
    if not newest:
        return missing(request, f"There is no action with the id {id}.")
    before = [*newest[1:], None] if len(newest) <= REVISIONS else newest[1:]
    title = next((document_of(row)["title"] for row in newest if row.event in LIVE), id)
    return page(
        request,
        "web/history.html",
        title=f"History: {title}",
        description=f"What each revision of {id} changed.",
        id=id,
        name=title,
        steps=[step(row, old) for row, old in zip(newest[:REVISIONS], before, strict=False)],
        more=len(newest) > REVISIONS,
    )


def step(revision: Revision, before: Revision | None) -> Document:
    live = revision.event in LIVE
    compared = live and before is not None and before.event in LIVE
    return {
        "revision": revision,
        "when": words.moment(revision.published_at),
        "said": words.EVENTS[revision.event],
        "live": live,
        "first": before is None,
        "differences": differences(content(document_of(before)), content(document_of(revision)))
        if compared and before
        else [],
    }


# What actions refer to


@strict
@require_safe
def source(request: HttpRequest, id: str) -> HttpResponse:
    return standing(request, "source", id, referred)


@strict
@require_safe
def agency(request: HttpRequest, id: str) -> HttpResponse:
    return standing(request, "agency", id, referred)


@strict
@require_safe
def entity(request: HttpRequest, id: str) -> HttpResponse:
    return standing(request, "entity", id, referred)


def referred(request: HttpRequest, revision: Revision) -> HttpResponse:
    """A source, agency or entity with the actions that name it."""
    document, kind = orjson.loads(revision.document), revision.kind
    walk = Selection("action").having(kind, revision.record).walked()
    name = document.get("name") or document["title"]
    codebook = Codebook([])
    return page(
        request,
        f"web/{'source' if kind == 'source' else 'body'}.html",
        title=name,
        description=words.shortened(document.get("description") or f"Actions that name {name}."),
        kind=kind,
        record=document,
        name=name,
        type=codebook.label(f"{kind}_kind", document.get("type")),
        source_class=codebook.label("source_class", document.get("source_class")),
        published=words.honest_date(document["published"]) if document.get("published") else "",
        revision=revision,
        moment=words.moment(revision.published_at),
        review=words.review(document["review"]),
        actions=headlines(walk.newest(LISTED)),
        every=of_value("action", (kind, revision.record)).records,
        contact=contact(revision),
    )
