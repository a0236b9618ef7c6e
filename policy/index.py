"""Writes what finds a revision: facets, intervals and words. All of it follows from documents."""

from collections.abc import Sequence
from functools import cached_property

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from policy import facets
from policy.document import Document
from policy.models import Facet, Interval, Revision, SearchEntry
from policy.models.revision import LIVE
from policy.reference import Trees

BATCH = 2000
LANGUAGES = ("english", "simple")  # stemmed words, and names as they are written


class Index:
    @cached_property
    def trees(self) -> Trees:
        return Trees.read()

    def add(self, revisions: Sequence[tuple[Revision, Document]]) -> None:
        """Index live revisions. Tombstones are found by their address alone."""
        live = [(revision, body) for revision, body in revisions if revision.event in LIVE]
        Facet.objects.bulk_create(
            [facet for revision, body in live for facet in self.facets(revision, body)], BATCH
        )
        Interval.objects.bulk_create(
            [
                Interval(revision=revision, date=kind, earliest=earliest, latest=latest)
                for revision, body in live
                for kind, earliest, latest in facets.intervals(body)
            ],
            BATCH,
        )
        SearchEntry.objects.bulk_create(
            [SearchEntry(revision=revision, words=vector(body)) for revision, body in live], BATCH
        )

    def facets(self, revision: Revision, body: Document) -> list[Facet]:
        day = facets.day(body)
        return [
            Facet(
                kind=revision.kind,
                facet=facet,
                value=value,
                date=day,
                record=revision.record,
                revision=revision,
                superseded_by=revision.successor,
            )
            for facet, value in sorted(facets.facets(body, self.trees.places, self.trees.terms))
        ]


def vector(body: Document) -> SearchVector:
    """The document's words, weighted, once per language."""
    parts = [
        SearchVector(Value(words), weight=weight, config=language)
        for weight, words in facets.words(body).items()
        if words
        for language in LANGUAGES
    ]
    return sum(parts[1:], parts[0])
