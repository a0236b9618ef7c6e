"""Nobody outside can tell whether there are drafts: every answer is the same bytes without them."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import orjson
import pytest
from django.db import connection, transaction
from django.http import Http404
from django.utils.timezone import now

from api.http import conditional
from api.http.conditional import CacheValidator
from api.openapi import options
from api.query import aggregate, changes, include, search
from api.query.pagination import Paginator
from api.views import records
from config import health
from policy.models import RECORD_MODELS, Action, Record, Review, Revision, SourceText
from policy.models.sql import SqlFragment
from policy.publishing import publish
from policy.publishing.takedown import take_down
from tests import crawl, folders
from tests import factories as make
from tests.conftest import FIXTURES
from tests.crawl import CrawledAnswer, CrawlRequest
from tests.sentinel import (
    SENTINEL,
    add_drafts,
    add_sentinel_review,
    change_coded_values,
    write_sentinel_everywhere,
)
from web.views import records as pages
from web.views.site import RecordSitemap

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.slow]
WITHDRAWN, MERGED, TAKEN = "zqwithdrawnqz", "zqmergedqz", "zqtakenqz"
LATER = 4_000_000_000.0  # so that no second passes between two answers


@pytest.fixture(scope="module")
def published(shared):
    """The seed dataset, and what became of records that were withdrawn, merged and taken down."""
    folders.load_folder(FIXTURES)
    revised = make.publish_new_action("revised")
    revised.summary = "Told again."
    revised.save()
    gone = make.publish_new_action("gone", title=WITHDRAWN, summary=WITHDRAWN)
    double = make.publish_new_action("double", title=MERGED, summary=MERGED)
    taken = make.publish_new_action("taken", title=TAKEN, summary=TAKEN)
    publish.publish([revised], by=make.reviewer(), reason="Told more.")
    publish.withdraw(gone, by=make.reviewer(), reason="It never happened.")
    publish.merge(double, revised, by=make.reviewer(), reason="Told twice.")
    take_down([taken], make.reviewer(), "A court ordered it.", words=[TAKEN])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conditional, "time", SimpleNamespace(time=lambda: LATER))
        yield


@pytest.fixture(scope="module")
def before(published) -> dict[CrawlRequest, CrawledAnswer]:
    return {ask: ask.send() for ask in crawl.interleaved_requests()}


@contextmanager
def drafts() -> Iterator[None]:
    """Whatever a curator may have written by now, and nobody may know. Gone in the end."""
    with transaction.atomic():
        change_coded_values()
        written = add_drafts()
        write_sentinel_everywhere()
        for row in written:  # an edit would end their reviews
            add_sentinel_review(row)
        assert Review.objects.filter(outcome="").count() == len(written)
        yield
        transaction.set_rollback(True)


def different(before: dict[CrawlRequest, CrawledAnswer], where: str) -> Iterator[CrawlRequest]:
    """What is answered in another way than before; sought there first, and then everywhere."""
    order = sorted(before, key=lambda ask: where not in f"{ask.method} {ask.address}")
    return (ask for ask in order if ask.send() != before[ask])


def test_every_answer_is_the_same_with_and_without_drafts(before):
    asked, told = set(), []
    with drafts():
        assert Action.objects.filter(title__startswith=SENTINEL).count() == Action.objects.count()
        for ask, answer in before.items():
            now = ask.send()
            if now != answer:
                told.append(ask)
            if SENTINEL not in ask.address:
                assert SENTINEL not in repr(now), ask
            asked.add(now[0])
    assert told == []
    assert len(before) > 1500
    assert asked == {200, 301, 302, 400, 404, 405, 406, 410, 451}


HISTORY = re.compile("/revisions/|/diff/|/changes/|as_of=")


@pytest.mark.parametrize("word", [WITHDRAWN, MERGED])
def test_what_was_taken_back_stands_nowhere_but_in_the_history(before, word):
    told = [ask.address for ask, answer in before.items() if word in repr(answer)]
    assert [address for address in told if not HISTORY.search(address)] == []


def test_what_was_taken_down_stands_nowhere_at_all(before):
    told = {ask for ask, answer in before.items() if "/taken/" in ask.address}
    assert [ask for ask, answer in before.items() if TAKEN in repr(answer)] == []
    assert {before[ask][0] for ask in told if ask.method == "GET"} == {200, 404, 451}
    for address in ("/api/v1/actions/taken/", "/actions/taken/", "/actions/taken/revisions/1/"):
        status, _, body = before[CrawlRequest(address)]
        assert (status, b"A court ordered it." in body) == (451, True)


def test_withdrawn_record_is_its_reason_and_nothing_else(before):
    for query in ("", "?include=agencies,entities,sources,related"):
        status, _, body = before[CrawlRequest(f"/api/v1/actions/gone/{query}")]
        assert (status, json.loads(body)) == (
            410,
            {
                "type": "/api/problems/gone/",
                "title": "Withdrawn",
                "status": 410,
                "detail": "Withdrawn: It never happened.",
                "instance": f"/api/v1/actions/gone/{query}",
                "request_id": "",
                "reason": "It never happened.",
            },
        )
    status, _, page = before[CrawlRequest("/actions/gone/")]
    assert (status, b"It never happened." in page) == (410, True)


def test_merged_record_is_a_way_to_another_and_nothing_else(before):
    for prefix in ("", "/api/v1"):
        status, headers, body = before[CrawlRequest(f"{prefix}/actions/double/")]
        assert (status, headers["Location"], body) == (
            301,
            f"{'http://testserver' if prefix else ''}{prefix}/actions/revised/",
            b"",
        )


# Planted leaks: changes of the code that say nothing new until there is a draft


def unpublished(kind: str) -> list[str]:
    rows, known = RECORD_MODELS[kind].objects, Revision.objects.filter(kind=kind)
    found = rows.exclude(slug__in=known.values("record")).order_by("slug")
    return list(found.values_list("slug", flat=True))


def retold(text: str, kind: type[Record] = Action) -> str:
    """A document with the title or name of the draft instead of its own."""
    body = json.loads(text)
    row = kind.objects.filter(slug=body["id"]).first()
    return text.replace(body.get("title") or body["name"], str(row)) if row else text


def detail_reads_drafts(patch):
    patch.setattr(records, "json_fragment", lambda text: orjson.Fragment(retold(text)))


def count_counts_drafts(patch):
    told = records.counts.count_with_value
    more = lambda kind, *found: replace(  # noqa: E731
        told(kind, *found), records=told(kind, *found).records + len(unpublished(kind))
    )
    patch.setattr(records.counts, "count_with_value", more)


def etag_follows_drafts(patch):
    told = CacheValidator.etag

    def etag(self, request, media_type):
        late = Action.objects.filter(edited_at__gt=self.changed_at).exists()
        etag = told(self, request, media_type)
        return etag.replace('W/"', 'W/"0') if late else etag

    patch.setattr(CacheValidator, "etag", etag)


def search_reads_drafts(patch):
    told = search.matches_words

    def having(words):
        sql, values = told(words)
        draft = "SELECT FROM policy_action a WHERE a.slug = f.record AND a.summary ILIKE %s"
        return SqlFragment(f"({sql} OR EXISTS ({draft}))", (*values, f"%{words}%"))

    patch.setattr(search, "matches_words", having)


def groups_are_labelled_from_drafts(patch):
    def names(kind, ids, version):
        return {slug: str(RECORD_MODELS[kind].objects.get(slug=slug)) for slug in ids if slug}

    patch.setattr(aggregate, "get_record_names", names)


def include_reads_drafts(patch):
    told = include.get_documents_at_version

    def standing(kind, ids, version):
        found = told(kind, ids, version)
        return {**found, **dict.fromkeys(unpublished(kind), "a draft")}

    patch.setattr(include, "get_documents_at_version", standing)


def error_knows_a_draft(patch):
    told = records.RecordViewSet.retrieve

    def retrieve(self, request, id):
        if id in unpublished(self.kind):
            raise Http404(f"The {self.kind} {id} is not published yet.")
        return told(self, request, id)

    patch.setattr(records.RecordViewSet, "retrieve", retrieve)


def feed_tells_remarks(patch):
    told = changes.Change.to_json

    def to_json(self, list_urls):
        asked = Review.objects.filter(kind=self.kind, outcome="").first()
        return {**told(self, list_urls), **({"reason": asked.remark} if asked else {})}

    patch.setattr(changes.Change, "to_json", to_json)


def sitemap_lists_drafts(patch):
    told = RecordSitemap.items
    more = lambda self: [*told(self), *((id, now()) for id in unpublished(self.kind))]  # noqa: E731
    patch.setattr(RecordSitemap, "items", more)


def highlight_shows_the_article(patch):
    told = search.get_highlights

    def highlights(texts, words):
        article = SourceText.objects.values_list("text", flat=True).first()
        return told(texts, words) | ({"article": {"text": article}} if article else {})

    patch.setattr(search, "get_highlights", highlights)


def page_shows_passages_to_all(patch):
    patch.setattr(pages, "is_curator", lambda request: SourceText.objects.exists())


def cursor_carries_the_number_of_drafts(patch):
    told = Paginator.build_page
    more = lambda self, rows, version: told(  # noqa: E731
        self, rows, version._replace(number=version.number + len(unpublished("action")))
    )
    patch.setattr(Paginator, "build_page", more)


def options_list_drafts(patch):
    told = options.get_filter_choices
    patch.setattr(
        options, "get_filter_choices", lambda *given: told(*given) or unpublished("agency")
    )


def readiness_tells_of_waiting_reviews(patch):
    told = health.find_readiness_fault
    patch.setattr(
        health,
        "find_readiness_fault",
        lambda: told() or "busy" * Review.objects.filter(outcome="").exists(),
    )


# And where the crawl meets each, so that it looks there first
PLANTED = {
    detail_reads_drafts: "GET /api/v1/actions/",
    count_counts_drafts: "/count/",
    etag_follows_drafts: "GET /api/v1/actions/",
    search_reads_drafts: f"q={SENTINEL}",
    groups_are_labelled_from_drafts: "group_by=agency",
    include_reads_drafts: "include=",
    error_knows_a_draft: f"/{SENTINEL}-",
    feed_tells_remarks: "/changes/",
    sitemap_lists_drafts: "/sitemap-",
    highlight_shows_the_article: "highlight=",
    page_shows_passages_to_all: "GET /actions/",
    cursor_carries_the_number_of_drafts: "page_size=7",
    options_list_drafts: "OPTIONS",
    readiness_tells_of_waiting_reviews: "/readyz",
}


@pytest.mark.parametrize("leak", PLANTED)
def test_planted_leak_is_caught(before, monkeypatch, leak):
    leak(monkeypatch)
    with drafts():
        caught = next(different(before, PLANTED[leak]), None)
    assert caught, "the crawl saw no difference"
    assert caught.send() == before[caught], "it differs without drafts too: no leak of drafts"
