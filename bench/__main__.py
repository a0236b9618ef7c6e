"""make bench: see bench/README.md."""

import argparse
import os
import time
from collections.abc import Sequence
from random import Random

from bench import install, measure, store
from bench.calls import CALLS, Facts
from bench.contestants import KNOWN, Contestant
from bench.progress import say
from bench.rounds import Outcome, Race, check, dumps
from bench.store import HOME, Dataset

NPM_PATIENCE = 600.0


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description="Compare with the peers.")
    parser.add_argument("--actions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--only", type=names_of(CALLS), default=list(CALLS))
    parser.add_argument("--against", type=names_of(KNOWN), default=list(KNOWN))
    return parser.parse_args(given)


def names_of(known):
    def names(text: str) -> list[str]:
        found = text.split(",")
        if wrong := [name for name in found if name not in known]:
            raise argparse.ArgumentTypeError(f"no {wrong[0]}; known: {', '.join(known)}")
        return found

    return names


class Bench:
    def __init__(self, asked: argparse.Namespace) -> None:
        self.asked, self.dataset = asked, Dataset(asked.actions, asked.seed)
        self.faults: dict[str, str] = {}
        self.found: dict[str, dict[str, Outcome]] = {}
        self.running: list[Contestant] = []

    def prepare(self) -> None:
        HOME.mkdir(parents=True, exist_ok=True)
        wanted = set(self.asked.against)
        npm = install.NodePackages() if "directus" in wanted else None
        if wanted - {"ours", "limit"}:
            install.python_packages()
        self.dataset.prepare()
        if npm:
            npm.wait(NPM_PATIENCE)

    def start(self) -> None:
        for name in self.asked.against:
            contestant = KNOWN[name](self.dataset)
            say(f"Starting {contestant.label} …")
            try:
                contestant.start()
                self.running.append(contestant)
            except Exception as error:
                self.fault(contestant, f"did not start: {error}")
        for pid in (os.getpid(), *measure.tree(store.postmaster())):
            measure.pin(pid, measure.OTHER_CORE)

    def fault(self, contestant: Contestant, text: str) -> None:
        self.faults[contestant.name] = text
        say(f"!!! {contestant.label}: {text}")

    def calls(self) -> None:
        with self.dataset.peers.connect() as peers, self.dataset.product.connect() as product:
            facts = Facts.read(peers, product)
        race = Race(self.asked.seconds, self.asked.rounds)
        for number, name in enumerate(self.asked.only, 1):
            say(f"[{number}/{len(self.asked.only)}] {CALLS[name].label}")
            self.found[name] = self.call(name, facts, race)
            (HOME / "last.json").write_text(dumps(self.found))

    def call(self, name: str, facts: Facts, race: Race) -> dict[str, Outcome]:
        call, ours = CALLS[name], self.running[0]
        asks = call.asks(facts, Random(self.asked.seed), ours)
        who = [c for c in self.running if name not in c.leaves_out]
        who = [ours] if call.ours_alone else who
        wrong = check(who, asks) if len(who) > 1 else {}
        for text in wrong.values():
            say(f"!!! {text}")
        outcomes = race.run(name, [c for c in who if c.name not in wrong], asks, call.status)
        return {**outcomes, **{name: Outcome(note=text) for name, text in wrong.items()}}

    def stop(self) -> None:
        for contestant in self.running:
            contestant.stop()


def main() -> None:
    began, bench = time.monotonic(), Bench(arguments())
    try:
        bench.prepare()
        bench.start()
        bench.calls()
    finally:
        bench.stop()
    say(f"Done in {(time.monotonic() - began) / 60:.1f} minutes.")


if __name__ == "__main__":
    main()
