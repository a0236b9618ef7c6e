import sys
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from policy.models import RECORD_MODELS
from policy.publishing.publish import PublishingError
from policy.publishing.takedown import take_down, take_down_passages

OUT_OF_REACH_NOTE = (
    "Out of reach, and for you to see to: backups and the server's archived log, its own logs, "
    "files that were exported or dumped, caches, and copies elsewhere. docs/operations.md says how."
)


class Command(BaseCommand):
    help = (
        "Take records out of every stored place for a legal reason, history included. Their "
        "addresses answer with a tombstone. Only the role that owns the tables can."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("records", nargs="+", metavar="KIND/ID", help="action/some-raid …")
        parser.add_argument("--reason", required=True, help="Shown to everybody: no names.")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="Who answers for it.")
        parser.add_argument("--order", default="", help="The court's file number. Kept private.")
        parser.add_argument(
            "--words",
            action="append",
            default=[],
            help="What must then stand nowhere in the database; may be given again. If it still "
            "does, nothing is taken down and the places are named.",
        )
        parser.add_argument(
            "--passages",
            action="store_true",
            help="Of one source: only its text and what is quoted of it. The source stays.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, records: list[str], **options: Any) -> None:
        act = self.build_action(records, options)
        try:
            with transaction.atomic():
                self.print_counts("Will go:", act())
                transaction.set_rollback(True)
            if not options["yes"]:
                self.confirm(records)
            self.print_counts("Gone:", act())
        except PublishingError as refused:
            raise CommandError("\n".join([*refused.messages, "Nothing was taken down."])) from None
        except DatabaseError as error:
            reason = str(error).partition("\n")[0]
            raise CommandError(f"Nothing was taken down: {reason}.") from None
        self.stdout.write(OUT_OF_REACH_NOTE)

    def build_action(self, records: list[str], options: dict[str, Any]) -> Any:
        """What to do, once to see and once to keep."""
        rows = [get_record(name) for name in dict.fromkeys(records)]
        by = User.objects.filter(username=options["by"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no active user {options['by']}.")
        given = [by, options["reason"], options["order"], options["words"]]
        if not options["passages"]:
            return partial(take_down, rows, *given)
        if len(rows) > 1 or rows[0].KIND != "source":
            raise CommandError("--passages is about one source: name it as source/ID.")
        return partial(take_down_passages, rows[0], *given)

    def print_counts(self, title: str, went: Any) -> None:
        self.stdout.write(title)
        for what, number in went.items():
            if number:
                self.stdout.write(f"  {what}: {number}")

    def confirm(self, records: list[str]) -> None:
        wanted = records[0].partition("/")[2]
        names = ", ".join(dict.fromkeys(records))
        self.stdout.write(f"This cannot be undone. Type {wanted} to take down {names}:")
        if sys.stdin.readline().strip() != wanted:
            raise CommandError("Not confirmed. Nothing was taken down.")


def get_record(name: str) -> Any:
    kind, _, slug = name.partition("/")
    if kind not in RECORD_MODELS:
        raise CommandError(
            f"{name}: write KIND/ID, where KIND is one of {', '.join(RECORD_MODELS)}."
        )
    row = RECORD_MODELS[kind].objects.filter(slug=slug).first()
    if row is None:
        raise CommandError(f"There is no {kind} {slug}.")
    return row
