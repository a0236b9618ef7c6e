"""Two people load at once: one waits, and the second finds nothing left to do. Or one is killed."""

import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.db import connection, connections

from policy.models import Action, Revision
from tests import folders, live_server

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.postgresql, pytest.mark.slow]


def test_two_loads_at_once_publish_once(tmp_path):
    folder = folders.write_small_dataset(tmp_path / "little")
    ready = threading.Barrier(2)

    def attempt(_):
        try:
            ready.wait()
            return folders.load_folder(folder)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(attempt, range(2)))
    rest = "0 revisions restored, 0 terms and 0 jurisdictions written."
    assert said == [
        f"0 records published, 5 unchanged, {rest}",
        f"5 records published, 0 unchanged, {rest}",
    ]
    assert Revision.objects.count() == 5


def test_a_load_that_is_killed_leaves_nothing(tmp_path):
    """At a moment when it has written already: as soon as its transaction holds a row."""
    environment = live_server.server_environment(tmp_path)
    command = [sys.executable, "manage.py", "load_dataset", "fixtures"]
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while not writing():
            assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert Revision.objects.count() == Action.objects.count() == 0
    again = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, check=True, capture_output=True, text=True
    )
    assert "39 records published, 0 unchanged" in again.stdout


def writing():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
        )
        return cursor.fetchone()[0] > 0
