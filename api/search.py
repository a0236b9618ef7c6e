"""Search: which records have the words, which of them first, and where the words stand."""

import html
from typing import Any

import orjson
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import BigIntegerField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.http import QueryDict

from api import parameters
from policy import facets
from policy.models import SearchEntry

PARAMETERS = ("highlight",)
RELEVANCE = "relevance"
MOST_WORDS = 20
MARKS = ("<mark>", "</mark>")
MARKED = f'StartSel="{MARKS[0]}", StopSel="{MARKS[1]}"'
WHOLE, FRAGMENTS = f"{MARKED}, HighlightAll=true", f"{MARKED}, MaxFragments=2, MaxWords=30"
PARTS = {"A": "title", "C": "summary", "D": "remarks"}
SHARP = 1_000_000_000  # a rank as a whole number, so that pages can be cut by it


def queries(words: str) -> tuple[SearchQuery, SearchQuery]:
    """Stemmed English, and words as they are written in any script."""
    if len(words.split()) > MOST_WORDS:
        raise ValidationError(f"Search for {MOST_WORDS} words at most.")
    return (
        SearchQuery(words, config="english", search_type="websearch"),
        SearchQuery(words, config="simple", search_type="websearch"),
    )


def having(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Rows whose revision has the words."""
    stemmed, exact = queries(words)
    entries = SearchEntry.objects.filter(revision=OuterRef("revision"))
    return rows.filter(Exists(entries.filter(Q(words=stemmed) | Q(words=exact))))


def ranked(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Rows with a rank: titles weigh most, then names, summaries, remarks and quotes."""
    stemmed, exact = queries(words)
    rank = SearchRank(F("words"), stemmed) + SearchRank(F("words"), exact)
    entries = SearchEntry.objects.filter(revision=OuterRef("revision"))
    number = Cast(rank * SHARP, BigIntegerField())
    return rows.annotate(rank=Subquery(entries.annotate(found=number).values("found")))


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
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {headlines}"  # noqa: S608
            f" FROM unnest(%s::text[], {arrays}) AS given (id, {', '.join(PARTS.values())}),"
            " (SELECT websearch_to_tsquery('english', %s) || websearch_to_tsquery('simple', %s)"
            " AS asked) query",
            [WHOLE, FRAGMENTS, FRAGMENTS, [row["id"] for row in found], *columns, words, words],
        )
        rows = cursor.fetchall()
    return {id: marked(parts) for id, *parts in rows}


def marked(parts: list[str]) -> dict[str, str]:
    named = zip(PARTS.values(), parts, strict=True)
    return {name: text for name, text in named if MARKS[0] in text}
