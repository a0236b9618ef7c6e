"""Session timeouts of the admin: half an hour without a request, and eight hours in all."""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

MAX_SESSION_SECONDS = 8 * 3600
SESSION_UPDATE_INTERVAL = 60  # seconds between two writes of a session in use


class SessionTimeoutMiddleware:
    """Middleware, after authentication. Only requests to the admin keep a session alive.

    The end is stored as the expiry of the session, so it applies wherever the session is read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> None:
        match = request.resolver_match
        if match and "admin" in match.app_names and request.user.is_authenticated:
            extend_or_end_session(request, int(time.time()))


def extend_or_end_session(request: HttpRequest, now: int) -> None:
    """Move the end of a session to half an hour from `now`, in seconds since 1970, or log out."""
    session = request.session
    since: int = session.get("since", now)
    last_request: int = session.get("seen", 0)
    remaining = since + MAX_SESSION_SECONDS - now
    if remaining <= 0:
        logout(request)
    elif now - last_request >= SESSION_UPDATE_INTERVAL:
        session.update({"since": since, "seen": now})
        session.set_expiry(min(settings.SESSION_COOKIE_AGE, remaining))
