"""Answers that are kept in memory, for as long as the dataset is what it was.

They are given in front of Django: of its work only that stands here which differs between two
requests that ask the same.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, NamedTuple

from django import db
from django.conf import settings

from api.http.conditional import CONDITIONS, STAMP, Stamp
from api.http.throttling import PREFIX, Limit, announced, client_of
from config.middleware import request_id
from config.middleware.database_errors import READERS
from config.postgres import timeouts

LARGEST = 2**20  # bytes of one answer
LONGEST = 2000  # characters of what is asked
CHOSEN_BY = (
    *("wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "HTTP_HOST", "SERVER_PORT", "SCRIPT_NAME"),
    *("PATH_INFO", "QUERY_STRING", "CONTENT_LENGTH"),
    *("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_ORIGIN", *sorted(CONDITIONS)),
)
KEPT = (200, 304)
Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Question = tuple[str | None, ...]


class Kept(NamedTuple):
    """An answer, and the state of the database that was read before it was made."""

    stamp: Stamp
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Memory:
    """What was asked for last, so much of it that its bytes find room."""

    def __init__(self, room: int) -> None:
        """`room`: bytes of questions and answers."""
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
            self.held += size(question, kept)
            while self.held > self.room:
                self.forget(next(iter(self.answers)))

    def forget(self, question: Question) -> None:
        if gone := self.answers.pop(question, None):
            self.held -= size(question, gone)


def size(question: Question, kept: Kept) -> int:
    said = sum(len(name) + len(value) for name, value in kept.headers)
    return len(kept.body) + said + sum(len(part or "") for part in question)


class Remembering:
    """A WSGI application. An answer is given again only if the database, asked anew, still stands
    where it stood before that answer was made: nobody is told less than the database had when they
    asked. All else is Django's."""

    def __init__(self, django: Application, room: int) -> None:
        self.django, self.memory = django, Memory(room)
        self.limit = Limit.read(settings.RATE_LIMIT)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        question = question_of(environ)
        if question is None:
            return self.django(environ, start)
        kept = self.memory.recall(question)
        if kept and state(environ) == kept.stamp and (more := self.counted(environ)) is not None:
            start(kept.status, [*kept.headers, *more, named(environ)])
            return [kept.body]
        response = self.django(environ, start)
        if answer := worth_keeping(response):
            self.memory.keep(question, answer)
        return response

    def counted(self, environ: Environ) -> list[tuple[str, str]] | None:
        """What tells a client of the limit. None beyond it: Django refuses."""
        if self.limit is None:
            return []
        remain, seconds = self.limit.count(client_of(environ))
        return list(announced(self.limit, remain, seconds).items()) if remain >= 0 else None


def remembering(django: Application) -> Application:
    """A memory of so many MB as settings say, where they say any."""
    return Remembering(django, settings.MEMORY * 2**20) if settings.MEMORY else django


def question_of(environ: Environ) -> Question | None:
    """All that an answer depends on besides the database; None where none is kept."""
    if environ["REQUEST_METHOD"] != "GET" or not environ["PATH_INFO"].startswith(PREFIX):
        return None
    found = tuple(map(environ.get, CHOSEN_BY))
    return found if sum(len(part) for part in found if part) <= LONGEST else None


def state(environ: Environ) -> Stamp | None:
    """Where the database stands, as a request asks it; left for the view, should it be needed.
    None where that cannot be told: the view says why, and does not wait for it a second time."""
    token = timeouts.current.set(READERS)
    db.close_old_connections()
    try:
        environ[STAMP] = Stamp.read()
    except db.Error as error:
        environ[STAMP] = error
        return None
    finally:
        db.close_old_connections()
        timeouts.current.reset(token)
    return environ[STAMP]  # type: ignore[no-any-return]


def named(environ: Environ) -> tuple[str, str]:
    return request_id.HEADER, request_id.name_of(environ)


PASSING = {request_id.HEADER.lower(), *(name.lower() for name in announced(Limit(0, 1), 0, 0))}


def worth_keeping(response: Any) -> Kept | None:
    """Whole answers of a settled second: within it the same state can get another header."""
    stamp: Stamp | None = getattr(response, "stamp", None)
    if response.status_code not in KEPT or response.streaming or not stamp:
        return None
    body = response.content
    if not stamp.last_modified or len(body) > LARGEST:
        return None
    headers = [(k, v) for k, v in response.items() if k.lower() not in PASSING]
    return Kept(stamp, f"{response.status_code} {response.reason_phrase}", headers, body)
