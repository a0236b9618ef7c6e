"""Health checks for operators: /livez and /readyz."""

import logging
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.postgres.grants import find_excess_privileges

logger = logging.getLogger("policy_events.health")
last_fault = ""  # the result of the last check
DATABASE_FAULT = "the database is unavailable"
EXCESS_PRIVILEGES_FAULT = (
    "the database role may do more than read public data: connect with the reading role"
)


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """Answer that the process runs. This does not use the database."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database is usable and migrated, else 503.

    A public process also answers 503 if its role may do more than read public data.
    """
    fault = find_readiness_fault()
    log_readiness_change(fault)
    response = JsonResponse({"status": fault or "ok"}, status=503 if fault else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # not every failed check
    return response


def log_readiness_change(fault: str) -> None:
    """Log a fault once, when it begins and when it ends, and not at every check."""
    global last_fault
    if fault != last_fault:
        logger.warning("not ready: %s" if fault else "ready again%s", fault)
    last_fault = fault


@cache
def load_migrations() -> frozenset[tuple[str, str]]:
    """Return the app and the name of all migrations of this software, read once."""
    return frozenset(MigrationLoader(None).graph.nodes)


def find_readiness_fault() -> str:
    """Return why this process cannot serve, or an empty string."""
    try:
        missing = len(load_migrations() - MigrationRecorder(connection).applied_migrations().keys())
        excess = [] if settings.DESK else find_excess_privileges(connection)
    except DatabaseError:
        return DATABASE_FAULT
    if missing:
        return f"{missing} migrations are not applied: run manage.py migrate"
    return EXCESS_PRIVILEGES_FAULT if excess else ""
