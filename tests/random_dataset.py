"""A dataset of random actions: some as files to publish, most as a history to restore."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from policy.documents.times import format_timestamp
from policy.models import Revision
from tests import folders, oracle
from tests.random_actions import SOURCES, make_sources, random_action, source_document

FROM_FILES, PUBLISHED, REVISED, ADDED, WITHDRAWN, MERGED = 12, 300, 40, 12, 8, 20
SOURCE_OBJECTS = make_sources()


class RandomDataset:
    """Loads random actions, and keeps their documents by id: `before` some changed, and `after`.

    `moment` is the time (text) after which they changed.
    """

    def __init__(self, folder: Path) -> None:
        self.chance = Random(14)
        self.before: dict[str, dict[str, Any]] = {}
        self.merged: dict[str, str] = {}
        for number in range(PUBLISHED):
            self.before[name(number)] = self.make_action(number)
        self.publish_files(folder / "files")
        self.lines = [as_line(revision) for revision in Revision.objects.order_by("id")]
        for slug in list(self.before)[FROM_FILES:]:
            self.add_document("publish", self.before[slug])
        self.moment = self.lines[-1]["published_at"]
        self.after = dict(self.before)
        self.change()
        folders.write_history(folder / "files", self.lines)
        folders.load_folder(folder / "files")

    def make_action(self, number: int) -> dict[str, Any]:
        """Return an action with one main date, which may be the same as others near it."""
        near = [other for other in range(number - 4, number + 5) if 0 <= other < PUBLISHED]
        near = near if number >= FROM_FILES else list(range(FROM_FILES))
        others = [name(other) for other in near if other != number]
        twins = (
            self.chance.sample(others, self.chance.choice([0, 0, 0, 0, 1, 1, 2])) if near else []
        )
        action = random_action(self.chance, name(number), twins)
        while len(oracle.main_dates(action)) > 1:
            action["dates"].remove(oracle.main_dates(action)[0])
        values = {*oracle.iter_value_keys(action)}
        for citation in action["citations"]:
            citation["supports"] = [
                support
                for support in citation["supports"]
                if support["field"].removesuffix("/issuer") in values
            ]
        action["citations"] = [each for each in action["citations"] if each["supports"]]
        return action

    def publish_files(self, folder: Path) -> None:
        folder.mkdir()
        folders.write_file(folder, "dataset.json", folders.DATASET_JSON | {"schema_version": 2})
        folders.write_file(folder, "agencies/ministry.json", folders.AGENCY_DOCUMENT)
        folders.write_file(folder, "entities/exchange.json", folders.ENTITY_DOCUMENT)
        for slug in SOURCES:
            folders.write_file(folder, f"sources/{slug}.json", source_document(slug))
        for slug in list(self.before)[:FROM_FILES]:
            folders.write_file(folder, f"actions/{slug}.json", self.before[slug])
        folders.load_folder(folder)

    def change(self) -> None:
        """Revise, add, withdraw and merge actions."""
        for slug in self.chance.sample(list(self.before)[FROM_FILES:], REVISED):
            self.after[slug] = self.make_action(number_of(slug))
            self.add_document("revise", self.after[slug])
        for number in range(PUBLISHED, PUBLISHED + ADDED):
            self.after[name(number)] = self.make_action(number)
            self.add_document("publish", self.after[name(number)])
        named = {
            relation["action"]["id"]
            for each in self.after.values()
            for relation in each["relations"]
        }
        free = list(self.after)[FROM_FILES:PUBLISHED]
        withdrawn = [slug for slug in free if slug not in named][:WITHDRAWN]
        merged = self.chance.sample(sorted(named - set(list(self.after)[:FROM_FILES])), MERGED)
        for slug in withdrawn:
            self.retire(slug)
        kept = sorted(set(free) - {*merged, *withdrawn})
        for place, slug in enumerate(merged):
            self.merged[slug] = self.chance.choice([*kept[:10], *merged[place + 1 : place + 5]])
            self.retire(slug, self.merged[slug])

    def retire(self, slug: str, into: str = "") -> None:
        del self.after[slug]
        event = "merge" if into else "withdraw"
        tombstone = {"event": event, "reason": "A mistake.", "merged_into": into or None}
        line = self.begin_line(event, slug, "A mistake.", into)
        envelope = self.begin_document(line)
        self.end_line(line, {**envelope, **tombstone, "licence": folders.DATASET_JSON["licence"]})

    def add_document(self, event: str, action: dict[str, Any]) -> None:
        line = self.begin_line(event, action["id"])
        self.end_line(line, {**self.begin_document(line), **complete(action)})

    def begin_line(self, event: str, slug: str, reason: str = "", into: str = "") -> dict[str, Any]:
        last = datetime.fromisoformat(self.lines[-1]["published_at"])
        at = (last + timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            **{"version": len(self.lines) + 1, "kind": "action", "record": slug},
            "revision": 1 + sum(line["record"] == slug for line in self.lines),
            **{"event": event, "published_at": at, "reason": reason, "merged_into": into},
            "review": "released",
        }

    @staticmethod
    def begin_document(line: dict[str, Any]) -> dict[str, Any]:
        names = {"kind": line["kind"], "id": line["record"], "revision": line["revision"]}
        return {"schema_version": 2, **names, "published_at": line["published_at"]}

    def end_line(self, line: dict[str, Any], document: dict[str, Any]) -> None:
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        digest = hashlib.sha256(body).hexdigest()
        self.lines.append({**line, "digest": digest, "document": document})


def as_line(revision: Revision) -> dict[str, Any]:
    """Return a published revision as a line of a history."""
    names = ("kind", "record", "event", "reason", "merged_into", "review", "digest")
    return {
        **{name: getattr(revision, name) for name in names},
        **{"version": revision.id, "revision": revision.number},
        "published_at": format_timestamp(revision.published_at),
        "document": json.loads(revision.document),
    }


def complete(action: dict[str, Any]) -> dict[str, Any]:
    """Return what publishing an action would make of it, by the rules of the oracle."""
    cited = [SOURCE_OBJECTS[citation["source"]["id"]] for citation in action["citations"]]
    main = oracle.main_dates(action)
    content = {name: value for name, value in action.items() if name not in ("kind", "id")}
    return content | {
        "sort_date": oracle.sort_day(main[0]) if main else None,
        "evidence": evidence_of(action, cited),
        "review": {
            **{"state": "released", "reviewers": 0, "reviewed_at": None},
            "released_by": "little@7",
        },
        "licence": folders.DATASET_JSON["licence"],
    }


def evidence_of(action: dict[str, Any], cited: list[Any]) -> dict[str, Any]:
    return {
        "level": oracle.level_of_record(action, cited),
        **{"reported_claim": False, "claimed_by": [], "disputed": False},
        "fields": oracle.levels_of_values(action, cited),
    }


def name(number: int) -> str:
    return f"a-{number:03}"


def number_of(slug: str) -> int:
    return int(slug.removeprefix("a-"))
