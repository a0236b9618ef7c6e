"""Bring in an article: measure it, propose what it says of itself, know it again, keep it."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.text import slugify

from policy import audit
from policy.models import Revision, Source, SourceText
from policy.models.record import RESERVED
from policy.sources import metadata
from policy.sources.citations import attach_text, paragraphs, sha256, text_of
from policy.sources.formats.html import declared, decoded, is_html, page_of
from policy.sources.metadata import Proposals

LARGEST = 5 * 2**20  # bytes
LOCK = 0x41525449  # one article is kept at a time, so that none is kept twice
NEARLY = 0.9  # of the shorter text: from here on one repeats the other
FEWEST = 20  # word triples; shorter texts are too alike by chance
BINARY = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive or an office document",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"{\\rtf": "an RTF document",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"GIF8": "an image",
    b"\x1f\x8b": "a gzip archive",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f]")
XML = re.compile(rb"\s*<(\?xml|rss|feed|svg)\b", re.IGNORECASE)
LETTER_OR_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
SHORT = 200  # characters; furniture is terse
FURNITURE = re.compile(
    r"(?:\W*)(?:"
    r"(?:related|recommended|popular|recent|more|latest|trending) "
    r"(?:articles?|posts?|stories|news|reading)"
    r"|you (?:may|might) also (?:like|be interested).*|(?:read|see) (?:more|also|next)\b.*"
    r"|(?:leave|post|add) (?:a |your )?(?:reply|comment).*|(?:\d+ )?comments?|no comments.*"
    r"|cancel reply|save my name, email.*|required fields are marked.*|notify me of.*"
    r"|(?:your )?e-?mail address will not be\b.*|back to top(?: button)?|skip to (?:main )?content"
    r"|source link|share(?: this| on| via|:).*|share"
    r"|(?:tweet|facebook|twitter|linkedin|whatsapp|telegram|reddit|pinterest|email"
    r"|print|copy link)"
    r"|(?:subscribe|sign up|sign in|log in|register)\b.*|follow us.*|advertise(?:ment|ments)?"
    r"|sponsored(?: content)?|(?:previous|next) (?:article|post).*|tags?:.*|filed under.*"
    r"|(?:we use|this (?:web)?site uses) cookies.*|accept (?:all )?cookies|all rights reserved.*"
    r"|(?:©|\(c\)|copyright)\s.*"
    r")\W*",
    re.IGNORECASE | re.DOTALL,
)


class Refused(ValueError):
    """Why an article cannot be brought in, in a sentence; `known` is the source that it is."""

    def __init__(self, message: str, known: Source | None = None) -> None:
        super().__init__(message)
        self.known = known


@dataclass(frozen=True)
class Article:
    """An article that can be kept. Only its measures are facts."""

    raw: bytes
    text: str
    html: bool
    proposals: Proposals
    boilerplate: list[tuple[int, int]]  # first and last paragraph of each range, from 1

    @property
    def measures(self) -> dict[str, Any]:
        return {
            "sha256": sha256(self.raw),
            "bytes": len(self.raw),
            "text_sha256": sha256(self.text.encode()),
            "characters": len(self.text),
        }


# Reading


def read(raw: bytes) -> Article:
    """What the bytes are. Raises Refused."""
    check(raw)
    words = decoded(raw)
    if words is None:
        return of_text(raw)
    page = page_of(words)
    if not page.paragraphs:
        raise Refused("Holds markup, but no text.")
    marked = page.furniture | furniture(page.text)
    return Article(raw, page.text, True, metadata.of_page(page), list(ranges(marked)))


def of_text(raw: bytes) -> Article:
    try:
        text = text_of(raw)
    except UnicodeDecodeError as error:
        raise Refused(not_utf8(raw, error.start)) from None
    if not text.strip("\ufeff \n\t\v\f\r"):
        raise Refused("Holds no text.")
    marked = list(ranges(furniture(text)))
    return Article(raw, text, False, metadata.of_text(text), marked)


def check(raw: bytes) -> None:
    if not raw:
        raise Refused("The file is empty.")
    if len(raw) > LARGEST:
        raise Refused(f"Larger than {LARGEST // 2**20} MB.")
    for start, name in BINARY.items():
        if raw.startswith(start):
            raise Refused(f"It is {name}; bring in plain text or HTML, in UTF-8.")
    if XML.match(raw) and decoded(raw) is None:
        raise Refused("It is XML; bring in plain text or HTML.")
    if control := CONTROL.search(raw):
        name = "NUL" if control[0] == b"\0" else f"the control character {control[0][0]:02X}"
        raise Refused(f"Holds {name} at byte {control.start()}: it is no text.")


def not_utf8(raw: bytes, start: int) -> str:
    charset = declared(raw)
    if not is_html(raw.decode("latin-1")):
        return f"Not UTF-8 at byte {start}."
    if charset in ("", "utf-8", "utf8"):
        return f"Not UTF-8 at byte {start}, and it declares no other charset."
    return f"Not UTF-8 at byte {start}, and cannot be read as the {charset} that it declares."


def furniture(text: str) -> set[int]:
    """The numbers of paragraphs whose words look like the page's, not the article's."""
    return {number for number, _, words in paragraphs(text) if is_furniture(words)}


def is_furniture(words: str) -> bool:
    return len(words) <= SHORT and bool(FURNITURE.fullmatch(words))


def ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for number in sorted(numbers):
        if number != last + 1 or not first:
            if first:
                yield first, last
            first = number
        last = number
    if first:
        yield first, last


# Knowing it again


def known(article: Article) -> Refused | None:
    """Why it is not new, if it is not."""
    measures = article.measures
    for name, what in (("sha256", "The same bytes"), ("text_sha256", "The same text")):
        source = Source.objects.filter(**{name: measures[name]}).order_by("slug").first()
        if source:
            return Refused(f"{what} as {source.slug}, “{source.title}”.", source)
    return None


def similar(article: Article) -> list[tuple[Source, float]]:
    """Sources with nearly the same text and the share that they have in common, most alike first.

    Reads every text that is here.
    """
    mine, found = triples(article.text), {}
    if len(mine) < FEWEST:
        return []
    for key, text in SourceText.objects.values_list("source", "text").iterator(chunk_size=50):
        ratio = likeness(mine, triples(text))
        if ratio >= NEARLY:
            found[key] = ratio
    sources = Source.objects.in_bulk(found)
    return sorted(
        ((sources[key], ratio) for key, ratio in found.items()),
        key=lambda pair: (-pair[1], pair[0].slug),
    )


def triples(text: str) -> set[int]:
    """Each three words that follow each other, whatever the page put around the article.

    Case, punctuation and spaces aside; each sign of a script without spaces is a word.
    """
    marked = furniture(text)
    own = " ".join(words for number, _, words in paragraphs(text) if number not in marked)
    words = LETTER_OR_SIGN.findall(unicodedata.normalize("NFKC", own).casefold())
    return {hash(three) for three in zip(words, words[1:], words[2:], strict=False)}


def likeness(one: set[int], other: set[int]) -> float:
    """How much of the shorter text the longer one repeats, from 0 to 1."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter >= FEWEST else 0.0


# Keeping it


def free_slug(article: Article, title: str) -> str:
    """A public id that nobody has, from the title where that has Latin letters."""
    wanted = slugify(title)[:100].strip("-")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", wanted := re.sub("[-_]+", "-", wanted)):
        wanted = f"article-{hashlib.sha256(article.raw).hexdigest()[:12]}"
    taken = set(Source.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    taken |= set(
        Revision.objects.filter(kind="source", record__startswith=wanted).values_list(
            "record", flat=True
        )
    )
    taken |= set(RESERVED)
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


@transaction.atomic
def keep(article: Article, source: Source) -> Source:
    """Save a source and its text, or neither. Raises Refused when it is here already."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if refusal := known(article):
        raise refusal
    for name, value in article.measures.items():
        setattr(source, name, value)
    source.save()
    attach_text(source, article.raw)
    audit.write("created", source, source.edited_by)
    return source
