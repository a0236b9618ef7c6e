"""What all public pages share: the base context and error pages."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.utils.cache import add_never_cache_headers

from api.http import problems
from api.http.problems import ApiProblem
from policy.documents.stored import read_document
from policy.documents.types import Document
from policy.models import Revision
from web import text_formats
from web.action_text import ActionSummary
from web.code_labels import CodeLabels

DEFAULT_DESCRIPTION = "Actions of public authorities, each fact with the passage that supports it."


def render_public_page(
    request: HttpRequest, template: str, /, status: int = 200, **context: object
) -> HttpResponse:
    """Render a page. `title` and `description` appear in the page, in search results and in link
    previews."""
    base_context: dict[str, object] = {
        "dataset": settings.DATASET_TITLE,
        "licence": settings.DATASET_LICENCE,
        "canonical": request.build_absolute_uri(request.path),
        "card": request.build_absolute_uri(static("web/card.png")),
        "description": DEFAULT_DESCRIPTION,
    }
    return render(request, template, base_context | context, status=status)


def load_revision_documents(revisions: Iterable[int]) -> list[Document]:
    """Return the documents of these revisions, in the same order."""
    return [read_document(text) for text in Revision.objects.documents(revisions)]


def load_summaries(revisions: Iterable[int]) -> list[ActionSummary]:
    """Return the summaries of these revisions of actions, in the same order."""
    documents = load_revision_documents(revisions)
    codebook = CodeLabels(documents)
    return [ActionSummary(document, codebook) for document in documents]


def render_not_found(request: HttpRequest, message: str) -> HttpResponse:
    return render_public_page(request, "404.html", 404, title="Not found", message=message)


def render_gone(request: HttpRequest, revision: Revision) -> HttpResponse:
    """Render the page of a record that was withdrawn or taken down."""
    return (
        render_taken_down(request, revision)
        if revision.event == "takedown"
        else render_withdrawn(request, revision)
    )


def render_taken_down(request: HttpRequest, revision: Revision) -> HttpResponse:
    taken_down_at = read_document(revision.document)["taken_down_at"]
    return render_public_page(
        request,
        "web/taken_down.html",
        451,
        title=f"Taken down: {revision.record}",
        description="This record was taken down.",
        revision=revision,
        when=text_formats.format_utc_instant(taken_down_at),
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


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django refuses. See handler400 in config.urls."""
    if is_api_request(request):
        return problems.problem_response(request, "bad-request", "The request is malformed.")
    return HttpResponse(loader.render_to_string("400.html"), status=400)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for an unknown URL. See handler404 in config.urls."""
    return render_not_found(request, "")


def render_server_error(request: HttpRequest) -> HttpResponse:
    """Answer after an error. Uses neither the database nor the base template, which may be the
    cause."""
    if is_api_request(request):
        return problems.problem_response(request, "internal-error", problems.INTERNAL_ERROR_DETAIL)
    return HttpResponse(loader.render_to_string("500.html"), status=500)


def render_problem(request: HttpRequest, problem: ApiProblem) -> HttpResponse:
    """Return a problem as JSON under /api/, and elsewhere as the page `<status>.html`."""
    if is_api_request(request):
        response = problems.problem_response(request, problem.kind, str(problem.detail))
    else:
        page = f"{problem.status_code}.html"
        content = loader.render_to_string(page, {"detail": problem.detail})
        response = HttpResponse(content, status=problem.status_code)
    if problem.status_code == 503:
        response.headers["Retry-After"] = str(problems.RETRY_AFTER_SECONDS)
    add_never_cache_headers(response)
    return response
