"""A page for each jurisdiction, even if nothing is published about it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from policy.models import FacetValue, Jurisdiction
from policy.search.counts import count_with_value
from policy.search.query import Selection
from web.views.rendering import (
    load_revision_documents,
    load_summaries,
    render_not_found,
    render_public_page,
)

MAX_RECORDS_OF_PLACE = 50


@require_safe
def jurisdiction(request: HttpRequest, code: str) -> HttpResponse:
    place = Jurisdiction.objects.select_related("parent").filter(pk=code).first()
    if place is None:
        return render_not_found(request, f"There is no place with the code {code}.")
    return render_public_page(
        request,
        "web/place.html",
        title=place.name,
        description=f"Actions of authorities in {place.name}.",
        place=place,
        kind=place.local_kind or place.kind.replace("_", " "),
        actions=load_summaries(get_revision_ids("action", code)),
        total_actions=count_with_value("action", ("jurisdiction", code)).records,
        child_places=get_child_places(code),
        agencies=load_revision_documents(get_revision_ids("agency", code)),
    )


def get_revision_ids(kind: str, code: str) -> list[int]:
    """Return the ids of the first revisions of a kind in a jurisdiction: the newest actions, or
    other records by id."""
    scan = Selection(kind).filter("jurisdiction", code).to_scan()
    if kind == "action":
        return scan.newest_ids(MAX_RECORDS_OF_PLACE)
    return [
        row.revision_id for row in scan.fetch_rows(("record",), False, (), MAX_RECORDS_OF_PLACE)
    ]


def get_child_places(code: str) -> list[tuple[str, str, int]]:
    """Return the code, the name and the number of actions of each jurisdiction directly inside one,
    if it has any."""
    names = dict(Jurisdiction.objects.filter(parent=code).values_list("code", "name"))
    counts = FacetValue.objects.of_facet("action", "jurisdiction").filter(value__in=names)
    return [
        (value, names[value], number)
        for value, number in counts.values_list("value", "records")[:MAX_RECORDS_OF_PLACE]
    ]
