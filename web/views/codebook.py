"""The page of the codebook."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from policy.documents.codebook import load_vocabularies
from web.views.rendering import render_public_page


@require_safe
def codebook(request: HttpRequest) -> HttpResponse:
    return render_public_page(
        request,
        "web/codebook.html",
        title="Codebook",
        description="What each code means, with examples and matches in other codebooks.",
        vocabularies=load_vocabularies(),
    )
