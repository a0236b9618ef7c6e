"""TODO docstring."""

from rest_framework import serializers

from policy.models import Jurisdiction, Term


class JurisdictionSerializer(serializers.ModelSerializer[Jurisdiction]):
    """A place where power holds."""

    id = serializers.CharField(source="code", help_text="ISO 3166-1 or 3166-2 code.")
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, help_text="The place that it is inside."
    )

    class Meta:
        model = Jurisdiction
        fields = ("id", "name", "native_name", "kind", "local_kind", "parent", "aliases")


class TermSerializer(serializers.ModelSerializer[Term]):
    """A word of a controlled vocabulary."""

    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, help_text="The id of the broader term."
    )
    crosswalk = serializers.DictField(
        child=serializers.DictField(), help_text="Codebook to its nearest code and the match."
    )

    class Meta:
        model = Term
        fields = (
            "id",
            "vocabulary",
            "code",
            "label",
            "definition",
            "includes",
            "excludes",
            "parent",
            "abstract",
            "crosswalk",
        )
