"""Everything at once: rows a second, and what the worker's memory rises to."""

import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from bench import measure
from bench.contestants import Contestant
from bench.progress import say
from bench.store import Dataset, postmaster

SOME = 2000  # rows of those that would take many minutes for all
BLOCK = 1 << 18
COPY = (
    "COPY (SELECT document FROM policy_revision WHERE kind = 'action' AND superseded_at IS NULL"
    " AND event IN ('publish', 'revise')) TO STDOUT"
)
Counted = tuple[int, int]  # rows, bytes


@dataclass
class Export:
    label: str
    rows: int
    rate: float
    megabytes: float
    server: float  # seconds of CPU
    database: float
    idle: float  # MB
    peak: float


def ours(format: str) -> Callable[[Contestant], str]:
    return lambda contestant: f"/api/v1/actions/?format={format}"


def flat(contestant: Contestant) -> str:
    query = urlencode({"_stream": 1, "_size": "max", "_nocol": "search_text"})
    return f"/{contestant.dataset.flat.stem}/action.csv?{query}"


EXPORTS: list[tuple[str, str, Callable[[Contestant], str]]] = [
    ("NDJSON, Policy Events", "ours", ours("ndjson")),
    ("CSV, Policy Events", "ours", ours("csv")),
    (f"NDJSON, plain DRF ({SOME:,} rows)", "drf", lambda c: f"/actions/export/?rows={SOME}"),
    ("CSV, Datasette (flat)", "datasette", flat),
]


def run(dataset: Dataset, running: list[Contestant], rounds: int) -> list[Export]:
    """The medians of some rounds."""
    there = {contestant.name: contestant for contestant in running}
    found: dict[str, list[Export]] = {}
    for _ in range(rounds):
        found.setdefault("COPY", []).append(copied(dataset))
        for label, name, path in EXPORTS:
            if name in there:
                try:
                    found.setdefault(label, []).append(exported(label, there[name], path))
                except Exception as error:
                    say(f"!!! {label}: {error!r}")
    return [sorted(some, key=lambda e: e.rate)[len(some) // 2] for some in found.values() if some]


def copied(dataset: Dataset) -> Export:
    """The limit: the documents as COPY sends them, thrown away."""
    with dataset.product.connect() as connection, connection.cursor() as cursor:
        before, began = measure.database_cpu(postmaster()), time.perf_counter()
        rows = size = 0
        with cursor.copy(COPY) as copy:
            for block in copy:
                size += len(block)
                rows += bytes(block).count(b"\n")
        seconds = time.perf_counter() - began
    database = measure.database_cpu(postmaster()) - before
    return told(Export("COPY", rows, rows / seconds, size / 1e6, 0, database, 0, 0))


def exported(label: str, contestant: Contestant, path: Callable[[Contestant], str]) -> Export:
    pids = contestant.pids()
    measure.forget_peak(pids)
    server, database = measure.cpu(pids), measure.database_cpu(postmaster())
    began, rows, size = time.perf_counter(), 0, 0
    for block in blocks(contestant, path(contestant)):
        rows, size = rows + block.count(b"\n"), size + len(block)
    seconds = time.perf_counter() - began
    return told(
        Export(
            label,
            rows,
            rows / seconds,
            size / 1e6,
            measure.cpu(pids) - server,
            measure.database_cpu(postmaster()) - database,
            contestant.idle,
            measure.peak(pids),
        )
    )


def blocks(contestant: Contestant, path: str) -> Iterator[bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", contestant.port, timeout=600)
    connection.request("GET", path, headers={"Host": "localhost", **contestant.headers})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {answer.read(300)!r}")
    while block := answer.read1(BLOCK):
        yield block
    connection.close()


def told(done: Export) -> Export:
    say(f"  {done.label:<34}{done.rate:>10,.0f} rows a second, peak {done.peak:.0f} MB")
    return done
