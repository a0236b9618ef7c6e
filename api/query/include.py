"""`include`: what documents refer to, as whole documents beside them."""

from typing import Any

import orjson
from django.http import QueryDict

from api.query import parameters
from policy.documents import facets
from policy.models import Revision
from policy.models.index import facet_value_id
from policy.models.revision import LIVE_EVENTS
from policy.models.sql import fetch_all
from policy.search.query import current_condition as standing_at

INCLUDE_KINDS = {
    "agencies": "agency",
    "entities": "entity",
    "sources": "source",
    "related": "action",
}
MAX_RELATED_ACTIONS = 100  # related actions that name one of the documents
INCLUDE_DESCRIPTIONS = {
    "agencies": "the agencies that are named",
    "entities": "the entities that are named",
    "sources": "the sources that are cited",
    "related": "the actions that they state a relation to, and the newest "
    f"{MAX_RELATED_ACTIONS} that state one to them",
}
IncludedDocuments = dict[str, dict[str, orjson.Fragment]]


def parse_include(query: QueryDict, format: str) -> list[str]:
    if "include" in query and format != "json":
        raise parameters.invalid_value_problem(
            [parameters.parameter_error("include", "It belongs to format=json alone.")]
        )
    return parameters.parse_names(query, "include", INCLUDE_DESCRIPTIONS)


def get_included_documents(names: list[str], texts: list[str], version: int) -> IncludedDocuments:
    """What stood at a version of the dataset, by name and id."""
    bodies = [orjson.loads(text) for text in texts] if names else []
    found = {}
    for name in names:
        ids = {id for body in bodies for id in get_referenced_ids(body, INCLUDE_KINDS[name])}
        if name == "related":
            ids |= get_relating_action_ids([body["id"] for body in bodies], version)
        found[name] = get_documents_at_version(INCLUDE_KINDS[name], ids, version)
    return found


def get_referenced_ids(body: dict[str, Any], kind: str) -> set[str]:
    return {
        ref["id"] for found, ref in facets.iter_record_references(body) if found == kind and ref
    }


def get_relating_action_ids(ids: list[str], version: int) -> set[str]:
    """The newest actions that state a relation to one of these."""
    values = [facet_value_id("action", "related_to", id) for id in ids]
    stands = standing_at(version)
    statement = f"""
        SELECT DISTINCT f.revision_id, f.record FROM policy_facet f
        WHERE f.value_id = ANY(%s) AND {stands.sql} ORDER BY f.revision_id DESC LIMIT %s
    """  # noqa: S608
    return {
        record for _, record in fetch_all(statement, (values, *stands.values, MAX_RELATED_ACTIONS))
    }


def get_documents_at_version(kind: str, ids: set[str], version: int) -> dict[str, orjson.Fragment]:
    """Withdrawn and merged records are left out."""
    rows = Revision.objects.latest_of(kind, ids, version)
    return {row.record: orjson.Fragment(row.document) for row in rows if row.event in LIVE_EVENTS}
