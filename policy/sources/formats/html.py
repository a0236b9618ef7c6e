"""Parser of HTML: the paragraphs of the text, boilerplate among them, and metadata.

It handles events and builds no tree, so that deep nesting costs no memory. Nothing is fetched or
executed.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from lxml import etree

HTML_START = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*"
    r"<(?:!doctype\s+html|(?:html|head|body|title|meta|link"
    r"|script|style|main|header|nav|article|section|div|span|p|h[1-6]|ul|ol|dl|table|figure"
    r"|blockquote|pre|a|b|i|em|strong|font|center|br|hr|img|iframe)(?=[\s>/]))",
    re.IGNORECASE | re.DOTALL,
)
META_CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]+)", re.IGNORECASE)
FEED_SIZE = 2**16  # bytes given to the parser at once
HTML_SNIFF_LENGTH = 4096  # leading characters or bytes that decide whether a file is HTML
# Browsers decode these charsets as their supersets.
CHARSET_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
ALLOWED_CHARSETS = {
    *(f"cp{number}" for number in (866, 874, 932, 949, 950, *range(1250, 1259))),
    *(f"iso8859-{number}" for number in (*range(2, 12), *range(13, 17))),
    *("gb18030", "big5", "big5hkscs", "euc_jp", "shift_jis", "euc_kr", "koi8-r", "koi8-u"),
}

BLOCK_TAGS = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body caption center dd details dialog dir div dl dt "
        "fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html "
        "legend li main menu nav ol optgroup option p pre search section summary table tbody "
        "tfoot thead tr ul ",
    )
)
SPACE_SEPARATED_TAGS = frozenset(("td", "th", "button", "label", "input", "select"))
HIDDEN_TAGS = frozenset(
    ("head", "script", "style", "template", "svg", "math", "iframe", "noscript")
)
BOILERPLATE_TAGS = frozenset(("nav", "footer", "aside", "form", "menu", "button", "dialog"))
BOILERPLATE_ROLES = frozenset(("navigation", "complementary", "contentinfo", "search", "banner"))
PAGE_LEVEL_TAGS = frozenset(
    ("html", "body", "main", "article", "p")
)  # their class describes the whole page
BOILERPLATE_CLASS = re.compile(
    r"(?:^|[\s_-])(?:shar(?:e|ing)|social|related|comments?|respond|breadcrumbs?|newsletter|cookies?"
    r"|consent|sidebar|adverts?|advertisement|promo|recommended|trending)(?:$|[\s_-])",
    re.IGNORECASE,
)


def is_html(words: str) -> bool:
    """Decide by the content."""
    return HTML_START.match(words[:HTML_SNIFF_LENGTH].removeprefix("\ufeff")) is not None


def get_declared_charset(raw: bytes) -> str:
    """Return the charset in a meta element, in lower case; empty if there is none."""
    match = META_CHARSET.search(raw[:HTML_SNIFF_LENGTH])
    return match[1].decode("ascii").lower() if match else ""


def get_codec_name(charset: str) -> str:
    """Return the name of Python's codec for a charset; empty if the charset is not allowed."""
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return ""
    name = CHARSET_SUPERSETS.get(name, name)
    return name if name in ALLOWED_CHARSETS else ""


def decode_html(raw: bytes) -> str | None:
    """Decode HTML as UTF-8 or as its declared charset. Return None if it is not HTML."""
    for charset in ("utf-8", get_codec_name(get_declared_charset(raw))):
        try:
            words = raw.decode(charset) if charset else ""
        except UnicodeDecodeError:
            continue
        if is_html(words):
            return words
    return None


@dataclass
class HtmlPage:
    paragraphs: list[str] = field(default_factory=list)
    boilerplate_paragraphs: set[int] = field(default_factory=set)  # numbers of paragraphs, from 1
    metadata: dict[str, str] = field(default_factory=dict)  # the first of each name
    linked_data: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


class FeedParser(Protocol):
    """The methods of lxml's parser that are used here. lxml ships no types."""

    def feed(self, data: bytes, /) -> None: ...
    def close(self) -> HtmlPage: ...


def parse_html(words: str) -> HtmlPage:
    parser: FeedParser = etree.HTMLParser(
        target=HtmlTextParser(), encoding="utf-8", no_network=True
    )
    data = words.encode()
    for start in range(0, len(data), FEED_SIZE):
        parser.feed(data[start : start + FEED_SIZE])
    return parser.close()


class OpenElement(NamedTuple):
    tag: str
    is_hidden: bool
    is_boilerplate: bool


class HtmlTextParser:
    """Target of lxml's parser: collects text, boilerplate and metadata in `page`."""

    def __init__(self) -> None:
        self.page = HtmlPage()
        self.open_elements: list[OpenElement] = []
        self.hidden_depth = self.boilerplate_depth = 0
        self.text_parts: list[str] = []
        # By tag: the text of an open title, h1 or script of linked data.
        self.metadata_text: dict[str, list[str]] = {}

    def start(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        values = {name.lower(): value or "" for name, value in attributes.items()}
        self.collect_metadata(tag, values)
        if tag in BLOCK_TAGS:
            self.end_paragraph()
        elif tag in SPACE_SEPARATED_TAGS:
            self.text_parts.append(" ")
        elif tag == "br":
            self.text_parts.append("\n")
        element = OpenElement(tag, tag in HIDDEN_TAGS, is_boilerplate_element(tag, values))
        self.open_elements.append(element)
        self.hidden_depth += element.is_hidden
        self.boilerplate_depth += element.is_boilerplate

    def end(self, tag: str) -> None:
        if tag in BLOCK_TAGS:
            self.end_paragraph()
        self.end_metadata(tag)
        if self.open_elements:
            element = self.open_elements.pop()
            self.hidden_depth -= element.is_hidden
            self.boilerplate_depth -= element.is_boilerplate

    def data(self, words: str) -> None:
        for parts in self.metadata_text.values():
            parts.append(words)
        if not self.hidden_depth:
            is_preformatted = self.current_tag() == "pre"
            self.text_parts.append(
                words if is_preformatted else re.sub(r"[ \t\n\f\r]+", " ", words)
            )

    def close(self) -> HtmlPage:
        self.end_paragraph()
        if len(self.page.boilerplate_paragraphs) == len(self.page.paragraphs):
            self.page.boilerplate_paragraphs.clear()  # the page would have no text
        return self.page

    def end_paragraph(self) -> None:
        """Add the collected text to the page. A blank line in it separates paragraphs."""
        words, self.text_parts = re.sub(r"[ \t\f\r]+", " ", "".join(self.text_parts)), []
        words = re.sub(r" ?\n ?", "\n", words)
        for paragraph in filter(None, map(str.strip, re.split(r"\n\s*\n", words))):
            self.page.paragraphs.append(paragraph)
            if self.boilerplate_depth:
                self.page.boilerplate_paragraphs.add(len(self.page.paragraphs))

    def collect_metadata(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "html":
            self.add_metadata("lang", attributes.get("lang") or attributes.get("xml:lang", ""))
        elif tag == "meta":
            name = (
                attributes.get("property")
                or attributes.get("name")
                or attributes.get("itemprop", "")
            )
            self.add_metadata(name, attributes.get("content", ""))
        elif tag == "link" and "canonical" in attributes.get("rel", "").lower().split():
            self.add_metadata("canonical", attributes.get("href", ""))
        elif tag == "time" and (
            "pubdate" in attributes or attributes.get("itemprop") == "datePublished"
        ):
            self.add_metadata("time", attributes.get("datetime", ""))
        elif self.holds_metadata(tag, attributes):
            self.metadata_text[tag] = []

    def holds_metadata(self, tag: str, attributes: dict[str, str]) -> bool:
        """Whether the text of an element is metadata."""
        if tag == "script":
            return attributes.get("type", "").strip().lower() == "application/ld+json"
        return (tag == "h1" and not self.hidden_depth) or (
            tag == "title" and self.current_tag() == "head"
        )

    def current_tag(self) -> str:
        return self.open_elements[-1].tag if self.open_elements else ""

    def end_metadata(self, tag: str) -> None:
        words = "".join(self.metadata_text.pop(tag, []))
        if tag == "script" and words:
            self.page.linked_data.append(words)
        elif words:
            self.add_metadata(tag, words)

    def add_metadata(self, name: str, value: str) -> None:
        value = " ".join(value.split())
        if name and value:
            self.page.metadata.setdefault(name.lower(), value)


def is_boilerplate_element(tag: str, attributes: dict[str, str]) -> bool:
    if tag in BOILERPLATE_TAGS or attributes.get("role", "").lower() in BOILERPLATE_ROLES:
        return True
    return (
        tag not in PAGE_LEVEL_TAGS
        and BOILERPLATE_CLASS.search(f"{attributes.get('class', '')} {attributes.get('id', '')}")
        is not None
    )
