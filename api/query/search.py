"""Search: which records have the words, which of them first, and where the words stand."""

import html

import orjson
from django.core.exceptions import ValidationError
from django.http import QueryDict

from api.query import parameters
from policy.documents import facets
from policy.models.sql import SqlFragment, fetch_all
from policy.search.ranking import MAX_RANKED_ROWS

SEARCH_PARAMETERS = ("highlight",)
RELEVANCE_ORDERING = "relevance"
RELEVANCE_DESCRIPTION = f"relevance: of the newest {MAX_RANKED_ROWS:,} matches of q the best first, then all others, newest first."
MAX_SEARCH_WORDS = 20
HIGHLIGHT_TAGS = ("<mark>", "</mark>")
HEADLINE_TAG_OPTIONS = f'StartSel="{HIGHLIGHT_TAGS[0]}", StopSel="{HIGHLIGHT_TAGS[1]}"'
HEADLINE_WHOLE_OPTIONS, HEADLINE_FRAGMENT_OPTIONS = (
    f"{HEADLINE_TAG_OPTIONS}, HighlightAll=true",
    f"{HEADLINE_TAG_OPTIONS}, MaxFragments=2, MaxWords=30",
)
HIGHLIGHT_FIELD_BY_WEIGHT = {"A": "title", "C": "summary", "D": "remarks"}
# Stemmed English, and words as they are written in any script.
TSQUERY_SQL = [f"websearch_to_tsquery('{language}', %s)" for language in ("english", "simple")]
RANK_SCALE = 1_000_000_000  # a rank as a whole number, so that pages can be cut by it


def matches_words(words: str) -> SqlFragment:
    """Whether a revision has the words."""
    if len(words.split()) > MAX_SEARCH_WORDS:
        raise ValidationError(f"Search for {MAX_SEARCH_WORDS} words at most.")
    found = " OR ".join(f"s.words @@ {query}" for query in TSQUERY_SQL)
    entries = "SELECT FROM policy_searchentry s WHERE s.revision_id = f.revision_id"
    return SqlFragment(f"EXISTS ({entries} AND ({found}))", (words,) * len(TSQUERY_SQL))


def rank_expression(words: str) -> SqlFragment:
    """Of an entry's words: titles weigh most, then names, summaries, remarks and quotes."""
    added = " + ".join(f"ts_rank(s.words, {query})" for query in TSQUERY_SQL)
    return SqlFragment(f"(({added}) * {RANK_SCALE})::bigint", (words,) * len(TSQUERY_SQL))


def parse_highlight(query: QueryDict, format: str) -> bool:
    """Whether fragments are asked for, and can be shown."""
    if query.get("highlight", "false") == "false":
        return False
    errors = [
        parameters.parameter_error("highlight", reason)
        for wrong, reason in (
            (query["highlight"] != "true", "Use true or false."),
            ("q" not in query, "Give q too: its words are highlighted."),
            (format != "json", "Only JSON shows fragments."),
        )
        if wrong
    ]
    if errors:
        raise parameters.invalid_value_problem(errors)
    return True


def get_highlights(documents: list[str], words: str) -> dict[str, dict[str, str]]:
    """By record, the parts in which a word was found: HTML whose only tags are the marks."""
    found = [orjson.loads(document) for document in documents]
    texts = [facets.search_texts(document) for document in found]
    columns = [
        [html.escape(text[weight], quote=False) for text in texts]
        for weight in HIGHLIGHT_FIELD_BY_WEIGHT
    ]
    headlines = ", ".join(
        f"ts_headline('english', {part}, asked, %s)" for part in HIGHLIGHT_FIELD_BY_WEIGHT.values()
    )
    arrays = ", ".join(["%s::text[]"] * len(HIGHLIGHT_FIELD_BY_WEIGHT))
    rows = fetch_all(
        f"SELECT id, {headlines}"  # noqa: S608
        f" FROM unnest(%s::text[], {arrays}) AS given (id, {', '.join(HIGHLIGHT_FIELD_BY_WEIGHT.values())}),"
        f" (SELECT {' || '.join(TSQUERY_SQL)} AS asked) query",
        [
            HEADLINE_WHOLE_OPTIONS,
            HEADLINE_FRAGMENT_OPTIONS,
            HEADLINE_FRAGMENT_OPTIONS,
            [row["id"] for row in found],
            *columns,
            words,
            words,
        ],
    )
    return {id: filter_highlighted(parts) for id, *parts in rows}


def filter_highlighted(parts: list[str]) -> dict[str, str]:
    named = zip(HIGHLIGHT_FIELD_BY_WEIGHT.values(), parts, strict=True)
    return {name: text for name, text in named if HIGHLIGHT_TAGS[0] in text}
