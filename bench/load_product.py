"""Load a generated dataset as the product does: python -m bench.load_product ACTIONS SEED

What stands here is what load_dataset writes, through the same functions, bar the workbench: no
call of the API reads that. `tests/test_bench.py` compares the two.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

import django


def main(actions: int, seed: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    from bench import generate
    from bench.progress import bar
    from policy.publish import restore

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as folder:
        generate.write_reference(Path(folder), actions, seed)
        call_command("load_dataset", folder, verbosity=0, stdout=io.StringIO())
    watched = bar(f"Loading {actions:,} actions", generate.expected(actions))
    restore(watched(generate.revisions(actions, seed)))
    from django.db import connection

    connection.cursor().execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
