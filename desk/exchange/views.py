"""Export drafts and import them again, from the list of each kind."""

import re
from functools import partial
from typing import Any

from django.contrib import messages
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
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from import_export.admin import ExportActionMixin, ImportExportMixinBase, ImportMixin

from desk.exchange import csv_cells, csv_format
from desk.exchange.formats import (
    DRAFT_FORMATS,
    MAX_DRAFT_RECORDS,
    DraftConfirmForm,
    DraftExportForm,
    DraftFormat,
    DraftImportForm,
    DraftResource,
    InFormStorage,
    can_export_drafts,
    can_import_drafts,
)
from policy.exchange import draft_entries


class DraftExchangeMixin(ImportMixin, ExportActionMixin):
    """The library's pages and its order of steps; what is checked and written is ours."""

    change_list_template = "desk/record_list.html"
    import_export_change_list_template = None
    import_template_name = "desk/import.html"
    import_form_class, confirm_form_class, export_form_class = (
        DraftImportForm,
        DraftConfirmForm,
        DraftExportForm,
    )
    resource_classes = [DraftResource]
    tmp_storage_class = InFormStorage
    skip_admin_log = True  # the import logs itself, in its own transaction
    show_change_form_export = False

    def get_urls(self) -> list[URLPattern]:
        """“import” is what bringing in an article is called here."""
        pages = {
            "import-drafts/": (self.import_action, "import_drafts"),
            "import-drafts/confirm/": (self.process_import, "confirm_drafts"),
            "export/": (self.export_action, "export"),
        }
        urlpatterns = [
            path(route, self.admin_site.admin_view(view), name=self.page_url_name(name))
            for route, (view, name) in pages.items()
        ]
        return urlpatterns + super(ImportExportMixinBase, self).get_urls()

    def formats(self) -> list[Any]:
        return [partial(format, self.model.KIND) for format in DRAFT_FORMATS]

    get_import_formats = get_export_formats = formats

    def has_import_permission(self, request: HttpRequest) -> bool:
        return can_import_drafts(request.user, self.model.KIND)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return can_export_drafts(request.user, self.model.KIND)

    # In

    def get_import_resource_kwargs(self, request: HttpRequest, **options: Any) -> dict[str, Any]:
        return {}

    def get_import_data_kwargs(self, **options: Any) -> dict[str, Any]:
        return {"rollback_on_validation_errors": True}

    def get_confirm_form_kwargs(self, request: HttpRequest, form: Any = None) -> dict[str, Any]:
        options = super().get_confirm_form_kwargs(request, form)
        return {**options, "by": request.user, "kind": self.model.KIND}

    def get_import_context_data(self, **options: Any) -> dict[str, Any]:
        kind = self.model.KIND
        return {
            "csv_columns": csv_format.draft_csv_header(kind),
            "row_columns": csv_cells.describe_row_columns(kind),
        }

    def add_data_read_fail_error_to_form(self, form: Any, error: Exception) -> None:
        if not isinstance(error, csv_format.BadFile):
            raise error
        form.add_error("import_file", str(error))

    def process_result(self, result: Any, request: HttpRequest) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():
            return self.render_refused_import(request, result)
        counts = result.counts
        done = f"Imported: {counts['new']} new, {counts['changed']} changed, "
        self.message_user(request, f"{done}{counts['unchanged']} unchanged.", messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"admin:{self.page_url_name('changelist')}"))

    def render_refused_import(self, request: HttpRequest, result: Any) -> HttpResponse:
        """Something moved between the preview and the confirmation."""
        context = {
            **self.admin_site.each_context(request),
            **self.get_import_context_data(),
            "title": "Import",
            "opts": self.opts,
            "form": self.import_form_class(self.formats(), self.resource_classes),
            "result": result,
        }
        return TemplateResponse(request, self.import_template_name, context, status=409)

    # Out

    def get_valid_export_item_pks(self, request: HttpRequest) -> list[str]:
        return list(filter(is_primary_key, request.POST.getlist("export_items")))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {} if IS_POPUP_VAR in request.GET else super().get_actions(request)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        if not all(map(is_primary_key, request.POST.getlist("_selected_action"))):
            self.message_user(request, "These are no rows of this list.", messages.ERROR)
            return None
        return super().response_action(request, queryset)

    def export_action(self, request: HttpRequest) -> HttpResponseBase:
        try:
            if any("\0" in value for value in request.GET.values()):
                raise IncorrectLookupParameters
            return super().export_action(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(
                reverse(f"admin:{self.page_url_name('changelist')}") + "?e=1"
            )

    def export_admin_action(
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        if not self.has_export_permission(request):
            raise PermissionDenied
        if queryset.count() > MAX_DRAFT_RECORDS:
            why = f"More than {MAX_DRAFT_RECORDS} are ticked: use a filter, then Export."
            self.message_user(request, why, messages.ERROR)
            return None
        return super().export_admin_action(request, queryset)

    def init_request_context_data(self, request: HttpRequest, form: Any) -> dict[str, Any]:
        ticked = form.initial.get("export_items")
        count = self.get_export_queryset(request).count() if ticked is None else len(ticked)
        return {**super().init_request_context_data(request, form), "count": count}

    def _do_file_export(
        self,
        file_format: DraftFormat,
        request: HttpRequest,
        queryset: QuerySet[Any],
        export_form: Any = None,
    ) -> StreamingHttpResponse:
        """The library would build the whole file in memory, and knows nothing of rows of rows."""
        name = f"{self.opts.model_name}-drafts-{timezone.now():%Y-%m-%d}.{file_format.extension}"
        return StreamingHttpResponse(
            file_format.stream(draft_entries.iter_draft_documents(queryset)),
            content_type=file_format.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def is_primary_key(word: str) -> bool:
    """Whether it may be a row's primary key: the database refuses what may not."""
    return re.fullmatch("[0-9]{1,18}", word) is not None
