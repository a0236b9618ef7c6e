"""Words that tell of an act or of an activity, with the term that they suggest."""

from policy.suggestions.lexicon import SERIES, lexicon
from policy.suggestions.suggestion import Suggestion, longest_first, quoted


def find_triggers(text: str) -> list[Suggestion]:
    return find_words(text, "type", "types")


def find_activities(text: str) -> list[Suggestion]:
    return find_words(text, "activity", "activities")


def find_words(text: str, kind: str, name: str) -> list[Suggestion]:
    return longest_first(
        Suggestion(match.start(), match.end(), kind, code, label(code), quoted(match[0]))
        for code, phrases in lexicon(name).items()
        for phrase in phrases
        for match in phrase.finditer(text)
        if "\n\n" not in match[0]
    )


def label(code: str) -> str:
    return "several acts told as one" if code == SERIES else code.replace("_", " ")
