"""Base class of records in the admin: last editor, publication status, links to more pages."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from desk.admin.filters import PublicationFilter
from desk.base.generic import Fieldset
from desk.base.model_admin import DeskAdmin
from desk.base.record_form import FORM_FIELD_OF_DOCUMENT_FIELD, AgencyForm, RecordForm
from desk.base.requests import admin_url, get_user
from desk.base.scheme_fields import SchemeFieldsMixin
from desk.exchange.views import DraftExchangeMixin
from desk.review.bulk_views import BulkPublishMixin
from desk.review.preview import build_preview, group_comments_by_field
from desk.review.publication_status import PublicationStatus, get_publication_statuses
from desk.review.request_views import ReviewRequestMixin
from desk.review.views import PAGE_TITLES, PublishMixin
from policy import audit
from policy.documents import evidence
from policy.documents.build import build_draft
from policy.models import Agency, Comment, Entity, Record, Revision
from policy.models.revision import PLURAL_BY_KIND
from policy.publishing import review

SCHEMES_FIELDSET: Fieldset = (
    "Identifiers and classifications",
    {"fields": (("identifiers", "classifications"),)},
)
PRIVATE_FIELDSET: Fieldset = ("Private", {"fields": ("note",)})
Link = tuple[str, str]  # label, address


class RecordAdmin(
    DraftExchangeMixin,
    BulkPublishMixin,
    PublishMixin,
    ReviewRequestMixin,
    SchemeFieldsMixin,
    DeskAdmin,
):
    form = RecordForm
    pages = {**PublishMixin.pages, **ReviewRequestMixin.pages}
    change_form_template = "desk/record.html"  # type: ignore[misc]  # as in ModelAdmin
    list_select_related: ClassVar[tuple[str, ...]] = ("edited_by",)

    # Saving. The last editor of a record can neither accept nor publish it.

    def save_model(self, request: HttpRequest, obj: Record, form: RecordForm, change: bool) -> None:
        form.before = audit.reload_draft(obj) if change else None
        if not change:
            obj.edited_by = get_user(request)
        if not change or form.has_changed():
            obj.save()

    def save_related(
        self, request: HttpRequest, form: RecordForm, formsets: Sequence[Any], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        self.record_edit(request, form)
        self.warn_unknown_keys(request, form.instance)

    def record_edit(self, request: HttpRequest, form: RecordForm) -> None:
        """Log the edit, and make the user the last editor if the content changed.

        An edit of only the private note is logged, but does not change the last editor.
        """
        user = get_user(request)
        if not audit.record_edit(form.instance, user, form.before) and form.has_changed():
            audit.write_edit_event(form.instance, user, private=True)

    def delete_model(self, request: HttpRequest, obj: Record) -> None:
        audit.write_audit_event("deleted", obj, get_user(request))
        super().delete_model(request, obj)

    def warn_unknown_keys(self, request: HttpRequest, record: Record) -> None:
        """Warn of keys in an action that name no value: they are probably typing errors."""
        if record.KIND == "action":
            for field, message in evidence.iter_key_problems(build_draft(reload_record(record))):
                self.message_user(request, f"Saved, but {field}: {message}", messages.WARNING)

    # Permissions and fields

    def has_delete_permission(self, request: HttpRequest, obj: Record | None = None) -> bool:
        return not has_revisions(obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Record | None = None
    ) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        return (*fields, "slug") if has_revisions(obj) else fields

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Record | None = None
    ) -> dict[str, Sequence[str]]:
        return {} if obj else {"slug": (self.search_fields[0],)}

    def get_fieldsets(self, request: HttpRequest, obj: Record | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if not (obj and self.has_change_permission(request, obj)):
            return fieldsets
        (name, options), *others = fieldsets
        return [(name, {**options, "fields": (*options["fields"], "edition")}), *others]

    # Lists and forms

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        page = super().get_changelist_instance(request)
        rows: list[Record] = list(page.result_list)
        for row, status in zip(rows, get_publication_statuses(rows), strict=True):
            # the column and the tests read it
            row.publication_status = status  # type: ignore[attr-defined]
        page.result_list = rows
        return page

    @admin.display(description="publication")
    def publication(self, record: Record) -> SafeString:
        status: PublicationStatus = getattr(record, "publication_status")  # noqa: B009
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
        record: Record | None = context["original"]
        if record:
            user = get_user(request)
            page = build_preview(reload_record(record), user)
            context |= {
                "publication_status": page.publication_status,
                "draft_problems": page.draft_problems,
                "object_tools": self.object_tools(request, page.record, page.publication_status),
            }
            if user.has_perm("policy.view_comment"):
                form: RecordForm = context["adminform"].form
                context["comments"] = page.comments
                attach_comments(form, page.comments)
        return super().render_change_form(request, context, *args, **options)

    def object_tools(
        self, request: HttpRequest, record: Record, status: PublicationStatus
    ) -> list[Link]:
        """Return the links to all pages about a record that the user may open."""
        user = get_user(request)
        links: list[Link] = []
        if user.has_perm("policy.publish"):
            links.append(("Preview and publish", self.page_url("publish", record)))
        if user.has_perm("policy.withdraw") and status.is_published:
            links.append(("Withdraw", self.page_url("withdraw", record)))
            links.append(("Merge into…", self.page_url("merge", record)))
        links += [
            (PAGE_TITLES[name], self.page_url(name, record))
            for name in available_review_pages(request, status)
        ]
        was_reviewed = review.reviews_of(record).exclude(asked_by=None)
        if user.has_perm("policy.view_comment") and was_reviewed.exists():
            links.append(("Comments", self.page_url("comments", record)))
        if status.revision:
            links += public_links(record)
            query = f"?kind={record.KIND}&record__exact={record.slug}"
            links.append(("Revisions", admin_url("revision", "changelist") + query))
        return links


def available_review_pages(request: HttpRequest, status: PublicationStatus) -> list[str]:
    """Return the names of the pages on which the user can request or cancel a review."""
    user = get_user(request)
    if not user.has_perm("policy.add_review"):
        return []
    if status.review:
        return ["recall"] if status.review.asked_by == user else []
    closed = status.revision and status.revision.closed_reason
    return ["ask"] if not closed and (status.changed or not status.is_published) else []


def attach_comments(form: RecordForm, comments: Iterable[Comment]) -> None:
    """Show the comments on each field below it, and set the `anchor` of each comment.

    The anchor is the id of the field, or of the group of rows, that the comment is about.
    """
    for key, of_field in group_comments_by_field(comments).items():
        top = key.partition("/")[0]
        name = FORM_FIELD_OF_DOCUMENT_FIELD.get(top, top)
        field = form.fields.get(name)
        for comment in of_field:
            anchor = key and (f"id_{name}" if field else f"{top}-group")
            comment.anchor = anchor  # type: ignore[attr-defined]  # read by comment_list.html
        if field:
            texts = format_html_join(
                "", '<div class="comment">{}: {}</div>', ((row.by, row.text) for row in of_field)
            )
            field.help_text = format_html("{}{}", mark_safe(field.help_text), texts)  # noqa: S308


def has_revisions(record: Record | None) -> bool:
    return record is not None and Revision.objects.of_record(record.KIND, record.slug).exists()


def reload_record(record: Record) -> Record:
    """Return a record as it is saved: a refused form leaves its input in the instance."""
    return type(record)._default_manager.select_related("edited_by").get(pk=record.pk)


def public_links(record: Record) -> list[Link]:
    """Return the links to a published record: its public page, if there are any, and the API."""
    page = f"/{PLURAL_BY_KIND[record.KIND]}/{record.slug}/"
    links = [("API", f"/api/v1{page}")]
    return [("Public page", page), *links] if is_valid_path(page) else links


NAMES_FIELDSET: Fieldset = ("Names", {"fields": ("native_name", "aliases", "description")})


class NamedAdmin(RecordAdmin):
    """Agencies and entities: records with a name, a type and a place."""

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
        SCHEMES_FIELDSET,
        PRIVATE_FIELDSET,
    ]


@admin.register(Entity)
class EntityAdmin(NamedAdmin):
    autocomplete_fields = ("jurisdiction",)
    fieldsets = [
        (None, {"fields": ("name", "slug", ("type", "jurisdiction"))}),
        NAMES_FIELDSET,
        SCHEMES_FIELDSET,
        PRIVATE_FIELDSET,
    ]
