from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policy.audit import faults
from policy.models import Deed


class Command(BaseCommand):
    help = "Compute the chain of the audit trail again and name every row that breaks it."

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(faults())
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError(f"{len(found)} faults.")
        if last := Deed.objects.last():
            self.stdout.write(f"{last.pk} deeds hold. Keep the last hash elsewhere: {last.hash}")
        else:
            self.stdout.write("Nothing was done yet.")
