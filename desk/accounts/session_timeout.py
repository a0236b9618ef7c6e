"""How long somebody stays signed in: half an hour without a click, eight hours in all."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

MAX_SESSION_SECONDS = 8 * 3600
SESSION_UPDATE_INTERVAL = 60  # seconds between two notes that somebody is there
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class SessionTimeoutMiddleware:
    """Middleware, after authentication. Only the desk's pages count as clicks.

    The end is written into the session itself, so that it holds for every page that reads one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> None:
        match = request.resolver_match
        if match and "admin" in match.app_names and request.user.is_authenticated:
            extend_or_end_session(request, int(time.time()))


def extend_or_end_session(request: HttpRequest, now: int) -> None:
    session = request.session
    left = session.get("since", now) + MAX_SESSION_SECONDS - now
    if left <= 0:
        logout(request)
    elif now - session.get("seen", 0) >= SESSION_UPDATE_INTERVAL:
        session.update({"since": session.get("since", now), "seen": now})
        session.set_expiry(min(settings.SESSION_COOKIE_AGE, left))
