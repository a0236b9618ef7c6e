"""Bring in an article: hand it over, look at what was found, confirm it. Works without a script."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from desk.base.db_errors import why_refused
from desk.reading.article_forms import FIELDS, ConfirmForm, HandOverForm, unpacked
from policy.models import Source
from policy.sources import article
from policy.sources.article import Article, Refused
from policy.sources.citations import paragraphs

SHOWN = 1000  # paragraphs


class BringsIn(admin.ModelAdmin):
    """Two pages reached from the list of sources, at one address."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.bring_in)
        return [path("import/", view, name="policy_source_import"), *super().get_urls()]

    def bring_in(self, request: HttpRequest) -> HttpResponse:
        writes = request.user.has_perm("policy.add_sourcetext")
        if not (self.has_add_permission(request) and writes):
            raise PermissionDenied
        if request.method != "POST":
            return self.ask(request, HandOverForm())
        if "carried" in request.POST:
            return self.confirmed(request)
        form = HandOverForm(request.POST, request.FILES)
        if not form.is_valid() or form.article is None:
            return self.ask(request, form)
        return self.show(request, form.article, self.confirming(request, form.article))

    def confirmed(self, request: HttpRequest) -> HttpResponse:
        """Save what was confirmed, or say why not."""
        try:
            found = unpacked(request.POST["carried"])
            if refusal := article.known(found):
                raise refusal
            form = self.confirming(request, found, request.POST)
            if not form.is_valid():
                return self.show(request, found, form)
            form.instance.edited_by = request.user
            source = article.keep(found, form.instance)
        except Refused as refused:
            return self.ask(request, HandOverForm(), refused)
        except DatabaseError as error:
            return self.ask(request, HandOverForm(), Refused(why_refused(error)))
        self.log_addition(request, source, "Brought in with its text.")
        self.message_user(request, f"{source.slug} is here, with its text.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:policy_source_change", args=[source.pk]))

    def confirming(self, request: HttpRequest, found: Article, data: Any = None) -> Any:
        form = self.get_form(request, None, form=ConfirmForm, fields=FIELDS)
        return form(data, found=found, instance=Source())

    def ask(
        self, request: HttpRequest, form: HandOverForm, refused: Refused | None = None
    ) -> HttpResponse:
        refused = refused or form.refused
        errors = [str(refused)] if refused else list(form.non_field_errors())
        context = {"form": form, "errors": errors, "known": refused and refused.known}
        return self.article_page(request, "desk/article.html", context)

    def show(self, request: HttpRequest, found: Article, form: Any) -> HttpResponse:
        marked = {n for first, last in found.boilerplate for n in range(first, last + 1)}
        numbered = list(paragraphs(found.text))
        context = {
            "form": form,
            "article": found,
            "paragraphs": [(*row, row[0] in marked) for row in numbered[:SHOWN]],
            "more": max(0, len(numbered) - SHOWN),
            "errors": list(form.non_field_errors()),
        }
        return self.article_page(request, "desk/confirm.html", context)

    def article_page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": "Bring in an article",
            "opts": self.opts,
            "media": self.media + context["form"].media,
        }
        return TemplateResponse(request, template, context)
