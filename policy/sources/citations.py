"""Check passages against the text of their sources, and bring texts in."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from policy.hashes import sha256_hex
from policy.models import Citation, Source, SourceText
from policy.progress import Progress, no_progress
from policy.sources.formats.html import decode_html, parse_html

CITED_TEXT_BATCH_SIZE = 50  # texts held in memory at once
PARAGRAPH_PATTERN = re.compile(r"\S.*?(?=\n[^\S\n]*\n|\Z)", re.DOTALL)


def decode_plain_text(raw: bytes) -> str:
    """The text that offsets count in: UTF-8 with LF line ends. Raises UnicodeDecodeError."""
    return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def paragraph_number_at(text: str, offset: int) -> int:
    """The number, from 1, of the paragraph that an offset stands in. Blank lines part them.

    What stands between two paragraphs counts to the one before, what stands above all to the first.
    """
    gaps = re.findall(r"(?<=\S)\s+(?=\S)", text[: offset + 1])
    return 1 + sum(gap.count("\n") > 1 for gap in gaps)


def iter_paragraphs(text: str) -> Iterator[tuple[int, int, str]]:
    """Each paragraph's number, as `paragraph_at` counts, its first character and its words."""
    for number, found in enumerate(PARAGRAPH_PATTERN.finditer(text), 1):
        yield number, found.start(), found.group()


def extract_source_text(source: Source, raw: bytes) -> str:
    """The text of a source's bytes: as they stand, or without their HTML where it states that.

    Raises UnicodeDecodeError.
    """
    words = decode_html(raw)
    without = parse_html(words).text if words is not None else None
    if without is not None and sha256_hex(without.encode()) == source.text_sha256:
        return without
    return decode_plain_text(raw)


def iter_passage_faults(citation: Any, text: str) -> Iterator[tuple[str, str]]:
    """(field, message) wherever a citation and the text of its source disagree."""
    if citation.end > len(text):
        yield "end", f"{citation.end} lies behind the text's last character, {len(text)}."
        return
    passage = text[citation.start : citation.end]
    if sha256_hex(passage.encode()) != citation.sha256:
        yield "sha256", f"the passage at {citation.start}-{citation.end} has another digest."
    elif citation.quote not in passage:
        yield "quote", f"its words do not stand at {citation.start}-{citation.end}."
    if paragraph_number_at(text, citation.start) != citation.paragraph:
        found = paragraph_number_at(text, citation.start)
        yield "paragraph", f"offset {citation.start} stands in paragraph {found}."


def citation_faults(record: Any) -> list[tuple[str, str]]:
    """What is wrong with an action's citations, as far as texts are attached."""
    return citation_faults_by_action([record]).get(record.pk, [])


def citation_faults_by_action(records: Iterable[Any]) -> dict[int, list[tuple[str, str]]]:
    """The same of many actions, by primary key, in two queries."""
    cited = Citation.objects.filter(action__in=records).select_related("source").order_by("pk")
    sources = {citation.source_id for citation in cited}
    texts = dict(SourceText.objects.filter(source__in=sources).values_list("source", "text"))
    found: dict[int, list[tuple[str, str]]] = {}
    for citation in cited:
        where = f"citations/{citation.source.slug}/{citation.start}"
        text = texts.get(citation.source_id)
        wrong = iter_passage_faults(citation, text) if text is not None else ()
        found.setdefault(citation.action_id, []).extend(
            (f"{where}/{field}", message) for field, message in wrong
        )
    return found


def iter_source_file_faults(source: Source, raw: bytes) -> Iterator[tuple[str, str]]:
    """(field, message) wherever a source says something else than its bytes."""
    if len(raw) != source.bytes:
        yield "bytes", f"there are {len(raw)}."
    try:
        text = extract_source_text(source, raw)
    except UnicodeDecodeError as error:
        yield "text_sha256", f"its bytes are not UTF-8 at byte {error.start}."
        return
    if sha256_hex(text.encode()) != source.text_sha256:
        yield "text_sha256", "its text has another digest."
    if len(text) != source.characters:
        yield "characters", f"its text has {len(text)}."
    if "\0" in text:
        yield "text_sha256", "its text holds NUL, which cannot be kept."


@dataclass
class CitationReport:
    """What a check of all citations found."""

    valid_count: int = 0
    unchecked_count: int = 0
    faults: list[str] = field(default_factory=list)


def verify_citations(files: Mapping[str, Path], watch: Progress = no_progress) -> CitationReport:
    """Read every passage again: in these files, by SHA-256, or else in the attached texts.

    A fault names the record, the citation and the field.
    """
    found = CitationReport()
    for source, cited in watch(
        iter_sources_with_citations(), "Reading sources", Source.objects.count()
    ):
        text = load_verified_text(source, files.get(source.sha256), found)
        if text is None:
            found.unchecked_count += len(cited)
        else:
            verify_passages(cited, text, found)
    return found


def iter_sources_with_citations() -> Iterator[tuple[Source, list[Citation]]]:
    """Each source with what cites it; a few texts at a time are in memory."""
    keys = list(Source.objects.values_list("pk", flat=True))
    for place in range(0, len(keys), CITED_TEXT_BATCH_SIZE):
        some, cited = keys[place : place + CITED_TEXT_BATCH_SIZE], defaultdict(list)
        rows = Citation.objects.filter(source__in=some).select_related("action", "source")
        for citation in rows.order_by("action__slug", "pk"):
            cited[citation.source_id].append(citation)
        for source in Source.objects.filter(pk__in=some).select_related("attached"):
            yield source, cited[source.pk]


def load_verified_text(source: Source, path: Path | None, found: CitationReport) -> str | None:
    attached: SourceText | None = getattr(source, "attached", None)
    if path is None and attached is None:
        return None
    raw = path.read_bytes() if path else bytes(attached.raw)  # type: ignore[union-attr]
    wrong = list(iter_source_file_faults(source, raw))
    found.faults += [f"{source.slug}: {name}: {message}" for name, message in wrong]
    return None if wrong else extract_source_text(source, raw)


def verify_passages(cited: Iterable[Citation], text: str, found: CitationReport) -> None:
    for citation in cited:
        wrong = list(iter_passage_faults(citation, text))
        found.valid_count += not wrong
        found.faults += [
            f"{citation.action.slug}: {describe_citation(citation)}: {name}: {message}"
            for name, message in wrong
        ]


def describe_citation(citation: Citation) -> str:
    """A citation in a message: its source, its offsets and what rests on it."""
    backed = ", ".join(support["field"] for support in citation.supports)
    return f"{citation.source.slug} {citation.start}-{citation.end} ({backed})"


def hash_files(folder: Path, watch: Progress = no_progress) -> list[tuple[Path, str]]:
    """The files of a folder with the SHA-256 of their bytes."""
    found = []
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    for path in watch(paths, "Reading files", len(paths)):
        with path.open("rb") as file:
            found.append((path, hashlib.file_digest(file, "sha256").hexdigest()))
    return found


def files_by_sha256(folder: Path, watch: Progress = no_progress) -> dict[str, Path]:
    """The files of a folder by SHA-256, for `verify`."""
    return {digest: path for path, digest in hash_files(folder, watch)}


@transaction.atomic
def attach_folder(folder: Path, watch: Progress = no_progress) -> tuple[list[Source], list[Path]]:
    """Keep a folder's files beside the sources that they are. Also returns what matches none.

    Raises ValueError when a file is not what its source says, and then has kept none of them.
    """
    attached, strangers = [], []
    sources = Source.objects.in_bulk(field_name="sha256")
    found = hash_files(folder, watch)
    for path, digest in watch(found, "Keeping texts", len(found)):
        if digest in sources:
            attach_text(sources[digest], path.read_bytes())
            attached.append(sources[digest])
        else:
            strangers.append(path)
    return attached, strangers


def attach_text(source: Source, raw: bytes) -> None:
    """Keep a source's bytes and text. Raises ValueError when they are not what it states."""
    wrong = [f"{name}: {message}" for name, message in iter_source_file_faults(source, raw)]
    if wrong:
        raise ValueError(f"{source.slug}: {' '.join(wrong)}")
    text = extract_source_text(source, raw)
    SourceText.objects.update_or_create(source=source, defaults={"raw": raw, "text": text})
