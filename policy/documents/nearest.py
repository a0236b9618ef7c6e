"""Suggestions for misspelt names."""

import difflib
from collections.abc import Iterable


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a suggestion to append to an error message, or an empty text."""
    matches = difflib.get_close_matches(word, [str(choice) for choice in choices], n=1)
    return f" Did you mean {matches[0]}?" if matches else ""
