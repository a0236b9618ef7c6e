"""Command that verifies the hash chains of the audit log and the revisions."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.template.defaultfilters import pluralize

from policy.audit import audit_faults
from policy.models import AuditEvent, Revision
from policy.progress import show_progress


class Command(BaseCommand):
    help = "Verify the hash chains of the audit log and of revisions, and report every fault."

    def handle(self, *args: object, **options: object) -> None:
        with repeatable_read():
            faults = list(audit_faults(show_progress))
            last, published = AuditEvent.objects.last(), Revision.objects.count()
        for fault in faults:
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{len(faults)} fault{pluralize(faults)}.")
        if last:
            self.stdout.write(f"{last.pk} audit events and {published} revisions are intact.")
            self.stdout.write(f"Keep the hash of the last audit event elsewhere: {last.hash}")
        else:
            self.stdout.write("The audit log is empty.")


@contextmanager
def repeatable_read() -> Iterator[None]:
    """Hide what is published during the check: neither its revision nor its audit event is seen."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
