"""The admin's site: its front page is the work queue."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from desk import work_queue
from desk.accounts import credits
from desk.accounts.login_form import LoginForm


class Desk(admin.AdminSite):
    site_title = site_header = "Policy Events"
    index_title = "What waits"
    login_form = LoginForm

    def get_urls(self) -> list[Any]:
        return [
            path("queue/<slug:name>/", self.admin_view(self.queue_page), name="queue"),
            path("credit/", self.admin_view(self.credit_page), name="credit"),
            *super().get_urls(),
        ]

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().index(
            request, {**(extra_context or {}), **work_queue.front_page_context(request)}
        )

    def queue_page(self, request: HttpRequest, name: str) -> HttpResponse:
        if name not in work_queue.QUEUE_LISTS:
            raise Http404
        if not work_queue.can_view_queue(request, name):
            raise PermissionDenied
        number = parse_page_number(request.GET.get("p", ""))
        page = work_queue.get_queue_page(
            name, request, work_queue.QUEUE_PAGE_SIZE, (number - 1) * work_queue.QUEUE_PAGE_SIZE
        )
        context = {
            **self.each_context(request),
            "title": work_queue.QUEUE_LISTS[name].title,
            "list": page,
            "previous_page": number - 1,
            "next_page": number + 1 if number * work_queue.QUEUE_PAGE_SIZE < page.total else None,
        }
        return TemplateResponse(request, "desk/queue.html", context)

    def credit_page(self, request: HttpRequest) -> HttpResponse:
        return credits.render_credit_page(self, request)


def parse_page_number(text: str) -> int:
    """From 1; whatever is no such number is the first page."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
