"""Django's command, which also writes an audit event."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User

from desk.accounts import access
from policy import audit


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        result = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"])
        audit.write_audit_event("account", None, None, **access.account_detail(user), password=True)
        return result
