"""What each call costs as the dataset and the number of clients grow: ours, and plain DRF."""

import os
from dataclasses import asdict, dataclass
from random import Random
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
WORKERS = 2


@dataclass
class Size:
    """The costs at one size, in milliseconds by call; and list pages by clients."""

    actions: int
    cold: dict[str, float]
    warm: dict[str, float]
    drf: dict[str, float]
    clients: dict[str, list[tuple[int, float, float, float]]]  # (clients, rate, p50, p99)


def run(sizes: list[int], seed: int, seconds: float, rounds: int) -> list[dict[str, Any]]:
    found = []
    measure.pin(os.getpid(), measure.OTHER_CORE)
    for actions in sizes:
        dataset = Dataset(actions, seed)
        dataset.prepare()
        found.append(asdict(size(dataset, seed, seconds, rounds)))
    return found


def size(dataset: Dataset, seed: int, seconds: float, rounds: int) -> Size:
    result = Size(dataset.actions, {}, {}, {}, {})
    asks = questions(dataset, seed)
    for call, found in asks.items():
        result.cold[call] = cold(dataset, found[-FIRST:], CALLS[call].status)
        say(f"  {dataset.actions:,} {call}, cold: {result.cold[call]:.2f} ms")
    for kind, into in ((Ours, result.warm), (DRF, result.drf)):
        store.remember(dataset.product if kind is Ours else dataset.peers)
        with_one(kind(dataset), asks, into, seconds, rounds)
    store.remember(dataset.product)
    sweep(Ours(dataset, workers=WORKERS), asks, result, seconds)
    return result


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


def with_one(
    contestant: Contestant,
    asks: dict[str, list[Any]],
    into: dict[str, float],
    seconds: float,
    rounds: int,
) -> None:
    """The median of one client at a time."""
    contestant.start()
    try:
        for call, found in asks.items():
            if CALLS[call].ours_alone and contestant.name != "ours":
                continue
            requests = load.around([contestant.request(ask) for ask in found])
            load.drive(contestant.port, requests, seconds / 4, 1)
            runs = [load.drive(contestant.port, requests, seconds, 1) for _ in range(rounds)]
            if any(run.failed for run in runs):  # it gave up: a limit of its own, most likely
                say(f"!!! {contestant.dataset.actions:,} {call}, {contestant.label}: errors")
                continue
            into[call] = 1000 * sorted(run.quantile(0.5) for run in runs)[len(runs) // 2]
            say(f"  {contestant.dataset.actions:,} {call}, {contestant.label}: {into[call]:.2f} ms")
    finally:
        contestant.stop()


def sweep(ours: Ours, asks: dict[str, list[Any]], result: Size, seconds: float) -> None:
    """Ever more clients at once, of two workers that may use every core."""
    ours.start()
    for pid in ours.pids():
        measure.unpin(pid)
    try:
        for call in ("list", "one"):
            requests = load.around([ours.request(ask) for ask in asks[call]])
            load.drive(ours.port, requests, seconds, 4)
            for clients in CLIENTS:
                run = load.drive(ours.port, requests, seconds, clients)
                point = (clients, run.rate, 1000 * run.quantile(0.5), 1000 * run.quantile(0.99))
                result.clients.setdefault(call, []).append(point)
                say(f"  {call}, {clients} at once: {run.rate:.0f} a second, p50 {point[2]:.1f} ms")
    finally:
        ours.stop()
