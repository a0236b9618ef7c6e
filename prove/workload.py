"""A process that publishes, loads and imports until it is killed, and reports each act.

It reads lines `go FOLDER NUMBER` and forks for each. It writes lines `begin ACT NUMBER`, `done ACT
NUMBER`, `failed ACT NUMBER`, `child PID` and `gone PID`. Each act has another number.
"""

import os
import sys
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection  # noqa: E402

from policy.exchange.folder import BadDataset  # noqa: E402
from policy.exchange.load import load_dataset  # noqa: E402
from policy.hashes import sha256_hex  # noqa: E402
from policy.models import Action, Agency  # noqa: E402
from policy.publishing import publish  # noqa: E402
from tests import folders  # noqa: E402
from tests.factories import SOURCE_TEXT  # noqa: E402

RECORDS_PER_ACT = {"publish": 2, "load": 5, "import": 1}  # created by each act


def slug_prefix(number: int) -> str:
    return f"act-{number}-"


def publish_two(folder: Path, number: int) -> None:
    """Save an agency and an action, then publish both, as the admin does."""
    agency, action = first_record(Agency), first_record(Action)
    agency.description = action.summary = f"{slug_prefix(number)} says this."
    agency.save()
    action.save()
    publish.publish([agency, action], by=User.objects.get(username="chief"), reason="Again.")


def first_record(model: Any) -> Any:
    return model.objects.exclude(slug__startswith="act-").order_by("slug")[0]


def load_five(folder: Path, number: int) -> None:
    name = slug_prefix(number)
    agency, entity, source = f"{name}ministry", f"{name}exchange", f"{name}wire"
    sha256 = sha256_hex(name)
    ban, raid = folders.action_document(f"{name}ban"), folders.RAID_DOCUMENT | {"id": f"{name}raid"}
    raid["relations"] = [{"type": "enforces", "action": {"id": ban["id"]}}]
    raid["entities"] = [{**folders.RAID_DOCUMENT["entities"][0], "entity": {"id": entity}}]
    for action in (ban, raid):
        action["agencies"] = [{**action["agencies"][0], "agency": {"id": agency}}]
        action["citations"] = [{**c, "source": {"id": source}} for c in action["citations"]]
        rename_references(action["citations"], agency, entity, ban["id"])
        folders.write_file(folder, f"actions/{action['id']}.json", action)
    folders.write_file(folder, "dataset.json", folders.DATASET_JSON)
    folders.write_file(folder, f"agencies/{agency}.json", folders.AGENCY_DOCUMENT | {"id": agency})
    folders.write_file(folder, f"entities/{entity}.json", folders.ENTITY_DOCUMENT | {"id": entity})
    named = folders.SOURCE_DOCUMENT | {"id": source, "sha256": sha256}
    folders.write_file(folder, f"sources/{source}.json", named)
    load_dataset(folder)


def rename_references(citations: list[Any], agency: str, entity: str, ban: str) -> None:
    names = {
        "agencies/ministry": f"agencies/{agency}",
        "entities/exchange": f"entities/{entity}",
        "relations/enforces/ban": f"relations/enforces/{ban}",
    }
    for citation in citations:
        citation["supports"] = [
            {**each, "field": names.get(each["field"], each["field"])}
            for each in citation["supports"]
        ]


def import_one(folder: Path, number: int) -> None:
    folder.mkdir(parents=True)
    path = folder / "article.txt"
    path.write_text(f"{SOURCE_TEXT}\n\n{slug_prefix(number)}", encoding="utf-8")
    call_command("import_article", path, title=f"{slug_prefix(number)} article", stdout=sys.stderr)


ACTS = {"publish": publish_two, "load": load_five, "import": import_one}


def write_event(*words: Any) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def run_acts_forever(folder: Path, first: int) -> None:
    acts = list(ACTS.items())
    for number in count(first):
        name, act = acts[number % len(acts)]
        write_event("begin", name, number)
        try:
            act(folder / str(number), number)
        except (DatabaseError, BadDataset) as error:
            write_event("failed", name, number)
            os.write(2, f"{error}\n".encode())
            wait_for_database()
        else:
            write_event("done", name, number)


def wait_for_database() -> None:
    """Wait until the database accepts connections."""
    while True:
        connection.close_if_unusable_or_obsolete()
        with suppress(DatabaseError):
            connection.ensure_connection()
            return
        time.sleep(0.02)


def main() -> None:
    for line in sys.stdin:
        _, folder, first = line.split()
        if (child := os.fork()) == 0:
            run_acts_forever(Path(folder), int(first))
        write_event("child", child)
        os.waitpid(child, 0)
        write_event("gone", child)


if __name__ == "__main__":
    main()
