"""Load a dataset folder: check everything first, then write all of it or nothing."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.db import DatabaseError, connection, reset_queries, transaction

from policy import audit
from policy.exchange import folder as format
from policy.exchange import history, write_rows
from policy.exchange.folder import HISTORY, BadDataset, Fault
from policy.exchange.history import History
from policy.exchange.spool import Shelf, ShelfError
from policy.exchange.validate import Checked, check
from policy.exchange.validate_changes import BATCH
from policy.models import RECORDS, Jurisdiction, Release, Revision, Term
from policy.progress import Watch, unwatched
from policy.publishing import publish, restore
from policy.publishing.ledger import Ledger
from policy.publishing.restore import batched

SELDOM = 50_000  # objects made before the collector looks at the youngest; usually 700


@dataclass
class Loaded:
    """What a load changed."""

    terms: int = 0
    jurisdictions: int = 0
    restored: int = 0
    published: int = 0
    unchanged: int = 0
    releases: int = 0

    def __str__(self) -> str:
        return (
            f"{self.published} records published, {self.unchanged} unchanged, "
            f"{self.restored} revisions restored, {self.terms} terms and "
            f"{self.jurisdictions} jurisdictions written."
        )


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Documents hold no loops: the collector walks through every batch again and finds nothing."""
    first, *others = gc.get_threshold()
    gc.set_threshold(SELDOM, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


@seldom_collected()
def load(folder: Path, watch: Watch = unwatched) -> Loaded:
    """Load a folder. Raises BadDataset, with every fault, and then has written nothing."""
    dataset = format.read(folder, watch)
    try:
        with transaction.atomic(), Shelf() as shelf:
            ledger = Ledger()  # nobody else publishes between the check and the writing
            loaded = write(check(dataset, ledger, shelf))
            connection.check_constraints()
            if loaded.published or loaded.restored:
                told = publish.said_since(ledger.version)
                audit.write("loaded", dataset=dataset.label, summary=str(loaded), **told)
            return loaded
    except publish.Refused as refused:
        messages = refused.messages
    except (DatabaseError, psycopg.Error) as error:
        reason = str(error).partition("\n")[0]
        messages = [f"The database refused it: {reason}."]
    except ShelfError as error:
        kept = "What was checked could not be kept until it is written"
        messages = [f"{kept}: {error}. TMPDIR names another folder for it."]
    raise BadDataset(Fault("", "", "", message) for message in messages)


def write(checked: Checked) -> Loaded:
    """Write what was checked. Runs inside a transaction."""
    loaded = Loaded(terms=len(checked.terms), jurisdictions=len(checked.jurisdictions))
    upsert(Term, checked.terms)
    upsert(Jurisdiction, checked.jurisdictions)
    loaded.restored = restore_history(checked.history)
    rebuild(checked.history, checked.dataset.watch)
    loaded.published = len(publish_files(checked))
    loaded.unchanged = sum(map(len, checked.dataset.records.values())) - loaded.published
    loaded.releases = len(Release.objects.bulk_create(checked.releases))
    return loaded


def restore_history(past: History) -> int:
    restored = restore.restore(history.revisions(past))
    if len(past.dataset.digests) > 1:
        raise publish.Refused(f"{HISTORY} changed while it was loaded.")
    return restored


def upsert(model: Any, rows: list[Any]) -> None:
    fields = [f.name for f in model._meta.concrete_fields if not f.primary_key]
    model.objects.bulk_create(
        rows, 1000, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )


def rebuild(past: History, watch: Watch) -> None:
    """Bring the workbench to where the history left each record when it was last live."""
    write_rows.drop_citations([slug for kind, slug in past.latest if kind == "action"])
    for kind in RECORDS:
        places = [place for (of_kind, _), place in past.latest.items() if of_kind == kind]
        shown = watch(places, f"Writing rows to edit, {kind}", len(places))
        write_rows.write(kind, (taken(past.shelf, some) for some in batched(shown, BATCH)))


def taken(shelf: Shelf, places: Sequence[int]) -> list[dict[str, Any]]:
    reset_queries()
    return [shelf.get(place) for place in sorted(places)]


def publish_files(checked: Checked) -> list[Revision]:
    """Write new and changed documents into the workbench, and publish them."""
    write_rows.drop_citations([row["slug"] for row in checked.records["action"]])
    records = []
    for kind, rows in checked.records.items():
        write_rows.write(kind, batched(rows, BATCH))
        slugs = [row["slug"] for row in rows]
        records += RECORDS[kind].objects.filter(slug__in=slugs)
    return publish.publish_loaded(records, checked.dataset.label, checked.dataset.watch)
