"""Metadata found in an article, as proposals for the person who imports it."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from policy import strictjson
from policy.sources.formats.html import HtmlPage

LANGUAGE_TAG_PATTERN = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
CONTROL_OR_SURROGATE = re.compile("[\0-\x1f\x7f\ud800-\udfff]")
# In characters, as the columns of a source allow.
MAX_TITLE_LENGTH, MAX_NAME_LENGTH, MAX_URL_LENGTH, MAX_LANGUAGE_TAG_LENGTH = 300, 200, 1000, 35
MAX_FIRST_LINE_LENGTH = 150  # a longer first line is not a title
LINKED_DATA_ARTICLE_TYPE = re.compile(r"article|posting|report|webpage", re.IGNORECASE)
validate_http_url = URLValidator(schemes=["http", "https"])


MetadataValue = str | list[str] | date


class MetadataProposal(NamedTuple):
    value: MetadataValue
    where: str  # the place in the article, for people


MetadataProposals = dict[str, MetadataProposal]  # by field of a source


def metadata_from_text(text: str) -> MetadataProposals:
    """Propose the first line of a plain text as the title, if it is short enough."""
    line = text.lstrip("\ufeff").strip().partition("\n")[0].strip()
    return (
        {"title": MetadataProposal(line, "the first line")}
        if 0 < len(line) <= MAX_FIRST_LINE_LENGTH
        else {}
    )


def metadata_from_page(page: HtmlPage) -> MetadataProposals:
    """Propose the first valid value for each field."""
    proposals: MetadataProposals = {}
    for name, value, where in iter_metadata_candidates(page):
        cleaned = METADATA_CLEANERS[name](value)
        if cleaned and name not in proposals:
            proposals[name] = MetadataProposal(cleaned, where)
    return proposals


def iter_metadata_candidates(page: HtmlPage) -> Iterator[tuple[str, object, str]]:
    """Yield (field, value, where), the most reliable place first."""
    linked: Mapping[str, object] = next(iter_linked_data_articles(page), {})
    for name, places in METADATA_KEYS.items():
        for place in places:
            if place.startswith("JSON-LD "):
                yield name, linked.get(place.removeprefix("JSON-LD ")), place
            else:
                yield name, page.metadata.get(place), METADATA_KEY_LABELS.get(place, place)


METADATA_KEYS = {
    "title": ("og:title", "JSON-LD headline", "h1", "title"),
    "publisher": ("og:site_name", "JSON-LD publisher", "application-name"),
    "authors": ("JSON-LD author", "author", "article:author", "citation_author"),
    "url": ("canonical", "og:url", "JSON-LD url"),
    "language": ("lang", "JSON-LD inLanguage", "og:locale"),
    "published": (
        "article:published_time",
        "JSON-LD datePublished",
        "datepublished",
        "citation_publication_date",
        "date",
        "time",
    ),
}
METADATA_KEY_LABELS = {"h1": "<h1>", "title": "<title>", "lang": "<html lang>", "time": "<time>"}


def iter_linked_data_articles(page: HtmlPage) -> Iterator[dict[str, object]]:
    """Yield the JSON-LD objects that describe articles. Invalid JSON is skipped."""
    for words in page.linked_data:
        try:
            value: object = strictjson.parse_json(words.strip().encode("utf-8", "replace"))
        except strictjson.BadJSON:
            continue
        for item in as_list(value):
            graph = as_list(item.get("@graph")) if isinstance(item, dict) else []
            for node in (item, *graph):
                if isinstance(node, dict) and is_linked_data_article(node):
                    yield node


def is_linked_data_article(node: dict[str, object]) -> bool:
    return LINKED_DATA_ARTICLE_TYPE.search(str(node.get("@type", ""))) is not None


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def clean_name(value: object) -> str:
    """Return a name from a string, an object or a list of them; empty if there is none."""
    first = as_list(value)[0] if value else ""
    return clean_text_line(first.get("name") if isinstance(first, dict) else first, MAX_NAME_LENGTH)


def clean_text_line(value: object, max_length: int) -> str:
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return "" if len(words) > max_length or CONTROL_OR_SURROGATE.search(words) else words


def clean_title(value: object) -> str:
    return clean_text_line(value, MAX_TITLE_LENGTH)


def clean_names(value: object) -> list[str]:
    names = [clean_name(item) for item in as_list(value)]
    return [name for name in dict.fromkeys(names) if name and "://" not in name]


def clean_url(value: object) -> str:
    address = clean_text_line(value, MAX_URL_LENGTH)
    try:
        validate_http_url(address)
    except ValidationError:
        return ""
    return address


def clean_language_tag(value: object) -> str:
    tag = clean_name(value).replace("_", "-")
    return (
        tag if len(tag) <= MAX_LANGUAGE_TAG_LENGTH and LANGUAGE_TAG_PATTERN.fullmatch(tag) else ""
    )


def clean_iso_date(value: object) -> date | None:
    """Return the day of a date or a timestamp, in the time zone of the article."""
    try:
        return date.fromisoformat(clean_text_line(value, MAX_NAME_LENGTH)[:10].replace("/", "-"))
    except ValueError:
        return None


METADATA_CLEANERS: dict[str, Callable[[object], MetadataValue | None]] = {
    "title": clean_title,
    "publisher": clean_name,
    "authors": clean_names,
    "url": clean_url,
    "language": clean_language_tag,
    "published": clean_iso_date,
}
