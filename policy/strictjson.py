"""JSON that a database can hold: no NaN, no double keys, no NUL, no great depth."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import orjson

DEPTH = 32
NESTS = (dict, list)
EXACT = orjson.OPT_STRICT_INTEGER | orjson.OPT_APPEND_NEWLINE
BIGGEST = 2**53  # the largest integer that every JSON reader keeps exactly
MARK = b"\xef\xbb\xbf"
UNKEPT = re.compile("[\0\ud800-\udfff]")
Problem = tuple[str, str]  # where it stands (a.b[2]; empty: not known), what is wrong


class BadJSON(ValueError):
    """`problems` say everything that is wrong."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(": ".join(filter(None, problem)) for problem in problems))
        self.problems = problems


class Doubled(dict[str, Any]):
    """An object in which keys stand twice."""

    again: tuple[str, ...] = ()


def read(data: bytes) -> Any:
    """The value that the bytes spell. Raises BadJSON."""
    try:
        return plainly(data)
    except (ValueError, TypeError):
        pass  # it may be spelled otherwise, or say what cannot be kept
    value = parsed(data)
    if problems := list(unkept(value)):
        raise BadJSON(*problems)
    return value


def plainly(data: bytes) -> Any:
    """A value that is spelled as we spell it, so that no key can stand twice.

    Raises ValueError or TypeError.
    """
    value = orjson.loads(data)
    if b"\\u0000" in data or orjson.dumps(value, option=EXACT) != data:
        raise ValueError
    if type(value) in NESTS and is_deep(value):
        raise ValueError
    return value


def is_deep(value: Any) -> bool:
    """Whether objects and lists stand in each other more than DEPTH times."""
    level = [value]
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if type(outer) is dict else outer)
            if type(inner) in NESTS
        ]
        if not level:
            return False
    return True


def parsed(data: bytes) -> Any:
    if data.startswith(MARK):
        raise BadJSON(("", "begins with a byte order mark: save the file as UTF-8 without one."))
    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=paired)
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}: save the file as UTF-8."
    except json.JSONDecodeError as error:
        message = f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}."
    except RecursionError:
        message = f"nested deeper than {DEPTH} levels."
    except ValueError:  # Python refuses to read integers of thousands of digits
        message = "an integer is too large to be exact."
    raise BadJSON(("", message))


def paired(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    keys = [key for key, _ in pairs]
    doubled = Doubled(found)
    doubled.again = tuple(key for key in found if keys.count(key) > 1)
    return doubled


def unkept(value: Any, path: str = "", depth: int = 0) -> Iterator[Problem]:
    """Whatever parses and still cannot be kept."""
    if depth > DEPTH:
        yield path, f"nested deeper than {DEPTH} levels."
    elif isinstance(value, dict):
        yield from unkept_keys(value, path)
        for key, item in value.items():
            yield from unkept(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from unkept(item, f"{path}[{position}]", depth + 1)
    elif message := unkept_scalar(value):
        yield path, message


def unkept_keys(value: dict[str, Any], path: str) -> Iterator[Problem]:
    if isinstance(value, Doubled):
        yield from ((path, f"the key {key!r} stands twice.") for key in value.again)
    for key in value:
        if UNKEPT.search(key):
            yield path, f"the key {key!r} holds NUL or half of a surrogate pair."


def unkept_scalar(value: Any) -> str:
    if isinstance(value, str):
        return "holds NUL or half of a surrogate pair." if UNKEPT.search(value) else ""
    if isinstance(value, float):
        return "" if math.isfinite(value) else "is not a finite number."
    if isinstance(value, int) and abs(value) > BIGGEST:
        return f"the integer {str(value)[:20]}… is too large to be exact."
    return ""
