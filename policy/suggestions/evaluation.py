"""How well suggestions do against the citations of the published dataset.

*Right kind*: the passage backs a field of that kind, and a suggestion of the kind touches it.
*Right value*: that suggestion says the same: the agency's, entity's or place's id, the type, the
figure's number, or an interval that overlaps the date's, open where that is. Of a body that is
described and not known, the words must stand in its key. A relation speaks of the other act, so
the type of that act counts as backed; several acts told as one have no type, and the word for a
series is theirs.

A suggestion that touches cited passages is *wrong* when none of them backs what it says. What
touches no cited passage is counted and not judged: nobody said what it is.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from policy.documents.types import Document
from policy.models import Revision, Source, SourceText
from policy.progress import Progress, no_progress
from policy.suggestions import SUGGESTION_KINDS, Suggestion, find_suggestions, load_gazetteer
from policy.suggestions.matching import get_suggestion_kind, matches_field

EVALUATION_BATCH_SIZE = 50  # texts held in memory at once


@dataclass
class Score:
    """Of one kind, or of all."""

    passages: int = 0
    right_kind: int = 0
    right_value: int = 0
    right: int = 0
    wrong: int = 0
    elsewhere: int = 0


@dataclass(frozen=True)
class CitedPassage:
    start: int
    end: int
    action: Document
    fields: tuple[str, ...]

    def touches(self, row: Suggestion) -> bool:
        return row.start < self.end and self.start < row.end

    def fields_of_kind(self, kind: str) -> list[str]:
        return [name for name in self.fields if get_suggestion_kind(name, self.action) == kind]


@dataclass
class Evaluation:
    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    sources: int = 0
    sources_without_text: list[str] = field(default_factory=list)  # sources whose text is not here
    cited_count: int = 0
    missed_passages: list[str] = field(default_factory=list)

    @property
    def total(self) -> Score:
        return self.scores["all"]


def evaluate_suggestions(watch: Progress = no_progress) -> Evaluation:
    kept = set(SourceText.objects.values_list("source__slug", flat=True))
    actions = watch(
        iter_published_documents("action"), "Reading actions", count_published("action")
    )
    types, passages, missing = collect_cited_passages(actions, kept)
    found, known = Evaluation(sources_without_text=sorted(missing)), load_gazetteer()
    sources = Source.objects.filter(slug__in=passages).select_related("attached").order_by("slug")
    for source in watch(sources.iterator(EVALUATION_BATCH_SIZE), "Reading sources", len(passages)):
        ends = (source.published_earliest, source.published_latest)
        rows = find_suggestions(source.attached.text, known, ends)
        score_source(found, source.slug, passages[source.slug], rows, types)
    return found


def iter_published_documents(kind: str) -> Iterator[Document]:
    rows = Revision.objects.current(kind).order_by("record").values_list("document", flat=True)
    return map(orjson.loads, rows.iterator(500))


def count_published(kind: str) -> int:
    return Revision.objects.current(kind).count()


def collect_cited_passages(
    actions: Iterable[Document], kept: Container[str]
) -> tuple[dict[str, str | None], dict[str, list[CitedPassage]], set[str]]:
    """Each action's type, the passages by source, and the cited sources whose text is not kept."""
    types: dict[str, str | None] = {}
    passages: dict[str, list[CitedPassage]] = defaultdict(list)
    missing = set()
    for body in actions:
        types[body["id"]] = body["type"]
        for cited in body["citations"]:
            slug, fields = cited["source"]["id"], tuple(row["field"] for row in cited["supports"])
            if slug in kept:
                passages[slug].append(CitedPassage(cited["start"], cited["end"], body, fields))
            else:
                missing.add(slug)
    return types, passages, missing


def score_source(
    found: Evaluation,
    source: str,
    passages: list[CitedPassage],
    rows: list[Suggestion],
    types: dict[str, str | None],
) -> None:
    found.sources += 1
    for passage in passages:
        score_recall(found, source, passage, [row for row in rows if passage.touches(row)], types)
    for row in rows:
        touched = [passage for passage in passages if passage.touches(row)]
        score_precision(found, row, touched, types)


def score_recall(
    found: Evaluation,
    source: str,
    passage: CitedPassage,
    rows: list[Suggestion],
    types: dict[str, str | None],
) -> None:
    found.cited_count += 1
    wanted = [kind for kind in SUGGESTION_KINDS if passage.fields_of_kind(kind)]
    kinds = {kind for kind in wanted if any(row.kind == kind for row in rows)}
    values = {row.kind for row in rows if is_suggestion_supported(row, passage, types)}
    for kind in wanted:
        add_passage_score(found.scores[kind], kind in kinds, kind in values)
    if wanted:
        add_passage_score(found.total, bool(kinds), bool(values))
    if wanted and not kinds:
        found.missed_passages.append(
            f"{source} {passage.start}-{passage.end}: {passage.action['id']} ({', '.join(wanted)})"
        )


def add_passage_score(score: Score, kind: bool, value: bool) -> None:
    score.passages += 1
    score.right_kind += kind
    score.right_value += value


def score_precision(
    found: Evaluation, row: Suggestion, touched: list[CitedPassage], types: dict[str, str | None]
) -> None:
    right = any(is_suggestion_supported(row, passage, types) for passage in touched)
    for score in (found.scores[row.kind], found.total):
        score.elsewhere += not touched
        score.right += right
        score.wrong += bool(touched) and not right


def is_suggestion_supported(
    row: Suggestion, passage: CitedPassage, types: dict[str, str | None]
) -> bool:
    return any(
        matches_field(row, name, passage.action, types) for name in passage.fields_of_kind(row.kind)
    )
