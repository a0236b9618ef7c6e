"""Answers that are kept in memory, for as long as the dataset is what it was."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response

from api.limits import PREFIX
from api.validators import CONDITIONS, Stamp

LARGEST = 2**20  # bytes of one answer
LONGEST = 2000  # characters of what is asked
CHOSEN_BY = ("HTTP_HOST", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING")
FOR_THE_VIEWS = CONDITIONS - {"HTTP_IF_NONE_MATCH"}
Answer = Callable[[HttpRequest], HttpResponseBase]
Question = tuple[str | None, ...]


class Kept(NamedTuple):
    """An answer, and the state of the database that was read before it was made."""

    stamp: Stamp
    body: bytes
    headers: dict[str, str]

    def again(self, request: HttpRequest) -> HttpResponseBase:
        """The same answer, or 304 for a client that has it."""
        response = HttpResponse(self.body, headers=self.headers)
        found: HttpResponseBase = get_conditional_response(
            request, self.headers["ETag"], None, response
        )
        return found


class Memory:
    """What was asked for last, so much of it that its bytes find room."""

    def __init__(self, room: int) -> None:
        """`room`: bytes of answers."""
        self.room, self.held, self.lock = room, 0, Lock()
        self.answers: OrderedDict[Question, Kept] = OrderedDict()

    def recall(self, question: Question) -> Kept | None:
        with self.lock:
            if found := self.answers.get(question):
                self.answers.move_to_end(question)
            return found

    def keep(self, question: Question, kept: Kept) -> None:
        with self.lock:
            self.forget(question)
            self.answers[question] = kept
            self.held += len(kept.body)
            while self.held > self.room:
                self.forget(next(iter(self.answers)))

    def forget(self, question: Question) -> None:
        if gone := self.answers.pop(question, None):
            self.held -= len(gone.body)


class Remembered:
    """Middleware. An answer is given again only if the database, asked anew, still stands where it
    stood before that answer was made: nobody is told less than the database had when they asked."""

    def __init__(self, get_response: Answer) -> None:
        if not settings.MEMORY:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.memory = Memory(settings.MEMORY * 2**20)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        question = question_of(request)
        if question is None:
            return self.get_response(request)
        if kept := self.memory.recall(question):
            request.stamp = Stamp.read()  # type: ignore[attr-defined]
            if request.stamp == kept.stamp:  # type: ignore[attr-defined]
                return kept.again(request)
        response = self.get_response(request)
        if answer := worth_keeping(response):
            self.memory.keep(question, answer)
        return response


def question_of(request: HttpRequest) -> Question | None:
    """All that an answer depends on besides the database; None: the views have to decide."""
    meta = request.META
    if request.method != "GET" or not request.path.startswith(PREFIX):
        return None
    if not FOR_THE_VIEWS.isdisjoint(meta):
        return None
    found = (request.scheme, *(meta.get(name) for name in CHOSEN_BY))
    return found if sum(len(part or "") for part in found) <= LONGEST else None


def worth_keeping(response: HttpResponseBase) -> Kept | None:
    """Whole answers of a settled second: within it the same state can get another header."""
    stamp: Stamp | None = getattr(response, "stamp", None)
    if response.status_code != 200 or response.streaming or not stamp or not stamp.last_modified:
        return None
    body = response.content  # type: ignore[attr-defined]
    return Kept(stamp, body, dict(response.items())) if len(body) <= LARGEST else None
