"""Suggestions of known agencies, jurisdictions and entities by their names in a text."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from policy.models import Agency, Entity, Jurisdiction
from policy.suggestions.demonyms import NON_COUNTRY_NAMES, demonyms_by_country
from policy.suggestions.suggestion import Suggestion, drop_overlaps, quote_phrase

# Scripts without spaces between words: each character is a word.
UNSPACED_SCRIPTS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
UNSPACED_SCRIPTS += "\U00020000-\U0003ffff"
COMBINING_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0670\u0900-\u0dff"
TOKEN_PATTERN = re.compile(
    rf"[{UNSPACED_SCRIPTS}]|(?:[^\W_{UNSPACED_SCRIPTS}]|[{COMBINING_MARKS}])+"
)
TOKEN_SEPARATOR = re.compile(
    r"[ \t\u00a0]?\n?[ \t]*|['’.\-–‑·]|[,.] "
)  # between two words of one name
ISO_CODE_PATTERN = re.compile(
    r"[A-Z]{3}|[A-Z]{2}-[A-Z0-9]{1,3}"
)  # codes among the aliases of places
# Common words that are also places: only suggested if the country is named, too.
AMBIGUOUS_PLACE_WORDS = {
    *("bar", "cascade", "cascades", "delta", "grad", "hull", "java", "jersey", "lot", "male"),
    *("meta", "mono", "most", "para", "perm", "pool", "reading", "unity"),
}
ASSET_KIND = "entity_kind.asset"
MIN_PLACE_NAME_LENGTH = 4  # characters; shorter names need their country in the text


@dataclass(frozen=True)
class KnownName:
    """A name of a record or jurisdiction. `country`: the country of a subdivision, else empty."""

    words: str
    kind: str
    value: str
    label: str
    country: str = ""


@dataclass(frozen=True)
class Token:
    start: int
    end: int
    word: str

    @property
    def key(self) -> str:
        return unicodedata.normalize("NFC", self.word).casefold()


class NameSpan(NamedTuple):
    start: int
    end: int
    name: KnownName


class Gazetteer:
    """All known names, indexed by their first word."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        self.entries: dict[str, list[tuple[list[str], KnownName]]] = defaultdict(list)
        self.values_by_name: dict[str, set[str]] = defaultdict(set)
        for name in names:
            if keys := [token.key for token in tokenize_words(name.words)]:
                self.entries[keys[0]].append((keys, name))
                self.values_by_name[" ".join(keys)].add(name.value)

    def names_at(
        self, words: list[Token], position: int, text: str
    ) -> Iterator[tuple[int, KnownName]]:
        """Yield the end and the name of every known name that begins at this word."""
        for keys, name in self.entries.get(words[position].key, ()):
            run = words[position : position + len(keys)]
            if (
                [token.key for token in run] == keys
                and is_contiguous(run, text)
                and has_matching_case(run, name)
            ):
                yield run[-1].end, name

    def is_unambiguous(self, name: KnownName) -> bool:
        """Whether a subdivision can be recognised without its country."""
        words = " ".join(token.key for token in tokenize_words(name.words))
        is_long = len(words) >= MIN_PLACE_NAME_LENGTH or not name.words.isascii()
        return (
            is_long and words not in AMBIGUOUS_PLACE_WORDS and len(self.values_by_name[words]) == 1
        )


def tokenize_words(text: str) -> list[Token]:
    return [Token(match.start(), match.end(), match[0]) for match in TOKEN_PATTERN.finditer(text)]


def is_contiguous(run: list[Token], text: str) -> bool:
    return all(
        TOKEN_SEPARATOR.fullmatch(text, left.end, right.start) for left, right in pairwise(run)
    )


def has_matching_case(run: list[Token], name: KnownName) -> bool:
    """Whether the first letter is a capital like in the name, and an abbreviation is the same."""
    first = name.words[0]
    if len(run) == 1 and name.words.isupper():
        return run[0].word == name.words
    return not first.isupper() or run[0].word[0].isupper()


def find_names(text: str, known: Gazetteer) -> list[Suggestion]:
    words = tokenize_words(text)
    spans = [
        NameSpan(words[position].start, end, name)
        for position in range(len(words))
        for end, name in known.names_at(words, position, text)
    ]
    countries = {get_country_code(span.name) for span in spans if not span.name.country}
    kept = [
        span
        for span in spans
        if not span.name.country or is_country_known(span.name, countries, known)
    ]
    return [
        row
        for kind in ("agency", "jurisdiction", "entity")
        for row in drop_overlaps(
            disambiguate_names([span for span in kept if span.name.kind == kind], text)
        )
        if row.value
    ]


def get_country_code(name: KnownName) -> str:
    return name.value if name.kind == "jurisdiction" else ""


def is_country_known(name: KnownName, countries: set[str], known: Gazetteer) -> bool:
    return name.country in countries or known.is_unambiguous(name)


def disambiguate_names(spans: Iterable[NameSpan], text: str) -> Iterator[Suggestion]:
    """Yield a suggestion for each passage with one meaning. Countries win over subdivisions."""
    names_by_span: dict[tuple[int, int], dict[str, KnownName]] = defaultdict(dict)
    for start, end, name in spans:
        names_by_span[start, end][name.value] = name
    for (start, end), names in names_by_span.items():
        not_inside_a_country = [name for name in names.values() if not name.country]
        meanings = not_inside_a_country or list(names.values())
        if len(meanings) == 1:
            name, why = meanings[0], quote_phrase(text[start:end])
            yield Suggestion(start, end, name.kind, name.value, name.label, why)


def load_gazetteer() -> Gazetteer:
    """Load the names of all drafts and jurisdictions with three queries."""
    return Gazetteer([*iter_place_names(), *iter_agency_names(), *iter_entity_names()])


def iter_agency_names() -> Iterator[KnownName]:
    """Yield names, and “Chilean President” for “President of Chile”."""
    adjectives = demonyms_by_country()
    for slug, name, native, aliases, code, place in Agency.objects.values_list(
        "slug", "name", "native_name", "aliases", "jurisdiction", "jurisdiction__name"
    ):
        owners = [*adjectives.get(code, ()), f"{place}’s"] if name.endswith(f" of {place}") else []
        office = name.removesuffix(f" of {place}")
        reversed_names = (f"{owner} {office}" for owner in owners)
        for words in {name, native, *aliases, *reversed_names} - {""}:
            yield KnownName(words, "agency", slug, name)


def iter_entity_names() -> Iterator[KnownName]:
    for slug, kind, name, native, aliases in Entity.objects.values_list(
        "slug", "type", "name", "native_name", "aliases"
    ):
        lowercase = {name.lower()} if kind == ASSET_KIND else set()  # "bitcoin" for Bitcoin
        for words in {name, native, *aliases, *lowercase} - {""}:
            yield KnownName(words, "entity", slug, name)


def iter_place_names() -> Iterator[KnownName]:
    yield from (KnownName(words, "jurisdiction", "", words) for words in NON_COUNTRY_NAMES)
    demonyms = demonyms_by_country()
    rows = Jurisdiction.objects.values_list("code", "name", "native_name", "aliases")
    for code, name, native, aliases in rows:
        country = code.partition("-")[0] if "-" in code else ""
        spelled = (word for word in aliases if not ISO_CODE_PATTERN.fullmatch(word))
        for words in {name, native, *spelled, *demonyms.get(code, ())} - {""}:
            yield KnownName(words, "jurisdiction", code, f"{name} ({code})", country)
