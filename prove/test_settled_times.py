"""A time in `as_of` has one answer for ever, while eight people and a bulk load publish."""

import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone

from api.http.conditional import CacheValidator
from api.http.problems import ApiProblem
from api.query import positions
from policy.models import Action, Revision
from policy.publishing import publish
from policy.versions import Version
from prove import RUN_LONG_PROOFS
from tests import factories as make
from tests.test_concurrency import elsewhere

pytestmark = pytest.mark.usefixtures("committed")
PUBLISHERS, READERS = 8, 2
BULK_SIZE = 10  # records that one transaction publishes
PAUSES = (0.3, 0.9)  # seconds between two publications of one person
ANSWERS = 100_000 if RUN_LONG_PROOFS else 3_000
MAX_SECONDS = 1_500 if RUN_LONG_PROOFS else 60


class Answer(NamedTuple):
    """The answer for a time: settled, or None if it was refused for now; and the naive one."""

    moment: datetime
    settled: Version | None
    naive: Version
    waited: float  # seconds


def publish_until(done: threading.Event, rows: list[Action]) -> None:
    by, number = make.reviewer(), 0
    while not done.is_set():
        number += 1
        with transaction.atomic():
            for row in rows:
                row.title = f"{row.slug} {number}"
                row.save()
            publish.publish(rows, by=by)
        time.sleep(random.uniform(*PAUSES))


def read_until(done: threading.Event, answers: list[Answer]) -> None:
    while not done.is_set():
        moment = timezone.now() - timedelta(milliseconds=random.uniform(0, 30))
        naive = Revision.objects.version(moment)
        began = time.perf_counter()
        try:
            state = CacheValidator.load()
            settled = positions.get_version_as_of(moment.isoformat(), state)
        except ApiProblem as problem:
            if problem.kind != "unavailable":
                raise
            settled = None
        answers.append(Answer(moment, settled, naive, time.perf_counter() - began))
        if len(answers) >= ANSWERS:
            done.set()


def test_no_answer_changes_after_a_commit(figure):
    single = [[make.publish_new_action(f"act-{number}")] for number in range(PUBLISHERS)]
    bulk = [make.publish_new_action(f"bulk-{number}") for number in range(BULK_SIZE)]
    answers: list[Answer] = []
    done = threading.Event()
    with ThreadPoolExecutor(PUBLISHERS + READERS + 1) as pool:
        jobs = [pool.submit(elsewhere, publish_until, done, rows) for rows in [*single, bulk]]
        jobs += [pool.submit(elsewhere, read_until, done, answers) for _ in range(READERS)]
        if not done.wait(MAX_SECONDS):
            done.set()
        for job in jobs:
            job.result(60)
    final = {answer.moment: Revision.objects.version(answer.moment) for answer in answers}
    given = [answer for answer in answers if answer.settled]
    changed = sum(answer.settled != final[answer.moment] for answer in given)
    naive = sum(answer.naive != final[answer.moment] for answer in answers)
    waits = statistics.quantiles([answer.waited * 1000 for answer in given], n=100)
    figure(
        f"as_of: {changed} of {len(given):,} answers changed after a commit; asked naively, "
        f"{naive:,} of {len(answers):,}; {len(answers) - len(given):,} asked to try again; "
        f"wait p50 {waits[49]:.1f} ms, p99 {waits[98]:.1f} ms; "
        f"{Revision.objects.version().number:,} revisions"
    )
    assert changed == 0
    assert naive > 0
    assert len(given) > len(answers) / 2
