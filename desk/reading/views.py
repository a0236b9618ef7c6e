"""The reading desk: read a source's text with its citations and suggestions, cite a passage."""

from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from desk.base.db_errors import user_message
from desk.base.generic import AnyModelAdmin
from desk.base.model_admin import MAX_DESK_SEARCH_WORDS
from desk.base.requests import admin_url, admin_url_name, get_user
from desk.reading.cite_form import CiteForm
from desk.reading.highlights import (
    NumberedCitation,
    TextBlock,
    TextSegment,
    page_index_at,
    paginate_blocks,
    split_into_segments,
)
from desk.reading.passages import NUMBER_PARAMETER, SelectedPassage, parse_passage
from desk.reading.prefill import VIEW_TEXT_PERMISSION
from policy import audit
from policy.models import Action, Citation, Revision, Source, SourceText
from policy.models.revision import LIVE_EVENTS
from policy.sources.article import is_boilerplate_text
from policy.suggestions import SUGGESTION_KINDS, Suggestion, find_suggestions, load_gazetteer

MAX_FOUND_ACTIONS = 20
ADD_ACTION_PERMISSIONS = ("policy.add_action", "policy.add_citation")
CITE_PERMISSIONS = ("policy.change_action", "policy.add_citation")


class ShownBlock(NamedTuple):
    block: TextBlock
    segments: list[TextSegment]
    is_boilerplate: bool


class KindCount(NamedTuple):
    """How many suggestions of a kind a page shows."""

    kind: str
    name: str
    number: int


class ReadingDeskMixin(AnyModelAdmin):
    """Two pages of a source: read its text, and cite a passage for an action."""

    def get_urls(self) -> list[URLPattern]:
        views = {"read": self.read_page, "cite": self.cite_page}
        urlpatterns = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=admin_url_name("source", name),
            )
            for name, view in views.items()
        ]
        return [*urlpatterns, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        if get_user(request).has_perm(VIEW_TEXT_PERMISSION):
            return (*columns, "reading")
        return columns

    @admin.display(description="text")
    def reading(self, source: Source) -> SafeString:
        return format_html('<a href="{}">Read</a>', admin_url("source", "read", source.pk))

    def get_readable_source(self, request: HttpRequest, object_id: str) -> Source:
        """Return a source whose text the user may read. Raise Http404 or PermissionDenied."""
        source: Source | None = self.get_object(request, unquote(object_id))
        if source is None:
            raise Http404
        can_read_texts = get_user(request).has_perm(VIEW_TEXT_PERMISSION)
        if not (self.has_view_permission(request, source) and can_read_texts):
            raise PermissionDenied
        return source

    # Reading

    def read_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.get_readable_source(request, object_id)
        text = SourceText.objects.filter(source=source).values_list("text", flat=True).first()
        context = {} if text is None else self.build_reading_context(request, source, text)
        return self.render_source_page(request, source, "desk/read.html", "Read and code", context)

    def build_reading_context(
        self, request: HttpRequest, source: Source, text: str
    ) -> dict[str, object]:
        pages = paginate_blocks(text)
        page_index = self.get_requested_page(request, pages)
        blocks = pages[page_index]
        cited, suggested = get_page_highlights(source, text, blocks)
        return {
            "paragraphs": [
                ShownBlock(
                    block,
                    split_into_segments(block, text, cited, suggested),
                    is_boilerplate_text(text[block.start : block.end].strip()),
                )
                for block in blocks
            ],
            "cited": cited,
            "kinds": [
                KindCount(kind, name, sum(row.kind == kind for row in suggested))
                for kind, name in SUGGESTION_KINDS.items()
            ],
            "page": page_index + 1,
            "pages": len(pages),
            "characters": len(text),
            "can_add_action": get_user(request).has_perms(ADD_ACTION_PERMISSIONS),
            "can_cite": get_user(request).has_perms(CITE_PERMISSIONS),
        }

    def get_requested_page(self, request: HttpRequest, pages: list[list[TextBlock]]) -> int:
        """Return the index, from 0, of the page that the query names by number or by an offset.

        If there is no such page, warn the user and return the first.
        """
        number, offset = request.GET.get("page", "1"), request.GET.get("at")
        if offset is not None and NUMBER_PARAMETER.fullmatch(offset):
            return page_index_at(pages, int(offset))
        if offset is None and NUMBER_PARAMETER.fullmatch(number) and 1 <= int(number) <= len(pages):
            return int(number) - 1
        message = f"There is no such page. The text has {len(pages)}. The first one is shown."
        self.message_user(request, message, messages.WARNING)
        return 0

    # Citing

    def cite_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.get_readable_source(request, object_id)
        if not get_user(request).has_perms(CITE_PERMISSIONS):
            raise PermissionDenied
        try:
            passage = parse_passage({**request.GET.dict(), "source": str(source.pk)})
            action = parse_action_choice(request.GET.get("action", ""))
        except ValidationError as error:
            self.message_user(request, error.messages[0], messages.ERROR)
            return HttpResponseRedirect(admin_url("source", "read", source.pk))
        if action is None:
            return self.choose_action_page(request, passage)
        if not self.action_admin.has_change_permission(request, action):
            raise PermissionDenied
        return self.cite_action_page(request, passage, action)

    @property
    def action_admin(self) -> "admin.ModelAdmin[Action]":
        return self.admin_site.get_model_admin(Action)

    def choose_action_page(self, request: HttpRequest, passage: SelectedPassage) -> HttpResponse:
        words = request.GET.get("q", "").replace("\0", "")
        actions = search_open_actions(words.split()[:MAX_DESK_SEARCH_WORDS])
        if not words:
            actions = actions.filter(
                Q(citations__source=passage.source) | Q(edited_by=get_user(request))
            )
        rows = actions.distinct().order_by("-edited_at")[: MAX_FOUND_ACTIONS + 1]
        context = {
            "passage": passage,
            "search_words": words,
            "actions": rows[:MAX_FOUND_ACTIONS],
            "has_more": len(rows) > MAX_FOUND_ACTIONS,
        }
        return self.render_source_page(
            request, passage.source, "desk/choose_action.html", "Cite for …", context
        )

    def cite_action_page(
        self, request: HttpRequest, passage: SelectedPassage, action: Action
    ) -> HttpResponse:
        form = CiteForm(None, passage=passage, instance=action)
        if request.method == "POST":
            form = CiteForm(request.POST, passage=passage, instance=action)
            try:
                with transaction.atomic():
                    if form.is_valid():
                        return self.save_citation(request, form)
            except DatabaseError as error:
                form.add_error(None, f"Nothing was saved: {user_message(error)}")
        context = {"passage": passage, "action": action, "form": form}
        return self.render_source_page(
            request, passage.source, "desk/cite.html", "Cite for …", context
        )

    def save_citation(self, request: HttpRequest, form: CiteForm) -> HttpResponse:
        citation, before = form.citation, audit.reload_draft(form.instance)
        citation.save()
        audit.record_edit(form.instance, get_user(request), before)
        self.action_admin.log_change(request, form.instance, f"Cited {citation}.")
        self.message_user(request, f"Cited for {form.instance}.", messages.SUCCESS)
        read_url = admin_url("source", "read", citation.source_id)
        url = f"{read_url}?at={citation.start}#p{citation.paragraph}"
        return HttpResponseRedirect(url)

    def render_source_page(
        self,
        request: HttpRequest,
        source: Source,
        template: str,
        title: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        context |= {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": str(source),
            "opts": self.opts,
            "original": source,
            "media": Media(css={"all": ["desk/reading.css"]}, js=["desk/reading.js"]),
        }
        return TemplateResponse(request, template, context)


def get_page_highlights(
    source: Source, text: str, blocks: list[TextBlock]
) -> tuple[list[NumberedCitation], list[Suggestion]]:
    """Return the citations and the suggestions of one page of a source's text."""
    if not blocks:
        return [], []
    start, end = blocks[0].start, blocks[-1].end
    rows = Citation.objects.filter(source=source, start__lt=end, end__gt=start)
    rows = rows.select_related("action").order_by("start", "end", "pk")
    cited = [
        NumberedCitation(number, row.start, row.end, row) for number, row in enumerate(rows, 1)
    ]
    published = (source.published_earliest, source.published_latest)
    suggestions = find_suggestions(text[start:end], load_gazetteer(), published)
    return cited, [row.shift(start) for row in suggestions]


def search_open_actions(words: list[str]) -> QuerySet[Action]:
    """Return the actions with all words in their title or id, bar withdrawn and merged ones."""
    last = Revision.objects.as_of(None).filter(kind="action", record=OuterRef("slug"))
    actions = Action.objects.exclude(Exists(last.exclude(event__in=LIVE_EVENTS)))
    for word in words:
        actions = actions.filter(Q(title__icontains=word) | Q(slug__icontains=word))
    return actions


def parse_action_choice(number: str) -> Action | None:
    """Return the action that a query names, or None if it names none. Raise ValidationError."""
    if not number:
        return None
    valid = NUMBER_PARAMETER.fullmatch(number)
    action = search_open_actions([]).filter(pk=int(number)).first() if valid else None
    if action is None:
        raise ValidationError("There is no open action with this number. Choose another one.")
    return action
