"""The parameter `include`: whole documents that the documents of a response refer to."""

import orjson
from django.http import QueryDict

from api.query import parameters
from policy.documents import facets
from policy.documents.types import Document
from policy.models import Revision
from policy.models.index import facet_value_id
from policy.models.revision import LIVE_EVENTS
from policy.models.sql import fetch_all
from policy.search.query import current_condition

INCLUDE_KINDS = {
    "agencies": "agency",
    "entities": "entity",
    "sources": "source",
    "related": "action",
}
MAX_RELATED_ACTIONS = 100  # actions that state a relation to one of the documents
INCLUDE_DESCRIPTIONS = {
    "agencies": "the agencies that they name",
    "entities": "the entities that they name",
    "sources": "the sources that they cite",
    "related": "the actions to which they state a relation, and the newest "
    f"{MAX_RELATED_ACTIONS} actions that state a relation to them",
}
IncludedDocuments = dict[str, dict[str, orjson.Fragment]]  # by name in `include`, then by id


def parse_include(query: QueryDict, format: str) -> list[str]:
    """Return the names in `include`. Raise ApiProblem if they are not valid."""
    if "include" in query and format != "json":
        reason = "`include` is only valid with format=json."
        raise parameters.invalid_value_problem([parameters.parameter_error("include", reason)])
    return parameters.parse_names(query, "include", INCLUDE_DESCRIPTIONS)


def get_included_documents(names: list[str], texts: list[str], version: int) -> IncludedDocuments:
    """Return what the documents `texts`, which are JSON, refer to, as it was at a version of the
    dataset."""
    documents: list[Document] = [orjson.loads(text) for text in texts] if names else []
    included: IncludedDocuments = {}
    for name in names:
        kind = INCLUDE_KINDS[name]
        ids = {id for document in documents for id in get_referenced_ids(document, kind)}
        if name == "related":
            ids |= get_relating_action_ids([document["id"] for document in documents], version)
        included[name] = get_documents_at_version(kind, ids, version)
    return included


def get_referenced_ids(document: Document, kind: str) -> set[str]:
    references = facets.iter_record_references(document)
    return {reference["id"] for each, reference in references if each == kind and reference}


def get_relating_action_ids(ids: list[str], version: int) -> set[str]:
    """Return the ids of the newest actions that state a relation to one of these actions."""
    values = [facet_value_id("action", "related_to", id) for id in ids]
    is_current = current_condition(version)
    statement = f"""
        SELECT DISTINCT f.revision_id, f.record FROM policy_facet f
        WHERE f.value_id = ANY(%s) AND {is_current.sql} ORDER BY f.revision_id DESC LIMIT %s
    """  # noqa: S608
    rows = fetch_all(statement, (values, *is_current.values, MAX_RELATED_ACTIONS))
    return {record for _, record in rows}


def get_documents_at_version(kind: str, ids: set[str], version: int) -> dict[str, orjson.Fragment]:
    """Return the documents by id, without withdrawn and merged records."""
    rows = Revision.objects.latest_of(kind, ids, version)
    return {row.record: orjson.Fragment(row.document) for row in rows if row.event in LIVE_EVENTS}
