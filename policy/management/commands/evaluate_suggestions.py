"""Command that evaluates the suggestions."""

from django.core.management.base import BaseCommand, CommandError

from policy.progress import show_progress
from policy.suggestions import SUGGESTION_KINDS
from policy.suggestions.evaluation import Evaluation, Score, evaluate_suggestions

SCORE_HEADINGS = ("passages", "right kind", "right value", "right", "wrong", "elsewhere")


class Command(BaseCommand):
    help = (
        "Print recall and precision of suggestions, measured by the citations of published actions."
    )

    def handle(self, **options: object) -> None:
        evaluation = evaluate_suggestions(show_progress)
        if not evaluation.sources:
            raise CommandError("No text of a cited source is attached. Run attach_texts first.")
        for line in format_evaluation(evaluation):
            self.stdout.write(line)


def format_evaluation(evaluation: Evaluation) -> list[str]:
    total, cited = evaluation.total, evaluation.cited_count
    rows = [(kind, evaluation.scores[kind]) for kind in (*SUGGESTION_KINDS, "all")]
    return [
        "".ljust(14) + "".join(heading.rjust(14) for heading in SCORE_HEADINGS),
        *(format_score_row(name, score) for name, score in rows),
        "",
        f"{cited} cited passages in {evaluation.sources} sources. {total.passages} of them support "
        "a field of a kind that is suggested.",
        f"{format_percent(total.right_kind, cited)} of all cited passages have a suggestion of a "
        "kind that they support.",
        *(
            f"The text of {slug} is not attached. Its passages are left out."
            for slug in evaluation.sources_without_text
        ),
        f"Recall: {format_percent(total.right_kind, total.passages)} of the {total.passages} "
        "passages have a suggestion of the right kind, "
        f"{format_percent(total.right_value, total.passages)} one with the right value.",
        f"Precision: {format_precision_ratio(total)} wrong suggestions for each right one in cited "
        "passages. Suggestions elsewhere are counted and not judged.",
        *(f"Missed: {passage}" for passage in evaluation.missed_passages),
    ]


def format_score_row(name: str, score: Score) -> str:
    cells = (
        str(score.passages),
        f"{score.right_kind} {format_percent(score.right_kind, score.passages)}",
        f"{score.right_value} {format_percent(score.right_value, score.passages)}",
        *map(str, (score.right, score.wrong, score.elsewhere)),
    )
    return name.ljust(14) + "".join(cell.rjust(14) for cell in cells)


def format_percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def format_precision_ratio(score: Score) -> str:
    return f"{score.wrong / score.right:.2f}" if score.right else "–"
