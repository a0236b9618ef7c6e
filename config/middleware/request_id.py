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

HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
current: ContextVar[str] = ContextVar("request_id", default="-")
Answer = Callable[[HttpRequest], HttpResponseBase]


class Request(WSGIRequest):
    """Layers ask for its host again and again: it is looked at and judged once."""

    @cached_property
    def host(self) -> str:
        return super().get_host()

    def get_host(self) -> str:
        return self.host


class Handler(WSGIHandler):
    request_class = Request


class RequestId:
    """Middleware. A proxy that may be believed names the request; else we do."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.id = name_of(request.META)  # type: ignore[attr-defined]
        token = current.set(request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            current.reset(token)
        response.headers[HEADER] = request.id  # type: ignore[attr-defined]
        return response


def name_of(meta: Mapping[str, Any]) -> str:
    given = meta.get("HTTP_X_REQUEST_ID", "")
    believed = settings.BEHIND_PROXY and GIVEN.fullmatch(given)
    return given if believed else uuid.uuid4().hex


class WithRequestId(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "id", None) or current.get()
        return True
