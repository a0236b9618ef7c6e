"""The trigger words of lexicon.txt, read once."""

import re
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("lexicon.txt")
SERIES = "series"  # no term of the vocabulary: several acts told as one have no type
BETWEEN = r"(?:[\w’'-]+,?\s+){0,5}?"
LATIN = re.compile(r"[\x20-\x7e]")


@cache
def lexicon() -> dict[str, list[re.Pattern[str]]]:
    """Type -> its phrases."""
    found: dict[str, list[re.Pattern[str]]] = {}
    choices: dict[str, str] = {}
    for line in lines():
        name, equals, words = line.partition(" = ")
        if line.startswith("["):
            phrases = found.setdefault(line.strip("[]"), [])
        elif equals:
            choices[f"{{{name}}}"] = words
        else:
            phrases.append(pattern(line, choices))
    return found


def lines() -> list[str]:
    rows = FILE.read_text(encoding="utf-8").split("\n")
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
