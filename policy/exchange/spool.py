"""Values that wait on disk for their turn: memory need not grow with a dataset."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any, Self


class SpoolError(Exception):
    """The disk does not take it, and why."""


class Spool:
    """A file without a name, gone when it is closed. Nobody else writes into it."""

    def __enter__(self) -> Self:
        with raise_spool_error():
            self.file = TemporaryFile()
        return self

    def __exit__(self, *error: object) -> None:
        with raise_spool_error():
            self.file.close()

    def put(self, value: Any) -> int:
        """Where to get it again. Nothing is put once something was got."""
        with raise_spool_error():
            place = self.file.tell()
            pickle.dump(value, self.file, pickle.HIGHEST_PROTOCOL)
            return place

    def get(self, place: int) -> Any:
        with raise_spool_error():
            self.file.seek(place)
            return pickle.load(self.file)  # noqa: S301


@contextmanager
def raise_spool_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SpoolError(error.strerror) from error
