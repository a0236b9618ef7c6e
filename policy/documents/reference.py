"""Reference data: the rows of its files, and the ancestors of jurisdictions and terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from rest_framework import serializers

from policy.documents.facets import AncestorMap
from policy.documents.shapes import Shape
from policy.documents.types import Document
from policy.models import Jurisdiction, Term

ParentMap = Mapping[str, str | None]


def get_ancestors(key: str, parents: ParentMap) -> tuple[str, ...]:
    """Return the ancestors of a key, the nearest first. A cycle is followed once."""
    ancestors: dict[str, None] = {}
    above = parents.get(key)
    while above is not None and above not in ancestors:
        ancestors[above] = None
        above = parents.get(above)
    return tuple(ancestors)


def build_ancestor_map(parents: ParentMap) -> dict[str, tuple[str, ...]]:
    """Return the ancestors of every key that has any."""
    return {key: above for key in parents if (above := get_ancestors(key, parents))}


@dataclass
class ReferenceTrees:
    """The ancestors of jurisdictions and terms, loaded once to index many documents."""

    places: AncestorMap
    terms: AncestorMap

    @classmethod
    def load(cls) -> Self:
        return cls(
            build_ancestor_map(dict(Jurisdiction.objects.values_list("code", "parent"))),
            build_ancestor_map(dict(Term.objects.values_list("id", "parent"))),
        )


class TermRow(Shape):
    """A row of terms.json. The context has `all_terms`: the ids of all terms."""

    vocabulary = serializers.RegexField(r"^[a-z_]+$", max_length=60)
    code = serializers.RegexField(r"^[a-z0-9_]+$", max_length=60)
    label = serializers.CharField(max_length=120)  # type: ignore[assignment]
    definition = serializers.CharField()
    includes = serializers.CharField(allow_blank=True)
    excludes = serializers.CharField(allow_blank=True)
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    abstract = serializers.BooleanField()
    crosswalk = serializers.DictField(child=serializers.DictField())
    position = serializers.IntegerField(min_value=0)

    def validate(self, attrs: Document) -> Document:
        prefix, parent = attrs["vocabulary"], attrs.pop("parent")
        if parent is not None and f"{prefix}.{parent}" not in self.context["all_terms"]:
            raise serializers.ValidationError({"parent": f"There is no term {prefix}.{parent}."})
        return attrs | {
            "id": f"{prefix}.{attrs['code']}",
            "parent_id": None if parent is None else f"{prefix}.{parent}",
        }

    @classmethod
    def to_row(cls, term: Term) -> Document:
        """Return a term as a row of terms.json."""
        row = {name: getattr(term, name) for name in cls._declared_fields if name != "parent"}
        return row | {"parent": term.parent_id and term.parent_id.partition(".")[2]}


class JurisdictionRow(Shape):
    """A row of jurisdictions.json.

    The context has `known`, with the codes of all jurisdictions, and `terms`, the ids of terms.
    """

    code = serializers.RegexField(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", max_length=60)
    name = serializers.CharField(max_length=200)
    native_name = serializers.CharField(max_length=200, allow_blank=True)
    kind = serializers.CharField(max_length=60)
    local_kind = serializers.CharField(max_length=120, allow_blank=True)
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    aliases = serializers.ListField(child=serializers.CharField(max_length=200))

    def validate(self, attrs: Document) -> Document:
        parent, kind = attrs.pop("parent"), attrs["kind"]
        wrong = {}
        if parent is not None and parent not in self.context["known"]["jurisdiction"]:
            wrong["parent"] = f"There is no jurisdiction {parent}."
        if f"jurisdiction_kind.{kind}" not in self.context["terms"]:
            wrong["kind"] = f"The vocabulary jurisdiction_kind has no term {kind}."
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs | {"parent_id": parent}

    @classmethod
    def to_row(cls, place: Jurisdiction) -> Document:
        """Return a jurisdiction as a row of jurisdictions.json."""
        row = {name: getattr(place, name) for name in cls._declared_fields if name != "parent"}
        return row | {"parent": place.parent_id}
