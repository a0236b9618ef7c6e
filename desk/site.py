"""The admin site: its front page is the work queue."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path

from desk import work_queue
from desk.accounts import credits
from desk.accounts.access import write_account_event
from desk.accounts.login_form import LoginForm, may_use_desk
from desk.base.requests import get_user


class Desk(admin.AdminSite):
    site_title = site_header = "Policy Events"
    index_title = "To do"
    login_form = LoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        return may_use_desk(request.user)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Change one's own password, and write an audit event."""
        user = get_user(request)
        before = user.password
        response = super().password_change(request, extra_context)
        if user.password != before:
            write_account_event(user, user, password=True)
        return response

    def get_urls(self) -> list[URLResolver | URLPattern]:
        return [
            path("queue/<slug:name>/", self.admin_view(self.queue_page), name="queue"),
            path("credit/", self.admin_view(self.credit_page), name="credit"),
            *super().get_urls(),
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        front_page = work_queue.front_page_context(request)
        return super().index(request, {**(extra_context or {}), **front_page})

    def queue_page(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show one list of the work queue, page by page."""
        if name not in work_queue.QUEUE_LISTS:
            raise Http404
        if not work_queue.can_view_queue(request, name):
            raise PermissionDenied
        number = parse_page_number(request.GET.get("p", ""))
        size = work_queue.QUEUE_PAGE_SIZE
        page = work_queue.get_queue_page(name, request, size, (number - 1) * size)
        context = {
            **self.each_context(request),
            "title": page.queue_list.title,
            "list": page,
            "previous_page": number - 1,
            "next_page": number + 1 if number * size < page.total else None,
        }
        return TemplateResponse(request, "desk/queue.html", context)

    def credit_page(self, request: HttpRequest) -> HttpResponse:
        return credits.render_credit_page(self, request)


def parse_page_number(text: str) -> int:
    """Return the number of a page, from 1. Any text that is not such a number is page 1."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
