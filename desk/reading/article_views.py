"""Bring in an article: hand it over, look at what was found, confirm it. Works without a script."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from desk.base.db_errors import user_message
from desk.reading.article_forms import (
    ARTICLE_FORM_FIELDS,
    ArticleUploadForm,
    ConfirmArticleForm,
    decode_article,
)
from policy.models import Source
from policy.sources import article
from policy.sources.article import Article, ArticleError
from policy.sources.citations import iter_paragraphs

MAX_SHOWN_PARAGRAPHS = 1000  # paragraphs


class ImportArticleMixin(admin.ModelAdmin):
    """Two pages reached from the list of sources, at one address."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_article_page)
        return [path("import/", view, name="policy_source_import"), *super().get_urls()]

    def import_article_page(self, request: HttpRequest) -> HttpResponse:
        writes = request.user.has_perm("policy.add_sourcetext")
        if not (self.has_add_permission(request) and writes):
            raise PermissionDenied
        if request.method != "POST":
            return self.render_upload_form(request, ArticleUploadForm())
        if "carried" in request.POST:
            return self.save_confirmed(request)
        form = ArticleUploadForm(request.POST, request.FILES)
        if not form.is_valid() or form.article is None:
            return self.render_upload_form(request, form)
        return self.render_confirm_form(
            request, form.article, self.build_confirm_form(request, form.article)
        )

    def save_confirmed(self, request: HttpRequest) -> HttpResponse:
        """Save what was confirmed, or say why not."""
        try:
            found = decode_article(request.POST["carried"])
            if refusal := article.find_duplicate_error(found):
                raise refusal
            form = self.build_confirm_form(request, found, request.POST)
            if not form.is_valid():
                return self.render_confirm_form(request, found, form)
            form.instance.edited_by = request.user
            source = article.save_article(found, form.instance)
        except ArticleError as refused:
            return self.render_upload_form(request, ArticleUploadForm(), refused)
        except DatabaseError as error:
            return self.render_upload_form(
                request, ArticleUploadForm(), ArticleError(user_message(error))
            )
        self.log_addition(request, source, "Brought in with its text.")
        self.message_user(request, f"{source.slug} is here, with its text.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:policy_source_change", args=[source.pk]))

    def build_confirm_form(self, request: HttpRequest, found: Article, data: Any = None) -> Any:
        form = self.get_form(request, None, form=ConfirmArticleForm, fields=ARTICLE_FORM_FIELDS)
        return form(data, found=found, instance=Source())

    def render_upload_form(
        self, request: HttpRequest, form: ArticleUploadForm, refused: ArticleError | None = None
    ) -> HttpResponse:
        refused = refused or form.refusal
        errors = [str(refused)] if refused else list(form.non_field_errors())
        context = {"form": form, "errors": errors, "known": refused and refused.duplicate_of}
        return self.render_article_page(request, "desk/article.html", context)

    def render_confirm_form(self, request: HttpRequest, found: Article, form: Any) -> HttpResponse:
        marked = {n for first, last in found.boilerplate for n in range(first, last + 1)}
        numbered = list(iter_paragraphs(found.text))
        context = {
            "form": form,
            "article": found,
            "paragraphs": [(*row, row[0] in marked) for row in numbered[:MAX_SHOWN_PARAGRAPHS]],
            "more": max(0, len(numbered) - MAX_SHOWN_PARAGRAPHS),
            "errors": list(form.non_field_errors()),
        }
        return self.render_article_page(request, "desk/confirm.html", context)

    def render_article_page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": "Bring in an article",
            "opts": self.opts,
            "media": self.media + context["form"].media,
        }
        return TemplateResponse(request, template, context)
