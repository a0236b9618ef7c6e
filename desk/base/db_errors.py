"""Messages for errors that only the database detects: concurrent writes, limits, a full disk."""

import logging

from django.db import DatabaseError, DataError, IntegrityError
from psycopg.errors import (
    DeadlockDetected,
    DiskFull,
    LockNotAvailable,
    ProgramLimitExceeded,
    ReadOnlySqlTransaction,
)

logger = logging.getLogger("policy_events.alert")  # its records need a fix in the code

DATABASE_ERROR_MESSAGES: dict[type[BaseException], str] = {
    DeadlockDetected: "Someone else saved the same rows at the same time. Try again.",
    LockNotAvailable: "Someone else is saving or publishing at the moment. Try again.",
    ReadOnlySqlTransaction: "The database is read-only at the moment. Try again later.",
    DiskFull: "The database has no disk space left. Tell the operator of this site.",
}


def user_message(error: DatabaseError) -> str:
    """Return one line that tells the user why the database refused a change.

    Raise the error again if it is not caused by the data, another user or a full disk.
    """
    cause = error.__cause__
    if message := DATABASE_ERROR_MESSAGES.get(type(cause)) if cause else None:
        return message
    if isinstance(error, DataError):  # a form should have refused the value
        logger.critical("only the database refused a value: %s", error, exc_info=error)
    if isinstance(error, DataError | IntegrityError) or isinstance(cause, ProgramLimitExceeded):
        return str(error).partition("\n")[0]
    raise error
