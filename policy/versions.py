"""The names of the versions of the dataset."""

import re
from typing import NamedTuple, Self

INITIAL_SEAL = "0" * 64  # the seal before the first revision
SEAL_NAME_LENGTH = 8  # characters of a seal in the name of a version
VERSION_PATTERN = rf"(0|[1-9][0-9]{{0,17}})\.[0-9a-f]{{{SEAL_NAME_LENGTH}}}"


class Version(NamedTuple):
    """A version of the dataset: the id of its last revision, and the start of that one's seal.

    Its text is, for example, `46.73d53380`.
    """

    number: int
    seal: str

    def __str__(self) -> str:
        return f"{self.number}.{self.seal}"

    @classmethod
    def of(cls, number: int, seal: str) -> Self:
        """Return the version of a revision with this id and this full seal."""
        return cls(number, seal[:SEAL_NAME_LENGTH])

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the version with this text; None if it is not the text of a version."""
        if not re.fullmatch(VERSION_PATTERN, text, re.ASCII):
            return None
        number, _, seal = text.partition(".")
        return cls(int(number), seal)


EMPTY_VERSION = Version.of(0, INITIAL_SEAL)
