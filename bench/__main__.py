"""make bench: see bench/README.md."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from random import Random
from typing import Any

from bench import exports, growth, install, load, measure, report, store, writing
from bench.calls import CALLS, Ask, Facts
from bench.contestants import KNOWN, Constant, Contestant, Keeping
from bench.progress import say
from bench.report import Results
from bench.rounds import Outcome, Race, check
from bench.store import HOME, ROOT, Dataset

NPM_PATIENCE = 900.0
EXPORT_ROUNDS = 3
EXTRA = ("exports", "writing")
PACKAGES = (
    *("Django", "djangorestframework", "django-ninja", "fastapi", "SQLAlchemy", "uvicorn"),
    *("granian", "datasette"),
)


def names_of(known: Sequence[str]) -> Callable[[str], list[str]]:
    def names(text: str) -> list[str]:
        found = text.split(",")
        if wrong := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"no {wrong[0]}; known: {', '.join(known)}")
        return found

    return names


def sizes(text: str) -> list[int]:
    return sorted(int(size) for size in text.split(","))


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Compare with the peers.")
    parser.add_argument("--actions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.5)
    everything = [*CALLS, *EXTRA]
    parser.add_argument("--only", type=names_of(everything), default=everything)
    parser.add_argument("--against", type=names_of(list(KNOWN)), default=list(KNOWN))
    parser.add_argument("--load", type=int, default=10_000, help="actions that load_dataset loads")
    parser.add_argument("--growth", type=sizes, default=[], help="sizes: 10000,100000,1000000")
    return parser.parse_args(given)


class Bench:
    """One run. What fails is told and kept in the results; the rest goes on."""

    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked, self.dataset = asked, Dataset(asked.actions, asked.seed)
        self.results = Results({}, {}, [], {}, {}, {}, [])
        self.running: list[Contestant] = []
        self.keeping: Contestant | None = None

    def compare(self) -> None:
        self.prepare()
        try:
            self.start()
            facts = self.facts()
            self.wake(facts)
            self.calls(facts)
            if "exports" in self.asked.only:
                self.exports()
        finally:
            for contestant in [*self.running, self.keeping]:
                if contestant:
                    contestant.stop()
        if "writing" in self.asked.only:
            self.writing()

    def prepare(self) -> None:
        wanted = set(self.asked.against)
        npm = install.NodePackages() if "directus" in wanted else None
        if wanted - {"ours", "limit"} or "writing" in self.asked.only:
            self.attempt("packages", install.python_packages)
        self.dataset.prepare()
        if npm:
            npm.wait(NPM_PATIENCE)

    def start(self) -> None:
        for name in self.asked.against:
            contestant = KNOWN[name](self.dataset)
            say(f"Starting {contestant.label} …")
            if self.attempt(name, contestant.start):
                self.running.append(contestant)
            else:
                contestant.stop()
        if any(CALLS[name].again for name in self.asked.only if name in CALLS):
            self.keeping = Keeping(self.dataset)
            self.attempt("keeping", self.keeping.start)
        if not self.running:
            raise SystemExit("Nobody could be started.")
        measure.pin(os.getpid(), measure.OTHER_CORE)
        store.pin()

    def facts(self) -> Facts:
        with self.dataset.peers.connect() as peers, self.dataset.product.connect() as product:
            return Facts.read(peers, product)

    def wake(self, facts: Facts) -> None:
        """Let each answer once, and look at its memory then."""
        for contestant in list(self.running):
            path = contestant.path(Ask("one", {"id": facts.ids[0]}))
            if self.attempt(contestant.name, lambda c=contestant, p=path: c.get(p)):
                contestant.idle = contestant.memory
            else:
                self.running.remove(contestant)
                contestant.stop()

    def attempt(self, name: str, work: Callable[[], Any]) -> bool:
        try:
            work()
        except Exception as error:
            self.results.faults[name] = f"{error}" or repr(error)
            say(f"!!! {name}: {error!r}")
            return False
        return True

    def calls(self, facts: Facts) -> None:
        race = Race(self.asked.seconds, self.asked.rounds)
        chosen = [name for name in self.asked.only if name in CALLS]
        for number, name in enumerate(chosen, 1):
            say(f"[{number}/{len(chosen)}] {CALLS[name].label}")
            self.attempt(name, lambda call=name: self.call(call, facts, race))
        for contestant in self.running:
            self.results.memory[contestant.name] = (contestant.idle, contestant.memory)

    def call(self, name: str, facts: Facts, race: Race) -> None:
        call = CALLS[name]
        ours = self.keeping if call.again and self.keeping else self.running[0]
        asks = call.asks(facts, Random(self.asked.seed), ours)
        who = [ours] if call.ours_alone else self.running
        wrong = check(who, asks) if len(who) > 1 else {}
        for text in wrong.values():
            say(f"!!! {text}")
        found = race.run(name, [c for c in who if c.name not in wrong], asks, call.status)
        self.results.calls[name] = found | {n: Outcome(note=text) for n, text in wrong.items()}

    def exports(self) -> None:
        say("Everything at once")
        found = exports.run(self.dataset, self.running, EXPORT_ROUNDS)
        self.results.exports = [asdict(export) for export in found]

    def writing(self) -> None:
        say(f"Writing: load_dataset of {self.asked.load:,} actions, and one by one")
        os.sched_setaffinity(0, range(os.cpu_count() or 1))

        def work() -> None:
            self.results.writing = writing.run(self.asked.load, self.asked.seed)

        self.attempt("writing", work)

    def grow(self) -> None:
        asked = self.asked
        rounds = min(asked.rounds, 3)
        measured = growth.run(asked.growth, asked.seed, asked.seconds, rounds)
        (HOME / "growth.json").write_text(json.dumps(measured))


def ceiling(dataset: Dataset) -> str:
    """What the load generator can take: of 120 KB each."""
    constant = Constant(dataset)
    constant.start()
    try:
        request = constant.request(Ask("list", {}))
        run = load.drive(constant.port, load.around([request]), 2, 4)
    finally:
        constant.stop()
    each = 1000 * run.cpu / len(run.latencies)
    return f"{run.rate:,.0f} answers of 120 KB a second at most, {each:.3f} ms of CPU each"


def about(bench: Bench) -> dict[str, Any]:
    asked = bench.asked
    with store.SERVER.connect() as connection:
        version = connection.info.server_version
    return {
        **report.machine(),
        "actions": f"{asked.actions:,} (seed {asked.seed})",
        "rounds": f"{asked.rounds} of {asked.seconds:g} s, alternating; medians",
        "connections": "4 kept; one worker on core 0; PostgreSQL and load generator on core 1",
        "PostgreSQL": f"{version // 10000}.{version % 10000}, as the project starts it",
        "our command": " ".join(KNOWN["ours"](bench.dataset).command()[1:]),
        "load generator": ceiling(bench.dataset),
        "versions": versions(),
    }


def versions() -> str:
    python = install.VENV / "bin" / "python"
    if not python.exists():
        return "no peers installed"
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=False
    )
    known = {row["name"]: row["version"] for row in json.loads(listed.stdout or "[]")}
    found = [f"{name} {known[name]}" for name in PACKAGES if name in known]
    directus = install.DIRECTUS / "node_modules" / "directus" / "package.json"
    if directus.exists():
        found.append(f"Directus {json.loads(directus.read_text())['version']}")
    return ", ".join(found)


def whole(asked: argparse.Namespace) -> bool:
    return len(asked.only) == len(CALLS) + len(EXTRA) and len(asked.against) == len(KNOWN)


def main() -> None:
    began, bench = time.monotonic(), Bench(arguments())
    HOME.mkdir(parents=True, exist_ok=True)
    if bench.asked.growth:
        bench.grow()
    else:
        bench.compare()
    finish(bench)
    say(f"Done in {(time.monotonic() - began) / 60:.1f} minutes.")
    for name, text in bench.results.faults.items():
        say(f"!!! MISSING: {name}: {text}")
    sys.exit(bool(bench.results.faults))


def finish(bench: Bench) -> None:
    """Write what was found; where only a part was asked for, beside the databases."""
    results, kept = bench.results, HOME / "last.json"
    if bench.asked.growth:
        if not kept.exists():
            say(f"Growth stands in {HOME / 'growth.json'} until `make bench` has run.")
            return
        results = Results.from_data(json.loads(kept.read_text()))
    else:
        results.about = about(bench)
        if whole(bench.asked):
            kept.write_text(json.dumps(results.as_data(), indent=1))
    if (grown := HOME / "growth.json").exists():
        results.growth = json.loads(grown.read_text())
        measured = datetime.fromtimestamp(grown.stat().st_mtime, UTC)
        results.about["growth"] = f"measured {measured:%Y-%m-%d %H:%M} UTC"
    folder = ROOT / "bench" if bench.asked.growth or whole(bench.asked) else HOME
    report.write(results, folder)
    say(f"Written: {folder / 'RESULTS.md'}")


if __name__ == "__main__":
    main()
