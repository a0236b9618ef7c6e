"""Command that confirms or refuses a change of an account."""

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.accounts import access
from desk.models import AccessRequest


class Command(BaseCommand):
    help = (
        "Confirm the change of an account that somebody asked for in the admin. Also states, for "
        "reviewers who made the account, that it belongs to somebody else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--refuse", action="store_true", help="Refuse the change instead.")

    def handle(self, *args: object, username: str, refuse: bool, **options: object) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account {username}.")
        waiting = AccessRequest.objects.filter(user=user).first()
        if waiting is None and refuse:
            raise CommandError(f"No change of {username} waits to be confirmed.")
        if waiting is None:
            access.write_account_event(user, None, confirmed={"own": True})
            self.stdout.write(f"{username} is confirmed as an account of a person of its own.")
            return
        change = access.describe_in_words(waiting)
        if refuse:
            access.refuse_request(waiting, None)
            self.stdout.write(f"Refused that {username} would {change}.")
        else:
            access.confirm_request(waiting, None)
            self.stdout.write(f"Confirmed that {username} would {change}.")
