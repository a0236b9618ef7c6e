"""Command that prints how many values have citations."""

from django.core.management.base import BaseCommand, CommandError

from policy.documents.coverage import coverage_table, coverage_totals
from policy.models import Coverage


class Command(BaseCommand):
    help = "Print how many values of published actions have citations, by field. Fails on a gap."

    def handle(self, **options: object) -> None:
        counts = Coverage.objects.to_counts()
        for line in coverage_table(counts):
            self.stdout.write(line[0].ljust(14) + "".join(cell.rjust(12) for cell in line[1:]))
        totals = coverage_totals(counts)
        if totals["unbacked"] or totals["unexplained"]:
            raise CommandError(
                f"{totals['unbacked']} values have no citation, and"
                f" {totals['unexplained']} empty core fields have no reason."
            )
        self.stdout.write("Every value has a citation, and every empty core field has a reason.")
