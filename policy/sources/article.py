"""Import of articles: parse the file, propose metadata, find duplicates, save the source."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q
from django.utils.text import slugify

from policy import audit
from policy.hashes import sha256_hex
from policy.models import Revision, Source, SourceText
from policy.models.record import RESERVED_SLUGS, SLUG_PATTERN
from policy.sources import metadata
from policy.sources.citations import (
    TEXT_BATCH_SIZE,
    SourceMeasures,
    attach_text,
    decode_plain_text,
    iter_paragraphs,
)
from policy.sources.formats.html import decode_html, get_declared_charset, is_html, parse_html
from policy.sources.metadata import MetadataProposals

MAX_ARTICLE_BYTES = 5 * 2**20
ARTICLE_LOCK_ID = 0x41525449  # only one article is saved at a time, so that none is saved twice
MIN_TEXT_OVERLAP = 0.9  # share of the shorter text from which one text repeats the other
MIN_WORD_TRIGRAMS = 20  # texts with fewer are similar by chance
BINARY_SIGNATURES = {
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
CONTROL_BYTES = re.compile(rb"[\0-\x08\x0e-\x1f]")
XML_START = re.compile(rb"\s*<(\?xml|rss|feed|svg)\b", re.IGNORECASE)
WORD_OR_CJK_CHARACTER = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+")
MAX_BOILERPLATE_LENGTH = 200  # characters
BOILERPLATE_TEXT = re.compile(
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


class ArticleError(ValueError):
    """Why an article cannot be imported; `duplicate_of` is the source that it already is."""

    def __init__(self, message: str, duplicate_of: Source | None = None) -> None:
        super().__init__(message)
        self.duplicate_of = duplicate_of


@dataclass(frozen=True)
class Article:
    """A parsed file that can be imported. `proposals` are not verified."""

    raw: bytes
    text: str
    html: bool
    proposals: MetadataProposals
    boilerplate: list[tuple[int, int]]  # first and last paragraph of each range, from 1

    @property
    def proposed_title(self) -> str:
        return str(self.proposals["title"].value) if "title" in self.proposals else ""

    @property
    def measures(self) -> SourceMeasures:
        return {
            "sha256": sha256_hex(self.raw),
            "bytes": len(self.raw),
            "text_sha256": sha256_hex(self.text),
            "characters": len(self.text),
        }


def parse_article(raw: bytes) -> Article:
    """Parse HTML or plain text. Raises ArticleError when the bytes are neither."""
    validate_article_bytes(raw)
    html = decode_html(raw)
    if html is None:
        return parse_plain_text(raw)
    page = parse_html(html)
    if not page.paragraphs:
        raise ArticleError("The article contains markup, but no text.")
    boilerplate = page.boilerplate_paragraphs | find_boilerplate_paragraphs(page.text)
    return Article(
        raw,
        page.text,
        True,
        metadata.metadata_from_page(page),
        list(consecutive_ranges(boilerplate)),
    )


def parse_plain_text(raw: bytes) -> Article:
    try:
        text = decode_plain_text(raw)
    except UnicodeDecodeError as error:
        raise ArticleError(encoding_error_message(raw, error.start)) from None
    if not text.strip("\ufeff \n\t\v\f\r"):
        raise ArticleError("The article contains no text.")
    boilerplate = list(consecutive_ranges(find_boilerplate_paragraphs(text)))
    return Article(raw, text, False, metadata.metadata_from_text(text), boilerplate)


def size_limit_message() -> str:
    return f"The article is larger than {MAX_ARTICLE_BYTES // 2**20} MB."


def validate_article_bytes(raw: bytes) -> None:
    if not raw:
        raise ArticleError("The file is empty.")
    if len(raw) > MAX_ARTICLE_BYTES:
        raise ArticleError(size_limit_message())
    for start, name in BINARY_SIGNATURES.items():
        if raw.startswith(start):
            raise ArticleError(f"The file is {name}. Import plain text or HTML in UTF-8.")
    if XML_START.match(raw) and decode_html(raw) is None:
        raise ArticleError("The file is XML. Import plain text or HTML.")
    if control := CONTROL_BYTES.search(raw):
        name = "NUL" if control[0] == b"\0" else f"the control character {control[0][0]:02X}"
        raise ArticleError(
            f"The article contains {name} at byte {control.start()}, so it is not text."
        )


def encoding_error_message(raw: bytes, start: int) -> str:
    charset = get_declared_charset(raw)
    if not is_html(raw.decode("latin-1")):
        return f"The article is not valid UTF-8 at byte {start}."
    if charset in ("", "utf-8", "utf8"):
        return f"The article is not valid UTF-8 at byte {start}, and it declares no other charset."
    return (
        f"The article is not valid UTF-8 at byte {start}, and not valid {charset}, as it declares."
    )


def find_boilerplate_paragraphs(text: str) -> set[int]:
    """Return the numbers, from 1, of paragraphs that look like page boilerplate."""
    return {number for number, _, words in iter_paragraphs(text) if is_boilerplate_text(words)}


def is_boilerplate_text(words: str) -> bool:
    return len(words) <= MAX_BOILERPLATE_LENGTH and bool(BOILERPLATE_TEXT.fullmatch(words))


def consecutive_ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each run of consecutive numbers."""
    first = last = 0
    for number in sorted(numbers):
        if number != last + 1 or not first:
            if first:
                yield first, last
            first = number
        last = number
    if first:
        yield first, last


def find_duplicate_error(article: Article) -> ArticleError | None:
    """Return an error when a source has the same bytes or the same text, otherwise None."""
    measures = article.measures
    same_bytes, same_text = Q(sha256=measures["sha256"]), Q(text_sha256=measures["text_sha256"])
    for condition, what in (
        (same_bytes, "The article has the same bytes"),
        (same_text, "The article has the same text"),
    ):
        source = Source.objects.filter(condition).order_by("slug").first()
        if source:
            return ArticleError(f"{what} as the source {source.slug}, “{source.title}”.", source)
    return None


def find_similar_sources(article: Article) -> list[tuple[Source, float]]:
    """Return sources with a similar text and their overlap, 0 to 1, highest first.

    Reads all attached texts.
    """
    trigrams = word_trigrams(article.text)
    if len(trigrams) < MIN_WORD_TRIGRAMS:
        return []
    overlaps: dict[int, float] = {}
    for key, text in SourceText.objects.values_list("source", "text").iterator(TEXT_BATCH_SIZE):
        overlap = overlap_coefficient(trigrams, word_trigrams(text))
        if overlap >= MIN_TEXT_OVERLAP:
            overlaps[key] = overlap
    similar = [(source, overlaps[source.pk]) for source in Source.objects.filter(pk__in=overlaps)]
    return sorted(similar, key=lambda pair: (-pair[1], pair[0].slug))


def word_trigrams(text: str) -> set[int]:
    """Return hashes of every three consecutive words, without boilerplate paragraphs.

    Case, punctuation and white space are ignored. Each Chinese, Japanese or Korean character
    counts as a word.
    """
    boilerplate = find_boilerplate_paragraphs(text)
    own = " ".join(words for number, _, words in iter_paragraphs(text) if number not in boilerplate)
    normalized = unicodedata.normalize("NFKC", own).casefold()
    words = [match[0] for match in WORD_OR_CJK_CHARACTER.finditer(normalized)]
    return {hash(three) for three in zip(words, words[1:], words[2:], strict=False)}


def overlap_coefficient(one: set[int], other: set[int]) -> float:
    """Return the share of the shorter text that the longer one repeats, from 0 to 1."""
    shorter = min(len(one), len(other))
    return len(one & other) / shorter if shorter >= MIN_WORD_TRIGRAMS else 0.0


def generate_source_slug(article: Article, title: str) -> str:
    """Return an unused public id, from the Latin letters of `title`, otherwise from the SHA-256."""
    base = re.sub("[-_]+", "-", slugify(title)[:100].strip("-"))
    if not re.fullmatch(SLUG_PATTERN, base):
        base = f"article-{article.measures['sha256'][:12]}"
    sources = Source.objects.filter(slug__startswith=base)
    published = Revision.objects.filter(kind="source", record__startswith=base)
    taken = {
        *RESERVED_SLUGS,
        *sources.values_list("slug", flat=True),
        *published.values_list("record", flat=True),
    }
    number, slug = 1, base
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


@transaction.atomic
def save_article(article: Article, source: Source) -> Source:
    """Save a source with the measures and the text of an article.

    Raises ArticleError when a source has the same bytes or the same text. Nothing is saved then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ARTICLE_LOCK_ID])
    if error := find_duplicate_error(article):
        raise error
    for name, value in article.measures.items():
        setattr(source, name, value)
    source.save()
    attach_text(source, article.raw)
    audit.write_audit_event("created", source, source.edited_by)
    return source
