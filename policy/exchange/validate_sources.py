"""Validation of sources and citations across the records of a dataset."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache

from django.db.models import Max

from policy.documents.types import Document
from policy.exchange.folder import HISTORY_FILE, Dataset
from policy.exchange.history import HistoryReplay, check_history_citations
from policy.models import Citation, Source, SourceText
from policy.sources.citations import Passage, iter_passage_faults
from policy.strictjson import PathProblem

RecordsByKind = dict[str, dict[str, Document]]  # kind -> public id -> validated document


def check_duplicate_sources(dataset: Dataset, rows: dict[str, Document]) -> None:
    """Add faults for sources with the same bytes."""
    stated = {slug: row["sha256"] for slug, row in rows.items()}
    owners: dict[str, set[str]] = defaultdict(set)
    for slug, sha256 in (dict(Source.objects.values_list("slug", "sha256")) | stated).items():
        owners[sha256].add(slug)
    for slug, sha256 in stated.items():
        for other in sorted(owners[sha256] - {slug}):
            message = f"The source {other} has the same bytes."
            dataset.add_fault(source_fault_file(dataset, slug), message, slug, "sha256")


def source_fault_file(dataset: Dataset, slug: str) -> str:
    return dataset.record_file("source", slug) if slug in dataset.ids["source"] else HISTORY_FILE


def check_passages(dataset: Dataset, rows: RecordsByKind, history: HistoryReplay) -> None:
    """Add faults for citations that do not match their sources, in files and in the history."""
    lengths: dict[str, int | None] = dict(Source.objects.values_list("slug", "characters"))
    lengths |= {slug: row["characters"] for slug, row in history.latest_sources.items()}
    check_history_citations(dataset, history, lengths)
    check_record_citations(dataset, rows, lengths)


def check_record_citations(
    dataset: Dataset, rows: RecordsByKind, lengths: dict[str, int | None]
) -> None:
    """Add faults for citations of files. `lengths` has the characters of stored sources."""
    lengths |= dict.fromkeys(dataset.ids["source"])
    lengths |= {slug: row["characters"] for slug, row in rows["source"].items()}
    text = attached_text_getter(rows["source"])
    for slug, row in rows["action"].items():
        file = dataset.record_file("action", slug)
        for position, citation in enumerate(row["citations"]):
            source, where = citation["source"], f"citations[{position}]"
            problems = passage_problems(citation, lengths.get(source), text(source))
            dataset.add_faults(file, slug, ((f"{where}.{name}", why) for name, why in problems))


def attached_text_getter(rows: dict[str, Document]) -> Callable[[str], str | None]:
    """Return a function from the id of a source to its attached text.

    It returns None without a text, or if a file of the dataset describes other bytes.
    """

    @cache
    def text(slug: str) -> str | None:
        attached = SourceText.objects.filter(source__slug=slug)
        if slug in rows:
            attached = attached.filter(source__sha256=rows[slug]["sha256"])
        return attached.values_list("text", flat=True).first()

    return text


def passage_problems(
    citation: Document, length: int | None, text: str | None
) -> Iterator[PathProblem]:
    if length is not None and citation["end"] > length:
        yield "end", f"Is {citation['end']}, but the source has only {length} characters."
    elif text is not None:
        passage = Passage(*(citation[name] for name in Passage._fields))
        yield from iter_passage_faults(passage, text)


def check_shortened_sources(dataset: Dataset, records: dict[str, list[Document]]) -> None:
    """Add faults for sources that become shorter than a citation of an unchanged action."""
    lengths = {row["slug"]: row["characters"] for row in records["source"]}
    cited = (
        Citation.objects.filter(source__slug__in=lengths)
        .exclude(action__slug__in=[row["slug"] for row in records["action"]])
        .order_by("source__slug", "action__slug")
        .values_list("source__slug", "action__slug")
        .annotate(last=Max("end"))
    )
    for source, action, last in cited:
        if last > lengths[source]:
            message = f"Is {lengths[source]}, but {action} cites the text up to {last}."
            dataset.add_fault(dataset.record_file("source", source), message, source, "characters")
