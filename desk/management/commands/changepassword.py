"""Django's command, which also writes an audit event."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User

from desk.accounts.access import write_account_event


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        result = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"])
        write_account_event(user, None, password=True)
        return result
