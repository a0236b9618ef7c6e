"""The vocabularies, for people."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from policy.documents.codebook import vocabularies
from web.views.frame import page, strict


@strict
@require_safe
def codebook(request: HttpRequest) -> HttpResponse:
    return page(
        request,
        "web/codebook.html",
        title="Codebook",
        description="What each code means, with examples and matches in other codebooks.",
        vocabularies=vocabularies(),
    )
