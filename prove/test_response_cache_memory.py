"""MEMORY megabytes of the response cache are that many of the size of the process.

Small answers to questions that nobody asks twice fill it, as any client may do.
"""

import http.client
from itertools import count
from pathlib import Path

import pytest

from prove import RUN_LONG_PROOFS
from tests.live_server import SERVER_HOST, run_server

LITTLE, MUCH = 1, 16 if RUN_LONG_PROOFS else 8  # MB; both processes get the same requests
BOUND = 1.25
REQUESTS_PER_MB = 900  # an entry has about 1.4 kB
KINDS = {
    "small responses": ("/api/v1/jurisdictions/?q={}", 200, {}),
    "304 responses": ("/api/v1/jurisdictions/?q=x{}", 304, {"If-None-Match": "*"}),
}


def resident_megabytes(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measure(folder, path, status, headers):
    """Return the size of a process, in MB, after MUCH * REQUESTS_PER_MB different requests."""
    with run_server(folder) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for number in range(MUCH * REQUESTS_PER_MB):
            client.request("GET", path.format(number), headers={"Host": SERVER_HOST, **headers})
            response = client.getresponse()
            response.read()
            assert response.status == status
        client.close()
        return resident_megabytes(server.worker)


@pytest.mark.parametrize("kind", KINDS)
def test_small_entries_take_no_more_than_memory(committed, tmp_path, monkeypatch, figure, kind):
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")  # as in docs/examples/
    folders, sizes = count(), {}
    for memory in (LITTLE, MUCH):
        monkeypatch.setenv("MEMORY", str(memory))
        folder = tmp_path / str(next(folders))
        folder.mkdir()
        sizes[memory] = measure(folder, *KINDS[kind])
    grown, allowed = sizes[MUCH] - sizes[LITTLE], MUCH - LITTLE
    figure(f"{kind}: {grown:.1f} MB for {allowed} MB more of MEMORY")
    assert allowed / 2 < grown < allowed * BOUND
