"""`include`: what documents refer to, as whole documents beside them."""

from typing import Any

import orjson
from django.http import QueryDict

from api.query import parameters
from policy.documents import facets
from policy.models import Revision
from policy.models.index import value_id
from policy.models.revision import LIVE
from policy.models.sql import fetched
from policy.search.query import standing as standing_at

KINDS = {"agencies": "agency", "entities": "entity", "sources": "source", "related": "action"}
NEWEST = 100  # related actions that name one of the documents
NAMES = {
    "agencies": "the agencies that are named",
    "entities": "the entities that are named",
    "sources": "the sources that are cited",
    "related": "the actions that they state a relation to, and the newest "
    f"{NEWEST} that state one to them",
}
Found = dict[str, dict[str, orjson.Fragment]]


def asked(query: QueryDict, format: str) -> list[str]:
    if "include" in query and format != "json":
        raise parameters.invalid([parameters.error("include", "It belongs to format=json alone.")])
    return parameters.names(query, "include", NAMES)


def documents(names: list[str], texts: list[str], version: int) -> Found:
    """What stood at a version of the dataset, by name and id."""
    bodies = [orjson.loads(text) for text in texts] if names else []
    found = {}
    for name in names:
        ids = {id for body in bodies for id in referred(body, KINDS[name])}
        if name == "related":
            ids |= naming([body["id"] for body in bodies], version)
        found[name] = standing(KINDS[name], ids, version)
    return found


def referred(body: dict[str, Any], kind: str) -> set[str]:
    return {ref["id"] for found, ref in facets.referred(body) if found == kind and ref}


def naming(ids: list[str], version: int) -> set[str]:
    """The newest actions that state a relation to one of these."""
    values = [value_id("action", "related_to", id) for id in ids]
    stands = standing_at(version)
    statement = f"""
        SELECT DISTINCT f.revision_id, f.record FROM policy_facet f
        WHERE f.value_id = ANY(%s) AND {stands.sql} ORDER BY f.revision_id DESC LIMIT %s
    """  # noqa: S608
    return {record for _, record in fetched(statement, (values, *stands.values, NEWEST))}


def standing(kind: str, ids: set[str], version: int) -> dict[str, orjson.Fragment]:
    """Withdrawn and merged records are left out."""
    rows = Revision.objects.last_of(kind, ids, version)
    return {row.record: orjson.Fragment(row.document) for row in rows if row.event in LIVE}
