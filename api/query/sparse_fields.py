"""Parts of documents: `fields` names what to serve, `omit` what to leave out."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import orjson
from django.http import QueryDict
from rest_framework.serializers import Serializer

from api.query import parameters
from policy.documents.schema import DOCUMENT_SERIALIZERS

SPARSE_FIELDS_PARAMETERS = ("fields", "omit")
FieldTree = dict[str, Any]  # field to the fields in it that are meant; none: the field as a whole
DocumentTransform = Callable[[str], str]


def identity(document: str) -> str:
    """The stored text as it is, never parsed."""
    return document


def get_document_transform(query: QueryDict, kind: str) -> DocumentTransform:
    """What turns a stored document into what was asked for."""
    given = [name for name in SPARSE_FIELDS_PARAMETERS if name in query]
    if len(given) > 1:
        reason = "Give fields or omit, not both."
        raise parameters.invalid_value_problem(
            [parameters.parameter_error(name, reason) for name in given]
        )
    if not given:
        return identity
    tree = build_field_tree(parameters.parse_names(query, given[0], get_field_names(kind)))
    take = pick if given == ["fields"] else omit
    return lambda document: orjson.dumps(take(orjson.loads(document), tree)).decode()


def pick(value: Any, tree: FieldTree) -> Any:
    if isinstance(value, list):
        return [pick(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    return {name: pick(item, tree[name]) for name, item in value.items() if name in tree}


def omit(value: Any, tree: FieldTree) -> Any:
    if isinstance(value, list):
        return [omit(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    kept = {name: item for name, item in value.items() if tree.get(name) != {}}
    return {name: omit(item, tree.get(name, {})) for name, item in kept.items()}


def build_field_tree(names: Iterable[str]) -> FieldTree:
    """Names as a tree. The whole of a field outdoes its parts, which sort after it."""
    tree: FieldTree = {}
    for name in sorted(names, reverse=True):
        *way, last = name.split(".")
        branch = tree
        for step in way:
            branch = branch.setdefault(step, {})
        branch[last] = {}
    return tree


@cache
def get_field_names(kind: str) -> list[str]:
    """Every name that documents of a kind have, with dots into rows and objects."""
    return list(iter_field_names(DOCUMENT_SERIALIZERS[kind]()))


def iter_field_names(shape: Serializer[Any]) -> Iterator[str]:
    for name, field in shape.fields.items():
        yield name
        inner = getattr(field, "child", field)
        if isinstance(inner, Serializer):
            yield from (f"{name}.{part}" for part in iter_field_names(inner))
