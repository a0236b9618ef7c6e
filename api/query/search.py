"""Full-text search: the condition for a match, the rank, and highlighted fragments."""

import html

import orjson
from django.core.exceptions import ValidationError
from django.http import QueryDict

from api.query import parameters
from policy.documents import facets
from policy.documents.types import Document
from policy.models.sql import SqlFragment, fetch_all
from policy.search.ranking import MAX_RANKED_ROWS

SEARCH_PARAMETERS = ("highlight",)
RELEVANCE_ORDERING = "relevance"
RELEVANCE_DESCRIPTION = (
    f"`relevance` sorts the newest {MAX_RANKED_ROWS:,} matches of `q` by relevance, the best "
    "first. All other matches follow, the newest first."
)
MAX_SEARCH_WORDS = 20
HIGHLIGHT_TAGS = ("<mark>", "</mark>")
HEADLINE_TAG_OPTIONS = f'StartSel="{HIGHLIGHT_TAGS[0]}", StopSel="{HIGHLIGHT_TAGS[1]}"'
HEADLINE_WHOLE_OPTIONS = f"{HEADLINE_TAG_OPTIONS}, HighlightAll=true"
HEADLINE_FRAGMENT_OPTIONS = f"{HEADLINE_TAG_OPTIONS}, MaxFragments=2, MaxWords=30"
HIGHLIGHT_FIELD_BY_WEIGHT = {"A": "title", "C": "summary", "D": "remarks"}
# English word stems, and unchanged words of any language.
TSQUERY_SQL = [f"websearch_to_tsquery('{language}', %s)" for language in ("english", "simple")]
RANK_SCALE = 1_000_000_000  # makes ranks whole numbers, which keyset pagination can compare


def matches_words(words: str) -> SqlFragment:
    """Return the condition that a revision matches a search. Raise ValidationError if it has more
    than MAX_SEARCH_WORDS words."""
    if len(words.split()) > MAX_SEARCH_WORDS:
        raise ValidationError(f"Search for at most {MAX_SEARCH_WORDS} words.")
    matches = " OR ".join(f"s.words @@ {query}" for query in TSQUERY_SQL)
    entries = "SELECT FROM policy_searchentry s WHERE s.revision_id = f.revision_id"
    return SqlFragment(f"EXISTS ({entries} AND ({matches}))", (words,) * len(TSQUERY_SQL))


def rank_expression(words: str) -> SqlFragment:
    """Return the SQL expression that ranks a search entry for `words`: an integer from 0, the sum
    of `ts_rank` times RANK_SCALE. Titles count most, then names, summaries, remarks and quotes."""
    ranks = " + ".join(f"ts_rank(s.words, {query})" for query in TSQUERY_SQL)
    return SqlFragment(f"(({ranks}) * {RANK_SCALE})::bigint", (words,) * len(TSQUERY_SQL))


def parse_highlight(query: QueryDict, format: str) -> bool:
    """Return whether highlights are requested. Raise ApiProblem if `highlight` is not valid."""
    if query.get("highlight", "false") == "false":
        return False
    reasons = [
        parameters.validate_flag(query, "highlight"),
        "" if "q" in query else "Highlighting requires the parameter q.",
        "" if format == "json" else "Highlights are only available with format=json.",
    ]
    errors = [parameters.parameter_error("highlight", reason) for reason in reasons if reason]
    if errors:
        raise parameters.invalid_value_problem(errors)
    return True


def get_highlights(documents: list[str], words: str) -> dict[str, dict[str, str]]:
    """Return the highlighted fragments by record id and part, only for parts with a match. They
    are HTML whose only tags are HIGHLIGHT_TAGS. `documents` are JSON texts."""
    parsed: list[Document] = [orjson.loads(document) for document in documents]
    texts = [facets.search_texts(document) for document in parsed]
    columns = [
        [html.escape(text[weight], quote=False) for text in texts]
        for weight in HIGHLIGHT_FIELD_BY_WEIGHT
    ]
    parts = HIGHLIGHT_FIELD_BY_WEIGHT.values()
    headlines = ", ".join(f"ts_headline('english', {part}, asked, %s)" for part in parts)
    arrays = ", ".join(["%s::text[]"] * len(parts))
    statement = (
        f"SELECT id, {headlines}"  # noqa: S608
        f" FROM unnest(%s::text[], {arrays}) AS given (id, {', '.join(parts)}),"
        f" (SELECT {' || '.join(TSQUERY_SQL)} AS asked) query"
    )
    options = [HEADLINE_WHOLE_OPTIONS, HEADLINE_FRAGMENT_OPTIONS, HEADLINE_FRAGMENT_OPTIONS]
    ids = [document["id"] for document in parsed]
    rows = fetch_all(statement, [*options, ids, *columns, words, words])
    return {id: filter_highlighted(fragments) for id, *fragments in rows}


def filter_highlighted(fragments: list[str]) -> dict[str, str]:
    """Return those fragments, by name of the part, that have a highlight."""
    named = zip(HIGHLIGHT_FIELD_BY_WEIGHT.values(), fragments, strict=True)
    return {name: text for name, text in named if HIGHLIGHT_TAGS[0] in text}
