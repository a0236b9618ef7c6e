"""The schema of every kind of document.

These classes validate imported files and published documents and describe the API. The documents of
records are built from them, too. Fields are only added, never removed or changed.
"""

from typing import Annotated

from pydantic import Field

from policy.documents.action_schema import ActionDocument
from policy.documents.fields import (
    CLASSIFICATIONS_HELP,
    IDENTIFIERS_HELP,
    Classifications,
    Computed,
    Count,
    Day,
    HonestDate,
    Identifiers,
    OptionalText,
    Reference,
    Sha256,
    Text,
    Url,
    computed,
)
from policy.documents.markers import CodeOf, RefersTo
from policy.documents.record_schema import (
    LICENCE_HELP,
    REVIEW_HELP,
    NamedDocument,
    RecordDocument,
    ReviewSummary,
)


class AgencyDocument(NamedDocument):
    """A public body."""

    type: Annotated[str, CodeOf("agency_kind")] = Field(
        description="Type of public body. A code of the vocabulary agency_kind."
    )
    jurisdiction: Annotated[Reference, RefersTo("jurisdiction")] = Field(
        description="Jurisdiction in which it has authority."
    )
    parent: Annotated[Reference, RefersTo("agency")] | None = Field(
        None, description="Agency that it is a part of. Null: none."
    )
    identifiers: Identifiers = Field([], description=IDENTIFIERS_HELP)
    classifications: Classifications = Field([], description=CLASSIFICATIONS_HELP)
    review: Annotated[ReviewSummary, Computed] = computed(REVIEW_HELP)
    licence: Annotated[Text, Computed] = computed(LICENCE_HELP)


class EntityDocument(NamedDocument):
    """A company, platform, person, document or asset that an action names."""

    type: Annotated[str, CodeOf("entity_kind")] = Field(
        description="Type of entity. A code of the vocabulary entity_kind."
    )
    jurisdiction: Annotated[Reference, RefersTo("jurisdiction")] | None = Field(
        None, description="Where it is based. Null: not known."
    )
    identifiers: Identifiers = Field([], description=IDENTIFIERS_HELP)
    classifications: Classifications = Field([], description=CLASSIFICATIONS_HELP)
    review: Annotated[ReviewSummary, Computed] = computed(REVIEW_HELP)
    licence: Annotated[Text, Computed] = computed(LICENCE_HELP)


class SourceDocument(RecordDocument):
    """An article or document: its metadata and hashes. The text itself is never published."""

    title: Text = Field(
        max_length=300, description="Title of the source, or one by the curators if it has none."
    )
    publisher: OptionalText = Field("", max_length=200, description="Publisher. Empty: not known.")
    authors: list[Annotated[Text, Field(max_length=200)]] = Field(
        [], description="Names of the authors as in the source."
    )
    url: Url = Field("", max_length=1000, description="URL of the source. Empty: not known.")
    published: HonestDate | None = Field(
        None, description="Date of publication, as an interval. Null: not known."
    )
    retrieved_at: Day | None = Field(
        None, description="Day on which it was retrieved. Null: not known."
    )
    language: Text = Field(max_length=35, description="BCP 47 language tag.")
    source_class: Annotated[str, CodeOf("source_class")] = Field(
        description="How close the source is to the act. A code of the vocabulary source_class."
    )
    sha256: Sha256 = Field(description="SHA-256 of the retrieved bytes.")
    bytes: Count = Field(description="Number of retrieved bytes.")
    text_sha256: Sha256 = Field(
        description="SHA-256 of the extracted text, in UTF-8 with LF line ends."
    )
    characters: Count = Field(
        description="Number of Unicode code points in the text. Offsets count code points."
    )
    derived_from: Annotated[Reference, RefersTo("source")] | None = Field(
        None,
        description="Source that this one repeats. The two are not independent evidence. "
        "Null: none.",
    )
    identifiers: Identifiers = Field([], description=IDENTIFIERS_HELP)
    classifications: Classifications = Field([], description=CLASSIFICATIONS_HELP)
    review: Annotated[ReviewSummary, Computed] = computed(REVIEW_HELP)
    licence: Annotated[Text, Computed] = computed(LICENCE_HELP)


DOCUMENT_SCHEMAS: dict[str, type[RecordDocument]] = {
    "agency": AgencyDocument,
    "entity": EntityDocument,
    "source": SourceDocument,
    "action": ActionDocument,
}
