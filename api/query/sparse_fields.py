"""Parts of documents: `fields` selects the fields to return, `omit` those to leave out."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache

import orjson
from django.http import QueryDict

from api.query import parameters
from policy.documents.columns import describe_field
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import Shape

SPARSE_FIELDS_PARAMETERS = ("fields", "omit")
# Field name to the tree of its selected subfields. An empty tree means the whole field.
FieldTree = dict[str, "FieldTree"]
JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | float | bool | None
DocumentTransform = Callable[[str], str]  # from JSON text to JSON text


def identity(document: str) -> str:
    """Return the document unchanged and unparsed."""
    return document


def get_document_transform(query: QueryDict, kind: str) -> DocumentTransform:
    """Return the function that cuts stored documents down to what `fields` or `omit` select; it is
    `identity` if both are missing. Raise ApiProblem if they are not valid."""
    used = [name for name in SPARSE_FIELDS_PARAMETERS if name in query]
    if len(used) > 1:
        reason = "Use either fields or omit, not both."
        raise parameters.invalid_value_problem(
            [parameters.parameter_error(name, reason) for name in used]
        )
    if not used:
        return identity
    tree = build_field_tree(parameters.parse_names(query, used[0], get_field_names(kind)))
    transform = pick if used == ["fields"] else omit
    return lambda document: orjson.dumps(transform(orjson.loads(document), tree)).decode()


def pick(value: JsonValue, tree: FieldTree) -> JsonValue:
    """Return a value with only the fields of the tree."""
    if isinstance(value, list):
        return [pick(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    return {name: pick(item, tree[name]) for name, item in value.items() if name in tree}


def omit(value: JsonValue, tree: FieldTree) -> JsonValue:
    """Return a value without the fields of the tree."""
    if isinstance(value, list):
        return [omit(item, tree) for item in value]
    if not tree or not isinstance(value, dict):
        return value
    kept = {name: item for name, item in value.items() if tree.get(name) != {}}
    return {name: omit(item, tree.get(name, {})) for name, item in kept.items()}


def build_field_tree(names: Iterable[str]) -> FieldTree:
    """Return dotted names as a tree. A field includes all of its subfields: in reverse order it
    comes after them and replaces them."""
    tree: FieldTree = {}
    for name in sorted(names, reverse=True):
        *parents, last = name.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = {}
    return tree


@cache
def get_field_names(kind: str) -> list[str]:
    """Return all dotted field names of the documents of a kind."""
    return list(iter_field_names(DOCUMENT_SCHEMAS[kind]))


def iter_field_names(schema: type[Shape]) -> Iterator[str]:
    for name in schema.model_fields:
        yield name
        field = describe_field(schema, name)
        if field.is_shape:
            yield from (f"{name}.{part}" for part in iter_field_names(field.type))
