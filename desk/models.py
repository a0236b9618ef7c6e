"""Failed sign-ins, which the login throttle counts."""

from django.db import models


class LoginAttempt(models.Model):
    """Failed sign-ins from one address, in all or for one account. It names nobody."""

    who = models.CharField(
        max_length=64, primary_key=True, help_text="A keyed digest of the address and account."
    )
    failures = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_index=True, help_text="Time of the last failure.")
    until = models.DateTimeField(help_text="Passwords are not checked before this time.")

    class Meta:
        default_permissions = ()  # not shown in the admin

    def __str__(self) -> str:
        return f"{self.failures} failures"
