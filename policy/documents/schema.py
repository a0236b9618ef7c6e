"""The schema of every kind of document.

These serializers validate imported files, build published documents and describe the API. Their
help texts are the descriptions in OpenAPI. Fields are only added, never removed or changed.
"""

from rest_framework import serializers

from policy.documents.action_schema import ActionDocument
from policy.documents.record_schema import NamedDocument, RecordDocument
from policy.documents.shapes import HonestDate, Reference, TermField
from policy.models.record import validate_sha256


class AgencyDocument(NamedDocument):
    """A public body."""

    type = TermField(
        "agency_kind",
        source="type_id",
        help_text="Type of public body. A code of the vocabulary agency_kind.",
    )
    jurisdiction = Reference("jurisdiction", help_text="Jurisdiction in which it has authority.")
    parent = Reference(
        "agency",
        allow_null=True,
        required=False,
        default=None,
        help_text="Agency that it is a part of. Null: none.",
    )


class EntityDocument(NamedDocument):
    """A company, platform, person, document or asset that an action names."""

    type = TermField(
        "entity_kind",
        source="type_id",
        help_text="Type of entity. A code of the vocabulary entity_kind.",
    )
    jurisdiction = Reference(
        "jurisdiction",
        allow_null=True,
        required=False,
        default=None,
        help_text="Where it is based. Null: not known.",
    )


class SourceDocument(RecordDocument):
    """An article or document: its metadata and hashes. The text itself is never published."""

    title = serializers.CharField(
        max_length=300, help_text="Title of the source, or one by the curators if it has none."
    )
    publisher = serializers.CharField(
        max_length=200,
        allow_blank=True,
        required=False,
        default="",
        help_text="Publisher. Empty: not known.",
    )
    authors = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        help_text="Names of the authors as in the source.",
    )
    url = serializers.URLField(
        max_length=1000,
        allow_blank=True,
        required=False,
        default="",
        help_text="URL of the source. Empty: not known.",
    )
    published = HonestDate(
        allow_null=True,
        required=False,
        default=None,
        help_text="Date of publication, as an interval. Null: not known.",
    )
    retrieved_at = serializers.DateField(
        allow_null=True,
        required=False,
        default=None,
        help_text="Day on which it was retrieved. Null: not known.",
    )
    language = serializers.CharField(max_length=35, help_text="BCP 47 language tag.")
    source_class = TermField(
        "source_class",
        source="source_class_id",
        help_text="How close the source is to the act. A code of the vocabulary source_class.",
    )
    sha256 = serializers.CharField(
        validators=[validate_sha256], help_text="SHA-256 of the retrieved bytes."
    )
    bytes = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="Number of retrieved bytes."
    )
    text_sha256 = serializers.CharField(
        validators=[validate_sha256],
        help_text="SHA-256 of the extracted text, in UTF-8 with LF line ends.",
    )
    characters = serializers.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        help_text="Number of Unicode code points in the text. Offsets count code points.",
    )
    derived_from = Reference(
        "source",
        allow_null=True,
        required=False,
        default=None,
        help_text="Source that this one repeats. The two are not independent evidence. Null: none.",
    )


DOCUMENT_SERIALIZERS: dict[str, type[RecordDocument]] = {
    "agency": AgencyDocument,
    "entity": EntityDocument,
    "source": SourceDocument,
    "action": ActionDocument,
}
