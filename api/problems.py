"""Errors as RFC 9457 problem documents, for everything under /api/."""

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from api.renderers import encode

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("policy_events.api")

KINDS = {
    "unknown-parameter": (400, "Unknown parameter"),
    "invalid-value": (400, "Invalid value"),
    "invalid-cursor": (400, "Invalid cursor"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "Method not allowed"),
    "not-acceptable": (406, "Not acceptable"),
    "gone": (410, "Withdrawn"),
    "internal-error": (500, "Internal error"),
}
OF_STATUS = {code: kind for kind, (code, _) in KINDS.items() if code != 400}


class Problem(exceptions.APIException):
    """Something that the caller can mend, and how."""

    def __init__(self, kind: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.kind, self.members = kind, members
        self.status_code = KINDS[kind][0]


def body(kind: str, detail: str, instance: str, **members: Any) -> dict[str, Any]:
    code, title = KINDS[kind]
    return {
        "type": f"/api/problems/{kind}/",
        "title": title,
        "status": code,
        "detail": detail,
        "instance": instance,
        **members,
    }


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error becomes a problem document."""
    request = context["request"]
    found = as_problem(error)
    document = body(found.kind, str(found.detail), request.get_full_path(), **found.members)
    headers = {}
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return Response(document, found.status_code, headers=headers, content_type=MEDIA_TYPE)


def as_problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, Http404):
        return Problem("not-found", str(error) or "There is nothing at this address.")
    if isinstance(error, exceptions.APIException) and error.status_code in OF_STATUS:
        return Problem(OF_STATUS[error.status_code], str(error.detail))
    log.exception("unexpected error", exc_info=error)
    return Problem("internal-error", "The fault is ours. It has been logged.")


def response(request: HttpRequest, kind: str, detail: str) -> HttpResponse:
    """A problem document from outside DRF: an address that no view answers."""
    return HttpResponse(
        encode(body(kind, detail, request.get_full_path())),
        status=KINDS[kind][0],
        content_type=MEDIA_TYPE,
    )
