"""Files for crawlers and language models: the sitemap, robots.txt and llms.txt."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from policy.models import Revision
from policy.models.revision import RECORD_KINDS

PublishedRecord = tuple[str, datetime]  # id, and the instant of publication


class PageSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """The pages that are not records."""

    def items(self) -> Sequence[str]:
        return ["web:home", "web:actions", "web:codebook", "docs"]

    def location(self, item: str) -> str:
        return reverse(item)


class RecordSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """The pages of the current records of a kind."""

    limit = 5000

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def items(self) -> QuerySet[Revision, PublishedRecord]:
        rows = Revision.objects.current(self.kind).order_by("record")
        return rows.values_list("record", "published_at")

    def location(self, item: PublishedRecord) -> str:
        return reverse(f"web:{self.kind}", args=[item[0]])

    def lastmod(self, item: PublishedRecord) -> datetime:
        return item[1]


SITEMAPS = {"pages": PageSitemap, **{kind: RecordSitemap(kind) for kind in RECORD_KINDS}}


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    sitemap = request.build_absolute_uri(reverse("web:sitemap"))
    lines = ["User-agent: *", "Disallow: /admin/", f"Sitemap: {sitemap}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """Return a short guide to the API for language models, see https://llmstxt.org."""
    context = {"dataset": settings.DATASET_TITLE, "base": request.build_absolute_uri("/")[:-1]}
    text = render_to_string("web/llms.txt", context)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
