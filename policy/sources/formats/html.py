"""HTML as text: its paragraphs, which of them are page furniture, and what it says of itself.

Read as events, never as a tree: hostile nesting costs nothing. Nothing is fetched, nothing is run.
"""

import codecs
import re
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|(?:html|head|body|title|meta|link"
    r"|script|style|main|header|nav|article|section|div|span|p|h[1-6]|ul|ol|dl|table|figure|blockquote"
    r"|pre|a|b|i|em|strong|font|center|br|hr|img|iframe)(?=[\s>/]))",
    re.IGNORECASE | re.DOTALL,
)
CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]+)", re.IGNORECASE)
HEAD = 4096  # characters or bytes in which a file says what it is
# What browsers read under these names; others are refused.
WIDER = {"ascii": "cp1252", "iso8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
CHARSETS = {
    *(f"cp{number}" for number in (866, 874, 932, 949, 950, *range(1250, 1259))),
    *(f"iso8859-{number}" for number in (*range(2, 12), *range(13, 17))),
    *("gb18030", "big5", "big5hkscs", "euc_jp", "shift_jis", "euc_kr", "koi8-r", "koi8-u"),
}

BLOCKS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog dir div dl dt "
        "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html "
        "legend li main menu nav ol optgroup option p pre search section summary table tbody "
        "tfoot thead tr ul ",
    )
)
SPACED = frozenset(("td", "th", "button", "label", "input", "select"))
SILENT = frozenset(("head", "script", "style", "template", "svg", "math", "iframe", "noscript"))
FURNITURE = frozenset(("nav", "footer", "aside", "form", "menu", "button", "dialog"))
ROLES = frozenset(("navigation", "complementary", "contentinfo", "search", "banner"))
WHOLE = frozenset(("html", "body", "main", "article", "p"))  # their class tells of the page
CALLED = re.compile(
    r"(?:^|[\s_-])(?:shar(?:e|ing)|social|related|comments?|respond|breadcrumbs?|newsletter|cookies?"
    r"|consent|sidebar|adverts?|advertisement|promo|recommended|trending)(?:$|[\s_-])",
    re.IGNORECASE,
)


def is_html(words: str) -> bool:
    """By what stands in it, never by its name."""
    return START.match(words[:HEAD].removeprefix("\ufeff")) is not None


def declared(raw: bytes) -> str:
    """The charset that HTML declares; empty when it declares none."""
    found = CHARSET.search(raw[:HEAD])
    return found[1].decode("ascii").lower() if found else ""


def codec_of(charset: str) -> str:
    """Python's name of a charset, empty when it is not read here."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return ""
    name = WIDER.get(name, name)
    return name if name in CHARSETS else ""


def decoded(raw: bytes) -> str | None:
    """HTML as characters: UTF-8, or else what it declares; None when it is neither."""
    for charset in ("utf-8", codec_of(declared(raw))):
        try:
            words = raw.decode(charset) if charset else ""
        except UnicodeDecodeError:
            continue
        if is_html(words):
            return words
    return None


@dataclass
class Page:
    paragraphs: list[str] = field(default_factory=list)
    furniture: set[int] = field(default_factory=set)  # numbers of paragraphs, from 1
    metas: dict[str, str] = field(default_factory=dict)  # the first of each name
    linked_data: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def page_of(words: str) -> Page:
    parser = etree.HTMLParser(target=Reader(), encoding="utf-8", no_network=True)
    data = words.encode()
    for start in range(0, len(data), 2**16):
        parser.feed(data[start : start + 2**16])
    page: Page = parser.close()
    return page


class Reader:
    """Takes the parser's events and keeps the words."""

    def __init__(self) -> None:
        self.page = Page()
        self.open: list[tuple[str, bool, bool]] = []  # tag, silent, furniture
        self.silent = self.furnished = 0
        self.words: list[str] = []
        self.kept: dict[str, list[str]] = {}  # words of title, h1 and linked data, until they end

    def start(self, tag: str, attributes: Any) -> None:
        of = {name.lower(): value or "" for name, value in attributes.items()}
        self.describe(tag, of)
        if tag in BLOCKS:
            self.flush()
        elif tag in SPACED:
            self.words.append(" ")
        elif tag == "br":
            self.words.append("\n")
        silent, furniture = tag in SILENT, is_furniture(tag, of)
        self.open.append((tag, silent, furniture))
        self.silent += silent
        self.furnished += furniture

    def end(self, tag: str) -> None:
        if tag in BLOCKS:
            self.flush()
        self.keep(tag)
        if self.open:
            _, silent, furniture = self.open.pop()
            self.silent -= silent
            self.furnished -= furniture

    def data(self, words: str) -> None:
        for heard in self.kept.values():
            heard.append(words)
        if not self.silent:
            kept = self.inside() == "pre"
            self.words.append(words if kept else re.sub(r"[ \t\n\f\r]+", " ", words))

    def close(self) -> Page:
        self.flush()
        if len(self.page.furniture) == len(self.page.paragraphs):
            self.page.furniture.clear()  # all marked says as little as nothing marked
        return self.page

    def flush(self) -> None:
        """End a paragraph. A blank line parts two, however it was made."""
        words, self.words = re.sub(r"[ \t\f\r]+", " ", "".join(self.words)), []
        words = re.sub(r" ?\n ?", "\n", words)
        for paragraph in filter(None, map(str.strip, re.split(r"\n\s*\n", words))):
            self.page.paragraphs.append(paragraph)
            if self.furnished:
                self.page.furniture.add(len(self.page.paragraphs))

    def describe(self, tag: str, of: dict[str, str]) -> None:
        if tag == "html":
            self.say("lang", of.get("lang") or of.get("xml:lang", ""))
        elif tag == "meta":
            name = of.get("property") or of.get("name") or of.get("itemprop", "")
            self.say(name, of.get("content", ""))
        elif tag == "link" and "canonical" in of.get("rel", "").lower().split():
            self.say("canonical", of.get("href", ""))
        elif tag == "time" and ("pubdate" in of or of.get("itemprop") == "datePublished"):
            self.say("time", of.get("datetime", ""))
        elif self.tells(tag, of):
            self.kept[tag] = []

    def tells(self, tag: str, of: dict[str, str]) -> bool:
        """Whether the words inside say what the article is."""
        if tag == "script":
            return of.get("type", "").strip().lower() == "application/ld+json"
        return (tag == "h1" and not self.silent) or (tag == "title" and self.inside() == "head")

    def inside(self) -> str:
        return self.open[-1][0] if self.open else ""

    def keep(self, tag: str) -> None:
        words = "".join(self.kept.pop(tag, []))
        if tag == "script" and words:
            self.page.linked_data.append(words)
        elif words:
            self.say(tag, words)

    def say(self, name: str, value: str) -> None:
        value = " ".join(value.split())
        if name and value:
            self.page.metas.setdefault(name.lower(), value)


def is_furniture(tag: str, of: dict[str, str]) -> bool:
    if tag in FURNITURE or of.get("role", "").lower() in ROLES:
        return True
    return (
        tag not in WHOLE and CALLED.search(f"{of.get('class', '')} {of.get('id', '')}") is not None
    )
