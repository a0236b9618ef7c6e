"""What machines that wander about are told: the sitemap, robots.txt and llms.txt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from policy.models import Revision
from policy.models.revision import RECORD_KINDS


class PageSitemap(Sitemap):
    def items(self) -> Sequence[str]:
        return ["web:home", "web:actions", "web:codebook", "docs"]

    def location(self, item: str) -> str:
        return reverse(item)


class RecordSitemap(Sitemap):
    limit = 5000

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def items(self) -> Any:
        rows = Revision.objects.current(self.kind).order_by("record")
        return rows.values_list("record", "published_at")

    def location(self, item: tuple[str, datetime]) -> str:
        return reverse(f"web:{self.kind}", args=[item[0]])

    def lastmod(self, item: tuple[str, datetime]) -> datetime:
        return item[1]


SITEMAPS = {"pages": PageSitemap, **{kind: RecordSitemap(kind) for kind in RECORD_KINDS}}


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    sitemap = request.build_absolute_uri(reverse("web:sitemap"))
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {sitemap}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """What a language model needs to ask the API well: https://llmstxt.org."""
    context = {"dataset": settings.DATASET_TITLE, "base": request.build_absolute_uri("/")[:-1]}
    text = render_to_string("web/llms.txt", context)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
