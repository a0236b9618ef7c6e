"""What can be published: who saved it last, where it stands, and the doors to publishing it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import BaseFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from desk.base.model_admin import DeskAdmin
from desk.base.record_form import AgencyForm, RecordForm
from desk.exchange.views import DraftExchangeMixin
from desk.review.bulk_views import BulkPublishMixin
from desk.review.preview import build_preview, group_comments_by_field
from desk.review.publication_status import PublicationStatus, get_publication_statuses
from desk.review.request_views import ReviewRequestMixin
from desk.review.views import PAGE_TITLES, PublishMixin
from policy import audit
from policy.documents import evidence
from policy.documents.build import build_draft
from policy.exchange.folder import RECORD_FOLDERS
from policy.models import Agency, Comment, Entity, Record, Review, Revision
from policy.models.revision import LIVE_EVENTS
from policy.publishing import review

# Where a document calls a field by another name than the form.
FORM_FIELD_OF_DOCUMENT_FIELD = {
    "id": "slug",
    "penalty": "penalties",
    "published": "published_earliest",
}
PRIVATE_FIELDSET = ("Private", {"fields": ("note",)})


class PublicationFilter(admin.SimpleListFilter):
    """By the last revision. "Saved since" may hold records that say the same again."""

    title = "publication"
    parameter_name = "publication"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("review", "In review"),
            ("draft", "Never published"),
            ("live", "Published"),
            ("saved", "Published, saved since"),
            ("gone", "Withdrawn or merged"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        last = Revision.objects.as_of(None).filter(
            kind=queryset.model.KIND, record=OuterRef("slug")
        )
        live = last.filter(event__in=LIVE_EVENTS)
        match self.value():
            case "review":
                open_reviews = Review.objects.filter(kind=queryset.model.KIND, outcome="")
                return queryset.filter(pk__in=open_reviews.values("row"))
            case "draft":
                return queryset.exclude(Exists(last))
            case "live":
                return queryset.filter(Exists(live))
            case "saved":
                return queryset.filter(Exists(live.filter(published_at__lt=OuterRef("edited_at"))))
            case "gone":
                return queryset.filter(Exists(last.exclude(event__in=LIVE_EVENTS)))
        return queryset


class RecordAdmin(
    DraftExchangeMixin, BulkPublishMixin, PublishMixin, ReviewRequestMixin, DeskAdmin
):
    form = RecordForm
    pages = {**PublishMixin.pages, **ReviewRequestMixin.pages}
    change_form_template = "desk/record.html"
    list_select_related = ("edited_by",)

    # Who saved it last: the four-eyes rule rests on this

    def save_model(self, request: HttpRequest, obj: Record, form: ModelForm, change: bool) -> None:
        form.before = audit.reload_draft(obj) if change else None
        if not change:
            obj.edited_by = request.user
        if not change or form.has_changed():
            obj.save()

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        self.record_edit(request, form)
        self.warn_unknown_keys(request, form.instance)

    def record_edit(self, request: HttpRequest, form: ModelForm) -> None:
        """A private note is told and signs nothing: its writer does not answer for the rest."""
        if not audit.record_edit(form.instance, request.user, form.before) and form.has_changed():
            audit.write_edit_event(form.instance, request.user, private=True)

    def delete_model(self, request: HttpRequest, obj: Record) -> None:
        audit.write_audit_event("deleted", obj, request.user)
        super().delete_model(request, obj)

    def warn_unknown_keys(self, request: HttpRequest, record: Record) -> None:
        """Keys that name nothing: likely a slip of the pen, so said at once."""
        if record.KIND == "action":
            for field, message in evidence.iter_key_problems(build_draft(reload_record(record))):
                self.message_user(request, f"Saved, but {field}: {message}", messages.WARNING)

    # What may be done

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_published = obj is not None and Revision.objects.of_record(obj.KIND, obj.slug).exists()
        return not is_published and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj and Revision.objects.of_record(obj.KIND, obj.slug).exists():
            fields += ("slug",)
        return fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": (self.search_fields[0],)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        if not (obj and self.has_change_permission(request, obj)):
            return sets
        (name, options), *rest = sets
        return [(name, {**options, "fields": (*options["fields"], "edition")}), *rest]

    # What pages say about it

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page = super().get_changelist_instance(request)
        rows = list(page.result_list)
        for row, status in zip(rows, get_publication_statuses(rows), strict=True):
            row.publication_status = status
        page.result_list = rows
        return page

    @admin.display(description="publication")
    def publication(self, record: Record) -> str:
        status = record.publication_status
        return format_html(
            '<span class="publication-status {}" title="{}">{}</span>',
            status.state,
            status,
            status.short_text,
        )

    @admin.display(description="saved", ordering="edited_at")
    def saved(self, record: Record) -> str:
        by = f" by {record.edited_by}" if record.edited_by else ""
        return f"{record.edited_at:%Y-%m-%d}{by}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        if record := context["original"]:
            page = build_preview(reload_record(record), request.user)
            context |= {
                "publication_status": page.publication_status,
                "draft_problems": page.draft_problems,
                "object_tools": self.object_tools(request, page.record, page.publication_status),
            }
            if request.user.has_perm("policy.view_comment"):
                context["comments"] = page.comments
                attach_comments(context["adminform"].form, group_comments_by_field(page.comments))
        return super().render_change_form(request, context, *args, **options)

    def object_tools(
        self, request: HttpRequest, record: Record, status: PublicationStatus
    ) -> list[Any]:
        """(label, address) of every page about this record."""
        links = []
        if request.user.has_perm("policy.publish"):
            links.append(("Preview and publish", self.page_url("publish", record)))
        if request.user.has_perm("policy.withdraw") and status.is_published:
            links.append(("Withdraw", self.page_url("withdraw", record)))
            links.append(("Merge into…", self.page_url("merge", record)))
        links += [
            (PAGE_TITLES[name], self.page_url(name, record))
            for name in available_review_pages(request, status)
        ]
        can_read_comments = request.user.has_perm("policy.view_comment")
        if can_read_comments and review.reviews_of(record).exclude(asked_by=None).exists():
            links.append(("Comments", self.page_url("comments", record)))
        if status.revision:
            links += public_links(record)
            query = f"?kind={record.KIND}&record__exact={record.slug}"
            links.append(("Revisions", reverse("admin:policy_revision_changelist") + query))
        return links


def available_review_pages(request: HttpRequest, status: PublicationStatus) -> list[str]:
    """What whoever may ask for reviews can do next."""
    if not request.user.has_perm("policy.add_review"):
        return []
    if status.review:
        return ["recall"] if status.review.asked_by == request.user else []
    ended = status.revision and status.revision.closed_reason
    return ["ask"] if not ended and (status.changed or not status.is_published) else []


def attach_comments(form: ModelForm, comments_by_field: dict[str, list[Comment]]) -> None:
    """Show what was said of a field next to it. What was said of rows leads to their list."""
    for key, comments in comments_by_field.items():
        top = key.partition("/")[0]
        name = FORM_FIELD_OF_DOCUMENT_FIELD.get(top, top)
        field = form.fields.get(name)
        for comment in comments:
            comment.anchor = key and (f"id_{name}" if field else f"{top}-group")
        if field:
            words = format_html_join(
                "", '<div class="comment">{}: {}</div>', ((c.by, c.text) for c in comments)
            )
            field.help_text = format_html("{}{}", mark_safe(field.help_text), words)  # noqa: S308


def reload_record(record: Record) -> Any:
    """The row as it was saved: a refused form leaves its values on the one at hand."""
    return type(record)._default_manager.select_related("edited_by").get(pk=record.pk)


def public_links(record: Record) -> list[tuple[str, str]]:
    page = f"/{RECORD_FOLDERS[record.KIND]}/{record.slug}/"
    links = [("API", f"/api/v1{page}")]
    return [("Public page", page), *links] if is_valid_path(page) else links


NAMES_FIELDSET = ("Names", {"fields": ("native_name", "aliases", "description")})


class NamedAdmin(RecordAdmin):
    """Records with a name, a type and a place: agencies and entities."""

    list_display = (
        "name",
        "native_name",
        "publication",
        "type",
        "jurisdiction",
        "saved",
    )
    list_filter = (
        PublicationFilter,
        ("type", admin.RelatedOnlyFieldListFilter),
        ("jurisdiction", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("edited_by", "type", "jurisdiction")
    search_fields = ("name", "native_name", "aliases", "slug")


@admin.register(Agency)
class AgencyAdmin(NamedAdmin):
    form = AgencyForm
    autocomplete_fields = ("jurisdiction", "parent")
    fieldsets = [
        (None, {"fields": ("name", "slug", ("type", "jurisdiction"), "parent")}),
        NAMES_FIELDSET,
        PRIVATE_FIELDSET,
    ]


@admin.register(Entity)
class EntityAdmin(NamedAdmin):
    autocomplete_fields = ("jurisdiction",)
    fieldsets = [
        (None, {"fields": ("name", "slug", ("type", "jurisdiction"))}),
        NAMES_FIELDSET,
        PRIVATE_FIELDSET,
    ]
