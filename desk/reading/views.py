"""The reading desk: a source's text with what is cited and suggested, and what to do with it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from desk.base.db_errors import why_refused
from desk.base.model_admin import MOST_WORDS
from desk.reading.cite_form import CiteForm
from desk.reading.highlights import Block, Cited, page_at, pages, pieces
from desk.reading.passages import NUMBER, Passage, passage_of
from desk.reading.prefill import READS_TEXTS
from policy import audit
from policy.models import Action, Citation, Revision, Source, SourceText
from policy.models.revision import LIVE
from policy.sources.article import is_furniture
from policy.suggestions import KINDS, Suggestion, find_suggestions, known_names

FOUND = 20  # actions that a search shows
ADDS = ("policy.add_action", "policy.add_citation")
CITES = ("policy.change_action", "policy.add_citation")


class Reads(admin.ModelAdmin):
    """Two pages beside a source's form: read its text, cite a passage for an action."""

    def get_urls(self) -> list[URLPattern]:
        views = {"read": self.read_page, "cite": self.cite_page}
        doors = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=route(name))
            for name, view in views.items()
        ]
        return [*doors, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = super().get_list_display(request)
        return (*columns, "reading") if request.user.has_perm(READS_TEXTS) else columns

    @admin.display(description="text")
    def reading(self, source: Source) -> str:
        return format_html('<a href="{}">Read</a>', address("read", source))

    def doors(self, request: HttpRequest, record: Any, standing: Any) -> list[Any]:
        found = super().doors(request, record, standing)
        if request.user.has_perm(READS_TEXTS):
            found.insert(0, ("Read and code it", address("read", record)))
        return found

    def readable(self, request: HttpRequest, object_id: str) -> Source:
        source = self.get_object(request, unquote(object_id))
        if source is None:
            raise Http404
        if not (self.has_view_permission(request, source) and request.user.has_perm(READS_TEXTS)):
            raise PermissionDenied
        return source

    # Reading

    def read_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.readable(request, object_id)
        text = SourceText.objects.filter(source=source).values_list("text", flat=True).first()
        context = {} if text is None else self.read(request, source, text)
        return self.desk_page(request, source, "desk/read.html", "Read and code", context)

    def read(self, request: HttpRequest, source: Source, text: str) -> dict[str, Any]:
        found = pages(text)
        number = self.page_asked(request, found)
        shown = found[number]
        cited, suggested = shown_marks(source, text, shown)
        return {
            "paragraphs": [
                (
                    block,
                    pieces(block, text, cited, suggested),
                    is_furniture(text[block.start : block.end].strip()),
                )
                for block in shown
            ],
            "cited": cited,
            "kinds": [
                (kind, name, sum(row.kind == kind for row in suggested))
                for kind, name in KINDS.items()
            ],
            "page": number + 1,
            "pages": len(found),
            "characters": len(text),
            "adds": request.user.has_perms(ADDS),
            "cites": request.user.has_perms(CITES),
        }

    def page_asked(self, request: HttpRequest, found: list[list[Block]]) -> int:
        """From 0, by its number or by an offset. The first, and a warning, where there is none."""
        number, offset = request.GET.get("page", "1"), request.GET.get("at")
        if offset is not None and NUMBER.fullmatch(offset):
            return page_at(found, int(offset))
        if offset is None and NUMBER.fullmatch(number) and 1 <= int(number) <= len(found):
            return int(number) - 1
        message = f"There is no such page: the text has {len(found)}. This is the first."
        self.message_user(request, message, messages.WARNING)
        return 0

    # Citing

    def cite_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.readable(request, object_id)
        if not request.user.has_perms(CITES):
            raise PermissionDenied
        try:
            passage = passage_of({**request.GET.dict(), "source": str(source.pk)})
            action = chosen(request.GET.get("action", ""))
        except ValidationError as error:
            self.message_user(request, error.messages[0], messages.ERROR)
            return HttpResponseRedirect(address("read", source))
        if action is None:
            return self.choose(request, passage)
        if not self.coding.has_change_permission(request, action):
            raise PermissionDenied
        return self.cite(request, passage, action)

    @property
    def coding(self) -> Any:
        return self.admin_site.get_model_admin(Action)

    def choose(self, request: HttpRequest, passage: Passage) -> HttpResponse:
        words = request.GET.get("q", "").replace("\0", "")
        found = open_actions(words.split()[:MOST_WORDS])
        if not words:
            found = found.filter(Q(citations__source=passage.source) | Q(edited_by=request.user))
        rows = found.distinct().order_by("-edited_at")[: FOUND + 1]
        context = {"passage": passage, "q": words, "found": rows[:FOUND], "more": len(rows) > FOUND}
        return self.desk_page(request, passage.source, "desk/choose.html", "Cite for …", context)

    def cite(self, request: HttpRequest, passage: Passage, action: Action) -> HttpResponse:
        form = CiteForm(None, passage=passage, instance=action)
        if request.method == "POST":
            form = CiteForm(request.POST, passage=passage, instance=action)
            try:
                with transaction.atomic():
                    if form.is_valid():
                        return self.keep(request, form)
            except DatabaseError as error:
                form.add_error(None, f"Nothing was saved: {why_refused(error)}")
        context = {"passage": passage, "action": action, "form": form}
        return self.desk_page(request, passage.source, "desk/cite.html", "Cite for …", context)

    def keep(self, request: HttpRequest, form: CiteForm) -> HttpResponse:
        citation, before = form.citation, audit.asserted(form.instance)
        citation.save()
        audit.sign(form.instance, request.user, before)
        self.coding.log_change(request, form.instance, f"Cited {citation}.")
        self.message_user(request, f"Cited for {form.instance}.", messages.SUCCESS)
        to = f"{address('read', citation.source)}?at={citation.start}#p{citation.paragraph}"
        return HttpResponseRedirect(to)

    def desk_page(
        self, request: HttpRequest, source: Source, template: str, title: str, context: Any
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


def route(name: str) -> str:
    return f"policy_source_{name}"


def address(name: str, source: Source) -> str:
    return reverse(f"admin:{route(name)}", args=[source.pk])


def shown_marks(
    source: Source, text: str, shown: list[Block]
) -> tuple[list[Cited], list[Suggestion]]:
    """The citations and suggestions of one page. What another page suggests is not looked for."""
    if not shown:
        return [], []
    start, end = shown[0].start, shown[-1].end
    rows = Citation.objects.filter(source=source, start__lt=end, end__gt=start)
    rows = rows.select_related("action").order_by("start", "end", "pk")
    cited = [Cited(number, row.start, row.end, row) for number, row in enumerate(rows, 1)]
    ends = (source.published_earliest, source.published_latest)
    found = find_suggestions(text[start:end], known_names(), ends)
    return cited, [row.moved(start) for row in found]


def open_actions(words: list[str]) -> QuerySet[Action]:
    """Neither withdrawn nor merged, with all these words in their titles or ids."""
    last = Revision.objects.as_of(None).filter(kind="action", record=OuterRef("slug"))
    found = Action.objects.exclude(Exists(last.exclude(event__in=LIVE)))
    for word in words:
        found = found.filter(Q(title__icontains=word) | Q(slug__icontains=word))
    return found


def chosen(number: str) -> Action | None:
    """None where nobody chose one yet. Raises ValidationError."""
    if not number:
        return None
    valid = NUMBER.fullmatch(number)
    action = open_actions([]).filter(pk=int(number)).first() if valid else None
    if action is None:
        raise ValidationError("There is no such open action: choose another one.")
    return action
