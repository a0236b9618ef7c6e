"""What only the database can refuse: two who act at once, and texts beyond its limits."""

from django.db import DatabaseError, DataError, IntegrityError
from psycopg.errors import DeadlockDetected, ProgramLimitExceeded


def why_refused(error: DatabaseError) -> str:
    """A line for people. Raises the error again when it is none of these."""
    cause = error.__cause__
    if isinstance(cause, DeadlockDetected):
        return "Somebody saved the same rows at this moment. Try again."
    if isinstance(error, DataError | IntegrityError) or isinstance(cause, ProgramLimitExceeded):
        return str(error).partition("\n")[0]
    raise error
