"""Values that wait on disk for their turn: memory need not grow with a dataset."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Any, Self


class ShelfError(Exception):
    """The disk does not take it, and why."""


class Shelf:
    """A file without a name, gone when it is closed. Nobody else writes into it."""

    def __enter__(self) -> Self:
        with explained():
            self.file = TemporaryFile()
        return self

    def __exit__(self, *error: object) -> None:
        with explained():
            self.file.close()

    def put(self, value: Any) -> int:
        """Where to get it again. Nothing is put once something was got."""
        with explained():
            place = self.file.tell()
            pickle.dump(value, self.file, pickle.HIGHEST_PROTOCOL)
            return place

    def get(self, place: int) -> Any:
        with explained():
            self.file.seek(place)
            return pickle.load(self.file)  # noqa: S301


@contextmanager
def explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ShelfError(error.strerror) from error
