"""Django's command, which also writes an audit event."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User

from desk.accounts import access
from policy import audit


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        before = set(User.objects.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in User.objects.exclude(pk__in=before):
            audit.write_audit_event(
                "account", None, None, **access.account_detail(user), created=True, superuser=True
            )
