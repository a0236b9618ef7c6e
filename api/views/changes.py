"""The change feed."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.reverse import reverse

from api.http.renderers import JSONRenderer, NDJSONRenderer, encode_json
from api.query import changes, pagination
from api.query import export as exports
from api.query.pagination import Ordering, Paginator
from api.serializers.history import ChangeSerializer
from api.views.base import StrictViewSet, page_response
from policy.models.revision import RECORD_KINDS
from policy.search.counts import RecordCount
from policy.versions import Version


class Changes(StrictViewSet):
    """All publications, withdrawals, merges and takedowns."""

    orderings = {"version": Ordering(("id",))}
    serializer_class = ChangeSerializer
    parameters_by_action = {"list": changes.CHANGES_PARAMETERS}
    formats_by_action = {"list": changes.CHANGES_FORMATS}
    includes = changes.CHANGES_INCLUDES
    renderer_classes = (JSONRenderer, NDJSONRenderer)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.validate_export_query(request.query_params, format, self.get_formats())
        version = self.loaded_validator.version
        query = changes.parse_changes_query(request.query_params, version)
        paginator = Paginator(request, self.get_orderings())
        paginator.require_version_of_cursor(version)
        if format == "ndjson":
            return self.export_response(paginator, query, version)
        if paginator.cursor:
            version = paginator.cursor.version
        rows = paginator.fetch_rows(query.revisions_up_to(version))
        page = paginator.build_page(rows, version)
        return page_response(page, self.serialize_changes(page.rows))

    def export_response(
        self, paginator: Paginator, query: changes.ChangesQuery, version: Version
    ) -> StreamingHttpResponse:
        revisions = query.revisions_up_to(version)
        count = RecordCount(revisions.count(), version)
        batches = pagination.iter_batches(
            paginator,
            version,
            lambda: paginator.build_page(paginator.fetch_rows(revisions), version),
        )
        chunks = (
            b"".join(encode_json(row) + b"\n" for row in self.serialize_changes(rows))
            for rows in (batches if self.request.method == "GET" else ())
        )
        return exports.export_response("changes", "ndjson", chunks, count)

    def serialize_changes(self, rows: Sequence[Any]) -> Sequence[dict[str, object]]:
        list_urls = {
            kind: reverse(f"v1:{kind}-list", request=self.request) for kind in RECORD_KINDS
        }
        return [changes.Change(*row).to_json(list_urls) for row in rows]
