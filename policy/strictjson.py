"""Parses JSON strictly: no NaN, no duplicate keys, no NUL, no inexact integers, limited depth."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

MAX_JSON_DEPTH = 32
CONTAINER_TYPES = (dict, list)
CANONICAL_JSON_OPTIONS = orjson.OPT_STRICT_INTEGER | orjson.OPT_APPEND_NEWLINE
MAX_SAFE_INTEGER = 2**53  # the largest integer that every JSON reader keeps exactly
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UNSTORABLE_CHARACTERS = re.compile("[\0\ud800-\udfff]")
PathProblem = tuple[str, str]  # path (a.b[2]; empty: not known), message


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL can store a text: it must not contain NUL or a surrogate."""
    if text.isascii():  # most texts: this is faster
        return "\0" not in text
    return UNSTORABLE_CHARACTERS.search(text) is None


class BadJSON(ValueError):
    """The data is not JSON, or not storable. `problems` has every problem."""

    def __init__(self, *problems: PathProblem) -> None:
        super().__init__("\n".join(": ".join(filter(None, problem)) for problem in problems))
        self.problems = problems


class DuplicateKeyDict(dict[str, Any]):
    """An object with duplicate keys."""

    duplicate_keys: tuple[str, ...] = ()


def parse_json(data: bytes) -> Any:
    """Return the JSON value in `data`. Raise BadJSON if it is not valid or not storable."""
    try:
        return parse_canonical_json(data)
    except (ValueError, TypeError):
        pass  # it may have another format, or a problem that the slow parser reports
    value = parse_any_json(data)
    if problems := list(iter_storage_problems(value)):
        raise BadJSON(*problems)
    return value


def parse_canonical_json(data: bytes) -> Any:
    """Return a value whose JSON is exactly as orjson writes it, so that no key is duplicate.

    This is fast. Raise ValueError or TypeError for any other data.
    """
    value = orjson.loads(data)
    if b"\\u0000" in data or orjson.dumps(value, option=CANONICAL_JSON_OPTIONS) != data:
        raise ValueError
    if type(value) in CONTAINER_TYPES and is_too_deep(value):
        raise ValueError
    return value


def is_too_deep(value: Any) -> bool:
    """Return whether objects and lists are nested more than MAX_JSON_DEPTH levels deep."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in CONTAINER_TYPES
        ]
        if not level:
            return False
    return True


def parse_any_json(data: bytes) -> Any:
    """Return the JSON value in `data`. Objects with duplicate keys are DuplicateKeyDict."""
    if data.startswith(BYTE_ORDER_MARK):
        raise BadJSON(("", "starts with a byte order mark. Save the file as UTF-8 without one."))
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=dict_from_pairs)
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}. Save the file as UTF-8."
    except json.JSONDecodeError as error:
        message = f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}."
    except RecursionError:
        message = f"nested deeper than {MAX_JSON_DEPTH} levels."
    except ValueError:  # Python refuses to read integers of thousands of digits
        message = "an integer is too large to be exact."
    raise BadJSON(("", message))


def dict_from_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    keys = [key for key, _ in pairs]
    duplicated = DuplicateKeyDict(value)
    duplicated.duplicate_keys = tuple(key for key in value if keys.count(key) > 1)
    return duplicated


def iter_storage_problems(value: object, path: str = "", depth: int = 0) -> Iterator[PathProblem]:
    """Yield every part of a parsed value that the database cannot store exactly."""
    if depth > MAX_JSON_DEPTH:
        yield path, f"nested deeper than {MAX_JSON_DEPTH} levels."
    elif isinstance(value, dict):
        yield from iter_storage_problems_of_keys(value, path)
        for key, item in value.items():
            yield from iter_storage_problems(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from iter_storage_problems(item, f"{path}[{position}]", depth + 1)
    elif message := scalar_storage_problem(value):
        yield path, message


def iter_storage_problems_of_keys(value: dict[str, Any], path: str) -> Iterator[PathProblem]:
    if isinstance(value, DuplicateKeyDict):
        yield from ((path, f"the key {key!r} is duplicated.") for key in value.duplicate_keys)
    for key in value:
        if not is_storable(key):
            yield path, f"the key {key!r} contains NUL or half of a surrogate pair."


def scalar_storage_problem(value: object) -> str:
    if isinstance(value, str):
        return "" if is_storable(value) else "contains NUL or half of a surrogate pair."
    if isinstance(value, float):
        return "" if math.isfinite(value) else "is not a finite number."
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        return f"the integer {str(value)[:20]}… is too large to be exact."
    return ""
