"""Parts of documents: `fields` names what to serve, `omit` what to leave out."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import orjson
from django.http import QueryDict
from rest_framework.serializers import Serializer

from api.query import parameters
from policy.documents.schema import SHAPES

PARAMETERS = ("fields", "omit")
Tree = dict[str, Any]  # field to the fields in it that are meant; none: the field as a whole
Cut = Callable[[str], str]


def whole(document: str) -> str:
    """The stored text as it is, never parsed."""
    return document


def cut(query: QueryDict, kind: str) -> Cut:
    """What turns a stored document into what was asked for."""
    given = [name for name in PARAMETERS if name in query]
    if len(given) > 1:
        reason = "Give fields or omit, not both."
        raise parameters.invalid([parameters.error(name, reason) for name in given])
    if not given:
        return whole
    tree = nested(parameters.names(query, given[0], known(kind)))
    take = only if given == ["fields"] else without
    return lambda document: orjson.dumps(take(orjson.loads(document), tree)).decode()


def only(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [only(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    return {name: only(item, tree[name]) for name, item in value.items() if name in tree}


def without(value: Any, tree: Tree) -> Any:
    if isinstance(value, list):
        return [without(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    kept = {name: item for name, item in value.items() if tree.get(name) != {}}
    return {name: without(item, tree.get(name, {})) for name, item in kept.items()}


def nested(names: Iterable[str]) -> Tree:
    """Names as a tree. The whole of a field outdoes its parts, which sort after it."""
    tree: Tree = {}
    for name in sorted(names, reverse=True):
        *way, last = name.split(".")
        branch = tree
        for step in way:
            branch = branch.setdefault(step, {})
        branch[last] = {}
    return tree


@cache
def known(kind: str) -> list[str]:
    """Every name that documents of a kind have, with dots into rows and objects."""
    return list(names_in(SHAPES[kind]()))


def names_in(shape: Serializer[Any]) -> Iterator[str]:
    for name, field in shape.fields.items():
        yield name
        inner = getattr(field, "child", field)
        if isinstance(inner, Serializer):
            yield from (f"{name}.{part}" for part in names_in(inner))
