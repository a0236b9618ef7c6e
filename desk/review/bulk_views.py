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
from desk.review.preview import Preview, build_previews
from desk.review.views import (
    NOTHING_PUBLISHED,
    PAGE_TITLES,
    describe_revisions,
    post_data,
    publish_previewed,
    refusal_status_code,
    run_if_posted,
    validated_data,
)
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing import publish

MAX_BULK_RECORDS = 50  # records on the page


class BulkPublishMixin(admin.ModelAdmin):
    """An action of the list leads to a page that shows what it would do."""

    actions = ["publish_chosen"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bulk_page)
        name = f"policy_{self.opts.model_name}_bulk"
        return [path("publish/", view, name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name == "publish_chosen"}

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("policy.publish")

    @admin.action(description="Publish …", permissions=["publish"])
    def publish_chosen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        keys = list(
            queryset.order_by("slug").values_list("pk", flat=True)[: MAX_BULK_RECORDS + 1]
        )
        if len(keys) > MAX_BULK_RECORDS:
            self.message_user(
                request, f"Choose {MAX_BULK_RECORDS} records at most.", messages.ERROR
            )
            return None
        query = urlencode({"id": keys}, doseq=True)
        return HttpResponseRedirect(f"{self.bulk_url()}?{query}")

    def bulk_url(self) -> str:
        return reverse(f"admin:policy_{self.opts.model_name}_bulk")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        keys = request.POST.getlist("_selected_action")
        if not all(is_primary_key(value) for value in keys):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def bulk_page(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_publish_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        pages = self.get_selected_previews(request)
        form_args = {
            "by": request.user,
            "key": "",
            "revises": any(p.publication_status.is_published for p in pages),
        }
        form = PublishForm(post_data(request), **form_args)
        done, refusal = run_if_posted(request, lambda: publish_selected(form, request.user))
        if done is not None:
            for message in describe_revisions(done) or [NOTHING_PUBLISHED]:
                self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(reverse(f"admin:policy_{self.opts.model_name}_changelist"))
        signed_form = PublishForm(**form_args)
        signed_form.initial["reason"] = request.POST.get("reason", "")
        signed_form.sign_previews(pages)
        context = {
            **self.admin_site.each_context(request),
            "title": PAGE_TITLES["bulk"],
            "opts": self.opts,
            "pages": bulk_rows(pages, request.POST.getlist("together") if refusal else None),
            "form": signed_form,
            "refusal": refusal,
            "media": self.media + signed_form.media,
        }
        return TemplateResponse(
            request, "desk/bulk.html", context, status=refusal_status_code(refusal)
        )

    def get_selected_previews(self, request: HttpRequest) -> list[Preview]:
        keys = [value for value in request.GET.getlist("id") if is_primary_key(value)][
            :MAX_BULK_RECORDS
        ]
        rows = self.get_queryset(request).filter(pk__in=keys).select_related("edited_by")
        return build_previews(list(rows.order_by("slug")), request.user)


def publish_selected(form: PublishForm, by: Any) -> list[Revision]:
    if not validated_data(form)["seen"]:
        raise publish.PublishingError("Tick at least one record.")
    return publish_previewed(form, by)


def bulk_rows(pages: list[Preview], selected_keys: list[str] | None) -> list[dict[str, Any]]:
    """Each record with whether it may be selected_keys, and the references that are not public."""
    unpublished = unpublished_keys({key for page in pages for key in page.references})
    return [
        {
            "page": page,
            "is_publishable": is_publishable(page),
            "is_selected": page.key in selected_keys if selected_keys is not None else is_publishable(page),
            "unpublished_references": sorted("/".join(key) for key in page.references & unpublished),
        }
        for page in pages
    ]


def unpublished_keys(keys: set[tuple[str, str]]) -> set[tuple[str, str]]:
    live = Revision.objects.filter(superseded_at=None, event__in=LIVE_EVENTS)
    published = live.filter(kind__in={k for k, _ in keys}, record__in={slug for _, slug in keys})
    return keys - set(published.values_list("kind", "record"))


def is_primary_key(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 19


def is_publishable(page: Preview) -> bool:
    return page.completes_review and not (page.obstacles or page.unchanged)
