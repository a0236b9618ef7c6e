"""Export and import the drafts of a kind from its list."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR, IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from import_export.admin import ExportActionMixin, ImportExportMixinBase, ImportMixin
from import_export.results import Result

from desk.base.model_admin import query_has_nul
from desk.base.requests import admin_url, admin_url_name, get_user, is_primary_key
from desk.exchange import csv_cells, csv_format
from desk.exchange.formats import (
    DRAFT_FORMATS,
    MAX_DRAFT_RECORDS,
    DraftFormat,
    DraftResource,
    DraftResult,
    InFormStorage,
)
from desk.exchange.forms import DraftConfirmForm, DraftExportForm, DraftImportForm
from desk.exchange.permissions import can_export_drafts, can_import_drafts
from policy.exchange import draft_entries
from policy.models import Record

if TYPE_CHECKING:

    class ExchangeBase(  # type: ignore[misc]  # the mixins as they are used, on a ModelAdmin
        ImportMixin[Any], ExportActionMixin[Any], admin.ModelAdmin[Any]
    ):
        pass
else:

    class ExchangeBase(ImportMixin, ExportActionMixin):
        pass


class DraftExchangeMixin(ExchangeBase):
    """The library's pages and steps, with the project's formats, checks and permissions."""

    model: type[Record]  # type: ignore[assignment]  # the stub is wrong: it is a class
    change_list_template = "desk/record_list.html"  # type: ignore[misc]  # as in ModelAdmin
    import_export_change_list_template: Any = None
    import_template_name = "desk/import.html"
    import_form_class, confirm_form_class, export_form_class = (
        DraftImportForm,
        DraftConfirmForm,
        DraftExportForm,
    )
    resource_classes = [DraftResource]
    tmp_storage_class = InFormStorage
    skip_admin_log = True  # DraftResource writes the log, in the import's transaction
    show_change_form_export = False

    @property
    def kind(self) -> str:
        return self.model.KIND

    def get_urls(self) -> list[URLPattern]:
        """Return the URLs. The import is import-drafts/, as import/ brings in an article."""
        pages = {
            "import-drafts/": (self.import_action, "import_drafts"),
            "import-drafts/confirm/": (self.process_import, "confirm_drafts"),
            "export/": (self.export_action, "export"),
        }
        urlpatterns = [
            path(route, self.admin_site.admin_view(view), name=admin_url_name(self.kind, name))
            for route, (view, name) in pages.items()
        ]
        # without the library's own URLs
        return urlpatterns + super(ImportExportMixinBase, self).get_urls()

    def draft_formats(self) -> Any:
        return [partial(format_class, self.kind) for format_class in DRAFT_FORMATS]

    get_import_formats = get_export_formats = draft_formats

    def has_import_permission(self, request: HttpRequest) -> bool:
        return can_import_drafts(get_user(request), self.kind)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return can_export_drafts(get_user(request), self.kind)

    # Import

    def get_import_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        return {}

    def get_import_data_kwargs(self, **options: Any) -> dict[str, Any]:
        return {"rollback_on_validation_errors": True}

    def get_confirm_form_kwargs(
        self, request: HttpRequest, import_form: forms.Form | None = None
    ) -> dict[str, Any]:
        options = super().get_confirm_form_kwargs(request, import_form)
        return {**options, "by": get_user(request), "kind": self.kind}

    def get_import_context_data(self, **options: Any) -> dict[str, Any]:
        return {
            "csv_columns": csv_format.draft_csv_header(self.kind),
            "row_columns": csv_cells.describe_row_columns(self.kind),
        }

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        if not isinstance(e, csv_format.BadFile):
            raise e
        form.add_error("import_file", str(e))

    def process_result(  # type: ignore[override]  # DraftResource chooses the class
        self, result: DraftResult, request: HttpRequest
    ) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():
            return self.render_refused_import(request, result)
        counts = result.counts
        message = (
            f"Imported: {counts['new']} new, {counts['changed']} changed, "
            f"{counts['unchanged']} unchanged."
        )
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(admin_url(self.kind, "changelist"))

    def render_refused_import(self, request: HttpRequest, result: Result) -> HttpResponse:
        """Show why a confirmed import was refused: records changed after the preview."""
        context = {
            **self.admin_site.each_context(request),
            **self.get_import_context_data(),
            "title": "Import",
            "opts": self.opts,
            "form": self.import_form_class(self.draft_formats(), self.resource_classes),
            "result": result,
        }
        return TemplateResponse(request, self.import_template_name, context, status=409)

    # Export

    def get_valid_export_item_pks(self, request: HttpRequest) -> list[str]:
        return list(filter(is_primary_key, request.POST.getlist("export_items")))

    def get_actions(self, request: HttpRequest) -> Any:
        return {} if IS_POPUP_VAR in request.GET else super().get_actions(request)

    def response_action(
        self, request: HttpRequest, queryset: "QuerySet[Any]", *args: Any, **options: Any
    ) -> Any:
        if not all(map(is_primary_key, request.POST.getlist("_selected_action"))):
            self.message_user(request, "Invalid selection.", messages.ERROR)
            return None
        return super().response_action(request, queryset, *args, **options)

    def export_action(self, request: HttpRequest) -> Any:
        try:
            if query_has_nul(request):
                raise IncorrectLookupParameters
            return super().export_action(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{admin_url(self.kind, 'changelist')}?e=1")

    def export_admin_action(self, request: HttpRequest, queryset: "QuerySet[Any]") -> Any:
        if not self.has_export_permission(request):
            raise PermissionDenied
        if queryset.count() > MAX_DRAFT_RECORDS:
            message = (
                f"You selected more than {MAX_DRAFT_RECORDS} records. To export them, filter the "
                "list and choose Export."
            )
            self.message_user(request, message, messages.ERROR)
            return None
        return super().export_admin_action(request, queryset)

    def init_request_context_data(self, request: HttpRequest, form: forms.Form) -> dict[str, Any]:
        selected: list[str] | None = form.initial.get("export_items")
        rows = self.get_export_queryset(request)
        count = rows.count() if selected is None else len(selected)
        return {**super().init_request_context_data(request, form), "count": count}

    def _do_file_export(
        self,
        file_format: DraftFormat,
        request: HttpRequest,
        queryset: "QuerySet[Any]",
        export_form: forms.Form | None = None,
    ) -> HttpResponseBase:
        """Stream the file. The library would build it in memory, and knows no rows of a record."""
        name = f"{self.kind}-drafts-{timezone.now():%Y-%m-%d}.{file_format.extension}"
        return StreamingHttpResponse(
            file_format.stream(draft_entries.iter_draft_documents(queryset)),
            content_type=file_format.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
