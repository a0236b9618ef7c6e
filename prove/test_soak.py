"""Under mixed load, half of it hostile, nothing fails, grows or stays open.

SOAK=600 makes it so many seconds long.
"""

import os
import random
import statistics
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from prove import RUN_LONG_PROOFS
from tests.admin_pages import login_client
from tests.bad_inputs import BAD_INPUT_URLS, RAW_REQUESTS
from tests.conftest import FIXTURES
from tests.live_server import SERVER_THREADS, parse_status, run_server

SECONDS = int(os.environ.get("SOAK", "1800" if RUN_LONG_PROOFS else "30"))
PERIOD = SECONDS / 60  # between two looks at the process
STEEPEST = 20.0  # MB an hour; judged when the run is long enough to tell a slope from noise
TELLING = 600  # seconds
NORMAL = [
    *("/", "/actions/", "/actions/?q=mining", "/codebook/", "/sitemap.xml", "/llms.txt", "/readyz"),
    *("/api/v1/", "/api/v1/actions/", "/api/v1/actions/?format=csv", "/api/v1/changes/"),
    *("/api/v1/actions/?jurisdiction=CN&include=agencies", "/api/v1/jurisdictions/?page_size=100"),
    *("/api/v1/actions/aggregate/?group_by=type,year", "/api/v1/actions/?q=police", "/api/docs/"),
    *(
        "/admin/",
        "/admin/policy/action/",
        "/admin/policy/action/?q=mining",
        "/admin/policy/auditevent/",
    ),
    *("/admin/policy/action/add/", "/admin/policy/source/", "/admin/policy/action/export/"),
]


@pytest.fixture
def site(committed, tmp_path):
    call_command("load_dataset", FIXTURES, verbosity=0)
    with run_server(tmp_path) as server:
        yield server


class Load(threading.Thread):
    """One client after another, well-behaved and hostile in turn."""

    def __init__(self, server, cookie, seed, end):
        super().__init__()
        self.server, self.cookie, self.end = server, cookie, end
        self.random, self.answered = random.Random(seed), Counter()
        self.failed = []

    def run(self):
        while time.monotonic() < self.end:
            for ask in (self.normal, self.hostile, self.raw):
                what, answer = ask()
                status = parse_status(answer)
                self.answered[status] += 1
                if status >= 500 or (status == 0 and ask != self.raw):
                    self.failed.append((what, status))

    def normal(self):
        path = self.random.choice(NORMAL)
        answer = self.server.get(path, f"Cookie: __Host-session={self.cookie}")
        return path, answer if parse_status(answer) == 200 else b"HTTP/1.1 599 Not as it should"

    def hostile(self):
        path = self.random.choice(BAD_INPUT_URLS)
        return path, self.server.get(path, f"Cookie: __Host-session={self.cookie}")

    def raw(self):
        name = self.random.choice(list(RAW_REQUESTS))
        with suppress(TimeoutError):
            return name, self.server.send(RAW_REQUESTS[name].sent)
        return name, b""


def resident(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def handles(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def sessions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def held(pid):
    return handles(pid), sessions()


def slope(samples):
    """MB an hour of what was resident, once the first third has warmed the process up."""
    warm = samples[len(samples) // 3 :]
    return statistics.linear_regression(*zip(*warm, strict=True)).slope * 3600


def test_nothing_fails_and_nothing_grows(site, figure):
    root = login_client(User.objects.create_superuser("root"))
    cookie = root.cookies["sessionid"].value
    pid, began = site.worker, time.monotonic()
    crowd = [Load(site, cookie, seed, began + SECONDS) for seed in range(SERVER_THREADS)]
    for one in crowd:
        one.start()
    time.sleep(PERIOD)
    first, samples = held(pid), []
    while any(one.is_alive() for one in crowd):
        samples.append((time.monotonic() - began, resident(pid)))
        time.sleep(PERIOD)
    for one in crowd:
        one.join()
    last, answered = held(pid), sum((one.answered for one in crowd), Counter())
    figure(said(answered, first, last, samples))
    assert [one.failed for one in crowd] == [[]] * SERVER_THREADS
    assert answered[200] > answered.total() / 4
    assert site.worker == pid
    assert last[1] <= SERVER_THREADS
    assert abs(last[0] - first[0]) <= 2 * SERVER_THREADS  # a client and a session for each thread
    if SECONDS >= TELLING:
        assert slope(samples) < STEEPEST


def said(answered, first, last, samples):
    told = ", ".join(f"{n} of {status}" for status, n in sorted(answered.items()))
    return (
        f"soak: {SECONDS} s, {answered.total()} requests ({told}), "
        f"resident {samples[0][1]:.0f} MB at first, {samples[-1][1]:.0f} MB at last, "
        f"slope {slope(samples):.1f} MB/h; file handles {first[0]} and {last[0]}, "
        f"sessions {first[1]} and {last[1]}"
    )
