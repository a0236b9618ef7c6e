"""Check passages against the text of their sources, and bring texts in."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from policy.models import Citation, Source, SourceText


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def text_of(raw: bytes) -> str:
    """The text that offsets count in: UTF-8 with LF line ends. Raises UnicodeDecodeError."""
    return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def paragraph_at(text: str, offset: int) -> int:
    """The number, from 1, of the paragraph that an offset stands in. Blank lines part them."""
    return 1 + len(re.findall(r"\n[^\S\n]*\n\s*(?=\S)", text.lstrip()[: offset + 1 - lead(text)]))


def lead(text: str) -> int:
    return len(text) - len(text.lstrip())


def passage_faults(citation: Any, text: str) -> Iterator[tuple[str, str]]:
    """(field, message) wherever a citation and the text of its source disagree."""
    if citation.end > len(text):
        yield "end", f"{citation.end} lies behind the text's last character, {len(text)}."
        return
    passage = text[citation.start : citation.end]
    if sha256(passage.encode()) != citation.sha256:
        yield "sha256", f"the passage at {citation.start}-{citation.end} has another digest."
    elif citation.quote not in passage:
        yield "quote", f"its words do not stand at {citation.start}-{citation.end}."
    if paragraph_at(text, citation.start) != citation.paragraph:
        yield "paragraph", f"offset {citation.start} is in {paragraph_at(text, citation.start)}."


def faults(record: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with an action's citations, as far as texts are attached."""
    for citation in record.citations.select_related("source__attached"):
        attached: SourceText | None = getattr(citation.source, "attached", None)
        if attached:
            for field, message in passage_faults(citation, attached.text):
                yield f"citations/{citation.source.slug}/{citation.start}/{field}", message


def passages(texts: Mapping[str, str]) -> Iterator[tuple[Citation, str | None]]:
    """Every citation with its source's text: of these files by SHA-256, else as attached."""
    rows = Citation.objects.select_related("action", "source__attached")
    for citation in rows.order_by("action__slug", "pk"):
        attached = getattr(citation.source, "attached", None)
        yield citation, texts.get(citation.source.sha256) or (attached and attached.text)


@dataclass
class Verified:
    """What a check of all citations found."""

    held: int = 0
    unchecked: int = 0
    faults: list[str] = field(default_factory=list)


def verify(texts: Mapping[str, str]) -> Verified:
    """Read every passage again. A fault names record, citation and field."""
    found = Verified()
    for citation, text in passages(texts):
        if text is None:
            found.unchecked += 1
            continue
        wrong = list(passage_faults(citation, text))
        found.held += not wrong
        found.faults += [
            f"{citation.action.slug}: {where(citation)}: {name}: {message}"
            for name, message in wrong
        ]
    return found


def where(citation: Citation) -> str:
    """A citation in a message: its source, its offsets and what rests on it."""
    backed = ", ".join(support["field"] for support in citation.supports)
    return f"{citation.source.slug} {citation.start}-{citation.end} ({backed})"


def read_texts(folder: Path) -> dict[str, str]:
    """The texts of a folder's files by the SHA-256 of their bytes; what is no text is left out."""
    found = {}
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        raw = path.read_bytes()
        try:
            found[sha256(raw)] = text_of(raw)
        except UnicodeDecodeError:
            continue
    return found


@transaction.atomic
def attach(folder: Path) -> tuple[list[Source], list[Path]]:
    """Keep a folder's files beside the sources that they are. Also returns what matches none."""
    attached, strangers = [], []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        raw = path.read_bytes()
        source = Source.objects.filter(sha256=sha256(raw)).first()
        if source is None:
            strangers.append(path)
            continue
        attach_text(source, raw)
        attached.append(source)
    return attached, strangers


def attach_text(source: Source, raw: bytes) -> None:
    """Keep a source's bytes and text. Raises ValueError when they are not what it states."""
    try:
        text = text_of(raw)
    except UnicodeDecodeError as error:
        raise ValueError(f"{source.slug}: not UTF-8 at byte {error.start}.") from None
    if (sha256(text.encode()), len(text)) != (source.text_sha256, source.characters):
        raise ValueError(f"{source.slug}: its text is not the one that the source describes.")
    if "\0" in text:
        raise ValueError(f"{source.slug}: its text holds NUL, which cannot be kept.")
    SourceText.objects.update_or_create(source=source, defaults={"raw": raw, "text": text})
