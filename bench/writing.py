"""What writing costs: load_dataset, publishing one action, and saving record after record.

python -m bench.writing FOLDER     into the empty database of DATABASE_URL; prints JSON
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import django

SOME = 60  # records that are saved or published one by one


def run(actions: int, seed: int) -> dict[str, float]:
    """Measured in processes of their own, on databases that are thrown away."""
    from bench import generate, install, store

    with TemporaryDirectory() as folder:
        generate.write(Path(folder), actions, seed)
        ours, peers = store.Database("bench_writing_product"), store.Database("bench_writing_peers")
        store.create(ours), store.create(peers)
        with peers.connect() as connection:
            for name in ("tables.sql", "indexes.sql"):
                connection.execute((store.tables.FILES / name).read_text())
        found = measured(sys.executable, "bench.writing", folder, DATABASE_URL=ours.url)
        orm = {"DJANGO_SETTINGS_MODULE": "bench.peers.django_settings", **peers.parameters}
        orm["ROOT_URLCONF"] = "bench.peers.drf.urls"
        python = str(install.VENV / "bin" / "python")
        found |= measured(python, "bench.peers.drf.saving", folder, **orm)
    return found


def measured(python: str, module: str, folder: str, **environment: str) -> dict[str, float]:
    from bench.store import HOME, ROOT

    given = {**os.environ, "DATA_DIR": str(HOME), **environment}
    command = [python, "-m", module, folder]
    done = subprocess.run(command, cwd=ROOT, env=given, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(folder: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    from policy.models import Action, Revision

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    seconds = timed(lambda: call_command("load_dataset", folder, stdout=sys.stderr))
    versions, actions = Revision.objects.version(), Action.objects.count()
    publishing, again = sorted(publish_one()), sorted(save_one())
    print(
        json.dumps(
            {
                "load_actions": actions,
                "load_revisions": versions,
                "load_seconds": seconds,
                "publish_p50": 1000 * median(publishing),
                "publish_p99": 1000 * publishing[int(0.99 * len(publishing))],
                "own_one_by_one": 1 / median(again),
            }
        )
    )


def publish_one() -> Iterator[float]:
    """Publish an edited action, as its reviewer does."""
    from django.contrib.auth.models import User

    from policy.models import Action
    from policy.publishing.publish import publish

    reviewer = User.objects.create_superuser("reviewer")
    for action in Action.objects.order_by("slug")[:SOME]:
        action.summary += " Edited."
        action.save()
        yield timed(lambda row=action: publish([row], by=reviewer, reason="Edited."))


def save_one() -> Iterator[float]:
    """One new action after the other, each in a transaction: its rows, then its publication."""
    import orjson
    from django.db import transaction

    from policy.documents.build import strip_envelope
    from policy.exchange.validate_changes import normalize_document
    from policy.models import Revision
    from policy.publishing.publish import publish_loaded

    @transaction.atomic
    def save(body: dict[str, Any]) -> None:
        publish_loaded([create(normalize_document("action", body))], "bench@1")

    for text in Revision.objects.current("action").values_list("document", flat=True)[:SOME]:
        body = orjson.loads(text)
        again = {"kind": "action", **strip_envelope(body), "id": f"{body['id']}-again"}
        yield timed(lambda body=again: save(body))


def create(data: dict[str, Any]) -> Any:
    """One row after another, each by Model.objects.create."""
    from policy.exchange.write_rows import (
        as_part_list,
        fetch_primary_keys,
        iter_row_references,
        part_columns,
        record_columns,
    )
    from policy.models import CHILD_MODELS, M2M_FIELDS, Action

    keys = fetch_primary_keys(iter_row_references("action", data))
    action = Action.objects.create(**record_columns("action", data))
    for field, (model, reference, target) in CHILD_MODELS.items():
        for item in as_part_list(data[field]):
            part = part_columns(item, reference, keys.get(target, {}))
            model.objects.create(action=action, **part)
    for field, column in M2M_FIELDS.items():
        through = getattr(Action, field).through
        for value in data[field]:
            through.objects.create(action=action, **{column: value})
    return action


if __name__ == "__main__":
    main(sys.argv[1])
