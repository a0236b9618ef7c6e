"""Two questions of whoever runs the service: does the process live, and can it serve?"""

import logging

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.postgres.grants import find_excess_privileges

logger = logging.getLogger("policy_events.health")
last_fault = ""  # what was wrong at the last probe
EXCESS_PRIVILEGES_FAULT = (
    "the database role may do more than read what is public: give this process the reading role"
)


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing of the database."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers, has every migration and trusts us no more than needed; else 503."""
    fault = find_readiness_fault()
    log_readiness_change(fault)
    response = JsonResponse({"status": fault or "ok"}, status=503 if fault else 200)
    response._has_been_logged = True  # type: ignore[attr-defined]  # a probe asks again and again
    return response


def log_readiness_change(fault: str) -> None:
    """Say it once for each change, not at every probe."""
    global last_fault
    if fault != last_fault:
        logger.warning("not ready: %s" if fault else "ready again%s", fault)
    last_fault = fault


def find_readiness_fault() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        trusted = [] if settings.DESK else find_excess_privileges(connection)
    except DatabaseError:
        return "the database does not answer"
    if waiting:
        return f"{len(waiting)} migrations are not applied: run manage.py migrate"
    return EXCESS_PRIVILEGES_FAULT if trusted else ""
