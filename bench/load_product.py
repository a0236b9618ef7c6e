"""Load a generated dataset as the product does: python -m bench.load_product ACTIONS SEED

What stands here is what load_dataset writes, through the same functions, bar the workbench: no
call of the API reads that. `tests/test_bench.py` compares the two.
"""

import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

FILLED = ("policy_facet", "policy_interval", "policy_searchentry", "policy_csvrow")
KEYS = (
    "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),"
    " format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,"
    " pg_get_constraintdef(oid)) FROM pg_constraint"
    " WHERE contype = 'f' AND conrelid = ANY (%s::regclass[])"
)
INDEXES = (
    "SELECT format('DROP INDEX %%s', indexrelid::regclass), pg_get_indexdef(indexrelid)"
    " FROM pg_index WHERE NOT indisunique AND indrelid = ANY (%s::regclass[])"
)


@contextmanager
def indexed_afterwards() -> Iterator[None]:
    """Make what finds rows once, when all rows are there: a million actions take hours else."""
    from django.db import connection

    with connection.cursor() as cursor:
        found = [row for query in (KEYS, INDEXES) for row in rows(cursor, query)]
        for drop, _ in found:
            cursor.execute(drop)
        yield
        for _, make in reversed(found):
            cursor.execute(make)
        cursor.execute("VACUUM ANALYZE")


def rows(cursor, query: str) -> list[tuple[str, str]]:
    cursor.execute(query, [list(FILLED)])
    return list(cursor.fetchall())


def main(actions: int, seed: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    from bench import generate
    from bench.progress import bar, say
    from policy.publishing.restore import restore

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        generate.write_reference(Path(folder), actions, seed)
        call_command("load_dataset", folder, verbosity=0, stdout=io.StringIO())
    watched = bar(f"Loading {actions:,} actions", generate.expected(actions))
    with indexed_afterwards():
        restore(watched(generate.revisions(actions, seed)))
        say("Making indexes …")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
