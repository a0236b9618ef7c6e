"""Errors as RFC 9457 problem documents, for everything under /api/."""

import logging
from dataclasses import dataclass
from typing import Any

from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg import errors
from rest_framework import exceptions
from rest_framework.response import Response

from api.http.renderers import encode_json

PROBLEM_MEDIA_TYPE = "application/problem+json"
logger = logging.getLogger("policy_events.api")
alert_logger = logging.getLogger(
    "policy_events.alert"
)  # whatever it says is a fault of ours to mend

INTERNAL_ERROR_DETAIL = "The fault is ours. It has been logged."
RETRY_AFTER_SECONDS = 5  # seconds after which to ask again when the database is away
DATABASE_DOWN_DETAIL = "The database does not answer. Ask again shortly."
DATABASE_ERROR_DETAILS: dict[Any, str] = {
    errors.QueryCanceled: "This took longer than a request may. Ask for less, or again later.",
    errors.LockNotAvailable: "Somebody else holds what this needs. Try again.",
    errors.ReadOnlySqlTransaction: "The database takes no changes at the moment; it can be read.",
    errors.DiskFull: "The database has no room for changes at the moment.",
}


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem, as its page at /api/problems/<kind>/ tells it."""

    status: int
    title: str
    cause: str
    remedy: str


PROBLEM_TYPES = {
    "unknown-parameter": ProblemType(
        400,
        "Unknown parameter",
        "The address has a parameter that this endpoint does not know.",
        "Correct it or leave it out: `errors` names the nearest one and lists all that are known.",
    ),
    "invalid-value": ProblemType(
        400,
        "Invalid value",
        "A parameter is empty, repeated, malformed, out of range, or names what does not exist.",
        "`errors` says of each parameter what it takes.",
    ),
    "invalid-cursor": ProblemType(
        400,
        "Invalid cursor",
        "The cursor was not made by this instance, or for another address, filter or order.",
        "Start again without it, and follow `next` without changing the rest of the address.",
    ),
    "bad-request": ProblemType(
        400,
        "Bad request",
        "The request itself is malformed: its host, its headers or its encoding.",
        "Send it with a client that follows HTTP, to a name that this instance answers to.",
    ),
    "not-found": ProblemType(
        404,
        "Not found",
        "Nothing is published at this address, or was at the time asked about.",
        "Look in the lists for what there is. Ids are never given to another record.",
    ),
    "method-not-allowed": ProblemType(
        405,
        "Method not allowed",
        "The API is for reading alone.",
        "Use GET, HEAD or OPTIONS.",
    ),
    "not-acceptable": ProblemType(
        406,
        "Not acceptable",
        "The answer does not come in the format that was asked for.",
        "Ask for one of the formats that the documentation names for this endpoint.",
    ),
    "gone": ProblemType(
        410,
        "Withdrawn",
        "The record was taken back after it had been published.",
        "`reason` says why. Its history is kept under `revisions/`.",
    ),
    "taken-down": ProblemType(
        451,
        "Taken down",
        "The record was taken down for a legal reason, every revision of it.",
        "`reason` says why and `taken_down_at` since when. Delete your copies of it too.",
    ),
    "precondition-failed": ProblemType(
        412,
        "Precondition failed",
        "The request set a condition (If-Match, If-Unmodified-Since) that does not hold.",
        "Leave the condition out; to save a transfer, use If-None-Match.",
    ),
    "too-large": ProblemType(
        413,
        "Too large",
        "The body of the request is larger than anything that is taken here.",
        "The API is for reading alone and takes no body; the admin takes files of 20 MB at most.",
    ),
    "rate-limited": ProblemType(
        429,
        "Too many requests",
        "This instance limits how often one address may ask.",
        "Wait for the seconds in `Retry-After`. Ask for larger pages or for a whole export, and "
        "send back the ETag that you have.",
    ),
    "internal-error": ProblemType(
        500,
        "Internal error",
        "The fault is ours, and it has been logged.",
        "Try again; if it stays, report it with the `request_id`.",
    ),
    "unavailable": ProblemType(
        503,
        "Unavailable",
        "The database does not answer at the moment.",
        "Ask again after the seconds that `Retry-After` names.",
    ),
}
PROBLEM_TYPE_BY_STATUS = {
    kind.status: name for name, kind in PROBLEM_TYPES.items() if kind.status != 400
}


class ApiProblem(exceptions.APIException):
    """Something that the caller can mend, and how."""

    def __init__(self, kind: str, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.kind, self.members = kind, members
        self.status_code = PROBLEM_TYPES[kind].status


def build_problem_document(kind: str, detail: str, request: Any, **members: Any) -> dict[str, Any]:
    return {
        "type": f"/api/problems/{kind}/",
        "title": PROBLEM_TYPES[kind].title,
        "status": PROBLEM_TYPES[kind].status,
        "detail": detail,
        "instance": request.get_full_path(),
        "request_id": getattr(request, "id", ""),
        **members,
    }


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error becomes a problem document."""
    request = context["request"]
    if getattr(error, "status_code", 0) == 304:
        return Response(status=304)
    found = problem_from_exception(error)
    document = build_problem_document(found.kind, str(found.detail), request, **found.members)
    headers = {}
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if found.kind == "unavailable":
        headers |= {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"}
    return Response(document, found.status_code, headers=headers, content_type=PROBLEM_MEDIA_TYPE)


def problem_from_exception(error: Exception) -> ApiProblem:
    if isinstance(error, ApiProblem):
        return error
    if isinstance(error, Http404):
        return ApiProblem("not-found", str(error) or "There is nothing at this address.")
    if isinstance(error, exceptions.APIException) and error.status_code in PROBLEM_TYPE_BY_STATUS:
        return ApiProblem(PROBLEM_TYPE_BY_STATUS[error.status_code], str(error.detail))
    if found := problem_from_database_error(error):
        return found
    logger.exception("unexpected error", exc_info=error)
    return ApiProblem("internal-error", INTERNAL_ERROR_DETAIL)


def problem_from_database_error(error: Exception) -> ApiProblem | None:
    """What it means to the caller that the database failed, or refused."""
    said = str(error).strip()
    if isinstance(error, DataError | IntegrityError):
        alert_logger.critical("only the database refused a value: %s", said, exc_info=error)
        return ApiProblem("bad-request", "A value in it is one that the database cannot take.")
    why = DATABASE_ERROR_DETAILS.get(type(error.__cause__))
    if not why and not isinstance(error, OperationalError | InterfaceError):
        return None
    logger.error("the database %s: %s", "refuses" if why else "does not answer", said)
    return ApiProblem("unavailable", why or DATABASE_DOWN_DETAIL)


def problem_response(request: HttpRequest, kind: str, detail: str) -> HttpResponse:
    """A problem document from outside DRF: an address that no view answers."""
    return HttpResponse(
        encode_json(build_problem_document(kind, detail, request)),
        status=PROBLEM_TYPES[kind].status,
        content_type=PROBLEM_MEDIA_TYPE,
    )
