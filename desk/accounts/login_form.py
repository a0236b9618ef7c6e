"""The sign-in form of the admin."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from desk.accounts.login_throttle import (
    LOGIN_FAILURE_LIFETIME,
    login_limits,
    seconds_until_allowed,
)
from desk.models import LoginAttempt


class LoginForm(AdminAuthenticationForm):
    """The admin's, which looks at a password only when its turn has come."""

    def clean(self) -> dict[str, Any]:
        name = self.cleaned_data.get("username")
        if not (self.request and name and self.cleaned_data.get("password")):
            return super().clean()
        found = login_limits(self.request, name)
        if not all(limit.allow() for limit in found):
            raise ValidationError(
                f"Too many tries. Wait {seconds_until_allowed(found)} seconds, then try again.",
                code="wait",
            )
        cleaned = super().clean()
        LoginAttempt.objects.filter(pk=found[0].who).delete()
        LoginAttempt.objects.filter(at__lt=timezone.now() - LOGIN_FAILURE_LIFETIME).delete()
        return cleaned
