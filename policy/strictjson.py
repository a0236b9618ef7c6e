"""JSON that a database can hold: no NaN, no double keys, no NUL, no great depth."""

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
PathProblem = tuple[str, str]  # where it stands (a.b[2]; empty: not known), what is wrong


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL can store a text: it must not contain NUL or a surrogate."""
    return UNSTORABLE_CHARACTERS.search(text) is None


class BadJSON(ValueError):
    """`problems` say everything that is wrong."""

    def __init__(self, *problems: PathProblem) -> None:
        super().__init__("\n".join(": ".join(filter(None, problem)) for problem in problems))
        self.problems = problems


class DuplicateKeyDict(dict[str, Any]):
    """An object in which keys stand twice."""

    duplicate_keys: tuple[str, ...] = ()


def parse_json(data: bytes) -> Any:
    """The value that the bytes spell. Raises BadJSON."""
    try:
        return parse_canonical_json(data)
    except (ValueError, TypeError):
        pass  # it may be spelled otherwise, or say what cannot be kept
    value = parse_any_json(data)
    if problems := list(iter_storage_problems(value)):
        raise BadJSON(*problems)
    return value


def parse_canonical_json(data: bytes) -> Any:
    """A value that is spelled as we spell it, so that no key can stand twice.

    Raises ValueError or TypeError.
    """
    value = orjson.loads(data)
    if b"\\u0000" in data or orjson.dumps(value, option=CANONICAL_JSON_OPTIONS) != data:
        raise ValueError
    if type(value) in CONTAINER_TYPES and is_too_deep(value):
        raise ValueError
    return value


def is_too_deep(value: Any) -> bool:
    """Whether objects and lists stand in each other more than DEPTH times."""
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
    if data.startswith(BYTE_ORDER_MARK):
        raise BadJSON(("", "begins with a byte order mark: save the file as UTF-8 without one."))
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=dict_from_pairs)
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}: save the file as UTF-8."
    except json.JSONDecodeError as error:
        message = f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}."
    except RecursionError:
        message = f"nested deeper than {MAX_JSON_DEPTH} levels."
    except ValueError:  # Python refuses to read integers of thousands of digits
        message = "an integer is too large to be exact."
    raise BadJSON(("", message))


def dict_from_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    doubled = DuplicateKeyDict(found)
    doubled.duplicate_keys = tuple(key for key in found if keys.count(key) > 1)
    return doubled


def iter_storage_problems(value: Any, path: str = "", depth: int = 0) -> Iterator[PathProblem]:
    """Whatever parses and still cannot be kept."""
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
        yield from ((path, f"the key {key!r} stands twice.") for key in value.duplicate_keys)
    for key in value:
        if UNSTORABLE_CHARACTERS.search(key):
            yield path, f"the key {key!r} holds NUL or half of a surrogate pair."


def scalar_storage_problem(value: Any) -> str:
    if isinstance(value, str):
        return (
            "holds NUL or half of a surrogate pair." if UNSTORABLE_CHARACTERS.search(value) else ""
        )
    if isinstance(value, float):
        return "" if math.isfinite(value) else "is not a finite number."
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        return f"the integer {str(value)[:20]}… is too large to be exact."
    return ""
