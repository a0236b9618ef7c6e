"""How well the reading desk's suggestions do."""

from django.core.management.base import BaseCommand, CommandError

from policy.progress import show_progress
from policy.suggestions import SUGGESTION_KINDS
from policy.suggestions.evaluation import Evaluation, Score, evaluate_suggestions

SCORE_HEADINGS = ("passages", "right kind", "right value", "right", "wrong", "elsewhere")


class Command(BaseCommand):
    help = "Compare suggestions with the citations of the published dataset: recall and precision."

    def handle(self, **options: object) -> None:
        evaluation = evaluate_suggestions(show_progress)
        if not evaluation.sources:
            raise CommandError(
                "No text of a cited source is here: attach them with attach_texts, then try again."
            )
        for line in format_evaluation(evaluation):
            self.stdout.write(line)


def format_evaluation(found: Evaluation) -> list[str]:
    rows = [(kind, found.scores[kind]) for kind in (*SUGGESTION_KINDS, "all")]
    return [
        "".ljust(14) + "".join(heading.rjust(14) for heading in SCORE_HEADINGS),
        *(format_score_row(name, score) for name, score in rows),
        "",
        f"{found.cited_count} cited passages in {found.sources} sources; {found.total.passages} of them "
        "back a field of a kind that is suggested.",
        f"Of all cited passages, {format_percent(found.total.right_kind, found.cited_count)} carry a suggestion "
        "of a kind that they back.",
        *(
            f"The text of {slug} is not here: its passages are left out."
            for slug in found.sources_without_text
        ),
        f"Recall: {format_percent(found.total.right_kind, found.total.passages)} of these carry a "
        f"suggestion of the right kind, {format_percent(found.total.right_value, found.total.passages)} "
        "one of the right value.",
        f"Precision: {format_precision_ratio(found.total)} wrong suggestions for each right one within cited "
        "passages. Those elsewhere are counted and not judged.",
        *(f"Missed: {passage}" for passage in found.missed_passages),
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
