"""Saves actions one by one through Django's ORM, as an import script would: prints JSON."""

import json
import sys
import time
from pathlib import Path

import django

SOME = 500


def actions(folder):
    with (Path(folder) / "revisions.ndjson").open() as file:
        for line in file:
            found = json.loads(line)
            if found["kind"] == "action" and found["revision"] == 1:
                yield found["document"]


def named(model, row):
    return row and model.objects.get_or_create(id=row["id"], defaults={"name": row["name"]})[0]


def save(document, models):
    plain = {f.name for f in models.Action._meta.concrete_fields} - {"words"}
    action = models.Action(**{name: document[name] for name in plain})
    action.save(force_insert=True)
    for part in parts(document, models):
        part.action = action
        part.save()


def parts(document, models):
    for place in document["jurisdictions"]:
        yield models.ActionJurisdiction(jurisdiction=named(models.Jurisdiction, place))
    for row in document["agencies"]:
        yield models.ActionAgency(**{**row, "agency": named(models.Agency, row["agency"])})
    for row in document["entities"]:
        yield models.ActionEntity(**{**row, "entity": named(models.Entity, row["entity"])})
    yield from (models.ActionDate(**row) for row in document["dates"])
    yield from (models.Figure(**row) for row in document["figures"])
    yield from (models.Note(**row) for row in document["notes"])
    for row in document["relations"]:
        target = row["action"]["id"]
        yield models.Relation(type=row["type"], reason=row["reason"], target_id=target)
    for row in document["citations"]:
        yield models.Citation(**{**row, "source": named(models.Source, row["source"])})


def main(folder):
    django.setup()
    from django.db import transaction

    from bench.peers import models

    began, done = time.perf_counter(), 0
    for document in actions(folder):
        with transaction.atomic():
            save(document, models)
        done += 1
        if done == SOME:
            break
    print(json.dumps({"orm_one_by_one": done / (time.perf_counter() - began)}))


if __name__ == "__main__":
    main(sys.argv[1])
