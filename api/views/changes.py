"""TODO docstring."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from api.http.renderers import JSONRenderer, NDJSONRenderer, encode_json
from api.query import changes, pagination
from api.query import export as exports
from api.query.pagination import Ordering, Paginator
from api.serializers import history
from api.views.base import StrictViewSet, page_response
from policy.search.counts import RecordCount


class Changes(StrictViewSet):
    """Everything that was ever published, withdrawn or merged."""

    orderings = {"version": Ordering(("pk",))}
    serializer_class = history.ChangeSerializer
    parameters_by_action = {"list": changes.CHANGES_PARAMETERS}
    formats, includes = changes.CHANGES_FORMATS, changes.CHANGES_INCLUDES
    renderer_classes = (JSONRenderer, NDJSONRenderer)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.validate_export_query(request.query_params, format, self.formats)
        feed = changes.parse_changes_query(request.query_params)
        paginator = Paginator(request, self.get_orderings())
        version = self.loaded_validator.version
        if format == "ndjson":
            return self.export_response(paginator, feed, version)
        if paginator.cursor:
            version = min(version, paginator.cursor.version or 0)
        page = paginator.build_page(paginator.fetch_rows(feed.revisions_up_to(version)), version)
        return page_response(page, self.serialize_changes(page.rows, feed))

    def export_response(
        self, paginator: Paginator, feed: changes.ChangesQuery, version: int
    ) -> StreamingHttpResponse:
        count = RecordCount(feed.revisions_up_to(version).count(), version)
        pages = pagination.iter_batches(paginator, feed.revisions_up_to, version, version)
        wanted = pages if self.request.method == "GET" else ()
        lines = (
            [encode_json(row) + b"\n" for row in self.serialize_changes(rows, feed)]
            for rows in wanted
        )
        return exports.export_response("changes", "ndjson", map(b"".join, lines), count)

    def serialize_changes(self, rows: Any, feed: changes.ChangesQuery) -> Any:
        context = {"request": self.request, "documents": feed.documents}
        return self.get_serializer_class()(rows, many=True, context=context).data
