"""Temporary storage of documents on disk, so that memory does not grow with a dataset."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import Self

from policy.documents.types import Document


class SpoolError(Exception):
    """The temporary file cannot be written or read. The message says why."""


class Spool:
    """An unnamed temporary file of documents. It is deleted when the context ends."""

    def __enter__(self) -> Self:
        with raise_spool_error():
            self.file = TemporaryFile()
        return self

    def __exit__(self, *error: object) -> None:
        with raise_spool_error():
            self.file.close()

    def put(self, value: Document) -> int:
        """Store a document and return its offset. Do not call it after `get`."""
        with raise_spool_error():
            offset = self.file.tell()
            pickle.dump(value, self.file, pickle.HIGHEST_PROTOCOL)
            return offset

    def get(self, offset: int) -> Document:
        with raise_spool_error():
            self.file.seek(offset)
            value: Document = pickle.load(self.file)  # noqa: S301
            return value


@contextmanager
def raise_spool_error() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SpoolError(error.strerror) from error
