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
from policy.exchange.folder import HISTORY_FILE, BadDataset, DatasetFault
from policy.exchange.history import HistoryReplay
from policy.exchange.spool import Spool, SpoolError
from policy.exchange.validate import ValidatedDataset, validate_dataset
from policy.exchange.validate_changes import VALIDATION_BATCH_SIZE
from policy.models import RECORD_MODELS, Jurisdiction, Record, Release, Revision, Term
from policy.progress import Progress, no_progress
from policy.publishing import publish, restore
from policy.publishing.ledger import Ledger
from policy.publishing.restore import batched

LOAD_GC_THRESHOLD = 50_000  # objects made before the collector looks at the youngest; usually 700


@dataclass
class LoadResult:
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
def infrequent_gc() -> Iterator[None]:
    """Documents hold no loops: the collector walks through every batch again and finds nothing."""
    first, *others = gc.get_threshold()
    gc.set_threshold(LOAD_GC_THRESHOLD, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


@infrequent_gc()
def load_dataset(folder: Path, watch: Progress = no_progress) -> LoadResult:
    """Load a folder. Raises BadDataset, with every fault, and then has written nothing."""
    dataset = format.read_dataset(folder, watch)
    try:
        with transaction.atomic(), Spool() as shelf:
            ledger = Ledger()  # nobody else publishes between the check and the writing
            loaded = write_dataset(validate_dataset(dataset, ledger, shelf))
            connection.check_constraints()
            if loaded.published or loaded.restored:
                told = publish.audit_detail_since(ledger.version)
                audit.write_audit_event(
                    "loaded", dataset=dataset.label, summary=str(loaded), **told
                )
            return loaded
    except publish.PublishingError as refused:
        messages = refused.messages
    except (DatabaseError, psycopg.Error) as error:
        reason = str(error).partition("\n")[0]
        messages = [f"The database refused it: {reason}."]
    except SpoolError as error:
        kept = "What was checked could not be kept until it is written"
        messages = [f"{kept}: {error}. TMPDIR names another folder for it."]
    raise BadDataset(DatasetFault("", "", "", message) for message in messages)


def write_dataset(checked: ValidatedDataset) -> LoadResult:
    """Write what was checked. Runs inside a transaction."""
    loaded = LoadResult(terms=len(checked.terms), jurisdictions=len(checked.jurisdictions))
    upsert_rows(Term, checked.terms)
    upsert_rows(Jurisdiction, checked.jurisdictions)
    loaded.restored = restore_history(checked.history)
    write_restored_rows(checked.history, checked.dataset.watch)
    loaded.published = len(publish_record_files(checked))
    loaded.unchanged = sum(map(len, checked.dataset.records.values())) - loaded.published
    loaded.releases = len(Release.objects.bulk_create(checked.releases))
    return loaded


def restore_history(past: HistoryReplay) -> int:
    restored = restore.restore(history.iter_new_revisions(past))
    if len(past.dataset.history_digests) > 1:
        raise publish.PublishingError(f"{HISTORY_FILE} changed while it was loaded.")
    return restored


def upsert_rows(model: Any, rows: list[Any]) -> None:
    fields = [f.name for f in model._meta.concrete_fields if not f.primary_key]
    model.objects.bulk_create(
        rows, 1000, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )


def write_restored_rows(past: HistoryReplay, watch: Progress) -> None:
    """Bring the workbench to where the history left each record when it was last live."""
    write_rows.delete_citations([slug for kind, slug in past.latest_offsets if kind == "action"])
    for kind in RECORD_MODELS:
        places = [place for (of_kind, _), place in past.latest_offsets.items() if of_kind == kind]
        shown = watch(places, f"Writing rows to edit, {kind}", len(places))
        write_rows.write_records(
            kind,
            (read_spooled_rows(past.spool, some) for some in batched(shown, VALIDATION_BATCH_SIZE)),
        )


def read_spooled_rows(shelf: Spool, places: Sequence[int]) -> list[dict[str, Any]]:
    reset_queries()
    return [shelf.get(place) for place in sorted(places)]


def publish_record_files(checked: ValidatedDataset) -> list[Revision]:
    """Write new and changed documents into the workbench, and publish them."""
    write_rows.delete_citations([row["slug"] for row in checked.records["action"]])
    records: list[Record] = []
    for kind, rows in checked.records.items():
        write_rows.write_records(kind, batched(rows, VALIDATION_BATCH_SIZE))
        slugs = [row["slug"] for row in rows]
        records += RECORD_MODELS[kind].objects.filter(slug__in=slugs)
    return publish.publish_loaded(records, checked.dataset.label, checked.dataset.watch)
