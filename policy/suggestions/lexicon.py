"""Reader of the trigger phrases in types.txt and activities.txt."""

import re
from functools import cache
from pathlib import Path

LEXICON_FOLDER = Path(__file__).parent
SERIES_CODE = "series"  # not a term: a series of acts has no type
WORD_GAP = r"(?:[\w’'-]+,?\s+){0,5}?"
STARTS_WITH_LATIN = re.compile(r"[\x20-\x7e]")


@cache
def load_lexicon(name: str) -> dict[str, list[re.Pattern[str]]]:
    """Return the patterns of a file by code of a term. `name` is the file name without .txt."""
    phrases_by_code: dict[str, list[re.Pattern[str]]] = {}
    choices: dict[str, str] = {}
    for line in read_lexicon_lines(LEXICON_FOLDER / f"{name}.txt"):
        choice, equals, words = line.partition(" = ")
        if line.startswith("["):
            phrases = phrases_by_code.setdefault(line.strip("[]"), [])
        elif equals:
            choices[f"{{{choice}}}"] = words
        else:
            phrases.append(compile_phrase(line, choices))
    return phrases_by_code


def read_lexicon_lines(file: Path) -> list[str]:
    rows = file.read_text(encoding="utf-8").split("\n")
    return [row for row in rows if row and not row.startswith("#")]


def compile_phrase(phrase: str, choices: dict[str, str]) -> re.Pattern[str]:
    """Return the pattern of a phrase. Words in Latin script only match whole words."""
    for name, words in choices.items():
        phrase = phrase.replace(name, words)
    spelled = phrase.replace("(", "(?:").replace("… ", WORD_GAP)
    spelled = spelled.replace("…", r"\w{0,9}?").replace(" ", r"\s+")
    if STARTS_WITH_LATIN.match(phrase):
        spelled = rf"(?<![\w-])(?:{spelled})(?!\w)"
    return re.compile(spelled, re.IGNORECASE)
