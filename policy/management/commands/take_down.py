"""Command that takes records or the passages of a source down."""

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, transaction

from policy.exchange.write_rows import records_of_kind
from policy.models import RECORD_MODELS, Record, Source
from policy.publishing.approval import PublishingError
from policy.publishing.takedown import take_down, take_down_passages

TakedownAction = Callable[[], Counter[str]]
OUT_OF_REACH_NOTE = (
    "This command cannot reach backups, the archived write-ahead log, server logs, exported or "
    "dumped files, caches, and copies elsewhere. Clean these yourself: see docs/operations.md."
)


class Command(BaseCommand):
    help = (
        "Remove records from all tables for a legal reason, including their history. Their URLs "
        "then return a tombstone. Requires the database role that owns the tables."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("records", nargs="+", metavar="KIND/ID", help="action/some-raid …")
        parser.add_argument("--reason", required=True, help="Public. Do not name persons.")
        parser.add_argument(
            "--by", required=True, metavar="USERNAME", help="The user who is responsible."
        )
        parser.add_argument("--order", default="", help="File number of the court. Not public.")
        parser.add_argument(
            "--words",
            action="append",
            default=[],
            help="Words that must not remain anywhere in the database. Can be repeated. If they "
            "remain, nothing is taken down, and the places are listed.",
        )
        parser.add_argument(
            "--passages",
            action="store_true",
            help="Only remove the text of one source and the quotes from it. The source stays.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask for confirmation.")

    def handle(
        self,
        *args: object,
        records: list[str],
        reason: str,
        by: str,
        order: str,
        words: list[str],
        passages: bool,
        yes: bool,
        **options: object,
    ) -> None:
        action = build_action(
            [get_record(name) for name in dict.fromkeys(records)],
            by=get_active_user(by),
            passages=passages,
            reason=reason,
            order=order,
            words=words,
        )
        try:
            with transaction.atomic():
                self.print_counts("Will be removed:", action())
                transaction.set_rollback(True)
            if not yes:
                self.confirm(records)
            self.print_counts("Removed:", action())
        except PublishingError as error:
            raise CommandError("\n".join([*error.messages, "Nothing was taken down."])) from None
        except DatabaseError as error:
            message = str(error).partition("\n")[0]
            raise CommandError(f"Nothing was taken down: {message}.") from None
        self.stdout.write(OUT_OF_REACH_NOTE)

    def print_counts(self, title: str, counts: Mapping[str, int]) -> None:
        self.stdout.write(title)
        for name, number in counts.items():
            if number:
                self.stdout.write(f"  {name}: {number}")

    def confirm(self, records: list[str]) -> None:
        slug = records[0].partition("/")[2]
        names = ", ".join(dict.fromkeys(records))
        self.stdout.write(f"This cannot be undone. Type {slug} to take down {names}:")
        if sys.stdin.readline().strip() != slug:
            raise CommandError("Not confirmed. Nothing was taken down.")


def build_action(
    records: list[Record], *, by: User, passages: bool, reason: str, order: str, words: list[str]
) -> TakedownAction:
    """Return a function that takes the records down, once to preview it and once to keep it."""
    if not passages:
        return partial(take_down, records, by, reason, order, words)
    source = records[0]
    if len(records) > 1 or not isinstance(source, Source):
        raise CommandError("--passages takes exactly one source. Write it as source/ID.")
    return partial(take_down_passages, source, by, reason, order, words)


def get_active_user(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user {username}.")
    return user


def get_record(name: str) -> Record:
    """Return the record named KIND/ID. Raises CommandError if there is none."""
    kind, _, slug = name.partition("/")
    if kind not in RECORD_MODELS:
        raise CommandError(
            f"{name}: write KIND/ID, where KIND is one of {', '.join(RECORD_MODELS)}."
        )
    record = records_of_kind(kind).filter(slug=slug).first()
    if record is None:
        raise CommandError(f"There is no {kind} {slug}.")
    return record
