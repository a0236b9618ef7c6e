"""Helpers for requests to admin pages: the user, valid keys, addresses of pages."""

import re

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse


def get_user(request: HttpRequest) -> User:
    """Return the signed-in user. Raise PermissionDenied if nobody is signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def is_primary_key(text: str) -> bool:
    """Return whether the database accepts a text as a primary key: 1 to 18 ASCII digits."""
    return re.fullmatch("[0-9]{1,18}", text) is not None


def admin_url(kind: str, page: str, *args: object) -> str:
    """Return the address of an admin page of a model, such as ("action", "changelist")."""
    return reverse(f"admin:{admin_url_name(kind, page)}", args=args)


def admin_url_name(kind: str, page: str) -> str:
    return f"policy_{kind}_{page}"
