"""Two questions of whoever runs the service: does the process live, and can it serve?"""

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.privileges import excess

TOO_MUCH = (
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
    fault = unready()
    return JsonResponse({"status": fault or "ok"}, status=503 if fault else 200)


def unready() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        trusted = [] if settings.DESK else excess(connection)
    except DatabaseError:
        return "the database does not answer"
    if waiting:
        return f"{len(waiting)} migrations are not applied: run manage.py migrate"
    return TOO_MUCH if trusted else ""
