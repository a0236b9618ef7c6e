"""Errors as RFC 9457 problem documents, for everything under /api/."""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import orjson
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg import errors
from rest_framework import exceptions
from rest_framework.response import Response

from api.http.renderers import encode_json
from policy.models import Revision
from policy.search.current import CurrentRevision

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

PROBLEM_MEDIA_TYPE = "application/problem+json"
logger = logging.getLogger("policy_events.api")
# Each message on it reports a fault in the software that has to be fixed.
alert_logger = logging.getLogger("policy_events.alert")

INTERNAL_ERROR_DETAIL = "An internal error occurred. It has been logged."
NOT_FOUND_DETAIL = "There is nothing at this URL."
RETRY_AFTER_SECONDS = 5  # sent with every 503
DATABASE_DOWN_DETAIL = "The database is unavailable. Please retry shortly."
NOT_MIGRATED_DETAIL = (
    "The database does not have the tables of this version. The operator of this site has to run "
    "manage.py migrate."
)
DATABASE_ERROR_DETAILS: dict[type[BaseException] | type[None], str] = {
    errors.QueryCanceled: "The request took too long. Request less data, or try again later.",
    errors.LockNotAvailable: "Another user is changing the same data. Please try again.",
    errors.ReadOnlySqlTransaction: "The database accepts no changes now. Try again later.",
    errors.DiskFull: "The database is out of disk space. Try again later.",
    errors.UndefinedTable: NOT_MIGRATED_DETAIL,
    errors.UndefinedColumn: NOT_MIGRATED_DETAIL,
}


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem. Its texts are shown on the page /api/problems/<kind>/."""

    status: int
    title: str
    cause: str
    remedy: str


PROBLEM_TYPES = {
    "unknown-parameter": ProblemType(
        400,
        "Unknown parameter",
        "The URL has a parameter that this endpoint does not support.",
        "Correct or remove it. `errors` suggests the nearest name and lists all allowed names.",
    ),
    "invalid-value": ProblemType(
        400,
        "Invalid value",
        "A parameter is empty, repeated, malformed or out of range, or its value does not exist.",
        "Correct the parameters listed in `errors`. Each entry says what is allowed.",
    ),
    "invalid-cursor": ProblemType(
        400,
        "Invalid cursor",
        "The cursor is not from this instance, or belongs to another path, filter or ordering.",
        "Start again without a cursor. Follow the `next` links without changing them.",
    ),
    "bad-request": ProblemType(
        400,
        "Bad request",
        "The request is malformed: its host, its headers or its encoding.",
        "Use a standard HTTP client, and a host name that this instance serves.",
    ),
    "not-found": ProblemType(
        404,
        "Not found",
        "Nothing is published at this URL, or nothing was at the time given by `as_of`.",
        "Look up the id in the lists. An id is never reused for another record.",
    ),
    "method-not-allowed": ProblemType(
        405,
        "Method not allowed",
        "The API is read-only.",
        "Use GET, HEAD or OPTIONS.",
    ),
    "not-acceptable": ProblemType(
        406,
        "Not acceptable",
        "The response is not available in the requested format.",
        "Request a format that the documentation lists for this endpoint.",
    ),
    "version-not-held": ProblemType(
        410,
        "Version not held",
        "The request names a version of the dataset that the history of this instance does not "
        "have: in a cursor, in `after`, in `version` or in Min-Dataset-Version. The instance was "
        "probably restored from a backup, which lost the latest versions.",
        "`version` is the version that it has now. Start a list again without a cursor. If you "
        "keep a copy of the dataset, see “After a restore” in the guide of the API.",
    ),
    "gone": ProblemType(
        410,
        "Withdrawn",
        "The record was withdrawn after publication.",
        "See `reason`. Its history is still available under `revisions/`.",
    ),
    "taken-down": ProblemType(
        451,
        "Taken down",
        "The record and all its revisions were taken down for a legal reason.",
        "See `reason` and `taken_down_at`. Delete your copies of the record too.",
    ),
    "precondition-failed": ProblemType(
        412,
        "Precondition failed",
        "A condition of the request (If-Match, If-Unmodified-Since) is not met.",
        "Remove the condition. To avoid downloading unchanged data, use If-None-Match.",
    ),
    "too-large": ProblemType(
        413,
        "Too large",
        "The request body is larger than this server accepts.",
        "The API is read-only and accepts no body. The admin accepts files of up to 20 MB.",
    ),
    "rate-limited": ProblemType(
        429,
        "Too many requests",
        "This instance limits the number of requests from one IP address.",
        "Wait for the number of seconds in `Retry-After`. To send fewer requests, use larger "
        "pages or an export, and send the ETag that you have in If-None-Match.",
    ),
    "internal-error": ProblemType(
        500,
        "Internal error",
        "An error occurred in the software or on the server. It has been logged.",
        "Try again. If the error persists, report it with the `request_id`.",
    ),
    "too-many-exports": ProblemType(
        503,
        "Too many exports",
        "This server process sends as many CSV and NDJSON files as it may send at once.",
        "Try again after the number of seconds in `Retry-After`. Pages of JSON are available.",
    ),
    "unavailable": ProblemType(
        503,
        "Unavailable",
        "The database is unavailable at the moment, or the site is being installed or upgraded.",
        "Try again after the number of seconds in `Retry-After`.",
    ),
}
PROBLEM_TYPE_BY_STATUS = {
    kind.status: name for name, kind in PROBLEM_TYPES.items() if kind.status != 400
}


class ApiProblem(exceptions.APIException):
    """An error that is answered with a problem document.

    `kind` is a key of PROBLEM_TYPES. `detail` says what is wrong and what to do. `members` are
    further members of the document.
    """

    def __init__(self, kind: str, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.kind, self.members = kind, members
        self.status_code = PROBLEM_TYPES[kind].status


class ExceptionContext(TypedDict):
    """What Django REST framework passes to its exception handler, as far as it is used here."""

    view: "APIView"
    request: "Request"


def build_problem_document(
    kind: str, detail: str, request: HttpRequest, **members: object
) -> dict[str, object]:
    """Return a problem document as JSON values."""
    return {
        "type": f"/api/problems/{kind}/",
        "title": PROBLEM_TYPES[kind].title,
        "status": PROBLEM_TYPES[kind].status,
        "detail": detail,
        "instance": request.get_full_path(),
        "request_id": getattr(request, "id", ""),
        **members,
    }


def exception_handler(error: Exception, context: ExceptionContext) -> Response:
    """Answer any error with a problem document. Django REST framework calls this for every error
    of a view; a "304 Not Modified" has no body."""
    request = context["request"]
    if getattr(error, "status_code", 0) == 304:
        return Response(status=304)
    problem = problem_from_exception(error)
    document = build_problem_document(problem.kind, str(problem.detail), request, **problem.members)
    headers = {}
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    if problem.status_code == 503:
        headers |= {"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"}
    response = Response(
        document, problem.status_code, headers=headers, content_type=PROBLEM_MEDIA_TYPE
    )
    # One line for each refused export would let anybody fill the log.
    response._has_been_logged = problem.kind == "too-many-exports"  # type: ignore[attr-defined]
    return response


def problem_from_exception(error: Exception) -> ApiProblem:
    """Return the problem that an error is answered with. An unexpected error is logged and
    becomes "internal-error"."""
    if isinstance(error, ApiProblem):
        return error
    if isinstance(error, Http404):
        return ApiProblem("not-found", str(error) or NOT_FOUND_DETAIL)
    if isinstance(error, exceptions.APIException) and error.status_code in PROBLEM_TYPE_BY_STATUS:
        return ApiProblem(PROBLEM_TYPE_BY_STATUS[error.status_code], str(error.detail))
    if problem := problem_from_database_error(error):
        return problem
    logger.exception("unexpected error", exc_info=error)
    return ApiProblem("internal-error", INTERNAL_ERROR_DETAIL)


def problem_from_database_error(error: Exception) -> ApiProblem | None:
    """Return the problem that an error of the database is answered with, and log it; None if
    the error is not one of the database."""
    message = str(error).strip()
    if isinstance(error, DataError | IntegrityError):
        alert_logger.critical("only the database refused a value: %s", message, exc_info=error)
        return ApiProblem("bad-request", "The request has a value that the database cannot store.")
    detail = DATABASE_ERROR_DETAILS.get(type(error.__cause__))
    if not detail and not isinstance(error, OperationalError | InterfaceError):
        return None
    logger.error("the database %s: %s", "refuses" if detail else "does not answer", message)
    return ApiProblem("unavailable", detail or DATABASE_DOWN_DETAIL)


def gone_or_taken_down(revision: Revision | CurrentRevision) -> ApiProblem:
    """Return the problem, 410 or 451, for a record whose current revision is a withdrawal or a
    takedown."""
    if revision.event != "takedown":
        return ApiProblem("gone", f"Withdrawn: {revision.reason}", reason=revision.reason)
    taken_down_at = str(orjson.loads(revision.document)["taken_down_at"])
    return ApiProblem(
        "taken-down",
        f"Taken down on {taken_down_at[:10]}: {revision.reason}",
        reason=revision.reason,
        taken_down_at=taken_down_at,
    )


def problem_response(request: HttpRequest, kind: str, detail: str) -> HttpResponse:
    """Return a problem document for a request that no API view handles."""
    return HttpResponse(
        encode_json(build_problem_document(kind, detail, request)),
        status=PROBLEM_TYPES[kind].status,
        content_type=PROBLEM_MEDIA_TYPE,
    )
