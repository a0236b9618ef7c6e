"""One call, asked of contestants in turn: first whether they answer the same, then how fast."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from bench import load, measure, store
from bench.calls import Ask
from bench.contestants import Contestant, Rows
from bench.progress import say

SAMPLE = 8  # questions whose answers are compared
WARM = 0.4  # seconds before what is measured


class Differs(Exception):
    """A contestant gives another answer than the first one."""


@dataclass
class Round:
    rate: float
    p50: float
    p99: float
    server_ms: float
    database_ms: float
    client_ms: float
    kilobytes: float


@dataclass
class Outcome:
    """What a contestant did in a call."""

    rounds: list[Round] = field(default_factory=list)
    note: str = ""

    def middle(self, name: str) -> float:
        return median(getattr(found, name) for found in self.rounds)

    def as_data(self) -> dict[str, Any]:
        return {"rounds": [asdict(found) for found in self.rounds], "note": self.note}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Outcome":
        return cls([Round(**found) for found in data["rounds"]], data["note"])


def answer(contestant: Contestant, ask: Ask) -> Any:
    """What has to be the same: ids in order, and how many citations lie in each."""
    body, _ = contestant.get(contestant.path(ask), **ask.headers)
    if ask.call == "aggregate":
        return contestant.groups(body)
    rows = [contestant.one(body)] if ask.call == "one" else contestant.rows(body)
    return told(rows, contestant.nests)


def told(rows: Rows, nests: bool) -> list[tuple[str, int | None]]:
    return [(row["id"], len(row["citations"]) if nests else None) for row in rows]


def compare(first: Any, other: Any, contestant: Contestant, ask: Ask) -> None:
    if "q" in ask.given and not contestant.exact:
        first, other = len(first), len(other)
    if not contestant.nests and isinstance(first, list):
        first = [(id, None) for id, _ in first]
    if first == other:
        return
    if isinstance(first, list):
        same = sum(a == b for a, b in zip(first, other, strict=False))
        detail = f"{len(other)} rows for {len(first)}, {same} alike in place"
    elif isinstance(first, int):
        detail = f"{other} rows for {first}"
    else:
        detail = f"{sorted(map(str, other))[:2]} for {sorted(map(str, first))[:2]}"
    raise Differs(f"{contestant.label} answers otherwise: {detail} ({contestant.path(ask)})")


def check(contestants: Sequence[Contestant], asks: Sequence[Ask]) -> dict[str, str]:
    """By contestant, what is wrong with its answers. All are measured against the first."""
    faults = {}
    sample = asks[:: max(1, len(asks) // SAMPLE)][:SAMPLE]
    wanted = [answer(contestants[0], ask) for ask in sample]
    for contestant in contestants[1:]:
        try:
            for ask, first in zip(sample, wanted, strict=True):
                compare(first, answer(contestant, ask), contestant, ask)
        except Exception as error:  # one that fails must not end the others' race
            faults[contestant.name] = f"{error}"
    return faults


class Race:
    """Alternates contestants over one call."""

    def __init__(self, seconds: float, rounds: int, connections: int = 4) -> None:
        self.seconds, self.rounds, self.connections = seconds, rounds, connections
        self.postmaster = store.postmaster()

    def run(
        self, call: str, contestants: Sequence[Contestant], asks: Sequence[Ask], wanted: int = 200
    ) -> dict[str, Outcome]:
        found = {contestant.name: Outcome() for contestant in contestants}
        streams = {c.name: load.around([c.request(ask) for ask in asks]) for c in contestants}
        for number in range(self.rounds):
            for contestant in contestants:
                outcome = found[contestant.name]
                if outcome.note:
                    continue
                try:
                    done = self.round(contestant, streams[contestant.name], wanted)
                    outcome.rounds.append(done)
                    self.tell(call, number, contestant, done)
                except Exception as error:
                    outcome.note = f"failed: {error!r}"
                    say(f"  {contestant.label} {outcome.note}")
        return found

    def round(self, contestant: Contestant, requests: Any, wanted: int) -> Round:
        load.drive(contestant.port, requests, WARM, self.connections, wanted)
        pids = contestant.pids()
        server, database = measure.cpu(pids), measure.database_cpu(self.postmaster)
        run = load.drive(contestant.port, requests, self.seconds, self.connections, wanted)
        server = measure.cpu(pids) - server
        database = measure.database_cpu(self.postmaster) - database
        if run.failed:
            raise RuntimeError(f"{run.failed} of {len(run.latencies)} answers were not {wanted}")
        each = 1000 / len(run.latencies)
        return Round(
            rate=run.rate,
            p50=1000 * run.quantile(0.5),
            p99=1000 * run.quantile(0.99),
            server_ms=server * each,
            database_ms=database * each,
            client_ms=run.cpu * each,
            kilobytes=run.size / len(run.latencies) / 1000,
        )

    def tell(self, call: str, number: int, contestant: Contestant, done: Round) -> None:
        say(
            f"  {call} {number + 1}/{self.rounds} {contestant.label:<16}{done.rate:>9.1f} a second"
            f"   p50 {done.p50:7.2f} p99 {done.p99:7.2f} ms   worker {done.server_ms:6.2f} ms"
            f"   PostgreSQL {done.database_ms:6.2f} ms   {done.kilobytes:.0f} KB"
        )
