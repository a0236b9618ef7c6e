"""Signing in: tries that fail make the next ones wait. Nobody is locked out, and nobody hurries.

Every try is counted in the database before its password is looked at, so that tries at one moment
and in several processes share one count; a try that succeeds forgets those on its account.
"""

import ipaddress
import math
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from desk.models import Knock

LONGEST = 900  # seconds that a try may have to wait
MEMORY = timedelta(hours=1)  # after the last failure all are forgotten
COUNT = """
INSERT INTO desk_knock AS k (who, failures, at, until)
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


class Limit(NamedTuple):
    """Whom it counts, and how many tries cost no waiting."""

    who: str
    free: int

    def taken(self) -> bool:
        """Whether a try may be made now; it is counted as failed until it succeeds."""
        asked = {**self._asdict(), "memory": MEMORY, "longest": LONGEST}
        with connection.cursor() as cursor:
            cursor.execute(COUNT, asked)
            return cursor.fetchone() is not None


def limits(request: HttpRequest, name: str) -> list[Limit]:
    """One account from one address, then all accounts from it: strangers elsewhere lock nobody."""
    address = network_of(request)
    return [Limit(digest(f"{name.casefold()}\0{address}"), 5), Limit(digest(address), 30)]


def digest(text: str) -> str:
    return salted_hmac("policy-events.door", text, algorithm="sha256").hexdigest()


def network_of(request: HttpRequest) -> str:
    """The address that asks, of IPv6 its /64, which is what one household or machine holds."""
    given = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.BEHIND_PROXY and forwarded:
        given = forwarded.rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return ""
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def wait(found: Iterable[Limit]) -> int:
    """Seconds until these may be tried again, 1 at least."""
    rows = Knock.objects.filter(pk__in=[limit.who for limit in found])
    until = max(rows.values_list("until", flat=True), default=timezone.now())
    return max(1, math.ceil((until - timezone.now()).total_seconds()))


class LoginForm(AdminAuthenticationForm):
    """The admin's, which looks at a password only when its turn has come."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if not (self.request and name and self.cleaned_data.get("password")):
            return super().clean()
        found = limits(self.request, name)
        if not all(limit.taken() for limit in found):
            raise ValidationError(
                f"Too many tries. Wait {wait(found)} seconds, then try again.", code="wait"
            )
        cleaned = super().clean()
        Knock.objects.filter(pk=found[0].who).delete()
        Knock.objects.filter(at__lt=timezone.now() - MEMORY).delete()
        return cleaned
