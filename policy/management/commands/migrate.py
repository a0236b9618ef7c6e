"""`manage.py migrate` that also indexes revisions again, if their index rows are outdated.

It rejects a database created before version 0.9.0.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from policy.models import IndexVersion
from policy.progress import show_progress
from policy.publishing.reindex import is_index_outdated, reindex

# Recorded by every version before 0.9.0, and by none since: its migrations were replaced.
REPLACED_MIGRATION = ("policy", "0002_database_promises")
REFUSAL = (
    "This database was created by a version of Policy Events before 0.9.0.\n"
    "It cannot be upgraded.\n"
    "Dump it with that version (manage.py dump_dataset FOLDER), create an empty database, run\n"
    "migrate there, and load the dump (manage.py load_dataset FOLDER). See docs/operations.md,\n"
    '"Upgrade from a database older than 0.9.0". Nothing was changed.'
)


class Command(migrate.Command):
    def handle(self, *args: Any, database: str, **options: Any) -> None:
        recorder = MigrationRecorder(connections[database])
        if REPLACED_MIGRATION in recorder.applied_migrations():
            raise CommandError(REFUSAL)
        super().handle(*args, database=database, **options)
        tables = connections[database].introspection.table_names()
        if IndexVersion._meta.db_table in tables and is_index_outdated():
            written = reindex(show_progress)
            if options["verbosity"]:
                self.stdout.write(f"{written} revisions indexed.")
