"""A page for each jurisdiction, whether or not anything is published about it."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from policy.models import FacetValue, Jurisdiction
from policy.search.counts import of_value
from policy.search.query import Selection
from web.views.frame import documents, headlines, missing, page, strict

LISTED = 50


@strict
@require_safe
def jurisdiction(request: HttpRequest, code: str) -> HttpResponse:
    place = Jurisdiction.objects.select_related("parent").filter(pk=code).first()
    if place is None:
        return missing(request, f"There is no place with the code {code}.")
    return page(
        request,
        "web/place.html",
        title=place.name,
        description=f"What authorities did in {place.name}.",
        place=place,
        kind=place.local_kind or place.kind.replace("_", " "),
        actions=headlines(walk("action", code)),
        every=of_value("action", ("jurisdiction", code)).records,
        inside=inside(code),
        agencies=documents(walk("agency", code)),
    )


def walk(kind: str, code: str) -> list[int]:
    """The first records of a kind that lie in a place."""
    found = Selection(kind).having("jurisdiction", code).walked()
    if kind == "action":
        return found.newest(LISTED)
    return [row.revision_id for row in found.cut(("record",), False, (), LISTED)]


def inside(code: str) -> list[tuple[str, str, int]]:
    """(code, name, actions) of the places directly inside that have any."""
    names = dict(Jurisdiction.objects.filter(parent=code).values_list("code", "name"))
    found = FacetValue.objects.of("action", "jurisdiction").filter(value__in=names)
    return [
        (value, names[value], number)
        for value, number in found.values_list("value", "records")[:LISTED]
    ]
