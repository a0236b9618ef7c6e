"""The limit on the number of exports that a process sends at once, if clients read slowly."""

import weakref
from threading import Lock

from django.conf import settings
from django.http import StreamingHttpResponse

from api.http.problems import ApiProblem


class ExportLimit:
    """Counts the exports that this process sends. Thread-safe."""

    def __init__(self) -> None:
        self.lock, self.count = Lock(), 0

    def acquire(self) -> None:
        """Count one more export. Raise ApiProblem if there are `settings.MAX_EXPORTS` already."""
        with self.lock:
            if self.count >= settings.MAX_EXPORTS:
                detail = (
                    f"This server process sends {settings.MAX_EXPORTS} CSV or NDJSON files at "
                    "once, and no more. Try again when one of them is finished."
                )
                raise ApiProblem("too-many-exports", detail)
            self.count += 1

    def release(self) -> None:
        with self.lock:
            self.count -= 1


running_exports = ExportLimit()


class ExportSlot:
    """One of the exports that may run at once, until it is closed or deleted.

    Each export occupies a thread of the server, because a WSGI server waits for the client before
    it asks for the next rows. Pages need the other threads.
    """

    def __init__(self) -> None:
        """Raise ApiProblem if no slot is free."""
        running_exports.acquire()
        self.finalizer = weakref.finalize(self, running_exports.release)

    def close(self) -> None:
        """Give the slot back. A second call does nothing."""
        self.finalizer()

    def close_after(self, response: object) -> None:
        """Give the slot back when a response has been sent; at once if it is not a stream."""
        if isinstance(response, StreamingHttpResponse):
            response._resource_closers.append(self.close)  # type: ignore[attr-defined]
        else:
            self.close()
