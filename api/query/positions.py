"""Positions in the history of the dataset: a time in `as_of`, or a version that a client names.

The history of an instance can change its end: after a restore from a backup, or if a standby takes
over that lacks the last revisions. So a version is accepted only with the seal that names it.
"""

from collections.abc import Mapping
from datetime import datetime, time

from django.db import OperationalError, connection, transaction
from django.http import QueryDict
from psycopg import errors

from api.http.problems import ApiProblem
from api.query import parameters
from policy.models import Revision
from policy.models.revision import PUBLISHING_LOCK_ID
from policy.models.sql import fetch_all
from policy.search.version import DatasetState, is_held, is_in_recovery
from policy.versions import Version

MIN_VERSION_HEADER = "Min-Dataset-Version"
MIN_VERSION_META_KEY = "HTTP_MIN_DATASET_VERSION"
VERSION_HINT = "Use a version as `meta.version` states it, for example 46.73d53380."
POSITION_PARAMETERS = ("as_of", "version")
MAX_LOCK_WAIT_MS = 200  # for a publication that is being written
# OFFSET 0 keeps the order: the lock first, then the clock.
CLOCK_AFTER_LOCK_SQL = """
    SELECT clock_timestamp(), pg_is_in_recovery()
    FROM (SELECT pg_advisory_xact_lock_shared(%s) OFFSET 0) locked
"""


def parse_version(text: str, name: str) -> Version:
    """Return the version that a parameter or header states. Raise ApiProblem for another text."""
    version = Version.parse(text)
    if version is None:
        raise parameters.invalid_value_problem([parameters.parameter_error(name, VERSION_HINT)])
    return version


def require_held(version: Version, known: Version) -> None:
    """Raise ApiProblem if the history of this instance does not have a version. `known` is one that
    it has, now or in the past."""
    if version == known or is_held(version):
        return
    current = Revision.objects.version()
    if version.number > current.number and is_in_recovery():
        raise ApiProblem("unavailable", f"This server does not have version {version} yet.")
    raise ApiProblem(
        "version-not-held",
        f"The history of this instance has no version {version}. Its version is {current}.",
        version=str(current),
    )


def check_min_version(headers: Mapping[str, object], current: Version) -> None:
    """Raise ApiProblem if the header Min-Dataset-Version is malformed, or names a version that
    this instance does not have. `headers` is the META of a request. `current` is the version now.
    """
    if (text := headers.get(MIN_VERSION_META_KEY)) is not None:
        require_held(parse_version(str(text), MIN_VERSION_HEADER), current)


def resolve_position(query: QueryDict, state: DatasetState) -> Version | None:
    """Return the version that `as_of` or `version` asks for; None if neither is there.

    Raise ApiProblem if the value is not valid, in the future, or not in the history.
    """
    if all(name in query for name in POSITION_PARAMETERS):
        reason = "Use either `as_of` or `version`, not both."
        raise parameters.invalid_value_problem([parameters.parameter_error("version", reason)])
    if "version" in query:
        version = parse_version(query.get("version", ""), "version")
        require_held(version, state.version)
        return version
    as_of = query.get("as_of")
    return None if as_of is None else get_version_as_of(as_of, state)


def get_version_as_of(value: str, state: DatasetState) -> Version:
    """Return the version of the dataset at the time of `as_of`.

    The same time always has the same version. A publication takes its time before it is committed,
    so a time after the last publication is answered only when no publication is being written.
    """
    instant = parameters.parse_instant(value, time.max)
    if instant is None:
        raise as_of_problem(parameters.instant_hint(value))
    if state.published_at is None or instant > state.published_at:
        now = wait_for_publications()
        if instant >= now:
            raise as_of_problem(future_hint(value, now))
    return Revision.objects.version(instant)


def wait_for_publications() -> datetime:
    """Wait until no publication is being written, and return the time of the database then.

    Raise ApiProblem if that takes too long, or if this database is a standby, which does not see
    the lock of the publications.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = {MAX_LOCK_WAIT_MS}")
            ((now, in_recovery),) = fetch_all(CLOCK_AFTER_LOCK_SQL, (PUBLISHING_LOCK_ID,))
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            detail = "Something is being published. Until then, so recent a time has no answer."
            raise ApiProblem("unavailable", detail) from None
        raise
    if in_recovery:
        raise ApiProblem("unavailable", "This server cannot answer for so recent a time yet.")
    moment: datetime = now
    return moment


def future_hint(value: str, now: datetime) -> str:
    """Return why a time is refused that is not over at `now`."""
    latest = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    if parameters.is_day(value) and value <= latest[:10]:
        return f"This day is not over in UTC. Use a time until now, for example {latest}."
    return "Use a time that is not in the future."


def as_of_problem(reason: str) -> ApiProblem:
    return parameters.invalid_value_problem([parameters.parameter_error("as_of", reason)])
