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
        can_add_texts = request.user.has_perm("policy.add_sourcetext")
        if not (self.has_add_permission(request) and can_add_texts):
            raise PermissionDenied
        if request.method != "POST":
            return self.render_upload_form(request, ArticleUploadForm())
        if "encoded_article" in request.POST:
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
            parsed = decode_article(request.POST["encoded_article"])
            if refusal := article.find_duplicate_error(parsed):
                raise refusal
            form = self.build_confirm_form(request, parsed, request.POST)
            if not form.is_valid():
                return self.render_confirm_form(request, parsed, form)
            form.instance.edited_by = request.user
            source = article.save_article(parsed, form.instance)
        except ArticleError as error:
            return self.render_upload_form(request, ArticleUploadForm(), error)
        except DatabaseError as error:
            return self.render_upload_form(
                request, ArticleUploadForm(), ArticleError(user_message(error))
            )
        self.log_addition(request, source, "Brought in with its text.")
        self.message_user(request, f"{source.slug} is here, with its text.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:policy_source_change", args=[source.pk]))

    def build_confirm_form(self, request: HttpRequest, parsed: Article, data: Any = None) -> Any:
        form = self.get_form(request, None, form=ConfirmArticleForm, fields=ARTICLE_FORM_FIELDS)
        return form(data, parsed=parsed, instance=Source())

    def render_upload_form(
        self, request: HttpRequest, form: ArticleUploadForm, refusal: ArticleError | None = None
    ) -> HttpResponse:
        refusal = refusal or form.refusal
        errors = [str(refusal)] if refusal else list(form.non_field_errors())
        context = {"form": form, "errors": errors, "known_source": refusal and refusal.duplicate_of}
        return self.render_article_page(request, "desk/upload_article.html", context)

    def render_confirm_form(self, request: HttpRequest, parsed: Article, form: Any) -> HttpResponse:
        marked = {n for first, last in parsed.boilerplate for n in range(first, last + 1)}
        numbered = list(iter_paragraphs(parsed.text))
        context = {
            "form": form,
            "article": parsed,
            "paragraphs": [(*row, row[0] in marked) for row in numbered[:MAX_SHOWN_PARAGRAPHS]],
            "hidden_paragraphs": max(0, len(numbered) - MAX_SHOWN_PARAGRAPHS),
            "errors": list(form.non_field_errors()),
        }
        return self.render_article_page(request, "desk/confirm_article.html", context)

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
