"""What parts two revisions of a record, field by field."""

import re
from typing import Any

import orjson
from django.http import Http404, QueryDict

from api.query import parameters
from api.serializers.history import gone_or_taken_down
from policy.documents.build import strip_envelope
from policy.documents.diff import diff_documents
from policy.models import Revision
from policy.models.revision import LIVE_EVENTS

DIFF_PARAMETERS = ("from", "to")
REVISION_NUMBER_PATTERN = re.compile("[1-9][0-9]{0,8}")
EVENTS_WITHOUT_CONTENT = {"withdraw": "withdrawal", "merge": "merge"}
EventByNumber = dict[int, str]  # of a record's revisions, by number


def build_diff(kind: str, id: str, query: QueryDict) -> dict[str, Any]:
    history = Revision.objects.of_record(kind, id)
    events: EventByNumber = dict(history.values_list("number", "event"))
    if not events:
        raise Http404(f"There is no {kind} {id}.")
    if "takedown" in events.values():
        raise gone_or_taken_down(history.get(number=max(events)))
    first, last = parse_revision_pair(query, events)
    found = history.filter(number__in=(first, last)).values_list("number", "document")
    contents = {number: strip_envelope(orjson.loads(document)) for number, document in found}
    changes = diff_documents(contents[first], contents[last])
    return {"id": id, "from": first, "to": last, "changes": [vars(change) for change in changes]}


def parse_revision_pair(query: QueryDict, events: EventByNumber) -> tuple[int, int]:
    """The two revisions that are asked for: the newest, and the one before it, if not named."""
    wrong = {
        name: validate_revision_number(str(query[name]), events)
        for name in DIFF_PARAMETERS
        if name in query
    }
    live = [number for number, event in events.items() if event in LIVE_EVENTS]
    errors = [
        {**parameters.parameter_error(name, reason), "allowed": list(map(str, live))}
        for name, reason in wrong.items()
        if reason
    ]
    if errors:
        raise parameters.invalid_value_problem(errors)
    last = int(query.get("to", live[-1]))
    earlier = [number for number in live if number < last]
    if "from" not in query and not earlier:
        raise Http404(f"Revision {last} is the first: there is nothing to compare it with.")
    return int(str(query["from"])) if "from" in query else earlier[-1], last


def validate_revision_number(value: str, events: EventByNumber) -> str:
    if not REVISION_NUMBER_PATTERN.fullmatch(value):
        return "Use a revision's number, from 1."
    event = events.get(int(value))
    if event is None:
        return f"There is no revision {value}."
    return (
        f"Revision {value} is a {EVENTS_WITHOUT_CONTENT[event]}: it has no content."
        if event in EVENTS_WITHOUT_CONTENT
        else ""
    )
