"""Publish several records from their list: a page shows the changes, then all or none."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import urlencode

from desk.base.generic import AnyModelAdmin
from desk.base.requests import admin_url, admin_url_name, get_user, is_primary_key
from desk.review.forms import PublishForm
from desk.review.posting import post_data, run_if_posted, validated
from desk.review.preview import Preview, build_previews
from desk.review.views import (
    NOTHING_PUBLISHED,
    PAGE_TITLES,
    describe_revisions,
    publish_previewed,
)
from policy.documents.types import RecordKey
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing.approval import PublishingError

MAX_BULK_RECORDS = 50


class BulkRow(NamedTuple):
    """One record on the page, and the keys of the records that must be published as well."""

    page: Preview
    is_publishable: bool
    is_selected: bool
    unpublished_references: list[str]


class BulkPublishMixin(AnyModelAdmin):
    """An action of the list that leads to a page where the user confirms the publication."""

    actions = ["publish_chosen"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bulk_page)
        name = admin_url_name(str(self.opts.model_name), "bulk")
        return [path("publish/", view, name=name), *super().get_urls()]

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        return {name: action for name, action in actions.items() if name == "publish_chosen"}

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return get_user(request).has_perm("policy.publish")

    @admin.action(description="Publish …", permissions=["publish"])
    def publish_chosen(
        self, request: HttpRequest, queryset: "QuerySet[Any]"
    ) -> HttpResponse | None:
        rows = queryset.order_by("slug").values_list("pk", flat=True)
        keys = list(rows[: MAX_BULK_RECORDS + 1])
        if len(keys) > MAX_BULK_RECORDS:
            message = f"You can publish at most {MAX_BULK_RECORDS} records at once."
            self.message_user(request, message, messages.ERROR)
            return None
        query = urlencode({"id": keys}, doseq=True)
        return HttpResponseRedirect(f"{self.list_url('bulk')}?{query}")

    def list_url(self, page: str) -> str:
        return admin_url(str(self.opts.model_name), page)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        keys = request.POST.getlist("_selected_action")
        if not all(is_primary_key(value) for value in keys):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def bulk_page(self, request: HttpRequest) -> HttpResponse:
        if not (self.has_publish_permission(request) and self.has_view_permission(request)):
            raise PermissionDenied
        user = get_user(request)
        pages = self.get_selected_previews(request)
        revises = any(page.publication_status.is_published for page in pages)
        posted = PublishForm(post_data(request), by=user, key="", revises=revises)
        attempt = run_if_posted(request, lambda: publish_selected(posted, user))
        if attempt.result is not None:
            for message in describe_revisions(attempt.result) or [NOTHING_PUBLISHED]:
                self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(self.list_url("changelist"))
        form = PublishForm(by=user, key="", revises=revises)
        form.initial["reason"] = request.POST.get("reason", "")
        form.sign_previews(pages)
        selected = request.POST.getlist("together") if attempt.refusal else None
        context = {
            **self.admin_site.each_context(request),
            "title": PAGE_TITLES["bulk"],
            "opts": self.opts,
            "pages": bulk_rows(pages, selected),
            "form": form,
            "refusal": attempt.refusal,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "desk/bulk.html", context, status=attempt.status_code)

    def get_selected_previews(self, request: HttpRequest) -> list[Preview]:
        keys = [value for value in request.GET.getlist("id") if is_primary_key(value)]
        rows = self.get_queryset(request).filter(pk__in=keys[:MAX_BULK_RECORDS])
        rows = rows.select_related("edited_by").order_by("slug")
        return build_previews(list(rows), get_user(request))


def publish_selected(form: PublishForm, by: User) -> list[Revision]:
    if not validated(form).selected:
        raise PublishingError("Select at least one record.")
    return publish_previewed(form, by)


def bulk_rows(pages: list[Preview], selected_keys: list[str] | None) -> list[BulkRow]:
    """Return the rows of the page. By default, all records that can be published are selected."""
    unpublished = unpublished_keys({key for page in pages for key in page.references})
    return [
        BulkRow(
            page,
            is_publishable(page),
            is_publishable(page) if selected_keys is None else page.key in selected_keys,
            sorted("/".join(key) for key in page.references & unpublished),
        )
        for page in pages
    ]


def unpublished_keys(keys: Iterable[RecordKey]) -> set[RecordKey]:
    """Return the keys of those of the records that are not public, in one query."""
    all_keys = set(keys)
    live = Revision.objects.filter(superseded_at=None, event__in=LIVE_EVENTS)
    published = live.filter(
        kind__in={kind for kind, _ in all_keys}, record__in={slug for _, slug in all_keys}
    )
    return all_keys - set(published.values_list("kind", "record"))


def is_publishable(page: Preview) -> bool:
    return page.completes_review and not (page.obstacles or page.unchanged)
