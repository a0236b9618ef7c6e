"""Base classes of the admin's pages: they answer malformed requests without a server error."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.contrib.admin.widgets import AdminTextareaWidget
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from desk.base.db_errors import user_message
from desk.base.fields import LinesField, TextField
from desk.base.generic import AnyModelAdmin
from desk.base.term_widgets import TermChoicesMixin

PLAIN_TEXT_OVERRIDES: "Mapping[type[models.Field[Any, Any]], Mapping[str, Any]]" = {
    models.TextField: {
        "form_class": TextField,
        "widget": AdminTextareaWidget(attrs={"rows": 3}),
    },
    ArrayField: {"form_class": LinesField},
    models.URLField: {"assume_scheme": "https"},
}
MAX_DESK_SEARCH_WORDS = 10
MAX_FORM_ROWS = 500  # rows of all parts of a form together

if TYPE_CHECKING:
    FormBase = forms.BaseForm
else:
    FormBase = object


class HardenedModelAdmin(AnyModelAdmin):
    """A ModelAdmin without the server errors that Django's answers to some malformed requests."""

    actions: Any = None
    show_full_result_count = False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow filters on the values of fields, without patterns, years or other transforms."""
        path = lookup.removesuffix("__exact").removesuffix("__isnull")
        return not has_lookup_transform(self.model, path) and super().lookup_allowed(
            lookup, value, request
        )

    def get_search_results(
        self, request: HttpRequest, queryset: "models.QuerySet[Any]", search_term: str
    ) -> "tuple[models.QuerySet[Any], bool]":
        words = search_term.replace("\0", "").split()[:MAX_DESK_SEARCH_WORDS]
        return super().get_search_results(request, queryset, " ".join(words))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if query_has_nul(request):
            return HttpResponseRedirect(f"{request.path}?e=1")
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if oversized := oversized_form_error(request):
            self.message_user(request, f"Nothing was saved: {oversized}", messages.ERROR)
            return HttpResponseRedirect(request.path)
        try:
            return super().changeform_view(request, *args, **options)
        except DatabaseError as error:
            if request.method != "POST":
                raise
            # get_form reads it, and shows the form again with this message
            request.save_refusal = user_message(error)  # type: ignore[attr-defined]
        for name in request.FILES:
            file = request.FILES[name]
            if isinstance(file, UploadedFile):
                file.seek(0)
        return super().changeform_view(request, *args, **options)

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> Any:
        form = super().get_form(request, *args, **options)
        refusal: str = getattr(request, "save_refusal", "")
        return (
            type(form.__name__, (RefusedFormMixin, form), {"refusal": refusal}) if refusal else form
        )


class RefusedFormMixin(FormBase):
    """A form that the database refused to save. It is shown again with the user's input."""

    refusal = ""

    def clean(self) -> None:
        raise ValidationError(f"Nothing was saved: {self.refusal}")


def query_has_nul(request: HttpRequest) -> bool:
    """Return whether a value of the query contains NUL, which PostgreSQL cannot compare."""
    return any("\0" in value for _, values in request.GET.lists() for value in values)


def oversized_form_error(request: HttpRequest) -> str:
    """Return why a form with too many rows is refused, or an empty string."""
    if count_claimed_rows(request) > MAX_FORM_ROWS:
        return f"A record can have at most {MAX_FORM_ROWS} rows."
    return ""


def count_claimed_rows(request: HttpRequest) -> int:
    """Return how many rows the form claims to hold: Django builds them all, sent or not."""
    claims = [request.POST.get(name, "") for name in request.POST if name.endswith("-TOTAL_FORMS")]
    return sum(map(parse_total_forms, claims))


def parse_total_forms(value: str) -> int:
    try:
        return int(value.partition(".")[0][:20])
    except ValueError:
        return 0


def has_lookup_transform(model: type[models.Model], path: str) -> bool:
    """Return whether a lookup starts with a field of the model and does not end with a field."""
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
    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(NoDeleteAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
