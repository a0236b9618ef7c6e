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

from policy.documents.build import strip_envelope
from policy.documents.diff import diff_documents
from policy.models import Revision, SourceText
from policy.models.revision import LIVE_EVENTS
from policy.search.counts import count_with_value
from policy.search.query import Selection
from web import text_formats
from web.action_text import ActionDetail, parse_revision_document
from web.cite import RecordCitation
from web.code_labels import CodeLabels
from web.views.rendering import (
    Document,
    load_revision_documents,
    load_summaries,
    render_gone,
    render_not_found,
    render_public_page,
    set_csp,
)

MAX_REFERRING_ACTIONS = 100  # actions that are listed because they name this one
MAX_ACTIONS_OF_RECORD = 50  # actions on the page of what they refer to
MAX_HISTORY_REVISIONS = 20  # of a record's history on one page
RevisionView = Callable[[HttpRequest, Revision], HttpResponse]


def render_current(request: HttpRequest, kind: str, id: str, show: RevisionView) -> HttpResponse:
    """The page of what stands; where nothing does, what became of it."""
    revision = Revision.objects.as_of(None).filter(kind=kind, record=id).first()
    if revision is None:
        return render_not_found(request, f"There is no {kind} with the id {id}.")
    if revision.event == "merge":
        return HttpResponsePermanentRedirect(reverse(f"web:{kind}", args=[revision.merged_into]))
    return (
        show(request, revision) if revision.event in LIVE_EVENTS else render_gone(request, revision)
    )


# Actions


@set_csp
@require_safe
def action(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "action", id, render_current_action)


def render_current_action(request: HttpRequest, revision: Revision) -> HttpResponse:
    return render_action(request, revision, get_referring_actions(revision.record))


@set_csp
@require_safe
def action_revision(request: HttpRequest, id: str, number: int) -> HttpResponse:
    """A record as it was once published, whatever became of it: what citations lead to."""
    revision = get_action_revision(id, number)
    if revision.event not in LIVE_EVENTS:
        return render_gone(request, revision)
    return render_action(request, revision, [], is_past_revision=True)


def get_action_revision(id: str, number: int) -> Revision:
    revision = Revision.objects.of_record("action", id).filter(number=number).first()
    if revision is None:
        raise Http404(f"There is no revision {number} of an action {id}.")
    return revision


def render_action(
    request: HttpRequest, revision: Revision, referring: list[Document], **context: Any
) -> HttpResponse:
    document = orjson.loads(revision.document)
    cited = {citation["source"]["id"] for citation in document["citations"]}
    sources = Revision.objects.current("source").filter(record__in=cited)
    curator = is_curator(request)
    reading = ActionDetail(
        document,
        CodeLabels([document]),
        {name: orjson.loads(text) for name, text in sources.values_list("record", "document")},
        referring,
        get_source_texts(cited) if curator else {},
    )
    response = render_public_page(
        request,
        "web/action.html",
        title=reading.title,
        description=text_formats.truncate_at_word(reading.summary),
        action=reading,
        is_curator=curator,
        revision=revision,
        cite=build_record_citation(request, revision, reading.title),
        contact=get_contact_url(revision),
        **context,
    )
    if settings.DESK:
        patch_vary_headers(response, ["Cookie"])
    if curator:
        patch_cache_control(response, private=True, no_store=True)
    return response


def get_referring_actions(action: str) -> list[Document]:
    """The newest of the actions that state a relation to this one."""
    walk = Selection("action").filter("related_to", action).to_scan()
    return load_revision_documents(walk.newest_ids(MAX_REFERRING_ACTIONS))


def is_curator(request: HttpRequest) -> bool:
    """Looks for a session only where the reader brought one."""
    signed_in = settings.DESK and settings.SESSION_COOKIE_NAME in request.COOKIES
    return signed_in and request.user.has_perm("policy.view_sourcetext")


def get_source_texts(sources: set[str]) -> dict[str, str]:
    found = SourceText.objects.filter(source__slug__in=sources)
    return dict(found.values_list("source__slug", "text"))


def get_contact_url(revision: Revision) -> str:
    """Where an error in a record is reported; empty where the instance names nobody."""
    about = f"{revision.record}, revision {revision.number}"
    return settings.CONTACT.replace("{record}", text_formats.quote_for_url(about))


def build_record_citation(request: HttpRequest, revision: Revision, title: str) -> RecordCitation:
    path = reverse("web:action-revision", args=[revision.record, revision.number])
    return RecordCitation(
        settings.DATASET_TITLE,
        title,
        revision.record,
        revision.number,
        revision.published_at,
        revision.digest,
        request.build_absolute_uri(path),
    )


@set_csp
@require_safe
def citation_file(request: HttpRequest, id: str, number: int, form: str) -> HttpResponse:
    """The citation as a file: txt, bib or json."""
    revision = get_action_revision(id, number)
    if revision.event not in LIVE_EVENTS:
        raise Http404("Only what was published can be cited.")
    cited = build_record_citation(request, revision, orjson.loads(revision.document)["title"])
    if form == "json":
        return JsonResponse(
            [cited.csl], safe=False, content_type="application/vnd.citationstyles.csl+json"
        )
    if form == "bib":
        return HttpResponse(cited.bibtex, content_type="application/x-bibtex; charset=utf-8")
    return HttpResponse(f"{cited.text}\n", content_type="text/plain; charset=utf-8")


@set_csp
@require_safe
def action_history(request: HttpRequest, id: str) -> HttpResponse:
    """The revisions of an action, the newest first, each with what it changed."""
    newest = list(Revision.objects.of_record("action", id).reverse()[: MAX_HISTORY_REVISIONS + 1])
    if not newest:
        return render_not_found(request, f"There is no action with the id {id}.")
    before = [*newest[1:], None] if len(newest) <= MAX_HISTORY_REVISIONS else newest[1:]
    title = next(
        (parse_revision_document(row)["title"] for row in newest if row.event in LIVE_EVENTS), id
    )
    return render_public_page(
        request,
        "web/history.html",
        title=f"History: {title}",
        description=f"What each revision of {id} changed.",
        id=id,
        name=title,
        history_steps=[
            build_history_step(row, old)
            for row, old in zip(newest[:MAX_HISTORY_REVISIONS], before, strict=False)
        ],
        has_more=len(newest) > MAX_HISTORY_REVISIONS,
    )


def build_history_step(revision: Revision, before: Revision | None) -> Document:
    live = revision.event in LIVE_EVENTS
    compared = live and before is not None and before.event in LIVE_EVENTS
    return {
        "revision": revision,
        "when": text_formats.format_utc_instant(revision.published_at),
        "event_label": text_formats.EVENT_LABELS[revision.event],
        "is_live": live,
        "is_first": before is None,
        "differences": diff_documents(
            strip_envelope(parse_revision_document(before)),
            strip_envelope(parse_revision_document(revision)),
        )
        if compared and before
        else [],
    }


# What actions refer to


@set_csp
@require_safe
def source(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "source", id, render_referenced_record)


@set_csp
@require_safe
def agency(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "agency", id, render_referenced_record)


@set_csp
@require_safe
def entity(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "entity", id, render_referenced_record)


def render_referenced_record(request: HttpRequest, revision: Revision) -> HttpResponse:
    """A source, agency or entity with the actions that name it."""
    document, kind = orjson.loads(revision.document), revision.kind
    walk = Selection("action").filter(kind, revision.record).to_scan()
    name = document.get("name") or document["title"]
    codebook = CodeLabels([])
    return render_public_page(
        request,
        f"web/{'source' if kind == 'source' else 'agency_or_entity'}.html",
        title=name,
        description=text_formats.truncate_at_word(
            document.get("description") or f"Actions that name {name}."
        ),
        kind=kind,
        record=document,
        name=name,
        type=codebook.label(f"{kind}_kind", document.get("type")),
        source_class=codebook.label("source_class", document.get("source_class")),
        published=text_formats.format_date_range(document["published"])
        if document.get("published")
        else "",
        revision=revision,
        published_at=text_formats.format_utc_instant(revision.published_at),
        review=text_formats.describe_review(document["review"]),
        actions=load_summaries(walk.newest_ids(MAX_ACTIONS_OF_RECORD)),
        total_actions=count_with_value("action", (kind, revision.record)).records,
        contact=get_contact_url(revision),
    )
