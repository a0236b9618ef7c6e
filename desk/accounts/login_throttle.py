"""Signing in: tries that fail make the next ones wait. Nobody is locked out, and nobody hurries.

Every try is counted in the database before its password is looked at, so that tries at one moment
and in several processes share one count; a try that succeeds forgets those on its account.
"""

import ipaddress
import math
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from desk.models import LoginAttempt

MAX_LOGIN_WAIT_SECONDS = 900  # seconds that a try may have to wait
LOGIN_FAILURE_LIFETIME = timedelta(hours=1)  # after the last failure all are forgotten
COUNT_LOGIN_ATTEMPT_SQL = """
INSERT INTO desk_loginattempt AS k (who, failures, at, until)
VALUES (%(who)s, 1, clock_timestamp(), clock_timestamp())
ON CONFLICT (who) DO UPDATE SET
    at = clock_timestamp(),
    failures = CASE WHEN k.at < clock_timestamp() - %(memory)s THEN 1 ELSE k.failures + 1 END,
    until = clock_timestamp() + CASE
        WHEN k.at < clock_timestamp() - %(memory)s OR k.failures < %(free)s THEN interval '0'
        ELSE least(2 ^ least(k.failures - %(free)s, 20), %(longest)s) * interval '1 second' END
WHERE k.until <= clock_timestamp()
RETURNING failures
"""


class LoginLimit(NamedTuple):
    """Whom it counts, and how many tries cost no waiting."""

    who: str
    free: int

    def allow(self) -> bool:
        """Whether a try may be made now; it is counted as failed until it succeeds."""
        asked = {
            **self._asdict(),
            "memory": LOGIN_FAILURE_LIFETIME,
            "longest": MAX_LOGIN_WAIT_SECONDS,
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT_LOGIN_ATTEMPT_SQL, asked)
            return cursor.fetchone() is not None


def login_limits(request: HttpRequest, name: str) -> list[LoginLimit]:
    """One account from one address, then all accounts from it: strangers elsewhere lock nobody."""
    address = client_network(request)
    return [
        LoginLimit(keyed_digest(f"{name.casefold()}\0{address}"), 5),
        LoginLimit(keyed_digest(address), 30),
    ]


def keyed_digest(text: str) -> str:
    return salted_hmac("policy-events.door", text, algorithm="sha256").hexdigest()


def client_network(request: HttpRequest) -> str:
    """Return the client's address, or the /64 of an IPv6 address, which one household holds.

    Return an empty string for a value that is no address. The middleware of
    config.middleware.client_address sets `request.client_address`.
    """
    client_address: str = request.client_address  # type: ignore[attr-defined]
    try:
        address = ipaddress.ip_address(client_address)
    except ValueError:
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def seconds_until_allowed(found: Iterable[LoginLimit]) -> int:
    """Seconds until these may be tried again, 1 at least."""
    rows = LoginAttempt.objects.filter(pk__in=[limit.who for limit in found])
    until = max(rows.values_list("until", flat=True), default=timezone.now())
    return max(1, math.ceil((until - timezone.now()).total_seconds()))
