"""Publishes, loads and imports without end, saying so before and after. Made to be killed.

Reads lines `go FOLDER NUMBER`, forks for each, and writes lines `begin ACT NUMBER`, `done ACT
NUMBER`, `failed ACT NUMBER`, `child PID` and `gone PID`. No act has the number of another.
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
from policy.exchange.load import load  # noqa: E402
from policy.models import Action, Agency  # noqa: E402
from policy.publishing import publish  # noqa: E402
from tests import folders  # noqa: E402
from tests.factories import TEXT  # noqa: E402

RECORDS = {"publish": 2, "load": 5, "import": 1}  # that an act leaves behind


def mark(number: int) -> str:
    return f"act-{number}-"


def publish_two(folder: Path, number: int) -> None:
    """As the desk does: save, then publish in one act."""
    agency, action = first(Agency), first(Action)
    agency.description = action.summary = f"{mark(number)} says this."
    agency.save()
    action.save()
    publish.publish([agency, action], by=User.objects.get(username="chief"), reason="Again.")


def first(model: Any) -> Any:
    return model.objects.exclude(slug__startswith="act-").order_by("slug")[0]


def load_five(folder: Path, number: int) -> None:
    name = mark(number)
    agency, entity, source = f"{name}ministry", f"{name}exchange", f"{name}wire"
    sha256 = folders.hashlib.sha256(name.encode()).hexdigest()
    ban, raid = folders.action(f"{name}ban"), folders.RAID | {"id": f"{name}raid"}
    raid["relations"] = [{"type": "enforces", "action": {"id": ban["id"]}}]
    raid["entities"] = [{**folders.RAID["entities"][0], "entity": {"id": entity}}]
    for action in (ban, raid):
        action["agencies"] = [{**action["agencies"][0], "agency": {"id": agency}}]
        action["citations"] = [{**c, "source": {"id": source}} for c in action["citations"]]
        rename(action["citations"], agency, entity, ban["id"])
        folders.put(folder, f"actions/{action['id']}.json", action)
    folders.put(folder, "dataset.json", folders.ABOUT)
    folders.put(folder, f"agencies/{agency}.json", folders.AGENCY | {"id": agency})
    folders.put(folder, f"entities/{entity}.json", folders.ENTITY | {"id": entity})
    named = folders.SOURCE | {"id": source, "sha256": sha256}
    folders.put(folder, f"sources/{source}.json", named)
    load(folder)


def rename(citations: list[Any], agency: str, entity: str, ban: str) -> None:
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
    path.write_text(f"{TEXT}\n\n{mark(number)}", encoding="utf-8")
    call_command("import_article", path, title=f"{mark(number)} article", stdout=sys.stderr)


ACTS = {"publish": publish_two, "load": load_five, "import": import_one}


def say(*words: Any) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def work(folder: Path, first: int) -> None:
    acts = list(ACTS.items())
    for number in count(first):
        name, act = acts[number % len(acts)]
        say("begin", name, number)
        try:
            act(folder / str(number), number)
        except (DatabaseError, BadDataset) as error:
            say("failed", name, number)
            os.write(2, f"{error}\n".encode())
            recover()
        else:
            say("done", name, number)


def recover() -> None:
    """Wait for the database; nothing else is done about it."""
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
            work(Path(folder), int(first))
        say("child", child)
        os.waitpid(child, 0)
        say("gone", child)


if __name__ == "__main__":
    main()
