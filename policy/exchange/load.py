"""Loading of a dataset folder: it is validated first, then written completely or not at all."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psycopg
from django.db import DatabaseError, connection, reset_queries, transaction
from django.db.models import Model

from policy import audit
from policy.documents.types import Document
from policy.exchange import folder as dataset_folder
from policy.exchange import write_rows
from policy.exchange.folder import HISTORY_FILE, BadDataset, DatasetFault
from policy.exchange.history import HistoryReplay, iter_new_revisions
from policy.exchange.spool import Spool, SpoolError
from policy.exchange.validate import ValidatedDataset, validate_dataset
from policy.exchange.validate_changes import VALIDATION_BATCH_SIZE
from policy.exchange.write_rows import records_of_kind
from policy.models import RECORD_MODELS, Jurisdiction, Record, Release, Revision, Term
from policy.progress import Progress, no_progress
from policy.publishing import publish, restore
from policy.publishing.approval import PublishingError
from policy.publishing.ledger import Ledger
from policy.publishing.restore import batched

LoadedModelT = TypeVar("LoadedModelT", bound=Model)
LOAD_GC_THRESHOLD = 50_000  # new objects before a collection; Python's default is 700


@dataclass
class LoadResult:
    """Numbers of rows that a load changed."""

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
    """Collect garbage less often: documents have no reference cycles, and collecting is slow."""
    first, *others = gc.get_threshold()
    gc.set_threshold(LOAD_GC_THRESHOLD, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)


@infrequent_gc()
def load_dataset(folder: Path, watch: Progress = no_progress) -> LoadResult:
    """Load a folder. Raises BadDataset with all faults. Nothing is written then."""
    dataset = dataset_folder.read_dataset(folder, watch)
    try:
        with transaction.atomic(), Spool() as spool:
            ledger = Ledger()  # locks publishing until the end of the transaction
            loaded = write_dataset(validate_dataset(dataset, ledger, spool))
            connection.check_constraints()
            if loaded.published or loaded.restored:
                audit.write_audit_event(
                    "loaded",
                    dataset=dataset.label,
                    summary=str(loaded),
                    **publish.audit_detail_since(ledger.version),
                )
            return loaded
    except PublishingError as error:
        messages = error.messages
    except (DatabaseError, psycopg.Error) as error:
        reason = str(error).partition("\n")[0]
        messages = [f"The database rejected the dataset: {reason}."]
    except SpoolError as error:
        problem = "Validated records could not be written to a temporary file"
        messages = [f"{problem}: {error}. Set TMPDIR to another folder."]
    raise BadDataset(DatasetFault("", "", "", message) for message in messages)


def write_dataset(checked: ValidatedDataset) -> LoadResult:
    """Write a validated dataset. Call it inside a transaction."""
    loaded = LoadResult(terms=len(checked.terms), jurisdictions=len(checked.jurisdictions))
    upsert_rows(Term, checked.terms)
    upsert_rows(Jurisdiction, checked.jurisdictions)
    loaded.restored = restore_history(checked.history)
    write_restored_rows(checked.history, checked.dataset.watch)
    loaded.published = len(publish_record_files(checked))
    loaded.unchanged = sum(map(len, checked.dataset.records.values())) - loaded.published
    loaded.releases = len(Release.objects.bulk_create(checked.releases))
    return loaded


def restore_history(history: HistoryReplay) -> int:
    restored = restore.restore(iter_new_revisions(history))
    if len(history.dataset.history_digests) > 1:
        raise PublishingError(f"{HISTORY_FILE} changed while it was loaded.")
    return restored


def upsert_rows(model: type[LoadedModelT], rows: list[LoadedModelT]) -> None:
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    model._default_manager.bulk_create(
        rows, 1000, update_conflicts=True, unique_fields=["pk"], update_fields=fields
    )


def write_restored_rows(history: HistoryReplay, watch: Progress) -> None:
    """Write the drafts of restored records: their last live documents."""
    last = history.latest_offsets
    write_rows.delete_citations([slug for kind, slug in last if kind == "action"])
    for kind in RECORD_MODELS:
        offsets = [offset for key, offset in last.items() if key[0] == kind]
        watched = watch(offsets, f"Writing drafts, {kind}", len(offsets))
        batches = batched(watched, VALIDATION_BATCH_SIZE)
        rows = (read_spooled_rows(history.spool, batch) for batch in batches)
        write_rows.write_records(kind, rows)


def read_spooled_rows(spool: Spool, offsets: Sequence[int]) -> list[Document]:
    reset_queries()
    return [spool.get(offset) for offset in sorted(offsets)]


def publish_record_files(checked: ValidatedDataset) -> list[Revision]:
    """Write new and changed documents as drafts, and publish them."""
    write_rows.delete_citations([row["slug"] for row in checked.records["action"]])
    records: list[Record] = []
    for kind, rows in checked.records.items():
        write_rows.write_records(kind, batched(rows, VALIDATION_BATCH_SIZE))
        records += records_of_kind(kind).filter(slug__in=[row["slug"] for row in rows])
    return publish.publish_loaded(records, checked.dataset.label, checked.dataset.watch)
