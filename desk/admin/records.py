"""What can be published: who saved it last, where it stands, and the doors to publishing it."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import BaseFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import is_valid_path, reverse
from django.utils.html import format_html

from desk.admin.base import DeskAdmin
from desk.admin.exchange import Exchange
from desk.forms.records import AgencyForm, RecordForm
from desk.preview import Preview, missing
from desk.publishing import Publishing
from desk.standing import Standing, standings
from policy import evidence
from policy.dataset import FOLDERS
from policy.document import draft
from policy.models import Agency, Entity, Record, Revision
from policy.models.revision import LIVE

PRIVATE = ("Private", {"fields": ("note",)})


class PublicationFilter(admin.SimpleListFilter):
    """By the last revision. "Saved since" may hold records that say the same again."""

    title = "publication"
    parameter_name = "publication"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("draft", "Never published"),
            ("live", "Published"),
            ("saved", "Published, saved since"),
            ("gone", "Withdrawn or merged"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        last = Revision.objects.as_of(None).filter(
            kind=queryset.model.KIND, record=OuterRef("slug")
        )
        live = last.filter(event__in=LIVE)
        match self.value():
            case "draft":
                return queryset.exclude(Exists(last))
            case "live":
                return queryset.filter(Exists(live))
            case "saved":
                return queryset.filter(Exists(live.filter(published_at__lt=OuterRef("edited_at"))))
            case "gone":
                return queryset.filter(Exists(last.exclude(event__in=LIVE)))
        return queryset


class RecordAdmin(Exchange, Publishing, DeskAdmin):
    form = RecordForm
    change_form_template = "desk/record.html"
    list_select_related = ("edited_by",)

    # Who saved it last: the four-eyes rule rests on this

    def save_model(self, request: HttpRequest, obj: Record, form: ModelForm, change: bool) -> None:
        """A save that changes nothing signs nothing: it would hide who wrote what stands there."""
        if not change or form.has_changed():
            self.sign(request, obj)

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if change and any(formset.has_changed() for formset in formsets):
            self.sign(request, form.instance)
        self.warn(request, form.instance)

    def sign(self, request: HttpRequest, record: Record) -> None:
        record.edited_by = request.user
        record.save()

    def warn(self, request: HttpRequest, record: Record) -> None:
        """Keys that name nothing: likely a slip of the pen, so said at once."""
        if record.KIND == "action":
            for field, message in evidence.form_problems(draft(fresh(record))):
                self.message_user(request, f"Saved, but {field}: {message}", messages.WARNING)

    # What may be done

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        kept = obj is not None and Revision.objects.of(obj.KIND, obj.slug).exists()
        return not kept and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj and Revision.objects.of(obj.KIND, obj.slug).exists():
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
        for row, standing in zip(rows, standings(rows), strict=True):
            row.standing = standing
        page.result_list = rows
        return page

    @admin.display(description="publication")
    def publication(self, record: Record) -> str:
        standing = record.standing
        return format_html(
            '<span class="standing {}" title="{}">{}</span>',
            standing.mark,
            standing,
            standing.brief,
        )

    @admin.display(description="saved", ordering="edited_at")
    def saved(self, record: Record) -> str:
        by = f" by {record.edited_by}" if record.edited_by else ""
        return f"{record.edited_at:%Y-%m-%d}{by}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        if record := context["original"]:
            preview = Preview(fresh(record), request.user)
            context |= {
                "standing": preview.standing,
                "missing": list(missing(preview.record, preview.body)),
                "doors": self.doors(request, preview.record, preview.standing),
            }
        return super().render_change_form(request, context, *args, **options)

    def doors(self, request: HttpRequest, record: Record, standing: Standing) -> list[Any]:
        """(label, address) of every page about this record."""
        found = []
        if request.user.has_perm("policy.publish"):
            found.append(("Preview and publish", self.address("publish", record)))
        if request.user.has_perm("policy.withdraw") and standing.live:
            found.append(("Withdraw", self.address("withdraw", record)))
            found.append(("Merge into…", self.address("merge", record)))
        if standing.revision:
            found += public_addresses(record)
            query = f"?kind={record.KIND}&record__exact={record.slug}"
            found.append(("Revisions", reverse("admin:policy_revision_changelist") + query))
        return found


def fresh(record: Record) -> Any:
    """The row as it was saved: a refused form leaves its values on the one at hand."""
    return type(record)._default_manager.select_related("edited_by").get(pk=record.pk)


def public_addresses(record: Record) -> list[tuple[str, str]]:
    page = f"/{FOLDERS[record.KIND]}/{record.slug}/"
    found = [("API", f"/api/v1{page}")]
    return [("Public page", page), *found] if is_valid_path(page) else found


NAMES = ("Names", {"fields": ("native_name", "aliases", "description")})


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
        NAMES,
        PRIVATE,
    ]


@admin.register(Entity)
class EntityAdmin(NamedAdmin):
    autocomplete_fields = ("jurisdiction",)
    fieldsets = [
        (None, {"fields": ("name", "slug", ("type", "jurisdiction"))}),
        NAMES,
        PRIVATE,
    ]
