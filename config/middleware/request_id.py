"""Give every request an id, which its response, its error and its log lines carry."""

import logging
import re
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

REQUEST_ID_HEADER = "X-Request-ID"
VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
current_request_id: ContextVar[str] = ContextVar("request_id", default="-")
GetResponse = Callable[[HttpRequest], HttpResponseBase]  # what Django passes to every middleware


class RequestIdMiddleware:
    """Set `request.id` and the response header `X-Request-ID`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = get_request_id(request.META)
        request.id = request_id  # type: ignore[attr-defined]
        token = current_request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            current_request_id.reset(token)
        response.headers[REQUEST_ID_HEADER] = request_id
        return response


def get_request_id(meta: Mapping[str, object]) -> str:
    """Return the id that a trusted proxy (BEHIND_PROXY) sends, else a new one.

    `meta` is a WSGI environment or `request.META`.
    """
    sent = str(meta.get("HTTP_X_REQUEST_ID", ""))
    trusted = settings.BEHIND_PROXY and VALID_REQUEST_ID.fullmatch(sent)
    return sent if trusted else uuid.uuid4().hex


class RequestIdFilter(logging.Filter):
    """Set `record.request_id` for the log format."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        record.request_id = getattr(request, "id", None) or current_request_id.get()
        return True
