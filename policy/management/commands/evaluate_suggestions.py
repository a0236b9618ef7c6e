"""How well the reading desk's suggestions do."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policy.progress import watched
from policy.suggestions import KINDS
from policy.suggestions.evaluation import Evaluation, Score, evaluate

HEADINGS = ("passages", "right kind", "right value", "right", "wrong", "elsewhere")


class Command(BaseCommand):
    help = "Compare suggestions with the citations of the published dataset: recall and precision."

    def handle(self, **options: Any) -> None:
        found = evaluate(watched)
        if not found.sources:
            raise CommandError(
                "No text of a cited source is here: attach them with attach_texts, then try again."
            )
        for line in lines(found):
            self.stdout.write(line)


def lines(found: Evaluation) -> list[str]:
    rows = [(kind, found.scores[kind]) for kind in (*KINDS, "all")]
    return [
        "".ljust(14) + "".join(heading.rjust(14) for heading in HEADINGS),
        *(row(name, score) for name, score in rows),
        "",
        f"{found.cited} cited passages in {found.sources} sources; {found.total.passages} of them "
        "back a field of a kind that is suggested.",
        f"Of all cited passages, {percent(found.total.right_kind, found.cited)} carry a suggestion "
        "of a kind that they back.",
        *(f"The text of {slug} is not here: its passages are left out." for slug in found.missing),
        f"Recall: {percent(found.total.right_kind, found.total.passages)} of these carry a "
        f"suggestion of the right kind, {percent(found.total.right_value, found.total.passages)} "
        "one of the right value.",
        f"Precision: {ratio(found.total)} wrong suggestions for each right one within cited "
        "passages. Those elsewhere are counted and not judged.",
        *(f"Missed: {passage}" for passage in found.missed),
    ]


def row(name: str, score: Score) -> str:
    cells = (
        str(score.passages),
        f"{score.right_kind} {percent(score.right_kind, score.passages)}",
        f"{score.right_value} {percent(score.right_value, score.passages)}",
        *map(str, (score.right, score.wrong, score.elsewhere)),
    )
    return name.ljust(14) + "".join(cell.rjust(14) for cell in cells)


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "–"


def ratio(score: Score) -> str:
    return f"{score.wrong / score.right:.2f}" if score.right else "–"
