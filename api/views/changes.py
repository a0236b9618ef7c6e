"""The change feed."""

from collections.abc import Sequence

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from api.http.renderers import JSONRenderer, NDJSONRenderer, encode_json
from api.query import changes, pagination
from api.query import export as exports
from api.query.pagination import Ordering, Paginator
from api.serializers.history import ChangeSerializer
from api.views.base import StrictViewSet, page_response
from policy.models import Revision
from policy.search.counts import RecordCount


class Changes(StrictViewSet):
    """All publications, withdrawals, merges and takedowns."""

    orderings = {"version": Ordering(("pk",))}
    serializer_class = ChangeSerializer
    parameters_by_action = {"list": changes.CHANGES_PARAMETERS}
    formats_by_action = {"list": changes.CHANGES_FORMATS}
    includes = changes.CHANGES_INCLUDES
    renderer_classes = (JSONRenderer, NDJSONRenderer)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.validate_export_query(request.query_params, format, self.get_formats())
        query = changes.parse_changes_query(request.query_params)
        paginator = Paginator(request, self.get_orderings())
        version = self.loaded_validator.version
        if format == "ndjson":
            return self.export_response(paginator, query, version)
        if paginator.cursor:
            version = min(version, paginator.cursor.version or 0)
        rows = paginator.fetch_rows(query.revisions_up_to(version))
        page = paginator.build_page(rows, version)
        return page_response(page, self.serialize_changes(page.rows, query))

    def export_response(
        self, paginator: Paginator, query: changes.ChangesQuery, version: int
    ) -> StreamingHttpResponse:
        revisions = query.revisions_up_to(version)
        count = RecordCount(revisions.count(), version)
        batches = pagination.iter_batches(
            paginator,
            version,
            lambda: paginator.build_page(paginator.fetch_rows(revisions), version),
        )
        chunks = (
            b"".join(encode_json(row) + b"\n" for row in self.serialize_changes(rows, query))
            for rows in (batches if self.request.method == "GET" else ())
        )
        return exports.export_response("changes", "ndjson", chunks, count)

    def serialize_changes(
        self, rows: Sequence[Revision], query: changes.ChangesQuery
    ) -> Sequence[object]:
        context = {"request": self.request, "documents": query.documents}
        serializer = ChangeSerializer(rows, many=True, context=context)
        return list(serializer.data)
