"""What parts two revisions of a record, field by field."""

import re
from typing import Any

import orjson
from django.http import Http404, QueryDict

from api.query import parameters
from api.serializers.history import buried
from policy.documents.build import content
from policy.documents.diff import differences
from policy.models import Revision
from policy.models.revision import LIVE

PARAMETERS = ("from", "to")
NUMBER = re.compile("[1-9][0-9]{0,8}")
ENDS = {"withdraw": "withdrawal", "merge": "merge"}
Events = dict[int, str]  # of a record's revisions, by number


def answer(kind: str, id: str, query: QueryDict) -> dict[str, Any]:
    history = Revision.objects.of(kind, id)
    events: Events = dict(history.values_list("number", "event"))
    if not events:
        raise Http404(f"There is no {kind} {id}.")
    if "takedown" in events.values():
        raise buried(history.get(number=max(events)))
    first, last = compared(query, events)
    found = history.filter(number__in=(first, last)).values_list("number", "document")
    contents = {number: content(orjson.loads(document)) for number, document in found}
    changes = differences(contents[first], contents[last])
    return {"id": id, "from": first, "to": last, "changes": [vars(change) for change in changes]}


def compared(query: QueryDict, events: Events) -> tuple[int, int]:
    """The two revisions that are asked for: the newest, and the one before it, if not named."""
    wrong = {name: fault(str(query[name]), events) for name in PARAMETERS if name in query}
    live = [number for number, event in events.items() if event in LIVE]
    errors = [
        {**parameters.error(name, reason), "allowed": list(map(str, live))}
        for name, reason in wrong.items()
        if reason
    ]
    if errors:
        raise parameters.invalid(errors)
    last = int(query.get("to", live[-1]))
    earlier = [number for number in live if number < last]
    if "from" not in query and not earlier:
        raise Http404(f"Revision {last} is the first: there is nothing to compare it with.")
    return int(str(query["from"])) if "from" in query else earlier[-1], last


def fault(value: str, events: Events) -> str:
    if not NUMBER.fullmatch(value):
        return "Use a revision's number, from 1."
    event = events.get(int(value))
    if event is None:
        return f"There is no revision {value}."
    return f"Revision {value} is a {ENDS[event]}: it has no content." if event in ENDS else ""
