"""Known agencies, places and entities in a text: names, aliases, other scripts, demonyms."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from policy.models import Agency, Entity, Jurisdiction
from policy.suggestions.demonyms import OTHERS, demonyms
from policy.suggestions.suggestion import Suggestion, longest_first, quoted

# Scripts that write no spaces: each sign is a word.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
UNSPACED += "\U00020000-\U0003ffff"
MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u065f\u0670\u0900-\u0dff"
TOKEN = re.compile(rf"[{UNSPACED}]|(?:[^\W_{UNSPACED}]|[{MARKS}])+")
JOINT = re.compile(r"[ \t\u00a0]?\n?[ \t]*|['’.\-–‑·]|[,.] ")  # between two words of one name
ISO = re.compile(r"[A-Z]{3}|[A-Z]{2}-[A-Z0-9]{1,3}")  # codes among the aliases of places
# Words first, places second: only where their country is named, too.
COMMON = {
    *("bar", "cascade", "cascades", "delta", "grad", "hull", "java", "jersey", "lot", "male"),
    *("meta", "mono", "most", "para", "perm", "pool", "reading", "unity"),
}
ASSET = "entity_kind.asset"
SHORTEST = 4  # letters of a place's name that stands without its country


@dataclass(frozen=True)
class Name:
    """Something known by a name. `country` is where a part of a country lies."""

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


class Gazetteer:
    """Names by their first word."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.names: dict[str, list[tuple[list[str], Name]]] = defaultdict(list)
        self.bearers: dict[str, set[str]] = defaultdict(set)
        for name in names:
            if keys := [token.key for token in tokens(name.words)]:
                self.names[keys[0]].append((keys, name))
                self.bearers[" ".join(keys)].add(name.value)

    def at(self, words: list[Token], position: int, text: str) -> Iterator[tuple[int, Name]]:
        """(end, name) of every name that begins at this word."""
        for keys, name in self.names.get(words[position].key, ()):
            run = words[position : position + len(keys)]
            if [token.key for token in run] == keys and joined(run, text) and cased(run, name):
                yield run[-1].end, name

    def stands_alone(self, name: Name) -> bool:
        """Whether a part of a country is known by its name alone."""
        words = " ".join(token.key for token in tokens(name.words))
        foreign = not name.words.isascii()
        long = len(words) >= SHORTEST or foreign
        return long and words not in COMMON and len(self.bearers[words]) == 1


def tokens(text: str) -> list[Token]:
    return [Token(found.start(), found.end(), found[0]) for found in TOKEN.finditer(text)]


def joined(run: list[Token], text: str) -> bool:
    return all(JOINT.fullmatch(text, left.end, right.start) for left, right in pairwise(run))


def cased(run: list[Token], name: Name) -> bool:
    """A name begins with its capital; an abbreviation is written like one."""
    first = name.words[0]
    if len(run) == 1 and name.words.isupper():
        return run[0].word == name.words
    return not first.isupper() or run[0].word[0].isupper()


def find_names(text: str, known: Gazetteer) -> list[Suggestion]:
    words = tokens(text)
    found = [
        (words[position].start, end, name)
        for position in range(len(words))
        for end, name in known.at(words, position, text)
    ]
    countries = {country_of(name) for _, _, name in found if not name.country}
    kept = [row for row in found if not row[2].country or placed(row[2], countries, known)]
    return [
        row
        for kind in ("agency", "jurisdiction", "entity")
        for row in longest_first(told_apart([row for row in kept if row[2].kind == kind], text))
        if row.value
    ]


def country_of(name: Name) -> str:
    return name.value if name.kind == "jurisdiction" else ""


def placed(name: Name, countries: set[str], known: Gazetteer) -> bool:
    return name.country in countries or known.stands_alone(name)


def told_apart(found: list[tuple[int, int, Name]], text: str) -> Iterator[Suggestion]:
    """One meaning for each passage: a country before its parts, and none where two remain."""
    bearers: dict[tuple[int, int], dict[str, Name]] = defaultdict(dict)
    for start, end, name in found:
        bearers[start, end][name.value] = name
    for (start, end), names in bearers.items():
        whole = [name for name in names.values() if not name.country]
        one = whole or list(names.values())
        if len(one) == 1:
            why = quoted(text[start:end])
            yield Suggestion(start, end, one[0].kind, one[0].value, one[0].label, why)


def known_names() -> Gazetteer:
    """Of everything that the workbench knows. Three queries."""
    return Gazetteer([*places(), *agencies(), *entities()])


def agencies() -> Iterator[Name]:
    """Also turned round: who knows the President of Chile knows the Chilean President."""
    adjectives = demonyms()
    columns = ("slug", "name", "native_name", "aliases", "jurisdiction", "jurisdiction__name")
    for slug, name, native, aliases, code, place in Agency.objects.values_list(*columns):
        owners = [*adjectives.get(code, ()), f"{place}’s"] if name.endswith(f" of {place}") else []
        office = name.removesuffix(f" of {place}")
        turned = (f"{owner} {office}" for owner in owners)
        for words in {name, native, *aliases, *turned} - {""}:
            yield Name(words, "agency", slug, name)


def entities() -> Iterator[Name]:
    columns = ("slug", "type", "name", "native_name", "aliases")
    for slug, type, name, native, aliases in Entity.objects.values_list(*columns):
        small = {name.lower()} if type == ASSET else set()  # a coin is written like a thing
        for words in {name, native, *aliases, *small} - {""}:
            yield Name(words, "entity", slug, name)


def places() -> Iterator[Name]:
    yield from (Name(words, "jurisdiction", "", words) for words in OTHERS)
    others = demonyms()
    rows = Jurisdiction.objects.values_list("code", "name", "native_name", "aliases")
    for code, name, native, aliases in rows:
        country = code.partition("-")[0] if "-" in code else ""
        spelled = {name, native, *(word for word in aliases if not ISO.fullmatch(word))}
        for words in {*spelled, *others.get(code, ())} - {""}:
            yield Name(words, "jurisdiction", code, f"{name} ({code})", country)
