"""How fast a dataset loads: by load_dataset, and saved one by one as a Django user would.

    DATABASE_URL=… python -m bench.loading FOLDER [ROUNDS]     (empties the database)

Both start on an empty migrated database and end in published actions; the answer is actions per
second. The loader is timed on the whole folder: what the actions refer to and every later
revision are its burden too. Saving one by one is timed on the first actions alone, while the
tables are small, and what they refer to is there already.
"""

import os
import sys
from collections.abc import Iterator
from itertools import islice, takewhile
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import orjson

Data = dict[str, Any]
SAMPLE = 300  # actions saved one by one


def by_command(folder: Path) -> float:
    """Actions per second of load_dataset."""
    from policy.load import load
    from policy.models import Action

    started = perf_counter()
    load(folder)
    return Action.objects.count() / (perf_counter() - started)


def one_by_one(folder: Path, actions: int = SAMPLE) -> float:
    """Actions per second of saving each row with Model.objects.create, then publishing.

    One transaction an action. Only publishing checks anything.
    """
    from django.db import transaction

    from policy.publish import publish_loaded

    load_referred(folder)
    chosen = list(islice(first_actions(folder), actions))
    started = perf_counter()
    for data in chosen:
        with transaction.atomic():
            publish_loaded([create(data)], "synthetic@1")
    return actions / (perf_counter() - started)


def lines(folder: Path) -> Iterator[bytes]:
    with (folder / "revisions.ndjson").open("rb") as file:
        yield from file


def load_referred(folder: Path) -> None:
    """Terms, places, and the agencies, entities and sources, which stand before all actions."""
    from policy.load import load

    with TemporaryDirectory() as name:
        for table in ("dataset.json", "terms.json", "jurisdictions.json"):
            (Path(name) / table).write_bytes((folder / table).read_bytes())
        before = takewhile(lambda line: b'"kind":"action"' not in line[:60], lines(folder))
        (Path(name) / "revisions.ndjson").write_bytes(b"".join(before))
        load(Path(name))


def first_actions(folder: Path) -> Iterator[Data]:
    """What the actions asserted first, with the ids of rows in place of public ids."""
    from policy.document import ActionDocument
    from policy.strictshape import Reader

    reader = Reader(published=True)
    for line in map(orjson.loads, lines(folder)):
        if line["kind"] == "action" and line["revision"] == 1:
            yield reader.read(ActionDocument, line["document"])[0]


def create(data: Data) -> Any:
    """One row after another."""
    from policy.models import Action
    from policy.workbench import (
        LISTS,
        SETS,
        columns,
        columns_of_part,
        items,
        primary_keys,
        references,
    )

    keys = primary_keys(references("action", data))
    action = Action.objects.create(**columns("action", data))
    for field, (model, reference, target) in LISTS.items():
        for item in items(data[field]):
            part = columns_of_part(item, reference, keys.get(target, {}))
            model.objects.create(action=action, **part)
    for field, column in SETS.items():
        through = getattr(Action, field).through
        for value in data[field]:
            through.objects.create(action=action, **{column: value})
    return action


def main(folder: Path, rounds: int = 3) -> None:
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    rates: dict[Any, list[float]] = {one_by_one: [], by_command: []}
    for _ in range(rounds):
        for way, found in rates.items():
            call_command("flush", interactive=False, verbosity=0)
            found.append(way(folder))
            print(f"{way.__name__}: {found[-1]:,.1f} actions a second", flush=True)
    slow, fast = (median(found) for found in rates.values())
    print(f"load_dataset: {fast:,.1f}, one by one: {slow:,.1f}, {fast / slow:.1f} times as fast")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
