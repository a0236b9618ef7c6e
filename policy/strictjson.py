"""JSON that a database can hold: no NaN, no double keys, no NUL, no great depth."""

import json
import re
from typing import Any, NoReturn

DEPTH = 32
BIGGEST = 2**53  # the largest integer that every JSON reader keeps exactly
UNPAIRED = re.compile("[\ud800-\udfff\0]")


class BadJSON(ValueError):
    """The message says what is wrong and where."""


def read(data: bytes) -> Any:
    """The value that the bytes spell. Raises BadJSON."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJSON(f"not UTF-8 at byte {error.start}: save the file as UTF-8.") from None
    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        raise BadJSON(
            f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except RecursionError:
        raise BadJSON(f"nested deeper than {DEPTH} levels.") from None
    except ValueError as error:
        raise BadJSON(str(error)) from None
    check(value)
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadJSON(f"the key {key!r} stands twice in one object.")
        found[key] = value
    return found


def refuse_constant(word: str) -> NoReturn:
    raise BadJSON(f"{word} is not a JSON number.")


def check(value: Any, depth: int = 0) -> None:
    """Refuse what parses and still cannot be kept."""
    if depth > DEPTH:
        raise BadJSON(f"nested deeper than {DEPTH} levels.")
    if isinstance(value, dict):
        for key, item in value.items():
            check_scalar(key)
            check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check(item, depth + 1)
    else:
        check_scalar(value)


def check_scalar(value: Any) -> None:
    if isinstance(value, str) and UNPAIRED.search(value):
        raise BadJSON("a string holds NUL or half of a surrogate pair.")
    if isinstance(value, int) and abs(value) > BIGGEST:
        raise BadJSON(f"the integer {str(value)[:20]}… is too large to be exact.")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise BadJSON("a number is too large.")
