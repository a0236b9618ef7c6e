"""Suggestions of types of acts and of activities by trigger phrases."""

from policy.suggestions.lexicon import SERIES_CODE, load_lexicon
from policy.suggestions.suggestion import Suggestion, drop_overlaps, quote_phrase


def find_action_types(text: str) -> list[Suggestion]:
    return find_phrases(text, "type", "types")


def find_activities(text: str) -> list[Suggestion]:
    return find_phrases(text, "activity", "activities")


def find_phrases(text: str, kind: str, name: str) -> list[Suggestion]:
    return drop_overlaps(
        Suggestion(
            match.start(), match.end(), kind, code, get_term_label(code), quote_phrase(match[0])
        )
        for code, phrases in load_lexicon(name).items()
        for phrase in phrases
        for match in phrase.finditer(text)
        if "\n\n" not in match[0]
    )


def get_term_label(code: str) -> str:
    return "several acts reported as one" if code == SERIES_CODE else code.replace("_", " ")
