"""Compute the hashes, lengths and positions in this folder from texts/.

The texts are our own words, written for the tests. Each line of a text is a passage. In the JSON
files, edit everything else by hand: a citation needs its source, quote and supports. Then run:

    python tests/data/other-topics/make.py
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_text(source: str) -> str:
    return (FOLDER / f"texts/{source}.txt").read_text("utf-8")


def complete_source(source: dict[str, Any]) -> None:
    text = read_text(source["id"])
    source |= {"sha256": sha256(text), "bytes": len(text.encode())}
    source |= {"text_sha256": sha256(text), "characters": len(text)}


def complete_citation(citation: dict[str, Any]) -> None:
    """Let a citation be of the line that contains its quote."""
    text = read_text(citation["source"]["id"])
    quote = text.index(citation["quote"])
    start, end = text.rfind("\n", 0, quote) + 1, text.index("\n", quote)
    citation |= {"start": start, "end": end, "sha256": sha256(text[start:end])}
    citation["paragraph"] = text.count("\n\n", 0, start) + 1


def complete_files() -> Iterator[tuple[Path, str]]:
    """Yield the path and the completed content of each source and action."""
    for path in sorted([*FOLDER.glob("sources/*.json"), *FOLDER.glob("actions/*.json")]):
        record = json.loads(path.read_bytes())
        if path.parent.name == "sources":
            complete_source(record)
        for citation in record.get("citations", []):
            complete_citation(citation)
        yield path, json.dumps(record, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for file, content in complete_files():
        file.write_text(content, "utf-8")
