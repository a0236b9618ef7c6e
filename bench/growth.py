"""What each call costs as the dataset and the number of clients grow: ours, and plain DRF."""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from statistics import median
from typing import Any

from bench import load, measure, store
from bench.calls import CALLS, Facts
from bench.contestants import DRF, Contestant, Ours
from bench.progress import say
from bench.store import Dataset

GROWING = (
    *("list", "list_common", "list_rare", "deep", "one", "search_common", "search_rare"),
    *("search_relevance", "aggregate", "changes"),
)
CLIENTS = (1, 2, 4, 8, 16, 32, 64)
FIRST = 20  # questions that are asked of a cold server
LAP = 5.0  # seconds in which most questions of a call are asked once, before it counts
WORKERS = 2


@dataclass
class Size:
    """The costs at one size, in milliseconds by call; and list pages by clients."""

    actions: int
    asks: dict[str, list[Any]]
    cold: dict[str, float] = field(default_factory=dict)
    warm: dict[str, float] = field(default_factory=dict)
    drf: dict[str, float] = field(default_factory=dict)
    # Of a request to ours, warm: milliseconds of PostgreSQL's, and pages that it read.
    database: dict[str, float] = field(default_factory=dict)
    pages: dict[str, float] = field(default_factory=dict)
    # (clients, rate, p50, p99)
    clients: dict[str, list[tuple[int, float, float, float]]] = field(default_factory=dict)

    def costs(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "asks"}


def run(sizes: list[int], seed: int, seconds: float, rounds: int) -> list[dict[str, Any]]:
    found = {}
    measure.pin(os.getpid(), measure.OTHER_CORE)
    for actions in sizes:
        dataset = Dataset(actions, seed)
        dataset.prepare()
        found[dataset] = Size(actions, questions(dataset, seed))
    for dataset, size in found.items():
        for call, asks in size.asks.items():
            size.cold[call] = cold(dataset, asks[-FIRST:], CALLS[call].status)
            say(f"  {size.actions:,} {call}, cold: {size.cold[call]:.2f} ms")
    warm(Ours, found, "warm", seconds, rounds)
    warm(DRF, found, "drf", seconds, rounds)
    for dataset, size in found.items():
        store.remember(dataset.product)
        sweep(Ours(dataset, workers=WORKERS), size, seconds)
    return [size.costs() for size in found.values()]


def questions(dataset: Dataset, seed: int) -> dict[str, list[Any]]:
    with dataset.peers.connect() as peers, dataset.product.connect() as product:
        facts = Facts.read(peers, product)
    ours = Ours(dataset)
    ours.start()
    try:
        return {call: CALLS[call].asks(facts, Random(seed), ours) for call in GROWING}
    finally:
        ours.stop()


def cold(dataset: Dataset, asks: list[Any], status: int) -> float:
    """The median of the first questions to a server whose files nobody has read since."""
    store.forget()
    store.pin()
    ours = Ours(dataset)
    ours.start()
    try:
        requests = iter([ours.request(ask) for ask in asks])
        found = load.once(ours.port, requests, status)
        if found.failed:
            say(f"!!! {found.failed} of the first questions were not answered")
        return 1000 * found.quantile(0.5)
    finally:
        ours.stop()


def warm(
    kind: type[Contestant], sizes: dict[Dataset, Size], into: str, seconds: float, rounds: int
) -> None:
    """The medians of one client at a time. The sizes take turns, as contestants do."""
    with ExitStack() as running:
        servers = {}
        for dataset in sizes:
            store.remember(dataset.product if kind is Ours else dataset.peers)
            servers[dataset] = kind(dataset)
            running.callback(servers[dataset].stop)
            servers[dataset].start()
        for call in GROWING:
            if CALLS[call].ours_alone and kind is not Ours:
                continue
            turns = [Turn(servers[dataset], size, call) for dataset, size in sizes.items()]
            take(turns, seconds, rounds)
            for turn in turns:
                turn.tell(getattr(turn.size, into))
                if kind is Ours:
                    turn.explain()


def take(turns: list["Turn"], seconds: float, rounds: int) -> None:
    for turn in turns:
        turn.warm_up()
    for _ in range(rounds):
        for turn in turns:
            turn.take(seconds)


class Turn:
    """A call that is measured at one size, a round now and a round then."""

    def __init__(self, server: Contestant, size: Size, call: str) -> None:
        self.server, self.size, self.call = server, size, call
        self.requests = load.around([server.request(ask) for ask in size.asks[call]])
        self.runs: list[load.Run] = []
        self.database = self.pages = 0.0

    def warm_up(self) -> None:
        """PostgreSQL's own memory fills, as that of a server that has run for a day."""
        load.drive(self.server.port, self.requests, LAP, 4)

    def take(self, seconds: float) -> None:
        # First what the other sizes drove out of PostgreSQL's memory comes back.
        load.drive(self.server.port, self.requests, seconds / 4, 1)
        server = store.postmaster()
        cpu, pages = measure.database_cpu(server), measure.database_pages(server)
        self.runs.append(load.drive(self.server.port, self.requests, seconds, 1))
        self.database += measure.database_cpu(server) - cpu
        self.pages += measure.database_pages(server) - pages

    def tell(self, into: dict[str, float]) -> None:
        name = f"{self.size.actions:,} {self.call}, {self.server.label}"
        if any(run.failed for run in self.runs):  # it gave up: a limit of its own, most likely
            say(f"!!! {name}: errors")
            return
        into[self.call] = 1000 * median(run.quantile(0.5) for run in self.runs)
        say(f"  {name}: {into[self.call]:.2f} ms")

    def explain(self) -> None:
        """What a request took of PostgreSQL."""
        answers = sum(len(run.latencies) for run in self.runs)
        self.size.database[self.call] = 1000 * self.database / answers
        self.size.pages[self.call] = self.pages / answers


def sweep(ours: Ours, size: Size, seconds: float) -> None:
    """Ever more clients at once, of two workers that may use every core."""
    ours.start()
    for pid in ours.pids():
        measure.unpin(pid)
    try:
        for call in ("list", "one"):
            requests = load.around([ours.request(ask) for ask in size.asks[call]])
            load.drive(ours.port, requests, seconds, 4)
            for clients in CLIENTS:
                run = load.drive(ours.port, requests, seconds, clients)
                point = (clients, run.rate, 1000 * run.quantile(0.5), 1000 * run.quantile(0.99))
                size.clients.setdefault(call, []).append(point)
                say(f"  {call}, {clients} at once: {run.rate:.0f} a second, p50 {point[2]:.1f} ms")
    finally:
        ours.stop()
