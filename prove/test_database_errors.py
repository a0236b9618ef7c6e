"""The database is stopped, frozen, refusing, crowded, read-only or full: the site says so at once,
lives on, and serves again as soon as the database does. Nobody restarts it.
"""

import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial

import orjson
import psycopg
import pytest
from psycopg import errors

from config.postgres import embedded_server
from config.postgres.timeouts import BREAKER_RESET_SECONDS
from desk.base.db_errors import DATABASE_ERROR_MESSAGES
from policy.models import Agency
from prove import RUN_LONG_PROOFS
from prove.embedded_site import (
    ADMIN_PASSWORD,
    HBA_ADMIT,
    HBA_REJECT,
    Site,
    use_database,
    wait_until,
)
from prove.visitor import Visitor, log_in_visitor

DOWN, HUNG, BACK = 0.5, 2.0, 1.0  # seconds that the promise allows
READY, LIVE, API, PAGE = "/readyz", "/livez", "/api/v1/actions/", "/actions/"
DESK = "/admin/policy/agency/"
SERVING = (API, "/api/v1/changes/", PAGE, "/")
ROUNDS = 10 if RUN_LONG_PROOFS else 1
ROOM = 12  # connections that the server takes


@pytest.fixture(scope="module")
def site(cluster, tmp_path_factory):
    site = Site(cluster, tmp_path_factory.mktemp("site"))
    cluster.stop()
    start(cluster)
    try:
        site.start()
        yield site
    finally:
        site.stop()


def start(cluster):
    cluster.start(max_connections=ROOM, superuser_reserved_connections=0)


@pytest.fixture(scope="module")
def chief(site):
    return log_in_visitor(site, "chief")


@contextmanager
def stopped(cluster):
    cluster.stop()
    yield
    start(cluster)


@contextmanager
def killed(cluster):
    cluster.kill()
    yield
    start(cluster)


@contextmanager
def frozen(cluster):
    cluster.freeze()
    try:
        yield
    finally:
        cluster.thaw()


@contextmanager
def refusing(cluster):
    with psycopg.connect(cluster.url, autocommit=True) as inside:
        admit(cluster, HBA_REJECT, False)
        inside.execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
    yield
    admit(cluster, HBA_ADMIT, True)


def admit(cluster, rule, welcome):
    cluster.write_hba(rule)
    os.kill(cluster.process.pid, signal.SIGHUP)
    wait_until(lambda: cluster.accepts_connections() == welcome, "the new rule")


OTHERS = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"


@contextmanager
def crowded(cluster):
    """Others hold every connection that the server has."""
    with ExitStack() as held:
        join = partial(psycopg.connect, cluster.url, application_name="crowd", autocommit=True)
        crowd = [held.enter_context(join())]
        while len(crowd) < ROOM:
            crowd[0].execute(f"SELECT pg_terminate_backend(pid) {OTHERS}")
            with suppress(psycopg.OperationalError):
                while True:
                    crowd.append(held.enter_context(join()))
        yield


TROUBLES = {
    "stopped": (stopped, DOWN),
    "killed": (killed, DOWN),
    "refusing": (refusing, DOWN),
    "out of connections": (crowded, DOWN),
    "frozen": (frozen, HUNG),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_said_and_ends_by_itself(name, cluster, site, chief, figure):
    trouble, bound = TROUBLES[name]
    workers, slowest, longest = site.workers(), 0.0, 0.0
    for _ in range(ROUNDS):
        together(site, chief, serving)
        with trouble(cluster):
            slowest = max(slowest, *alone(site, chief))
            together(site, chief, unavailable)
        longest = max(longest, recovery(site))
        together(site, chief, serving)
    assert site.workers() == workers
    assert (slowest < bound, longest < BACK) == (True, True), (slowest, longest)
    figure(
        f"{name}: {ROUNDS} times, every answer a 503 within {slowest * 1000:.0f} ms "
        f"(promised: {bound * 1000:.0f}), served again after {longest * 1000:.0f} ms"
    )


def asked(site, chief):
    return [(site.get, path) for path in (*SERVING, READY, LIVE)] + [(chief.request, DESK)]


def alone(site, chief):
    """One page after another; how long each took."""
    return [unavailable(path, ask(path)) for ask, path in asked(site, chief)]


def together(site, chief, judge):
    """All pages at once, twice."""
    questions = asked(site, chief) * 2
    with ThreadPoolExecutor(len(questions)) as pool:
        jobs = [(path, pool.submit(ask, path)) for ask, path in questions]
        for path, job in jobs:
            judge(path, job.result())


def serving(path, said):
    assert said.status == 200, (path, said)
    return said.seconds


def unavailable(path, said):
    """How long it took to say so, and that it was said properly."""
    if path == LIVE:
        return serving(path, said)
    assert (said.status, said.headers["ETag"]) == (503, None), (path, said)
    assert "no-store" in said.headers["Cache-Control"], (path, said.headers)
    if path == READY:
        assert orjson.loads(said.body) == {"status": "the database is unavailable"}
        return said.seconds
    assert said.headers["Retry-After"] == "5"
    if path.startswith("/api/"):
        assert said.headers["Content-Type"] == "application/problem+json"
        assert orjson.loads(said.body)["type"] == "/api/problems/unavailable/"
    else:
        assert b"<h1>Service unavailable</h1>" in said.body
    assert b"Traceback" not in said.body
    assert b"127.0.0.1" not in said.body
    return said.seconds


def recovery(site):
    """Seconds until readers are served again."""
    began = time.monotonic()
    wait_until(lambda: site.get(API).status == 200, API)
    return time.monotonic() - began


def test_who_was_asking_when_it_froze_is_told_too(cluster, site, figure):
    """Requests come all the time, and the server freezes in the middle of them."""
    answers, over = [], threading.Event()

    def ask():
        while not over.is_set():
            said = site.get(API)
            answers.append((said.status, said.seconds))
            time.sleep(0.05)

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(ask) for _ in range(8)]
        try:
            time.sleep(1)
            usual = max(seconds for _, seconds in answers)  # what 8 clients cost anyway
            for _ in range(ROUNDS):
                wait_until(lambda: answers and answers[-1][0] == 200, "an answer")
                with frozen(cluster):
                    wait_until(lambda: answers[-1][0] == 503, "trouble")
                    time.sleep(BREAKER_RESET_SECONDS)
            wait_until(lambda: answers[-1][0] == 200, "an answer")
        finally:
            over.set()  # else the pool waits for its clients for ever
        for job in jobs:
            job.result()
    slowest = max(seconds for _, seconds in answers)
    assert {status for status, _ in answers} == {200, 503}
    assert slowest - usual < HUNG
    figure(
        f"frozen in the middle of {len(answers)} requests by 8 clients: each answered within "
        f"{slowest * 1000:.0f} ms (promised: {HUNG * 1000:.0f} more than the {usual * 1000:.0f} "
        "that the slowest takes when all is well)"
    )


# Reading goes on


@contextmanager
def read_only(cluster):
    name = embedded_server.DATABASE
    cluster.sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on", "template1")
    cluster.terminate_sessions()
    yield
    cluster.sql(f"ALTER DATABASE {name} RESET default_transaction_read_only", "template1")
    cluster.terminate_sessions()


def read(site):
    return [site.get(path).body for path in (API, "/api/v1/changes/")]


def test_what_cannot_be_written_can_be_read(cluster, site, chief, figure, django_db_blocker):
    before, page = read(site), first_agency(cluster, django_db_blocker)
    values = chief.get_form_data(page, description="Changed.")
    with read_only(cluster):
        assert [site.get(path).status for path in (*SERVING, READY)] == [200] * 5
        assert read(site) == before
        said = chief.post(page, values)
        assert refusal(said) == DATABASE_ERROR_MESSAGES[errors.ReadOnlySqlTransaction]
        assert b"Changed." in said.body
        newcomer = Visitor(site)
        form = newcomer.get_form_data("/admin/login/", username="chief", password=ADMIN_PASSWORD)
        refused = newcomer.post("/admin/login/", form)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "5")
        assert "The database accepts no changes now." in refused.body.decode()
    assert chief.post(page, values).headers["Location"] == DESK
    figure("read-only: every public page answers as before, the desk says that nothing was saved")


def refusal(said):
    """Why the desk saved nothing, of a form that stands again."""
    assert said.status == 200
    return re.search(r"Nothing was saved: ([^<\n]+)", said.body.decode())[1]


def first_agency(cluster, blocker):
    with use_database(cluster, blocker):
        return f"{DESK}{Agency.objects.order_by('pk')[0].pk}/change/"


@pytest.fixture
def small_disk(cluster):
    """A disk of 64 MB that holds the tables; the log of the server stays where it was."""
    disk, name = cluster.home.path / "disk", embedded_server.DATABASE
    disk.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", f"size=64m,uid={cluster.home.uid},mode=700")
    mounted = subprocess.run([*mount, "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode and not os.environ.get("ALL_TESTS"):
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    assert mounted.returncode == 0, mounted.stderr
    try:
        cluster.sql(f"CREATE TABLESPACE small LOCATION '{disk}'", "template1")
        cluster.terminate_sessions()
        cluster.sql(f"ALTER DATABASE {name} SET TABLESPACE small", "template1")
        yield disk
        cluster.terminate_sessions()
        cluster.sql(f"ALTER DATABASE {name} SET TABLESPACE pg_default", "template1")
        cluster.sql("DROP TABLESPACE small", "template1")
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_said_and_leaves_nothing_half_done(
    cluster, site, chief, small_disk, figure, django_db_blocker
):
    page, before = first_agency(cluster, django_db_blocker), read(site)
    long = os.urandom(200_000).hex()
    values = chief.get_form_data(page, description=long)
    rest = small_disk / "rest"
    fill(rest)
    said = chief.post(page, values)
    assert refusal(said) == DATABASE_ERROR_MESSAGES[errors.DiskFull]
    assert long.encode() in said.body  # nothing of what was typed is lost
    assert long not in str(chief.get_form_data(page))
    assert read(site) == before
    rest.unlink()
    assert chief.post(page, values).headers["Location"] == DESK
    assert long in str(chief.get_form_data(page))
    figure("disk full: every public page answers as before, the desk says that nothing was saved")


def fill(path):
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"0" * 4096)


# A lock that does not come


def test_a_reader_waits_a_second_for_a_lock_and_no_longer(cluster, site):
    with psycopg.connect(cluster.url) as other:
        other.execute("LOCK TABLE policy_revision IN ACCESS EXCLUSIVE MODE")
        said = site.get(API)
    assert (said.status, said.headers["Retry-After"]) == (503, "5")
    detail = "Another user is changing the same data. Please try again."
    assert (orjson.loads(said.body)["detail"], said.seconds < HUNG) == (detail, True)
    assert site.get(API).status == 200


def test_nothing_needed_the_last_net(site):
    assert "policy_events.alert" not in site.log()
