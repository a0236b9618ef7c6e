"""What an article says of itself: proposals for whoever brings it in, never facts."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from policy import strictjson
from policy.sources.formats.html import Page

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)
UNKEPT = re.compile("[\0-\x1f\x7f\ud800-\udfff]")
TITLE, NAME, ADDRESS, TAG = 300, 200, 1000, 35  # longest values of a source
FIRST_LINE = 150  # longer ones are no titles
ARTICLE = re.compile(r"article|posting|report|webpage", re.IGNORECASE)
is_address = URLValidator(schemes=["http", "https"])


class Proposal(NamedTuple):
    value: Any
    where: str  # where the article says so


Proposals = dict[str, Proposal]  # by field of a source


def of_text(text: str) -> Proposals:
    line = text.lstrip("\ufeff").strip().partition("\n")[0].strip()
    return {"title": Proposal(line, "the first line")} if 0 < len(line) <= FIRST_LINE else {}


def of_page(page: Page) -> Proposals:
    """The first usable value for each field."""
    found: Proposals = {}
    for name, value, where in said(page):
        usable = USABLE[name](value)
        if usable and name not in found:
            found[name] = Proposal(usable, where)
    return found


def said(page: Page) -> Iterator[tuple[str, Any, str]]:
    """(field, value, where), the most trustworthy place first."""
    linked = next(articles(page), {})
    for name, places in PLACES.items():
        for place in places:
            if place.startswith("JSON-LD "):
                yield name, linked.get(place.removeprefix("JSON-LD ")), place
            else:
                yield name, page.metas.get(place), SPELLED.get(place, place)


PLACES = {
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
SPELLED = {"h1": "<h1>", "title": "<title>", "lang": "<html lang>", "time": "<time>"}


def articles(page: Page) -> Iterator[dict[str, Any]]:
    """The linked data about articles. What cannot be read says nothing."""
    for words in page.linked_data:
        try:
            value = strictjson.read(words.strip().encode("utf-8", "replace"))
        except strictjson.BadJSON:
            continue
        for item in listed(value):
            if isinstance(item, dict):
                for one in (item, *listed(item.get("@graph"))):
                    if isinstance(one, dict) and ARTICLE.search(str(one.get("@type", ""))):
                        yield one


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def name_of(value: Any) -> str:
    """A name as text, however linked data wraps it. Empty when it cannot be one."""
    value = listed(value)[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name")
    return plain(value, NAME)


def plain(value: Any, longest: int) -> str:
    words = " ".join(value.split()) if isinstance(value, str) else ""
    return "" if len(words) > longest or UNKEPT.search(words) else words


def title_of(value: Any) -> str:
    return plain(value, TITLE)


def names_of(value: Any) -> list[str]:
    names = [name_of(item) for item in listed(value)]
    return [name for name in dict.fromkeys(names) if name and "://" not in name]


def address_of(value: Any) -> str:
    address = plain(value, ADDRESS)
    try:
        is_address(address)
    except ValidationError:
        return ""
    return address


def language_of(value: Any) -> str:
    tag = name_of(value).replace("_", "-")
    return tag if len(tag) <= TAG and LANGUAGE.fullmatch(tag) else ""


def day_of(value: Any) -> date | None:
    """The day as the article writes it, in its own time zone."""
    try:
        return date.fromisoformat(plain(value, NAME)[:10].replace("/", "-"))
    except ValueError:
        return None


USABLE = {
    "title": title_of,
    "publisher": name_of,
    "authors": names_of,
    "url": address_of,
    "language": language_of,
    "published": day_of,
}
