"""Publish several records at once, from their list: what each would change, then all or nothing."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode

from desk.review.forms import PublishForm
from desk.review.preview import Preview, previews
from desk.review.views import NOTHING, TITLES, posted, publish_seen, status_of, told, tried, valid
from policy.models import Revision
from policy.models.revision import LIVE
from policy.publishing import publish

MOST = 50  # records on the page


class BulkPublishing(admin.ModelAdmin):
    """An action of the list leads to a page that shows what it would do."""

    actions = ["publish_chosen"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bulk_page)
        name = f"policy_{self.opts.model_name}_bulk"
        return [path("publish/", view, name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        found = super().get_actions(request)
        return {name: action for name, action in found.items() if name == "publish_chosen"}

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("policy.publish")

    @admin.action(description="Publish …", permissions=["publish"])
    def publish_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        chosen = list(queryset.order_by("slug").values_list("pk", flat=True)[: MOST + 1])
        if len(chosen) > MOST:
            self.message_user(request, f"Choose {MOST} records at most.", messages.ERROR)
            return None
        query = urlencode({"id": chosen}, doseq=True)
        return HttpResponseRedirect(f"{self.bulk_address()}?{query}")

    def bulk_address(self) -> str:
        return reverse(f"admin:policy_{self.opts.model_name}_bulk")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        chosen = request.POST.getlist("_selected_action")
        if not all(is_key(value) for value in chosen):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def bulk_page(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_publish_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        pages = self.chosen(request)
        about = {"by": request.user, "key": "", "revises": any(p.standing.live for p in pages)}
        form = PublishForm(posted(request), **about)
        done, refusal = tried(request, lambda: publish_some(form, request.user))
        if done is not None:
            for message in told(done) or [NOTHING]:
                self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(reverse(f"admin:policy_{self.opts.model_name}_changelist"))
        again = PublishForm(**about)
        again.initial["reason"] = request.POST.get("reason", "")
        again.sign(pages)
        context = {
            **self.admin_site.each_context(request),
            "title": TITLES["bulk"],
            "opts": self.opts,
            "pages": summaries(pages, request.POST.getlist("together") if refusal else None),
            "form": again,
            "refusal": refusal,
            "media": self.media + again.media,
        }
        return TemplateResponse(request, "desk/bulk.html", context, status=status_of(refusal))

    def chosen(self, request: HttpRequest) -> list[Preview]:
        keys = [value for value in request.GET.getlist("id") if is_key(value)][:MOST]
        rows = self.get_queryset(request).filter(pk__in=keys).select_related("edited_by")
        return previews(list(rows.order_by("slug")), request.user)


def publish_some(form: PublishForm, by: Any) -> list[Revision]:
    if not valid(form)["seen"]:
        raise publish.Refused("Tick at least one record.")
    return publish_seen(form, by)


def summaries(pages: list[Preview], ticked: list[str] | None) -> list[dict[str, Any]]:
    """Each record with whether it may be ticked, and the references that are not public."""
    private = not_public({key for page in pages for key in page.references})
    return [
        {
            "page": page,
            "fit": fit(page),
            "ticked": page.key in ticked if ticked is not None else fit(page),
            "private": sorted("/".join(key) for key in page.references & private),
        }
        for page in pages
    ]


def not_public(keys: set[tuple[str, str]]) -> set[tuple[str, str]]:
    live = Revision.objects.filter(superseded_at=None, event__in=LIVE)
    found = live.filter(kind__in={k for k, _ in keys}, record__in={slug for _, slug in keys})
    return keys - set(found.values_list("kind", "record"))


def is_key(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 19


def fit(page: Preview) -> bool:
    return page.suffices and not (page.obstacles or page.unchanged)
