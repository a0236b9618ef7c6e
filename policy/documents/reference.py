"""Places and terms: how files spell them, and what lies inside what."""

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
    """What a key lies inside, the nearest first. A loop is walked once."""
    found: dict[str, None] = {}
    above = parents.get(key)
    while above is not None and above not in found:
        found[above] = None
        above = parents.get(above)
    return tuple(found)


def build_ancestor_map(parents: ParentMap) -> dict[str, tuple[str, ...]]:
    """Each id with its ancestors; those with none left out."""
    return {key: found for key in parents if (found := get_ancestors(key, parents))}


@dataclass
class ReferenceTrees:
    """The ancestors that facets need, read once for many documents."""

    places: AncestorMap
    terms: AncestorMap

    @classmethod
    def load(cls) -> Self:
        return cls(
            build_ancestor_map(dict(Jurisdiction.objects.values_list("code", "parent"))),
            build_ancestor_map(dict(Term.objects.values_list("id", "parent"))),
        )


class TermRow(Shape):
    """One row of terms.json."""

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
        """The row that a term was loaded from."""
        row = {name: getattr(term, name) for name in cls._declared_fields if name != "parent"}
        return row | {"parent": term.parent_id and term.parent_id.partition(".")[2]}


class JurisdictionRow(Shape):
    """One row of jurisdictions.json."""

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
        """The row that a place was loaded from."""
        row = {name: getattr(place, name) for name in cls._declared_fields if name != "parent"}
        return row | {"parent": place.parent_id}
