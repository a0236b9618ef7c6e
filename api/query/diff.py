"""Differences between two revisions of a record, field by field."""

import re
from typing import TypedDict

from django.http import Http404, QueryDict

from api.http.problems import gone_or_taken_down
from api.query import parameters
from policy.documents.build import strip_envelope
from policy.documents.diff import diff_documents
from policy.documents.stored import read_document
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS

DIFF_PARAMETERS = ("from", "to")
EVENTS_WITHOUT_CONTENT = {"withdraw": "withdrawal", "merge": "merge"}
EventByNumber = dict[int, str]  # the events of a record's revisions by revision number


class DifferenceData(TypedDict):
    field: str
    before: str | None
    after: str | None


# A functional definition, because "from" is a keyword of Python.
DiffData = TypedDict(
    "DiffData", {"id": str, "from": int, "to": int, "changes": list[DifferenceData]}
)


def build_diff(kind: str, id: str, query: QueryDict) -> DiffData:
    """Return the response. Raise Http404 if there is no such record or no earlier revision, and
    ApiProblem if a parameter is not valid or the record was taken down."""
    history = Revision.objects.of_record(kind, id)
    events: EventByNumber = dict(history.values_list("number", "event"))
    if not events:
        raise Http404(f"There is no {kind} {id}.")
    if "takedown" in events.values():
        raise gone_or_taken_down(history.get(number=max(events)))
    first, last = parse_revision_pair(query, events)
    rows = history.filter(number__in=(first, last)).values_list("number", "document")
    contents = {number: strip_envelope(read_document(document)) for number, document in rows}
    changes: list[DifferenceData] = [
        {"field": change.field, "before": change.before, "after": change.after}
        for change in diff_documents(contents[first], contents[last])
    ]
    return {"id": id, "from": first, "to": last, "changes": changes}


def parse_revision_pair(query: QueryDict, events: EventByNumber) -> tuple[int, int]:
    """Return the numbers of the revisions to compare: by default the newest publication and the
    one before it. Raise as build_diff() does."""
    live_numbers = [number for number, event in events.items() if event in LIVE_EVENTS]
    errors: list[parameters.ParameterError] = [
        {"parameter": name, "detail": reason, "allowed": list(map(str, live_numbers))}
        for name in DIFF_PARAMETERS
        if name in query and (reason := validate_revision_number(str(query[name]), events))
    ]
    if errors:
        raise parameters.invalid_value_problem(errors)
    last = int(query.get("to", live_numbers[-1]))
    earlier = [number for number in live_numbers if number < last]
    if "from" not in query and not earlier:
        raise Http404(f"Revision {last} is the first one: there is no earlier one to compare.")
    return int(str(query["from"])) if "from" in query else earlier[-1], last


def validate_revision_number(value: str, events: EventByNumber) -> str:
    """Return what is wrong with a revision number; an empty string if nothing is."""
    if not re.fullmatch(parameters.REVISION_NUMBER_PATTERN, value):
        return "Use the number of a revision: a whole number from 1."
    event = events.get(int(value))
    if event is None:
        return f"There is no revision {value}."
    if event in EVENTS_WITHOUT_CONTENT:
        return f"Revision {value} is a {EVENTS_WITHOUT_CONTENT[event]}: it has no content."
    return ""
