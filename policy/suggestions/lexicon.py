"""The trigger words of types.txt and activities.txt, read once."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
SERIES = "series"  # no term of the vocabulary: several acts told as one have no type
BETWEEN = r"(?:[\w’'-]+,?\s+){0,5}?"
LATIN = re.compile(r"[\x20-\x7e]")


@cache
def lexicon(name: str) -> dict[str, list[re.Pattern[str]]]:
    """Code of a term -> its phrases."""
    found: dict[str, list[re.Pattern[str]]] = {}
    choices: dict[str, str] = {}
    for line in lines(FOLDER / f"{name}.txt"):
        choice, equals, words = line.partition(" = ")
        if line.startswith("["):
            phrases = found.setdefault(line.strip("[]"), [])
        elif equals:
            choices[f"{{{choice}}}"] = words
        else:
            phrases.append(pattern(line, choices))
    return found


def lines(file: Path) -> list[str]:
    rows = file.read_text(encoding="utf-8").split("\n")
    return [row for row in rows if row and not row.startswith("#")]


def pattern(phrase: str, choices: dict[str, str]) -> re.Pattern[str]:
    """Latin words are whole."""
    for name, words in choices.items():
        phrase = phrase.replace(name, words)
    spelled = phrase.replace("(", "(?:").replace("… ", BETWEEN)
    spelled = spelled.replace("…", r"\w{0,9}?").replace(" ", r"\s+")
    if LATIN.match(phrase):
        spelled = rf"(?<![\w-])(?:{spelled})(?!\w)"
    return re.compile(spelled, re.IGNORECASE)
