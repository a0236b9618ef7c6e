"""Run what a posted form asks for, and turn errors into refusals that the page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from django import forms
from django.db import DatabaseError
from django.http import HttpRequest, QueryDict

from desk.base.db_errors import user_message
from desk.review.forms import MAX_COMMENT_FIELD_LENGTH
from policy.publishing.approval import PublishingConflict, PublishingError

Result = TypeVar("Result")
ValidForm = TypeVar("ValidForm", bound=forms.Form)
COMMENT_PREFIX = "say:"  # begins the names of comment fields; the key of the field follows


@dataclass(frozen=True)
class Attempt(Generic[Result]):
    """What a posted form did, or why it was refused. Neither is set if no form was posted."""

    result: Result | None = None
    refusal: PublishingError | None = None

    @property
    def status_code(self) -> int:
        if self.refusal is None:
            return 200
        return 409 if isinstance(self.refusal, PublishingConflict) else 400


def post_data(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def run_if_posted(request: HttpRequest, act: Callable[[], Result]) -> Attempt[Result]:
    """Run an act if the form was posted. Errors of publishing and of the database are refusals."""
    if request.method != "POST":
        return Attempt()
    try:
        return Attempt(act())
    except PublishingError as error:
        return Attempt(refusal=error)
    except DatabaseError as error:
        return Attempt(refusal=PublishingConflict(user_message(error)))


def posted_comments(request: HttpRequest) -> list[tuple[str, str]]:
    """Return (key, text) of every comment field. The key is empty for the whole record."""
    return [
        (name.removeprefix(COMMENT_PREFIX), text.replace("\r\n", "\n").replace("\0", ""))
        for name, text in request.POST.dict().items()
        if name.startswith(COMMENT_PREFIX)
        and len(name) - len(COMMENT_PREFIX) <= MAX_COMMENT_FIELD_LENGTH
        and "\0" not in name
    ]


def validated(form: ValidForm) -> ValidForm:
    """Return a form if it is valid. Raise PublishingError with its messages if it is not."""
    if form.is_valid():
        return form
    raise PublishingError(
        *(
            f"{form[name].label}: {message}" if name in form.fields else str(message)
            for name, errors in form.errors.items()
            for message in errors
        )
    )
