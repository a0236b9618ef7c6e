"""What every page of the desk shares."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DatabaseError, models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from desk.base.db_errors import user_message
from desk.base.fields import LinesField, TextField
from desk.base.term_widgets import TermChoicesMixin

PLAIN_TEXT_OVERRIDES = {
    models.TextField: {
        "form_class": TextField,
        "widget": AdminTextareaWidget(attrs={"rows": 3}),
    },
    ArrayField: {"form_class": LinesField},
    models.URLField: {"assume_scheme": "https"},
}
MAX_DESK_SEARCH_WORDS = 10  # of a search
MAX_FORM_ROWS = 500  # of all parts of a form


class HardenedModelAdmin(admin.ModelAdmin):
    """Django's admin answers some hostile addresses with a 500; these pages do not."""

    actions = None
    show_full_result_count = False

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Fields as they are: no patterns, no years, which not every value is one of."""
        path = lookup.removesuffix("__exact").removesuffix("__isnull")
        return not has_lookup_transform(self.model, path) and super().lookup_allowed(
            lookup, value, request
        )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        words = search_term.replace("\0", "").split()[:MAX_DESK_SEARCH_WORDS]
        return super().get_search_results(request, queryset, " ".join(words))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if any("\0" in value for values in request.GET.lists() for value in values[1]):
            return HttpResponseRedirect(f"{request.path}?e=1")
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if why := oversized_form_error(request):
            self.message_user(request, f"Nothing was saved: {why}", messages.ERROR)
            return HttpResponseRedirect(request.path)
        try:
            return super().changeform_view(request, *args, **options)
        except DatabaseError as error:
            if request.method != "POST":
                raise
            request.refused = user_message(error)
        for file in request.FILES.values():
            file.seek(0)
        return super().changeform_view(request, *args, **options)

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> type[ModelForm]:
        form = super().get_form(request, *args, **options)
        why = getattr(request, "refused", "")
        return type(form.__name__, (RefusedFormMixin, form), {"refusal": why}) if why else form


class RefusedFormMixin:
    """A form that the database refused to save: it stands again as it was sent."""

    refusal = ""

    def clean(self) -> dict[str, Any]:
        raise ValidationError(f"Nothing was saved: {self.refusal}")


def oversized_form_error(request: HttpRequest) -> str:
    """What is wrong with a form that no browser sends."""
    too_many = count_claimed_rows(request) > MAX_FORM_ROWS
    return f"a record has {MAX_FORM_ROWS} rows at most." if too_many else ""


def count_claimed_rows(request: HttpRequest) -> int:
    """How many rows a form says that it holds: as many are built, sent or not."""
    return sum(
        parse_total_forms(value)
        for name, value in request.POST.items()
        if name.endswith("-TOTAL_FORMS")
    )


def parse_total_forms(value: str) -> int:
    try:
        return int(value.partition(".")[0][:20])
    except ValueError:
        return 0


def has_lookup_transform(model: Any, path: str) -> bool:
    """Whether it begins with a field of the model and goes on with more than fields."""
    try:
        get_fields_from_path(model, path)
    except (FieldDoesNotExist, NotRelationField):
        return path.partition("__")[0] in {field.name for field in model._meta.get_fields()}
    return False


class DeskAdmin(TermChoicesMixin, HardenedModelAdmin):
    formfield_overrides = PLAIN_TEXT_OVERRIDES
    list_per_page = 50
    view_on_site = False


class NoDeleteAdmin(DeskAdmin):
    """Nothing public is ever deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(NoDeleteAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
