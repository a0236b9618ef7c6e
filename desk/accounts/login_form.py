"""The sign-in form of the admin, with the login throttle."""

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
    """The admin's form. It checks a password only if the login throttle allows the attempt."""

    def clean(self) -> dict[str, Any]:
        name: str | None = self.cleaned_data.get("username")
        if not (self.request and name and self.cleaned_data.get("password")):
            return super().clean()
        limits = login_limits(self.request, name)
        if not all(limit.allow() for limit in limits):
            seconds = seconds_until_allowed(limits)
            unit = "second" if seconds == 1 else "seconds"
            raise ValidationError(
                f"Too many failed sign-ins. Wait {seconds} {unit}, then try again.", code="wait"
            )
        cleaned = super().clean()
        LoginAttempt.objects.filter(pk=limits[0].who).delete()
        LoginAttempt.objects.filter(at__lt=timezone.now() - LOGIN_FAILURE_LIFETIME).delete()
        return cleaned
