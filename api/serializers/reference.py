"""The shapes of jurisdictions and terms."""

from rest_framework import serializers

from policy.models import Jurisdiction, Term


class JurisdictionSerializer(serializers.ModelSerializer[Jurisdiction]):
    """A country, subdivision or other place that has authorities."""

    id = serializers.CharField(source="code", help_text="The code in ISO 3166-1 or ISO 3166-2.")
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_id",
        allow_null=True,
        help_text="The id of the jurisdiction that contains it.",
    )

    class Meta:
        model = Jurisdiction
        fields = (
            "id",
            "name",
            "native_name",
            "kind",
            "local_kind",
            "parent",
            "iso3",
            "m49",
            "aliases",
        )


class TermSerializer(serializers.ModelSerializer[Term]):
    """A term of a controlled vocabulary."""

    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent_id", allow_null=True, help_text="The id of the broader term."
    )
    crosswalk = serializers.DictField(
        child=serializers.DictField(),
        help_text="For other codebooks: the nearest code and how well it matches.",
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
            "pattern",
            "url_template",
            "sum",
        )
