"""Plain Django REST framework: nested ModelSerializers, prefetched; a FilterSet; page numbers."""

import django_filters
from django.contrib.postgres.search import SearchQuery
from django.db.models import Count
from django.http import StreamingHttpResponse
from django.urls import include, path
from rest_framework import routers, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from bench.peers import models

EVERYTHING = (
    *("jurisdictions", "agencies__agency", "entities__entity", "dates", "figures"),
    *("relations__target", "notes", "citations__source"),
)


def serializer(of, names, **nested):
    """A ModelSerializer, as its documentation writes one."""
    meta = type("Meta", (), {"model": of, "fields": [*names, *nested]})
    bases = (serializers.ModelSerializer,)
    return type(f"{of.__name__}Serializer", bases, {"Meta": meta, **nested})


NAMED = ["id", "name"]
ACTOR = ["key", "role", "naming", "described_as"]
DATE = ["kind", "part", "earliest", "latest", "precision", "basis", "resolution"]
FIGURE = ["kind", "part", "value", "comparator", "unit", "claimed_by"]
PASSAGE = ["start", "end", "sha256", "paragraph", "quote", "note", "supports"]
Jurisdiction = serializer(models.Jurisdiction, NAMED)
Agency = serializer(models.Agency, NAMED)
Entity = serializer(models.Entity, NAMED)
Source = serializer(models.Source, NAMED)
Actors = serializer(models.ActionAgency, ACTOR, agency=Agency())
Others = serializer(models.ActionEntity, ACTOR, entity=Entity())
Date = serializer(models.ActionDate, DATE)
Figure = serializer(models.Figure, FIGURE)
Note = serializer(models.Note, ["kind", "field", "text"])
Citation = serializer(models.Citation, PASSAGE, source=Source())


class Target(serializers.ModelSerializer):
    class Meta:
        model, fields = models.Action, ["id", "title"]


class Relation(serializers.ModelSerializer):
    action = Target(source="target")

    class Meta:
        model, fields = models.Relation, ["type", "action", "reason"]


class ActionSerializer(serializers.ModelSerializer):
    jurisdictions = Jurisdiction(many=True)
    agencies = Actors(many=True)
    entities = Others(many=True)
    dates = Date(many=True)
    figures = Figure(many=True)
    relations = Relation(many=True)
    notes = Note(many=True)
    citations = Citation(many=True)

    class Meta:
        model, exclude = models.Action, ["words"]


class ActionFilter(django_filters.FilterSet):
    jurisdiction = django_filters.CharFilter("jurisdictions__id")
    since = django_filters.DateFilter("sort_date", "gte")
    until = django_filters.DateFilter("sort_date", "lte")
    q = django_filters.CharFilter(method="search")

    class Meta:
        model, fields = models.Action, []

    def search(self, rows, name, value):
        return rows.filter(words=SearchQuery(value, config="english", search_type="websearch"))


class Actions(viewsets.ReadOnlyModelViewSet):
    queryset = (
        models.Action.objects.defer("words")
        .prefetch_related(*EVERYTHING)
        .order_by("-sort_date", "-id")
    )
    serializer_class, filterset_class = ActionSerializer, ActionFilter
    lookup_value_regex = "[a-z0-9-]+"

    @action(detail=False)
    def groups(self, request):
        rows = self.filter_queryset(models.Action.objects.order_by())
        return Response(list(rows.values("type", "stance").annotate(count=Count("id"))))

    @action(detail=False)
    def export(self, request):
        """A line a record, as far as asked: all of them would take many minutes."""
        rows = self.get_queryset()[: int(request.query_params["rows"])]
        found = rows.iterator(chunk_size=500)
        lines = (JSONRenderer().render(ActionSerializer(row).data) + b"\n" for row in found)
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")


router = routers.SimpleRouter()
router.register("actions", Actions)
urlpatterns = [path("", include(router.urls))]
