"""The sign-in form of the admin, with the login throttle."""

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ValidationError
from django.utils import timezone

from desk.accounts.login_throttle import (
    LOGIN_FAILURE_LIFETIME,
    count_attempt,
    login_limits,
    seconds_until_allowed,
)
from desk.models import LoginAttempt


def may_use_desk(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return whether a user may sign in: anybody with a right on the dataset, such as the members
    of the project's groups, and whoever has the status “staff”."""
    return isinstance(user, User) and (
        user.is_active and (user.is_staff or user.has_module_perms("policy"))
    )


class LoginForm(AdminAuthenticationForm):
    """The admin's form. It checks a password only if the login throttle allows the attempt."""

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        if not may_use_desk(user):
            raise self.get_invalid_login_error()

    def clean(self) -> dict[str, Any]:
        name: str | None = self.cleaned_data.get("username")
        if not (self.request and name and self.cleaned_data.get("password")):
            return super().clean()
        limits = login_limits(self.request, name)
        if not count_attempt(limits):
            seconds = seconds_until_allowed(limits)
            unit = "second" if seconds == 1 else "seconds"
            raise ValidationError(
                f"Too many failed sign-ins. Wait {seconds} {unit}, then try again.", code="wait"
            )
        cleaned = super().clean()
        of_account, of_network = limits
        of_network.take_back()
        LoginAttempt.objects.filter(pk=of_account.who).delete()
        LoginAttempt.objects.filter(at__lt=timezone.now() - LOGIN_FAILURE_LIFETIME).delete()
        return cleaned
