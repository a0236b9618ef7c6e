"""Search: which records have the words, which of them first, and where the words stand."""

import html

import orjson
from django.core.exceptions import ValidationError
from django.http import QueryDict

from api.query import parameters
from policy.documents import facets
from policy.models.sql import Condition, fetched
from policy.search.ranking import MOST

PARAMETERS = ("highlight",)
RELEVANCE = "relevance"
ORDER = (
    f"relevance: of the newest {MOST:,} matches of q the best first, then all others, newest first."
)
MOST_WORDS = 20
MARKS = ("<mark>", "</mark>")
MARKED = f'StartSel="{MARKS[0]}", StopSel="{MARKS[1]}"'
WHOLE, FRAGMENTS = f"{MARKED}, HighlightAll=true", f"{MARKED}, MaxFragments=2, MaxWords=30"
PARTS = {"A": "title", "C": "summary", "D": "remarks"}
# Stemmed English, and words as they are written in any script.
QUERIES = [f"websearch_to_tsquery('{language}', %s)" for language in ("english", "simple")]
SHARP = 1_000_000_000  # a rank as a whole number, so that pages can be cut by it


def having(words: str) -> Condition:
    """Whether a revision has the words."""
    if len(words.split()) > MOST_WORDS:
        raise ValidationError(f"Search for {MOST_WORDS} words at most.")
    found = " OR ".join(f"s.words @@ {query}" for query in QUERIES)
    entries = "SELECT FROM policy_searchentry s WHERE s.revision_id = f.revision_id"
    return Condition(f"EXISTS ({entries} AND ({found}))", (words,) * len(QUERIES))


def rank(words: str) -> Condition:
    """Of an entry's words: titles weigh most, then names, summaries, remarks and quotes."""
    added = " + ".join(f"ts_rank(s.words, {query})" for query in QUERIES)
    return Condition(f"(({added}) * {SHARP})::bigint", (words,) * len(QUERIES))


def wanted(query: QueryDict, format: str) -> bool:
    """Whether fragments are asked for, and can be shown."""
    if query.get("highlight", "false") == "false":
        return False
    errors = [
        parameters.error("highlight", reason)
        for wrong, reason in (
            (query["highlight"] != "true", "Use true or false."),
            ("q" not in query, "Give q too: its words are highlighted."),
            (format != "json", "Only JSON shows fragments."),
        )
        if wrong
    ]
    if errors:
        raise parameters.invalid(errors)
    return True


def highlights(documents: list[str], words: str) -> dict[str, dict[str, str]]:
    """By record, the parts in which a word was found: HTML whose only tags are the marks."""
    found = [orjson.loads(document) for document in documents]
    texts = [facets.words(document) for document in found]
    columns = [[html.escape(text[weight], quote=False) for text in texts] for weight in PARTS]
    headlines = ", ".join(f"ts_headline('english', {part}, asked, %s)" for part in PARTS.values())
    arrays = ", ".join(["%s::text[]"] * len(PARTS))
    rows = fetched(
        f"SELECT id, {headlines}"  # noqa: S608
        f" FROM unnest(%s::text[], {arrays}) AS given (id, {', '.join(PARTS.values())}),"
        f" (SELECT {' || '.join(QUERIES)} AS asked) query",
        [WHOLE, FRAGMENTS, FRAGMENTS, [row["id"] for row in found], *columns, words, words],
    )
    return {id: marked(parts) for id, *parts in rows}


def marked(parts: list[str]) -> dict[str, str]:
    named = zip(PARTS.values(), parts, strict=True)
    return {name: text for name, text in named if MARKS[0] in text}
