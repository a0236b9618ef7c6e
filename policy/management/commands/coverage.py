"""Command that prints how many values have citations."""

from django.core.management.base import BaseCommand, CommandError

from policy.documents.coverage import coverage_table, coverage_totals
from policy.models import Coverage


class Command(BaseCommand):
    help = "Print, per field, on what the values of the published actions rest. Fails on a gap."

    def handle(self, **options: object) -> None:
        counts = Coverage.objects.to_counts()
        for line in coverage_table(counts):
            self.stdout.write(line[0].ljust(14) + "".join(cell.rjust(12) for cell in line[1:]))
        found = coverage_totals(counts)
        if found["unbacked"] or found["unexplained"]:
            raise CommandError(
                f"{found['unbacked']} values have no citation,"
                f" {found['unexplained']} empty core fields no reason."
            )
        self.stdout.write("Every value has a citation, every empty core field a reason.")
