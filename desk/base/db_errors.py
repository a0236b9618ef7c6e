"""What only the database can refuse: two who act at once, texts beyond its limits, a full disk."""

import logging

from django.db import DatabaseError, DataError, IntegrityError
from psycopg.errors import (
    DeadlockDetected,
    DiskFull,
    LockNotAvailable,
    ProgramLimitExceeded,
    ReadOnlySqlTransaction,
)

alert_logger = logging.getLogger(
    "policy_events.alert"
)  # whatever it says is a fault of ours to mend

DATABASE_ERROR_MESSAGES = {
    DeadlockDetected: "Somebody saved the same rows at this moment. Try again.",
    LockNotAvailable: "Somebody else is saving or publishing at this moment. Try again.",
    ReadOnlySqlTransaction: "The database takes no changes at the moment; it can be read.",
    DiskFull: "The database has no room left. Tell whoever runs it.",
}


def user_message(error: DatabaseError) -> str:
    """A line for people. Raises the error again when it is none of these."""
    cause = error.__cause__
    if type(cause) in DATABASE_ERROR_MESSAGES:
        return DATABASE_ERROR_MESSAGES[type(cause)]
    if isinstance(error, DataError):  # a form should have refused the value
        alert_logger.critical("only the database refused a value: %s", error, exc_info=error)
    if isinstance(error, DataError | IntegrityError) or isinstance(cause, ProgramLimitExceeded):
        return str(error).partition("\n")[0]
    raise error
