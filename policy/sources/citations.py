"""The texts of sources: paragraphs, checks of citations, and attaching texts."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypedDict

from django.db import transaction

from policy.documents.types import SupportContent
from policy.hashes import sha256_hex
from policy.models import Citation, Record, Source, SourceText
from policy.progress import Progress, no_progress
from policy.sources.formats.html import decode_html, parse_html
from policy.strictjson import PathProblem, is_storable

TEXT_BATCH_SIZE = 50  # texts held in memory at once
GAP_PATTERN = re.compile(r"(?<=\S)\s+(?=\S)")
PARAGRAPH_PATTERN = re.compile(r"\S.*?(?=\n[^\S\n]*\n|\Z)", re.DOTALL)


class SourceMeasures(TypedDict):
    """The fields of a source that describe its bytes and its text."""

    sha256: str
    bytes: int
    text_sha256: str
    characters: int


SOURCE_MEASURES = tuple(SourceMeasures.__annotations__)


class Passage(NamedTuple):
    """The fields of a citation that can be checked against the text of its source."""

    start: int  # first character, from 0
    end: int  # the character after the last one
    sha256: str
    quote: str
    paragraph: int  # from 1


def decode_plain_text(raw: bytes) -> str:
    """Decode UTF-8 and convert line ends to LF. Raises UnicodeDecodeError."""
    return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def paragraph_number_at(text: str, offset: int) -> int:
    """Return the number, from 1, of the paragraph at an offset. Blank lines separate paragraphs.

    White space between two paragraphs belongs to the first of them.
    """
    gaps = GAP_PATTERN.finditer(text, 0, offset + 1)
    return 1 + sum(gap[0].count("\n") > 1 for gap in gaps)


def iter_paragraphs(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the number, from 1, the offset and the text of each paragraph."""
    for number, match in enumerate(PARAGRAPH_PATTERN.finditer(text), 1):
        yield number, match.start(), match.group()


def extract_source_text(source: Source, raw: bytes) -> str:
    """Return the text in the bytes of a source.

    The text is extracted from HTML if that gives the `text_sha256` of the source. Otherwise, the
    bytes are decoded as plain text. Raises UnicodeDecodeError.
    """
    html = decode_html(raw)
    if html is not None and sha256_hex(text := parse_html(html).text) == source.text_sha256:
        return text
    return decode_plain_text(raw)


def iter_passage_faults(citation: Passage | Citation, text: str) -> Iterator[PathProblem]:
    """Yield (field, message) for each field of a citation that does not match the source's text."""
    if citation.end > len(text):
        yield (
            "end",
            f"{citation.end} is after the end of the text, which has {len(text)} characters.",
        )
        return
    passage = text[citation.start : citation.end]
    if sha256_hex(passage) != citation.sha256:
        yield (
            "sha256",
            f"the SHA-256 does not match the passage at {citation.start}-{citation.end}.",
        )
    elif citation.quote not in passage:
        yield (
            "quote",
            f"the quote does not occur in the passage at {citation.start}-{citation.end}.",
        )
    paragraph = paragraph_number_at(text, citation.start)
    if paragraph != citation.paragraph:
        yield "paragraph", f"offset {citation.start} is in paragraph {paragraph}."


def citation_faults(record: Record) -> list[PathProblem]:
    """Check the citations of an action against the attached texts."""
    return citation_faults_by_action([record]).get(record.pk, [])


def citation_faults_by_action(records: Collection[Record]) -> dict[int, list[PathProblem]]:
    """Check the citations of many actions in two queries.

    Returns the faults by the primary key of the action. Actions without faults may be missing.
    """
    actions = [record.pk for record in records]
    cited = Citation.objects.filter(action__in=actions).select_related("source").order_by("pk")
    sources = {citation.source_id for citation in cited}
    texts = dict(SourceText.objects.filter(source__in=sources).values_list("source", "text"))
    faults: dict[int, list[PathProblem]] = defaultdict(list)
    for citation in cited:
        where = f"citations/{citation.source.slug}/{citation.start}"
        text = texts.get(citation.source_id)
        if text is not None:
            faults[citation.action_id] += [
                (f"{where}/{name}", message)
                for name, message in iter_passage_faults(citation, text)
            ]
    return faults


def iter_source_file_faults(source: Source, raw: bytes) -> Iterator[PathProblem]:
    """Yield (field, message) for each field of a source that does not match its bytes."""
    if len(raw) != source.bytes:
        yield "bytes", f"the file has {len(raw)} bytes."
    try:
        text = extract_source_text(source, raw)
    except UnicodeDecodeError as error:
        yield "text_sha256", f"the file is not valid UTF-8 at byte {error.start}."
        return
    if sha256_hex(text) != source.text_sha256:
        yield "text_sha256", "the SHA-256 does not match the text."
    if len(text) != source.characters:
        yield "characters", f"the text has {len(text)} characters."
    if not is_storable(text):
        yield "text_sha256", "the text contains NUL, which cannot be stored."


@dataclass
class CitationReport:
    """The result of checking all citations."""

    valid_count: int = 0
    unchecked_count: int = 0
    faults: list[str] = field(default_factory=list)


def verify_citations(files: Mapping[str, Path], watch: Progress = no_progress) -> CitationReport:
    """Check all citations against files or, without a file, against the attached texts.

    `files` maps the SHA-256 of sources to files. Raises OSError when a file cannot be read.
    """
    report = CitationReport()
    for source, cited in watch(
        iter_sources_with_citations(), "Reading sources", Source.objects.count()
    ):
        text = load_verified_text(source, files.get(source.sha256), report)
        if text is None:
            report.unchecked_count += len(cited)
        else:
            verify_passages(cited, text, report)
    return report


def iter_sources_with_citations() -> Iterator[tuple[Source, list[Citation]]]:
    """Yield each source with its citations, and keep only a few texts in memory."""
    keys = list(Source.objects.values_list("pk", flat=True))
    for position in range(0, len(keys), TEXT_BATCH_SIZE):
        batch = keys[position : position + TEXT_BATCH_SIZE]
        cited: dict[int, list[Citation]] = defaultdict(list)
        rows = Citation.objects.filter(source__in=batch).select_related("action", "source")
        for citation in rows.order_by("action__slug", "pk"):
            cited[citation.source_id].append(citation)
        for source in Source.objects.filter(pk__in=batch).select_related("attached"):
            yield source, cited[source.pk]


def load_verified_text(source: Source, path: Path | None, report: CitationReport) -> str | None:
    raw = path.read_bytes() if path else attached_bytes(source)
    if raw is None:
        return None
    faults = list(iter_source_file_faults(source, raw))
    report.faults += [f"{source.slug}: {name}: {message}" for name, message in faults]
    return None if faults else extract_source_text(source, raw)


def attached_bytes(source: Source) -> bytes | None:
    attached: SourceText | None = getattr(source, "attached", None)
    return bytes(attached.raw) if attached else None


def verify_passages(cited: Iterable[Citation], text: str, report: CitationReport) -> None:
    for citation in cited:
        faults = list(iter_passage_faults(citation, text))
        report.valid_count += not faults
        report.faults += [
            f"{citation.action.slug}: {describe_citation(citation)}: {name}: {message}"
            for name, message in faults
        ]


def describe_citation(citation: Citation) -> str:
    """Return the source, the offsets and the supported fields of a citation as one line."""
    supports: list[SupportContent] = citation.supports
    fields = ", ".join(support["field"] for support in supports)
    return f"{citation.source.slug} {citation.start}-{citation.end} ({fields})"


def hash_files(folder: Path, watch: Progress = no_progress) -> list[tuple[Path, str]]:
    """Return the files of a folder with their SHA-256. Raises OSError."""
    digests = []
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    for path in watch(paths, "Reading files", len(paths)):
        with path.open("rb") as file:
            digests.append((path, hashlib.file_digest(file, "sha256").hexdigest()))
    return digests


def files_by_sha256(folder: Path, watch: Progress = no_progress) -> dict[str, Path]:
    """Return the files of a folder by SHA-256, as verify_citations takes them. Raises OSError."""
    return {digest: path for path, digest in hash_files(folder, watch)}


class AttachedFolder(NamedTuple):
    sources: list[Source]  # whose texts were attached
    unmatched_files: list[Path]


@transaction.atomic
def attach_folder(folder: Path, watch: Progress = no_progress) -> AttachedFolder:
    """Attach the files of a folder to the sources that have the same SHA-256.

    Raises OSError, and ValueError when a file does not match the measures of its source. Nothing
    is attached then.
    """
    result = AttachedFolder([], [])
    sources: dict[str, Source] = Source.objects.in_bulk(field_name="sha256")
    digests = hash_files(folder, watch)
    for path, digest in watch(digests, "Storing texts", len(digests)):
        if digest in sources:
            attach_text(sources[digest], path.read_bytes())
            result.sources.append(sources[digest])
        else:
            result.unmatched_files.append(path)
    return result


def attach_text(source: Source, raw: bytes) -> None:
    """Store the bytes and the text of a source. Raises ValueError when they do not match it."""
    faults = [f"{name}: {message}" for name, message in iter_source_file_faults(source, raw)]
    if faults:
        raise ValueError(f"{source.slug}: {' '.join(faults)}")
    text = extract_source_text(source, raw)
    SourceText.objects.update_or_create(source=source, defaults={"raw": raw, "text": text})
