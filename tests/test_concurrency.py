"""Several people and processes at once: one wins, the other is told, readers see whole versions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from policy.models import Revision, Source, SourceText
from policy.publishing import ledger, publish
from policy.sources import article
from tests import factories as make

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.postgresql]


def elsewhere(work, *arguments):
    """Run on a connection of its own, closed afterwards."""
    try:
        return work(*arguments)
    finally:
        connections.close_all()


def together(*jobs):
    with ThreadPoolExecutor(len(jobs)) as pool:
        futures = [pool.submit(elsewhere, *job) for job in jobs]
        return [future.exception() or future.result() for future in futures]


def test_of_two_who_publish_one_record_one_wins_and_the_other_is_told():
    row = make.publish_new_action("ban")
    row.title = "A wider ban"
    row.save()
    by, key = make.reviewer(), ("action", "ban")
    seen = {key: publish.record_content_hash(row, row.current)}
    ready = threading.Barrier(2)

    def attempt():
        ready.wait()
        return publish.publish([row], by=by, seen=seen)

    results = together((attempt,), (attempt,))
    won = [r for r in results if isinstance(r, list)]
    told = [r for r in results if isinstance(r, publish.PublishingConflict)]
    assert [[r.number for r in found] for found in won] == [[2]]
    assert told[0].messages == ["A wider ban changed since you opened it. Review it again."]
    assert Revision.objects.of_record(*key).count() == 2


def test_of_many_who_publish_without_looking_one_revision_comes():
    row = make.publish_new_action("ban")
    row.title = "A wider ban"
    row.save()
    by = make.reviewer()
    results = together(*[(publish.publish, [row], by)] * 4)
    assert sorted(len(found) for found in results) == [0, 0, 0, 1]


def test_nobody_sees_a_later_version_before_an_earlier_one():
    first, second = make.publish_new_action("first"), make.publish_new_action("second")
    for row in (first, second):
        row.title += " revised"
        row.save()
    by, before = make.reviewer(), Revision.objects.version().number
    written, release = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            publish.publish([first], by=by)
            written.set()
            release.wait(10)

    def quick():
        written.wait(10)
        return publish.publish([second], by=by)[0].id

    with ThreadPoolExecutor(2) as pool:
        slow_one, quick_one = pool.submit(elsewhere, slow), pool.submit(elsewhere, quick)
        written.wait(10)
        with pytest.raises(TimeoutError):
            quick_one.result(timeout=0.5)
        assert Revision.objects.version().number == before
        release.set()
        slow_one.result(10)
        assert quick_one.result(10) == before + 2
    assert Revision.objects.of_record("action", "first").last().id == before + 1


def test_readers_meet_versions_without_holes_while_many_publish():
    rows = [make.publish_new_action(f"ban-{number}") for number in range(4)]
    by, done, seen = make.reviewer(), threading.Event(), []

    def read():
        while not done.is_set():
            seen.append(list(Revision.objects.order_by("id").values_list("id", flat=True)))

    def write(row):
        for number in range(5):
            row.title = f"Title {number}"
            row.save()
            publish.publish([row], by=by)

    with ThreadPoolExecutor(5) as pool:
        reader = pool.submit(elsewhere, read)
        writers = [pool.submit(elsewhere, write, row) for row in rows]
        for writer in writers:
            writer.result(60)
        done.set()
        reader.result(10)
    assert all(ids == list(range(1, len(ids) + 1)) for ids in seen)
    assert Revision.objects.version().number == len(rows) * 5 + len(seen[0])


def test_a_clock_that_goes_back_does_not_turn_history_round(monkeypatch):
    row = make.publish_new_action("ban")
    last = row.current.published_at
    real = ledger.Ledger.next_instant

    def behind(opened):
        opened.now = last.replace(year=2020)
        return real(opened)

    monkeypatch.setattr(ledger.Ledger, "next_instant", behind)
    row.title = "Later"
    row.save()
    (revision,) = publish.publish([row], by=make.reviewer())
    assert revision.published_at == last + ledger.ONE_MICROSECOND


def test_failure_half_way_leaves_nothing(monkeypatch):
    row = make.publish_new_action("ban")
    row.title = "A wider ban"
    row.save()
    version = Revision.objects.version()

    def fail(*args):
        raise RuntimeError("the machine stops here")

    monkeypatch.setattr("policy.publishing.ledger.IndexWriter.add", fail)
    with pytest.raises(RuntimeError):
        publish.publish([row], by=make.reviewer())
    assert Revision.objects.version() == version
    assert row.current.number == 1
    assert connection.in_atomic_block is False


def test_of_many_who_bring_in_one_text_one_source_comes():
    def bring(number):
        page = f"<!-- {number} --><p>The ministry banned mining.</p>".encode()
        row = Source(slug=f"s{number}", language="en", source_class_id="source_class.wire")
        return article.save_article(article.parse_article(page), row)

    results = together(*[(bring, number) for number in range(4)])
    refused = [r for r in results if isinstance(r, article.ArticleError)]
    (kept,) = [r for r in results if isinstance(r, Source)]
    assert {found.duplicate_of for found in refused} == {kept}
    assert (len(refused), Source.objects.count(), SourceText.objects.count()) == (3, 1, 1)
