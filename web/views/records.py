"""The pages of published records."""

from collections.abc import Callable
from dataclasses import dataclass

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
from policy.documents.diff import Difference, diff_documents
from policy.documents.stored import read_document
from policy.documents.types import Document
from policy.models import Revision, SourceText
from policy.models.revision import LIVE_EVENTS
from policy.search.counts import count_with_value
from policy.search.query import Selection
from web import text_formats
from web.action_text import ActionDetail
from web.cite import RecordCitation
from web.code_labels import CodeLabels
from web.views.conditional import may_be_signed_in
from web.views.rendering import (
    load_revision_documents,
    load_summaries,
    render_gone,
    render_not_found,
    render_public_page,
)

MAX_REFERRING_ACTIONS = 100  # actions that state a relation to an action, on its page
MAX_ACTIONS_OF_RECORD = 50  # actions on the page of an agency, entity or source
MAX_HISTORY_REVISIONS = 20  # revisions on the page of a history
RevisionView = Callable[[HttpRequest, Revision], HttpResponse]


def render_current(request: HttpRequest, kind: str, id: str, show: RevisionView) -> HttpResponse:
    """Render the current revision of a record by `show`. Redirect if the record was merged, and
    render the page for withdrawn or taken-down records if it was that."""
    revision = Revision.objects.as_of(None).filter(kind=kind, record=id).first()
    if revision is None:
        return render_not_found(request, f"There is no {kind} with the id {id}.")
    if revision.event == "merge":
        return HttpResponsePermanentRedirect(reverse(f"web:{kind}", args=[revision.merged_into]))
    return (
        show(request, revision) if revision.event in LIVE_EVENTS else render_gone(request, revision)
    )


# Actions


@require_safe
def action(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "action", id, render_current_action)


def render_current_action(request: HttpRequest, revision: Revision) -> HttpResponse:
    return render_action(request, revision, get_referring_actions(revision.record))


@require_safe
def action_revision(request: HttpRequest, id: str, number: int) -> HttpResponse:
    """Show one published revision of an action. Citations link to this page."""
    revision = get_action_revision(id, number)
    if revision.event not in LIVE_EVENTS:
        return render_gone(request, revision)
    return render_action(request, revision, [], is_past_revision=True)


def get_action_revision(id: str, number: int) -> Revision:
    """Raise Http404 if there is no such revision."""
    revision = Revision.objects.of_record("action", id).filter(number=number).first()
    if revision is None:
        raise Http404(f"There is no revision {number} of action {id}.")
    return revision


def render_action(
    request: HttpRequest,
    revision: Revision,
    referring: list[Document],
    is_past_revision: bool = False,
) -> HttpResponse:
    """Render the page of an action. `referring` are the actions that state a relation to it.
    Curators also see the cited passages, and nobody may cache that page."""
    document = read_document(revision.document)
    source_ids = {citation["source"]["id"] for citation in document["citations"]}
    sources = Revision.objects.current("source").filter(record__in=source_ids)
    for_curator = is_curator(request)
    detail = ActionDetail(
        document,
        CodeLabels([document]),
        {id: read_document(text) for id, text in sources.values_list("record", "document")},
        referring,
        get_source_texts(source_ids) if for_curator else {},
    )
    response = render_public_page(
        request,
        "web/action.html",
        title=detail.title,
        description=text_formats.truncate_at_word(detail.summary),
        action=detail,
        is_curator=for_curator,
        is_past_revision=is_past_revision,
        revision=revision,
        cite=build_record_citation(request, revision, detail.title),
        contact=get_contact_url(revision),
    )
    if settings.DESK:
        patch_vary_headers(response, ["Cookie"])
    if for_curator:
        patch_cache_control(response, private=True, no_store=True)
    return response


def get_referring_actions(action: str) -> list[Document]:
    """Return the newest actions that state a relation to an action."""
    scan = Selection("action").filter("related_to", action).to_scan()
    return load_revision_documents(scan.newest_ids(MAX_REFERRING_ACTIONS))


def is_curator(request: HttpRequest) -> bool:
    """Return whether the user may read the texts of sources. Without a session cookie, no session
    is loaded."""
    return may_be_signed_in(request) and request.user.has_perm("policy.view_sourcetext")


def get_source_texts(sources: set[str]) -> dict[str, str]:
    texts = SourceText.objects.filter(source__slug__in=sources)
    return dict(texts.values_list("source__slug", "text"))


def get_contact_url(revision: Revision) -> str:
    """Return the URL to report an error in a record; empty if the setting CONTACT is."""
    subject = f"{revision.record}, revision {revision.number}"
    return settings.CONTACT.replace("{record}", text_formats.quote_for_url(subject))


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


@require_safe
def citation_file(request: HttpRequest, id: str, number: int, form: str) -> HttpResponse:
    """Return the citation as a file. `form` is "txt", "bib" or "json"."""
    revision = get_action_revision(id, number)
    if revision.event not in LIVE_EVENTS:
        raise Http404("This revision has no content to cite.")
    title = read_document(revision.document)["title"]
    citation = build_record_citation(request, revision, title)
    if form == "json":
        return JsonResponse(
            [citation.csl], safe=False, content_type="application/vnd.citationstyles.csl+json"
        )
    if form == "bib":
        return HttpResponse(citation.bibtex, content_type="application/x-bibtex; charset=utf-8")
    return HttpResponse(f"{citation.text}\n", content_type="text/plain; charset=utf-8")


@require_safe
def action_history(request: HttpRequest, id: str) -> HttpResponse:
    """Show the revisions of an action, newest first, each with its changes."""
    newest = list(Revision.objects.of_record("action", id).reverse()[: MAX_HISTORY_REVISIONS + 1])
    if not newest:
        return render_not_found(request, f"There is no action with the id {id}.")
    before = [*newest[1:], None] if len(newest) <= MAX_HISTORY_REVISIONS else newest[1:]
    title = next(
        (read_document(row.document)["title"] for row in newest if row.event in LIVE_EVENTS), id
    )
    return render_public_page(
        request,
        "web/history.html",
        title=f"History: {title}",
        description=f"The changes in each revision of {id}.",
        id=id,
        name=title,
        history_steps=[
            build_history_step(row, old)
            for row, old in zip(newest[:MAX_HISTORY_REVISIONS], before, strict=False)
        ],
        has_more=len(newest) > MAX_HISTORY_REVISIONS,
    )


@dataclass(frozen=True)
class HistoryStep:
    """A revision on the page of a history. `is_live`: it has content."""

    revision: Revision
    when: str
    event_label: str
    is_live: bool
    is_first: bool
    differences: list[Difference]


def build_history_step(revision: Revision, before: Revision | None) -> HistoryStep:
    """Return a revision with its differences from the one before, if both have content."""
    is_live = revision.event in LIVE_EVENTS
    differences: list[Difference] = []
    if is_live and before is not None and before.event in LIVE_EVENTS:
        differences = diff_documents(
            strip_envelope(read_document(before.document)),
            strip_envelope(read_document(revision.document)),
        )
    return HistoryStep(
        revision,
        text_formats.format_utc_instant(revision.published_at),
        text_formats.EVENT_LABELS[revision.event],
        is_live,
        before is None,
        differences,
    )


# Sources, agencies and entities


@require_safe
def source(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "source", id, render_referenced_record)


@require_safe
def agency(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "agency", id, render_referenced_record)


@require_safe
def entity(request: HttpRequest, id: str) -> HttpResponse:
    return render_current(request, "entity", id, render_referenced_record)


def render_referenced_record(request: HttpRequest, revision: Revision) -> HttpResponse:
    """Render the page of a source, agency or entity, with the newest actions that refer to it."""
    document, kind = read_document(revision.document), revision.kind
    scan = Selection("action").filter(kind, revision.record).to_scan()
    name = document.get("name") or document["title"]
    codebook = CodeLabels([])
    return render_public_page(
        request,
        f"web/{'source' if kind == 'source' else 'agency_or_entity'}.html",
        title=name,
        description=text_formats.truncate_at_word(
            document.get("description") or f"Actions that refer to {name}."
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
        actions=load_summaries(scan.newest_ids(MAX_ACTIONS_OF_RECORD)),
        total_actions=count_with_value("action", (kind, revision.record)).records,
        contact=get_contact_url(revision),
    )
