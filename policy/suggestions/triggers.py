"""Words that tell of an act, with the type of act that they suggest."""

from policy.suggestions.lexicon import SERIES, lexicon
from policy.suggestions.suggestion import Suggestion, longest_first, quoted


def find_triggers(text: str) -> list[Suggestion]:
    return longest_first(
        Suggestion(match.start(), match.end(), "type", code, label(code), quoted(match[0]))
        for code, phrases in lexicon().items()
        for phrase in phrases
        for match in phrase.finditer(text)
        if "\n\n" not in match[0]
    )


def label(code: str) -> str:
    return "several acts told as one" if code == SERIES else code.replace("_", " ")
