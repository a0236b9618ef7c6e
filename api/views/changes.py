"""TODO docstring."""

from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request

from api.http.renderers import JSONRenderer, NDJSONRenderer, encode
from api.query import changes, pagination
from api.query import export as exports
from api.query.pagination import Ordering, Paginator
from api.serializers import history
from api.views.base import StrictViewSet, listing
from policy.search.counts import Count


class Changes(StrictViewSet):
    """Everything that was ever published, withdrawn or merged."""

    orderings = {"version": Ordering(("pk",))}
    serializer_class = history.ChangeSerializer
    allowed = {"list": changes.PARAMETERS}
    formats, includes = changes.FORMATS, changes.INCLUDES
    renderer_classes = (JSONRenderer, NDJSONRenderer)

    def list(self, request: Request) -> HttpResponse | StreamingHttpResponse:
        format = request.accepted_renderer.format
        exports.check(request.query_params, format, self.formats)
        feed = changes.feed(request.query_params)
        paginator = Paginator(request, self.orders())
        version = self.state.version
        if format == "ndjson":
            return self.export(paginator, feed, version)
        if paginator.cursor:
            version = min(version, paginator.cursor.version or 0)
        page = paginator.page(paginator.cut(feed.until(version)), version)
        return listing(page, self.entries(page.rows, feed))

    def export(
        self, paginator: Paginator, feed: changes.Feed, version: int
    ) -> StreamingHttpResponse:
        count = Count(feed.until(version).count(), version)
        pages = pagination.batches(paginator, feed.until, version, version)
        wanted = pages if self.request.method == "GET" else ()
        lines = ([encode(row) + b"\n" for row in self.entries(rows, feed)] for rows in wanted)
        return exports.response("changes", "ndjson", map(b"".join, lines), count)

    def entries(self, rows: Any, feed: changes.Feed) -> Any:
        context = {"request": self.request, "documents": feed.documents}
        return self.get_serializer_class()(rows, many=True, context=context).data
