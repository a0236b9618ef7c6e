"""A name for every request: in its answer, in its errors and in every line that it logs."""

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property

REQUEST_ID_HEADER = "X-Request-ID"
VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
current_request_id: ContextVar[str] = ContextVar("request_id", default="-")
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class CachedHostRequest(WSGIRequest):
    """Layers ask for its host again and again: it is looked at and judged once."""

    @cached_property
    def host(self) -> str:
        return super().get_host()

    def get_host(self) -> str:
        return self.host


class CachedHostHandler(WSGIHandler):
    request_class = CachedHostRequest


class RequestIdMiddleware:
    """Middleware. A proxy that may be believed names the request; else we do."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = get_request_id(request.META)  # type: ignore[attr-defined]
        token = current_request_id.set(request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response.headers[REQUEST_ID_HEADER] = request.id  # type: ignore[attr-defined]
        return response


def get_request_id(meta: Mapping[str, Any]) -> str:
    given = meta.get("HTTP_X_REQUEST_ID", "")
    believed = settings.BEHIND_PROXY and VALID_REQUEST_ID.fullmatch(given)
    return given if believed else uuid.uuid4().hex


class RequestIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "id", None) or current_request_id.get()
        return True
