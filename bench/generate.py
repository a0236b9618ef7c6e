"""A synthetic dataset in the project's own format: the same seed gives the same bytes.

    python -m bench.generate FOLDER --actions 100000 --seed 1

Skewed as real data are: a few places, agencies and words hold most records, most values are rare.
OLD, RETRACTED, RARE and COMMON name values with a promise that tests and benchmarks rely on.
"""

import argparse
import hashlib
import heapq
import json
import shutil
import sys
from bisect import bisect
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import orjson

import bench.django_setup  # noqa: F401
from bench import words
from policy.documents import evidence
from policy.documents.periods import sort_date
from policy.documents.record_schema import SCHEMA_VERSION
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.stored import add_later_fields

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
Data = dict[str, Any]

OLD = ("jurisdiction", "IS")  # 1 action in 200, all of them of 2009 and 2010
RETRACTED = ("legal_force", "treaty")  # 1 action in 200, in its first revision only
RARE = ("penalty", "licence_loss")  # 1 action in 20,000, and so is the next one
RARE_WORD = "zeppelin"
COMMON = ("activity", "crypto")  # most actions, as a heading of what they are coded with

LICENCE = "CC-BY-4.0"
REVIEW = {"state": "released", "reviewers": 0, "reviewed_at": None, "released_by": "synthetic@1"}
FIRST_DAY, LAST_DAY = date(2009, 1, 1), date(2026, 6, 30)
START = datetime(2026, 7, 1, tzinfo=UTC)
BATCH, PAUSE = 20, timedelta(seconds=30)  # revisions published together, and the time between
WAIT, LONGEST_WAIT = 300, 3000  # actions until the next revision of the same one: mean, most


class Zipf:
    """Draws from values of which the n-th is as likely as 1 / n ** slope."""

    def __init__(self, values: Iterable[Any], slope: float = 1.1) -> None:
        self.values = list(values)
        self.sums = list(accumulate(n**-slope for n in range(1, len(self.values) + 1)))

    def draw(self, rng: Random) -> Any:
        return self.values[bisect(self.sums, rng.random() * self.sums[-1])]


def read(name: str) -> list[Data]:
    rows: list[Data] = json.loads((FIXTURES / name).read_text("utf-8"))
    return rows


def place_names() -> dict[str, str]:
    return {row["code"]: row["name"] for row in read("jurisdictions.json")}


def vocabularies() -> dict[str, Zipf]:
    """Each one's terms, bar headings and those that carry a promise."""
    codes: dict[str, list[str]] = {}
    for row in read("terms.json"):
        if not row["abstract"] and (row["vocabulary"], row["code"]) not in (RETRACTED, RARE):
            codes.setdefault(row["vocabulary"], []).append(row["code"])
    return {name: Zipf(values, 1.3) for name, values in codes.items()}


class World:
    """What actions are drawn from."""

    def __init__(self, actions: int, seed: int) -> None:
        self.actions, self.seed, self.rng = actions, seed, Random(seed)
        self.sources = max(5, actions // 10)
        self.names, self.terms, self.text = place_names(), vocabularies(), Zipf(words.WORDS, 0.9)
        others = [code for code in self.names if code[:2] != OLD[1] and code not in words.PLACES]
        self.rng.shuffle(others)
        self.places = Zipf(words.PLACES + others)
        self.agencies = Zipf(agency(self, n) for n in range(min(300, max(12, actions // 50))))
        self.entities = Zipf(entity(self, n) for n in range(min(400, max(12, actions // 50))))
        self.source = lru_cache(1000)(self.read_source)
        self.recent: deque[Data] = deque(maxlen=500)  # actions that others may relate to

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def term(self, vocabulary: str) -> str:
        code: str = self.terms[vocabulary].draw(self.rng)
        return code

    def place(self, code: str) -> Data:
        return {"id": code, "name": self.names[code]}

    def sentence(self, length: int) -> str:
        return sentence(self.text, self.rng, length)

    def read_source(self, number: int) -> "Source":
        """The same source for the same number, whenever it is asked for."""
        rng = Random(f"{self.seed}/{number}")
        name = f"{rng.choice(words.PUBLISHERS)} {int(rng.expovariate(0.5))}"
        return Source(
            slug=f"{name.lower().replace(' ', '-')}-{number:06d}",
            title=sentence(self.text, rng, 7)[:-1],
            publisher=name if rng.random() < 0.9 else "",
            source_class_id=f"source_class.{self.terms['source_class'].draw(rng)}",
            characters=rng.randrange(2000, 9000),
            derived_from=self.source(number - 1) if number % 12 == 11 else None,
        )


@dataclass(frozen=True)
class Source:
    """What actions need to know of a source."""

    slug: str
    title: str
    publisher: str
    source_class_id: str
    characters: int
    derived_from: "Source | None"

    @property
    def reference(self) -> Data:
        return {"id": self.slug, "name": self.title}


def sentence(text: Zipf, rng: Random, length: int) -> str:
    return " ".join([text.draw(rng) for _ in range(length)]).capitalize() + "."


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def agency(world: World, number: int) -> Data:
    kind, name = list(words.BODIES.items())[number % len(words.BODIES)]
    place = world.place(world.places.draw(world.rng))
    return {
        "id": f"{name.lower().replace(' ', '-')}-{number}",
        "name": f"{name} {number} of {place['name']}",
        "native_name": "",
        "aliases": [f"{kind[:2].upper()}{number}"],
        "description": world.sentence(8),
        "type": kind,
        "jurisdiction": place,
        "parent": None,
    }


def entity(world: World, number: int) -> Data:
    name = words.FIRST[number % 14] + words.SECOND[number // 14 % 14]
    return {
        "id": f"{name.lower()}-{number}",
        "name": f"{name} {number}",
        "native_name": "",
        "aliases": [],
        "description": world.sentence(6),
        "type": world.term("entity_kind"),
        "jurisdiction": world.place(world.places.draw(world.rng)) if world.chance(0.6) else None,
    }


def source(world: World, number: int) -> Data:
    found, rng, day = world.source(number), world.rng, some_day(world.rng)
    return {
        "id": found.slug,
        "title": found.title,
        "publisher": found.publisher,
        "authors": [f"{rng.choice(words.FIRST)} Writer"] if world.chance(0.5) else [],
        "url": f"https://news.example/{found.slug}",
        "published": honest(day, day, "day", "stated") if world.chance(0.9) else None,
        "retrieved_at": str(LAST_DAY),
        "language": words.LANGUAGES[int(rng.expovariate(0.6)) % len(words.LANGUAGES)],
        "source_class": found.source_class_id.partition(".")[2],
        "sha256": sha256(f"bytes {world.seed} {number}"),
        "bytes": found.characters + 40,
        "text_sha256": sha256(f"text {world.seed} {number}"),
        "characters": found.characters,
        "derived_from": found.derived_from and found.derived_from.reference,
    }


def action(world: World, number: int) -> Data:
    """What an action's first revision asserts."""
    content = draft(world, number)
    keep_promises(world, number, content)
    for field in evidence.CORE_FIELDS:
        if evidence.is_core_field_empty(content, field):
            content["unknowns"][field] = world.rng.choice(words.REASONS)
    sources = sources_of(world, number)
    content["sort_date"] = sort_date(content["dates"], SCHEMA_VERSION)
    cited = citations(world, sources, evidence.coded_fields(content))
    content["evidence"] = evidence.summarize_evidence(content | {"citations": cited}, sources)
    content["citations"] = cited
    return content


def draft(world: World, number: int) -> Data:
    """An action's content in the order of its document."""
    rng, main = world.rng, world.agencies.draw(world.rng)
    verb, thing, force = (
        rng.choice(words.VERBS),
        rng.choice(words.OBJECTS),
        world.term("legal_force"),
    )
    return {
        "id": f"{verb}-{thing}-{number:07d}",
        "title": f"{main['name']} {verb} {thing.replace('-', ' ')}",
        "summary": f"{world.sentence(11)} {world.sentence(9)}",
        "unit": world.term("unit"),
        "type": rng.choice(words.TYPES[force]),
        "status": world.term("status") if world.chance(0.9) else None,
        "legal_force": force if world.chance(0.85) else None,
        "penalty": [world.term("penalty")] if world.chance(0.15) else [],
        "stance": world.term("stance") if world.chance(0.93) else None,
        "attribution": world.term("attribution") if world.chance(0.95) else None,
        "sort_date": None,
        "jurisdictions": [world.place(code) for code in sorted(places(world, main))],
        "activities": sorted({world.term("activity") for _ in range(rng.choice((1, 1, 2)))}),
        "agencies": agencies(world, main),
        "entities": entities(world),
        "dates": dates(world),
        "figures": [figure(world)] if world.chance(0.2) else [],
        "relations": [relation(world)] if world.recent and world.chance(0.1) else [],
        "unknowns": {},
        "notes": [note(world)] if world.chance(0.3) else [],
        "evidence": {},
        "citations": [],
    }


def keep_promises(world: World, number: int, content: Data) -> None:
    if number % 200 == 7:
        day = FIRST_DAY + timedelta(days=world.rng.randrange(700))
        content["dates"] = [{"kind": "occurred", "part": "", **honest(day, day, "day", "stated")}]
        content["jurisdictions"] = [world.place(OLD[1])]
    elif number % 200 == 13:
        content["legal_force"] = RETRACTED[1]
    elif number % 20_000 == 29:
        content["penalty"], content["activities"] = [RARE[1]], ["mining"]
        content["summary"] += f" It mentions a {RARE_WORD}."


def places(world: World, main: Data) -> set[str]:
    home = main["jurisdiction"]["id"] if world.chance(0.5) else world.places.draw(world.rng)
    return {home, world.places.draw(world.rng)} if world.chance(0.06) else {home}


def actor(kind: str, record: Data | None, role: str, described_as: str = "") -> Data:
    row: Data = {
        kind: record and {"id": record["id"], "name": record["name"]},
        "role": role,
        "naming": "named" if record else "described",
        "described_as": described_as,
    }
    return {"key": evidence.actor_key(row), **row}


def agencies(world: World, main: Data) -> list[Data]:
    """The main agency in most cases, two in some, none that is identified in others."""
    drawn, other = world.rng.random(), world.agencies.draw(world.rng)
    if drawn < 0.06:
        return []
    if drawn < 0.14:
        return [actor("agency", None, "issuer", world.rng.choice(words.AUTHORITIES))]
    rows = [actor("agency", main, world.term("agency_role"))]
    if drawn > 0.85 and other is not main:
        rows.append(actor("agency", other, "announcer"))
    return rows


def entities(world: World) -> list[Data]:
    drawn = world.rng.random()
    if drawn < 0.55:
        return []
    if drawn < 0.62:
        return [actor("entity", None, "affected", world.rng.choice(words.BYSTANDERS))]
    return [actor("entity", world.entities.draw(world.rng), world.term("entity_role"))]


def dates(world: World) -> list[Data]:
    """One date in most cases, two in some, none in one case of ten."""
    if world.chance(0.1):
        return []
    kinds, day = [world.term("date")], some_day(world.rng)
    if world.chance(0.2):
        kinds.append("reported" if kinds == ["announced"] else "announced")
    days = (day + timedelta(days=9 * place) for place in range(2))
    return [
        {"kind": kind, "part": "", **interval(world.rng, day)}
        for kind, day in zip(kinds, days, strict=False)
    ]


def some_day(rng: Random) -> date:
    """A day since 2009, the more likely the later."""
    back = rng.expovariate(3.2) % 1 * (LAST_DAY - FIRST_DAY).days
    return LAST_DAY - timedelta(days=int(back))


def interval(rng: Random, day: date) -> Data:
    """A day in most cases; else a month, a range or an open end."""
    drawn = rng.random()
    if drawn < 0.65:
        return honest(day, day, "day", "stated" if drawn < 0.4 else "derived")
    if drawn < 0.78:
        return honest(day.replace(day=1), day.replace(day=28), "month", "derived")
    if drawn < 0.88:
        return honest(day, day + timedelta(days=rng.randrange(2, 60)), "range", "derived")
    if drawn < 0.94:
        return honest(None, day, "before", "derived")
    return honest(day, None, "after", "derived")


def honest(earliest: date | None, latest: date | None, precision: str, basis: str) -> Data:
    return {
        "earliest": earliest and str(earliest),
        "latest": latest and str(latest),
        "precision": precision,
        "basis": basis,
        "resolution": "" if basis == "stated" else "Resolved on the day of the source.",
    }


def figure(world: World) -> Data:
    return {
        "kind": world.term("figure"),
        "part": "",
        "value": int(world.rng.lognormvariate(4, 2)) + 1,
        "comparator": world.term("comparator"),
        "unit": "units",
        "claimed_by": "",
    }


def relation(world: World) -> Data:
    target = world.rng.choice(world.recent)
    return {"type": world.term("relation"), "action": target, "reason": ""}


def note(world: World) -> Data:
    return {"kind": world.term("note"), "field": "", "text": world.sentence(12)}


def sources_of(world: World, number: int) -> list[Source]:
    """Neighbours share a source; one action in three has a second one."""
    found = [number * world.sources // world.actions]
    if world.chance(0.3):
        found.append(world.rng.randrange(world.sources))
    return [world.source(n) for n in dict.fromkeys(found)]


def citations(world: World, sources: list[Source], fields: list[str]) -> list[Data]:
    """A passage of each source; together they back every field."""
    share = -(-len(fields) // len(sources))
    return [
        citation(world.rng, source, fields[place * share : (place + 1) * share])
        for place, source in enumerate(sources)
    ]


def citation(rng: Random, source: Source, fields: Sequence[str]) -> Data:
    start, basis = rng.randrange(source.characters - 300), rng.choice(("stated", "derived"))
    return {
        "source": source.reference,
        "start": start,
        "end": start + rng.randrange(30, 300),
        "sha256": sha256(f"{source.slug} {start}"),
        "paragraph": 1 + start // 400,
        "quote": " ".join(rng.choices(words.WORDS, k=4)),
        "supports": [{"field": field, "basis": basis, "reason": ""} for field in fields],
        "note": "",
    }


def revised(world: World, content: Data) -> Data:
    """What the next revision asserts."""
    changed = {**content, "summary": f"{content['summary']} {world.sentence(5)}"}
    if content["status"]:
        changed["status"] = world.term("status")
    if content["legal_force"] == RETRACTED[1]:
        changed["legal_force"] = "soft_guidance"
    return changed


def revisions_of(world: World, number: int) -> int:
    """How many times an action is published: once in most cases, three times at most."""
    drawn = world.rng.random()
    if drawn < 0.05:
        return 3
    return 2 if drawn < 0.2 or number % 200 == 13 else 1


class Revisions:
    """Revisions that are due when a number of actions has been published, the next one first."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heap: list[tuple[int, str, int, int, Data]] = []

    def plan(self, now: int, content: Data, number: int, last: int) -> None:
        if number < last:
            due = now + 1 + int(self.world.rng.expovariate(1 / WAIT) % LONGEST_WAIT)
            heapq.heappush(self.heap, (due, content["id"], number + 1, last, content))

    def due(self, now: float) -> Iterator[tuple[str, int, Data]]:
        while self.heap and self.heap[0][0] <= now:
            moment, _, number, last, content = heapq.heappop(self.heap)
            content = revised(self.world, content)
            yield "action", number, content
            self.plan(moment, content, number, last)


def contents(world: World) -> Iterator[tuple[str, int, Data]]:
    """(kind, number of the revision, content), what is referred to first."""
    yield from (("agency", 1, content) for content in world.agencies.values)
    yield from (("entity", 1, content) for content in world.entities.values)
    yield from (("source", 1, source(world, n)) for n in range(world.sources))
    later = Revisions(world)
    for number in range(world.actions):
        content = action(world, number)
        yield "action", 1, content
        world.recent.append({"id": content["id"], "name": content["title"]})
        later.plan(number, content, 1, revisions_of(world, number))
        yield from later.due(number)
    yield from later.due(float("inf"))


def history(actions: int, seed: int = 1) -> Iterator[tuple[Data, Data, bytes]]:
    """Each revision as a dump states it: the line without its document, the document, its text."""
    for place, (kind, number, content) in enumerate(contents(World(actions, seed))):
        moment = START + place // BATCH * PAUSE + timedelta(microseconds=place % BATCH)
        document = enveloped(kind, number, moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), content)
        text = orjson.dumps(document)
        line = {
            "version": place + 1,
            "kind": kind,
            "record": content["id"],
            "revision": number,
            "event": "publish" if number == 1 else "revise",
            "published_at": document["published_at"],
            "reason": "" if number == 1 else "A newer source.",
            "merged_into": "",
            "review": REVIEW["state"],
            "digest": hashlib.sha256(text).hexdigest(),
        }
        yield line, document, text


def revisions(actions: int, seed: int = 1) -> Iterator[tuple[Any, Data]]:
    """(Revision, document), as publish.restore takes them. Django must be set up first."""
    from policy.models import Revision

    names = ("kind", "record", "event", "reason", "merged_into", "review", "digest")
    for line, document, text in history(actions, seed):
        revision = Revision(**{name: line[name] for name in names})
        revision.id, revision.number = line["version"], line["revision"]
        revision.published_at = datetime.fromisoformat(line["published_at"])
        revision.document = text.decode()
        yield revision, document


def enveloped(kind: str, number: int, at: str, content: Data) -> Data:
    head = {
        "schema_version": SCHEMA_VERSION,
        "kind": kind,
        "id": "",
        "revision": number,
        "published_at": at,
    }
    body = add_later_fields({**head, **content}) | {"review": REVIEW, "licence": LICENCE}
    return {name: body[name] for name in DOCUMENT_SCHEMAS[kind].model_fields}


def about(actions: int, seed: int) -> Data:
    return {
        "name": "synthetic",
        "title": f"{actions} synthetic actions",
        "version": f"seed-{seed}",
        "schema_version": SCHEMA_VERSION,
        "licence": LICENCE,
    }


def expected(actions: int) -> int:
    """About how many revisions there will be, sources and bodies included."""
    return int(1.37 * actions)


def write_reference(folder: Path, actions: int, seed: int) -> None:
    """All of a folder but its revisions."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps(about(actions, seed), indent=2) + "\n")
    for name in ("terms.json", "jurisdictions.json"):
        shutil.copyfile(FIXTURES / name, folder / name)


def write(folder: Path, actions: int, seed: int) -> int:
    """A folder that load_dataset reads into an empty database. Returns its revisions' number."""
    write_reference(folder, actions, seed)
    with (folder / "revisions.ndjson").open("wb") as file:
        for written, (line, _, text) in enumerate(history(actions, seed), 1):
            file.write(orjson.dumps({**line, "document": orjson.Fragment(text)}) + b"\n")
            if written % 1000 == 0:
                print(f"\r{written:,} revisions", end="", file=sys.stderr, flush=True)
    return written


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write a synthetic dataset.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--actions", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    written = write(asked.folder, asked.actions, asked.seed)
    print(f"\r{written:,} revisions in {asked.folder}", file=sys.stderr)


if __name__ == "__main__":
    main()
