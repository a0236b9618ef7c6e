"""A server that is stopped ends, whatever it was doing: also while it begins."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.conf import settings

from prove.embedded_site import wait_until
from prove.processes import child_pids
from tests.live_server import free_port

UNITS = sorted((settings.BASE_DIR / "docs" / "examples").glob("*.service"))
KILLED = 2  # seconds; the units say more
MOMENTS = (0.1, 0.3, 0.6, 1.0)  # seconds after its worker is born


def command(unit, port):
    """What the unit starts, at another port and less patient."""
    line = re.search("^ExecStart=(.*granian.*)$", unit.read_text(), re.M)[1]
    program, *options = shlex.split(line)
    options[options.index("--port") + 1] = str(port)
    options[options.index("--workers-kill-timeout") + 1] = str(KILLED)
    return [str(Path(sys.executable).with_name(Path(program).name)), *options]


def there(group):
    """Whether a group of processes has any left."""
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_server_that_is_stopped_while_it_begins_ends(unit, moment, tmp_path):
    port = free_port()
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            command(unit, port),
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: child_pids(server.pid), "a worker")
        time.sleep(moment)
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(KILLED + 10)
        wait_until(lambda: not there(server.pid), "the end of its workers")
        if moment == MOMENTS[0]:  # else this proves nothing: the worker was ready already
            assert "Killing worker" in (tmp_path / "log").read_text()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
