"""Evaluation of suggestions against the citations of the published dataset.

*Right kind*: the passage supports a field of that kind, and a suggestion of that kind overlaps it.
*Right value*: the suggestion has the same value: the id of the agency, entity or jurisdiction, the
type, the number of the figure, or an interval that overlaps the date with the same open ends. For
a body that is described but not known, the key must contain its words. For a relation, the type is
that of the other act. A series of acts has no type: the suggestion of a series is right then.

A suggestion that overlaps cited passages is *wrong* if none of them supports its value. A
suggestion outside all cited passages is counted as *elsewhere* and not judged.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from policy.documents.types import Document
from policy.models import Revision, Source, SourceText
from policy.progress import Progress, no_progress
from policy.sources.citations import TEXT_BATCH_SIZE
from policy.suggestions import SUGGESTION_KINDS, Suggestion, find_suggestions, load_gazetteer
from policy.suggestions.matching import ActionTypes, get_suggestion_kind, matches_field

DOCUMENT_BATCH_SIZE = 500


@dataclass
class Score:
    """Counts for one kind of suggestion, or for all."""

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
    sources_without_text: list[str] = field(default_factory=list)
    cited_count: int = 0
    missed_passages: list[str] = field(default_factory=list)

    @property
    def total(self) -> Score:
        return self.scores["all"]


@dataclass
class CitedPassages:
    """Cited passages by source, and types by action. Keys are public ids."""

    types: dict[str, str | None] = field(default_factory=dict)
    by_source: dict[str, list[CitedPassage]] = field(default_factory=lambda: defaultdict(list))
    sources_without_text: set[str] = field(default_factory=set)


def evaluate_suggestions(watch: Progress = no_progress) -> Evaluation:
    attached = set(SourceText.objects.values_list("source__slug", flat=True))
    actions = watch(
        iter_published_documents("action"), "Reading actions", count_published("action")
    )
    cited = collect_cited_passages(actions, attached)
    evaluation = Evaluation(sources_without_text=sorted(cited.sources_without_text))
    gazetteer = load_gazetteer()
    sources = Source.objects.filter(slug__in=cited.by_source).select_related("attached")
    rows = sources.order_by("slug").iterator(TEXT_BATCH_SIZE)
    for source in watch(rows, "Reading sources", len(cited.by_source)):
        bounds = (source.published_earliest, source.published_latest)
        suggestions = find_suggestions(source.attached.text, gazetteer, bounds)
        score_source(evaluation, source.slug, suggestions, cited)
    return evaluation


def iter_published_documents(kind: str) -> Iterator[Document]:
    rows = Revision.objects.current(kind).order_by("record").values_list("document", flat=True)
    return map(orjson.loads, rows.iterator(DOCUMENT_BATCH_SIZE))


def count_published(kind: str) -> int:
    return Revision.objects.current(kind).count()


def collect_cited_passages(actions: Iterable[Document], attached: Container[str]) -> CitedPassages:
    """`attached`: the ids of sources whose texts are attached."""
    cited = CitedPassages()
    for body in actions:
        cited.types[body["id"]] = body["type"]
        for row in body["citations"]:
            slug, fields = row["source"]["id"], tuple(item["field"] for item in row["supports"])
            if slug in attached:
                passage = CitedPassage(row["start"], row["end"], body, fields)
                cited.by_source[slug].append(passage)
            else:
                cited.sources_without_text.add(slug)
    return cited


def score_source(
    evaluation: Evaluation, source: str, suggestions: list[Suggestion], cited: CitedPassages
) -> None:
    evaluation.sources += 1
    passages, types = cited.by_source[source], cited.types
    for passage in passages:
        touching = [row for row in suggestions if passage.touches(row)]
        score_recall(evaluation, source, passage, touching, types)
    for row in suggestions:
        touched = [passage for passage in passages if passage.touches(row)]
        score_precision(evaluation, row, touched, types)


def score_recall(
    evaluation: Evaluation,
    source: str,
    passage: CitedPassage,
    touching: list[Suggestion],
    types: ActionTypes,
) -> None:
    evaluation.cited_count += 1
    cited_kinds = [kind for kind in SUGGESTION_KINDS if passage.fields_of_kind(kind)]
    kinds = {kind for kind in cited_kinds if any(row.kind == kind for row in touching)}
    values = {row.kind for row in touching if is_suggestion_supported(row, passage, types)}
    for kind in cited_kinds:
        add_passage_score(evaluation.scores[kind], kind in kinds, kind in values)
    if cited_kinds:
        add_passage_score(evaluation.total, bool(kinds), bool(values))
    if cited_kinds and not kinds:
        where = f"{source} {passage.start}-{passage.end}"
        evaluation.missed_passages.append(
            f"{where}: {passage.action['id']} ({', '.join(cited_kinds)})"
        )


def add_passage_score(score: Score, right_kind: bool, right_value: bool) -> None:
    score.passages += 1
    score.right_kind += right_kind
    score.right_value += right_value


def score_precision(
    evaluation: Evaluation, row: Suggestion, touched: list[CitedPassage], types: ActionTypes
) -> None:
    right = any(is_suggestion_supported(row, passage, types) for passage in touched)
    for score in (evaluation.scores[row.kind], evaluation.total):
        score.elsewhere += not touched
        score.right += right
        score.wrong += bool(touched) and not right


def is_suggestion_supported(row: Suggestion, passage: CitedPassage, types: ActionTypes) -> bool:
    return any(
        matches_field(row, name, passage.action, types) for name in passage.fields_of_kind(row.kind)
    )
