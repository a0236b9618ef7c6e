"""The application and PostgreSQL are killed at any moment.

What was acknowledged is there and whole, and of everything else all or nothing.
"""

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from django.conf import settings

from policy.models import RECORD_MODELS, Revision, SourceText
from prove import RUN_LONG_PROOFS, integrity, workload
from prove.embedded_site import use_database, wait_until

KILLS = 200 if RUN_LONG_PROOFS else 20
FRESH = 20  # kills after which to start with a fresh database
LATEST = 0.4  # seconds that are worked, at most, before somebody is killed
NUMBERS = count(1000, 1000)  # of the first act of each child
CHANCE = random.Random(1)
MARK = re.compile(r"act-(\d+)-")
SAYS = re.compile(r'"act-(\d+)- says this[.]"')


@dataclass
class Worker:
    """The process of prove/workload.py, and what it said."""

    url: str
    folder: object
    process: object = None
    said: list = field(default_factory=list)

    def start(self):
        with (self.folder / "acts.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "prove.workload"],
                cwd=settings.BASE_DIR,
                env=os.environ | {"DATABASE_URL": self.url},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.said.append(line.split())

    def of(self, *names):
        return {(act, int(n)) for word, *rest in self.said if word in names for act, n in [rest]}

    def last(self, word):
        return next((int(line[1]) for line in reversed(self.said) if line[0] == word), None)

    def go(self):
        """A new child of the application, that goes on where the last one stopped."""
        self.number = next(NUMBERS)
        known = len(self.said)
        self.process.stdin.write(f"go {self.folder} {self.number}\n")
        self.process.stdin.flush()
        wait_until(lambda: any(line[0] == "begin" for line in self.said[known:]), "an act")

    def kill(self):
        child = self.last("child")
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: ["gone", str(child)] in self.said, "the end of the application")

    def stop(self):
        if self.process:
            if self.last("child") != self.last("gone"):
                self.kill()
            self.process.stdin.close()
            self.process.wait(30)
            self.process.stdout.close()


@contextmanager
def started(worker):
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def fresh(cluster):
    """The seed dataset again, in a database of its own.

    Copied as files: PostgreSQL's default, a copy through the log, lets sequences of the copy fall
    back when the server crashes before its next checkpoint.
    """
    cluster.terminate_sessions()
    cluster.sql("DROP DATABASE IF EXISTS crash WITH (FORCE)", "template1")
    copied = "TEMPLATE policy_events STRATEGY file_copy"
    cluster.sql(f"CREATE DATABASE crash {copied}", "template1")


def quiet(cluster):
    """Whether the server has noticed that its clients died."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'crash'"
    return cluster.sql(asked, "template1") == [(0,)]


def left_behind():
    """How many published records, and rows to edit, each act left behind."""
    published, rows = Counter(), Counter()
    for record, document in Revision.objects.values_list("record", "document"):
        if found := MARK.match(record) or SAYS.search(document):
            published[int(found[1])] += 1
    for model in RECORD_MODELS.values():
        for slug in model.objects.filter(slug__startswith="act-").values_list("slug", flat=True):
            rows[int(MARK.match(slug)[1])] += 1
    return published, rows


def torn_or_lost(worker):
    """What is not as it was acknowledged, and what is there by half."""
    published, rows = left_behind()
    texts = Counter(
        int(MARK.match(slug)[1])
        for slug in SourceText.objects.filter(source__slug__startswith="act-").values_list(
            "source__slug", flat=True
        )
    )
    done, found = worker.of("done"), []
    for act, number in sorted(worker.of("begin")):
        whole_act = workload.RECORDS_PER_ACT[act]
        there = {
            "publish": (published[number],),
            "load": (published[number], rows[number]),
            "import": (texts[number], rows[number]),
        }[act]
        if set(there) != {whole_act} and ((act, number) in done or set(there) != {0}):
            found.append((act, number, there, "done" if (act, number) in done else "begun"))
    known = {number for _, number in worker.of("begin")}
    return found + sorted((published.keys() | rows.keys()) - known)


def suffer(cluster, worker, kills):
    """Work a while, be killed, and be killed again where it was the database."""
    worker.go()
    moment()
    if kills["PostgreSQL"] < kills["the application"]:
        cluster.kill()
        kills["PostgreSQL"] += 1
        cluster.start()
        worked = len(worker.of("done"))
        wait_until(lambda: len(worker.of("done")) > worked, "work after the recovery")
        moment()
    worker.kill()
    kills["the application"] += 1
    wait_until(lambda: quiet(cluster), "the end of its sessions")


def moment():
    time.sleep(CHANCE.uniform(0, LATEST))


def test_kills_lose_nothing_and_leave_nothing_half_done(
    cluster, tmp_path, django_db_blocker, figure
):
    kills, done, begun = Counter(), 0, 0
    while kills.total() < KILLS:
        fresh(cluster)
        with started(Worker(cluster.database_url("crash"), tmp_path)) as worker:
            end = min(kills.total() + FRESH, KILLS)
            while kills.total() < end:
                suffer(cluster, worker, kills)
                with use_database(cluster, django_db_blocker, "crash"):
                    assert torn_or_lost(worker) == []
                    assert integrity.find_integrity_faults() == []
        done += len(worker.of("done"))
        begun += len(worker.of("begin"))
    assert begun > done  # else nobody was killed in the middle of anything
    killed = " and ".join(f"{number} of {name}" for name, number in kills.items())
    figure(
        f"{killed} killed: {done} acknowledged publishes, loads and imports, 0 lost; "
        f"{begun - done} cut short, 0 by half"
    )
