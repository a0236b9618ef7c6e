"""Bring in an article: upload it, check what was found in it, confirm it. Works without script."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from desk.base.db_errors import user_message
from desk.base.generic import AnyModelAdmin
from desk.base.requests import admin_url, admin_url_name, get_user
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

MAX_SHOWN_PARAGRAPHS = 1000


class ImportArticleMixin(AnyModelAdmin):
    """The two pages of the import, at one address, linked from the list of sources."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_article_page)
        name = admin_url_name("source", "import")
        return [path("import/", view, name=name), *super().get_urls()]

    def import_article_page(self, request: HttpRequest) -> HttpResponse:
        can_add_texts = get_user(request).has_perm("policy.add_sourcetext")
        if not (self.has_add_permission(request) and can_add_texts):
            raise PermissionDenied
        if request.method != "POST":
            return self.render_upload_form(request, ArticleUploadForm())
        if "encoded_article" in request.POST:
            return self.save_confirmed(request)
        form = ArticleUploadForm(request.POST, request.FILES)
        if not form.is_valid() or form.article is None:
            return self.render_upload_form(request, form)
        confirm_form = self.build_confirm_form(request, form.article)
        return self.render_confirm_form(request, form.article, confirm_form)

    def save_confirmed(self, request: HttpRequest) -> HttpResponse:
        """Save the source and its text, or show the form again with the reason why not."""
        try:
            parsed = decode_article(request.POST["encoded_article"])
            if refusal := article.find_duplicate_error(parsed):
                raise refusal
            form = self.build_confirm_form(request, parsed, request.POST)
            if not form.is_valid():
                return self.render_confirm_form(request, parsed, form)
            form.instance.edited_by = get_user(request)
            source = article.save_article(parsed, form.instance)
        except ArticleError as error:
            return self.render_upload_form(request, ArticleUploadForm(), error)
        except DatabaseError as error:
            refusal = ArticleError(user_message(error))
            return self.render_upload_form(request, ArticleUploadForm(), refusal)
        self.log_addition(request, source, "Imported with its text.")
        self.message_user(request, f"{source.slug} was saved with its text.", messages.SUCCESS)
        return HttpResponseRedirect(admin_url("source", "change", source.pk))

    def build_confirm_form(
        self, request: HttpRequest, parsed: Article, data: QueryDict | None = None
    ) -> ConfirmArticleForm:
        form_class: type[ConfirmArticleForm] = self.get_form(  # type: ignore[assignment]
            request, None, form=ConfirmArticleForm, fields=ARTICLE_FORM_FIELDS
        )
        return form_class(data, parsed=parsed, instance=Source())

    def render_upload_form(
        self, request: HttpRequest, form: ArticleUploadForm, refusal: ArticleError | None = None
    ) -> HttpResponse:
        refusal = refusal or form.refusal
        context = {
            "form": form,
            "errors": [str(refusal)] if refusal else list(form.non_field_errors()),
            "known_source": refusal and refusal.duplicate_of,
            "media": self.media + form.media,
        }
        return self.render_article_page(request, "desk/upload_article.html", context)

    def render_confirm_form(
        self, request: HttpRequest, parsed: Article, form: ConfirmArticleForm
    ) -> HttpResponse:
        boilerplate = {n for first, last in parsed.boilerplate for n in range(first, last + 1)}
        paragraphs = list(iter_paragraphs(parsed.text))
        context = {
            "form": form,
            "article": parsed,
            "paragraphs": [
                (number, start, words, number in boilerplate)
                for number, start, words in paragraphs[:MAX_SHOWN_PARAGRAPHS]
            ],
            "hidden_paragraphs": max(0, len(paragraphs) - MAX_SHOWN_PARAGRAPHS),
            "errors": list(form.non_field_errors()),
            "media": self.media + form.media,
        }
        return self.render_article_page(request, "desk/confirm_article.html", context)

    def render_article_page(
        self, request: HttpRequest, template: str, context: dict[str, Any]
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": "Bring in an article",
            "opts": self.opts,
        }
        return TemplateResponse(request, template, context)
