"""Values that wait on disk for their turn: memory need not grow with a dataset."""

import pickle
from tempfile import TemporaryFile
from typing import Any, Self


class Shelf:
    """A file without a name, gone when it is closed. Nobody else writes into it."""

    def __enter__(self) -> Self:
        self.file = TemporaryFile()
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def put(self, value: Any) -> int:
        """Where to get it again. Nothing is put once something was got."""
        place = self.file.tell()
        pickle.dump(value, self.file, pickle.HIGHEST_PROTOCOL)
        return place

    def get(self, place: int) -> Any:
        self.file.seek(place)
        return pickle.load(self.file)  # noqa: S301
