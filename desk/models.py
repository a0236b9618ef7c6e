"""Failed sign-ins, which the login throttle counts, and changes of accounts that wait."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
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


class AccessRequest(models.Model):
    """A change of an account that has no effect until a second person confirms it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_request"
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(auto_now=True)
    groups = ArrayField(models.CharField(max_length=150), default=list)
    permissions = ArrayField(models.BigIntegerField(), default=list)
    superuser = models.BooleanField(default=False)
    password = models.CharField(max_length=128, blank=True, help_text="The hash of a new password.")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Request for {self.user}"
