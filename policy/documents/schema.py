"""The public shape of every record, declared once.

Loading validates with these serializers, publishing freezes with them, the API documents with
them. Their help texts are the data dictionary. Shapes change by addition only.
"""

from rest_framework import serializers

from policy.documents.action_schema import ActionDocument
from policy.documents.record_schema import NamedDocument, RecordDocument
from policy.documents.shapes import HonestDate, Reference, TermField
from policy.models.record import validate_sha256


class AgencyDocument(NamedDocument):
    """A public body."""

    type = TermField("agency_kind", source="type_id", help_text="Term of agency_kind.")
    jurisdiction = Reference("jurisdiction", help_text="Where its power holds.")
    parent = Reference(
        "agency", allow_null=True, required=False, default=None, help_text="The body it belongs to."
    )


class EntityDocument(NamedDocument):
    """A company, platform, person, document or asset that an action names."""

    type = TermField("entity_kind", source="type_id", help_text="Term of entity_kind.")
    jurisdiction = Reference(
        "jurisdiction",
        allow_null=True,
        required=False,
        default=None,
        help_text="Its seat, where it is known.",
    )


class SourceDocument(RecordDocument):
    """An article or document: where it is and what its bytes are. Never its text."""

    title = serializers.CharField(max_length=300, help_text="Its title, or ours where it has none.")
    publisher = serializers.CharField(
        max_length=200, allow_blank=True, required=False, default="", help_text="Empty: not known."
    )
    authors = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        help_text="Names as the source gives them.",
    )
    url = serializers.URLField(
        max_length=1000, allow_blank=True, required=False, default="", help_text="Where it stood."
    )
    published = HonestDate(
        allow_null=True, required=False, default=None, help_text="When it appeared."
    )
    retrieved_at = serializers.DateField(
        allow_null=True, required=False, default=None, help_text="When its bytes were taken."
    )
    language = serializers.CharField(max_length=35, help_text="BCP 47 language tag.")
    source_class = TermField(
        "source_class", source="source_class_id", help_text="Term of source_class."
    )
    sha256 = serializers.CharField(validators=[validate_sha256], help_text="SHA-256 of the bytes.")
    bytes = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="Their number.")
    text_sha256 = serializers.CharField(
        validators=[validate_sha256], help_text="SHA-256 of the text: UTF-8 with LF line ends."
    )
    characters = serializers.IntegerField(
        min_value=0, max_value=2**31 - 1, help_text="Unicode code points; offsets count these."
    )
    derived_from = Reference(
        "source",
        allow_null=True,
        required=False,
        default=None,
        help_text="The source it repeats: the two are not independent.",
    )


DOCUMENT_SERIALIZERS: dict[str, type[RecordDocument]] = {
    "agency": AgencyDocument,
    "entity": EntityDocument,
    "source": SourceDocument,
    "action": ActionDocument,
}
