"""Two people load at once: one waits, and the second finds nothing left to do."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from policy.models import Revision
from tests import folders

pytestmark = pytest.mark.usefixtures("committed")


def test_two_loads_at_once_publish_once(tmp_path):
    folder = folders.little(tmp_path / "little")
    ready = threading.Barrier(2)

    def attempt(_):
        try:
            ready.wait()
            return folders.load(folder)
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
