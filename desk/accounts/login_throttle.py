"""The login throttle: after some failed sign-ins, each further one has to wait twice as long.

An attempt is counted in the database before its password is checked, so that simultaneous
attempts, in one process or several, share one count. A right password takes its attempt back, and
resets the count of the account at that address. An attempt that has to wait is not counted. No
account is ever locked.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from desk.models import LoginAttempt

MAX_LOGIN_WAIT_SECONDS = 900
LOGIN_FAILURE_LIFETIME = timedelta(hours=1)  # the count restarts so long after the last failure
COUNT_LOGIN_ATTEMPT_SQL = """
INSERT INTO desk_loginattempt AS a (who, failures, at, until)
VALUES (%(who)s, 1, clock_timestamp(), clock_timestamp())
ON CONFLICT (who) DO UPDATE SET
    at = clock_timestamp(),
    failures = CASE
        WHEN a.at < clock_timestamp() - %(lifetime)s * interval '1 second' THEN 1
        ELSE a.failures + 1 END,
    until = clock_timestamp() + CASE
        WHEN a.at < clock_timestamp() - %(lifetime)s * interval '1 second'
            OR a.failures < %(free)s THEN interval '0'
        ELSE least(2 ^ least(a.failures - %(free)s, 20), %(max_wait)s) * interval '1 second' END
WHERE a.until <= clock_timestamp()
RETURNING failures
"""
# The wait that the attempt began ends, too, unless other attempts have prolonged it.
TAKE_ATTEMPT_BACK_SQL = """
UPDATE desk_loginattempt SET failures = failures - 1,
    until = CASE WHEN failures = %(counted)s THEN clock_timestamp() ELSE until END
WHERE who = %(who)s AND failures > 0
"""


@dataclass
class LoginLimit:
    """A limit on the sign-ins from one address, in all or for one account."""

    who: str  # keyed digest of the address, or of the account and the address
    free: int  # failed attempts before the first wait
    counted: int = 0  # failed attempts, with the present one

    def count(self) -> bool:
        """Count an attempt as failed. Return False if it has to wait; then it is not counted."""
        parameters: dict[str, str | float] = {
            "who": self.who,
            "free": self.free,
            "lifetime": LOGIN_FAILURE_LIFETIME.total_seconds(),
            "max_wait": MAX_LOGIN_WAIT_SECONDS,
        }
        with connection.cursor() as cursor:
            cursor.execute(COUNT_LOGIN_ATTEMPT_SQL, parameters)
            row: tuple[int] | None = cursor.fetchone()
        self.counted = row[0] if row else 0
        return row is not None

    def take_back(self) -> None:
        """Take back an attempt that was counted: its password was right."""
        with connection.cursor() as cursor:
            cursor.execute(TAKE_ATTEMPT_BACK_SQL, {"who": self.who, "counted": self.counted})


def count_attempt(limits: Sequence[LoginLimit]) -> bool:
    """Return whether an attempt may be made now: all limits allow it. Count it as failed until it
    succeeds; if it may not be made, count it nowhere."""
    with transaction.atomic():
        if all(limit.count() for limit in limits):
            return True
        transaction.set_rollback(True)
    return False


def login_limits(request: HttpRequest, name: str) -> list[LoginLimit]:
    """Return the limits of an account at the client's address, and of all accounts there.

    Attempts from other addresses do not count, so nobody can lock someone else's account.
    """
    network: str = request.client_network  # type: ignore[attr-defined]  # config.middleware
    return [
        LoginLimit(keyed_digest(f"{name.casefold()}\0{network}"), 5),
        LoginLimit(keyed_digest(network), 30),
    ]


def keyed_digest(text: str) -> str:
    return salted_hmac("policy-events.door", text, algorithm="sha256").hexdigest()


def seconds_until_allowed(limits: Iterable[LoginLimit]) -> int:
    """Return the seconds until all these limits allow an attempt: at least 1."""
    rows = LoginAttempt.objects.filter(pk__in=[limit.who for limit in limits])
    until = max(rows.values_list("until", flat=True), default=timezone.now())
    return max(1, math.ceil((until - timezone.now()).total_seconds()))
