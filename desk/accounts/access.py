"""Rights over what is published are given by two people: a change sleeps until it is confirmed.

Whoever may publish, or may change accounts, could review their own work through an account that
they control. So if somebody gives such rights in the admin, or sets the password of an account that
has them, the change is kept as an AccessRequest. It has no effect before another account with the
right to change accounts, or a command on the machine, confirms it.
"""

from typing import NamedTuple, Self

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet

from desk.models import AccessRequest
from policy import audit
from policy.documents.types import Document

# Whoever has one of these permissions could publish, or could give the right to publish.
PRIVILEGED_PERMISSIONS = {
    "policy": ("publish", "withdraw", "add_acceptance"),
    "auth": ("add_user", "change_user", "add_group", "change_group"),
}


class AccessError(Exception):
    """A request cannot be confirmed by this user. The text says why."""


class AccountState(NamedTuple):
    """What an account may do, as far as the audit log states it."""

    username: str
    flags: frozenset[str]  # those of is_active, is_staff and is_superuser that are set
    groups: frozenset[str]
    permissions: frozenset[str]  # besides those of groups: app_label.codename
    password: str  # the hash

    @classmethod
    def read(cls, pk: int) -> Self | None:
        """Return the state of an account as stored now; None if there is none."""
        user = User.objects.filter(pk=pk).first()
        if user is None:
            return None
        flags = ("is_active", "is_staff", "is_superuser")
        permissions = user.user_permissions.values_list("content_type__app_label", "codename")
        return cls(
            user.username,
            frozenset(name for name in flags if getattr(user, name)),
            frozenset(user.groups.values_list("name", flat=True)),
            frozenset(".".join(permission) for permission in permissions),
            user.password,
        )


def privileged_permissions() -> QuerySet[Permission]:
    chosen = Q()
    for app, codenames in PRIVILEGED_PERMISSIONS.items():
        chosen |= Q(content_type__app_label=app, codename__in=codenames)
    return Permission.objects.filter(chosen)


def privileged_groups() -> QuerySet[Group]:
    return Group.objects.filter(permissions__in=privileged_permissions()).distinct()


def is_privileged(user: User) -> bool:
    """Return whether an account, if active, could publish or give the right to publish."""
    return (
        user.is_superuser
        or user.user_permissions.filter(pk__in=privileged_permissions()).exists()
        or user.groups.filter(pk__in=privileged_groups()).exists()
    )


@transaction.atomic
def record_change(pk: int, before: AccountState | None, by: User) -> AccessRequest | None:
    """Write the audit event of a change that `by` saved, and hold back what must be confirmed.

    `before` is the state before the change, None for a new account. Return the request that holds
    what was taken out of the change; None if nothing was.
    """
    user = User.objects.select_for_update().get(pk=pk)
    request = hold_back(user, before, by)
    after = AccountState.read(pk)
    assert after, "the row is locked"  # noqa: S101
    if change := describe_change(before, after):
        write_account_event(user, by, **change)
    return request


def hold_back(user: User, before: AccountState | None, by: User) -> AccessRequest | None:
    """Take new rights, and a password set by somebody else, out of an account. Return the request
    that keeps them."""
    had_groups = before.groups if before else frozenset()
    had_permissions = before.permissions if before else frozenset()
    groups = [g for g in privileged_groups().filter(user=user) if g.name not in had_groups]
    permissions = [
        p
        for p in privileged_permissions().filter(user=user).select_related("content_type")
        if f"{p.content_type.app_label}.{p.codename}" not in had_permissions
    ]
    superuser = user.is_superuser and not (before and "is_superuser" in before.flags)
    held_password = ""
    user.groups.remove(*groups)
    user.user_permissions.remove(*permissions)
    if superuser:
        user.is_superuser = False
    if before and user.password != before.password and by.pk != user.pk:
        may_sign_in = user.has_usable_password()
        if may_sign_in and (is_privileged(user) or "is_superuser" in before.flags):
            held_password, user.password = user.password, before.password
    user.save(update_fields=["is_superuser", "password"])
    if not (groups or permissions or superuser or held_password):
        return None
    request = AccessRequest.objects.filter(user=user).first()
    if request and request.asked_by_id != by.pk:
        # A request has one asker, who may not confirm it. So it holds nothing that others asked.
        drop_request(request, by)
        request = None
    request = request or AccessRequest(user=user, asked_by=by)
    request.groups = sorted({*request.groups, *(group.name for group in groups)})
    request.permissions = sorted({*request.permissions, *(p.pk for p in permissions)})
    request.superuser = request.superuser or superuser
    request.password = held_password or request.password
    request.save()
    write_account_event(user, by, asked=describe(request))
    return request


def describe_change(before: AccountState | None, after: AccountState) -> Document:
    """Return what changed, without passwords; empty if nothing did."""
    old = before or AccountState(after.username, frozenset(), frozenset(), frozenset(), "")
    change: Document = {} if before else {"created": True}
    for name in ("flags", "groups", "permissions"):
        was, now = getattr(old, name), getattr(after, name)
        change |= {f"{name}_added": sorted(now - was)} if now - was else {}
        change |= {f"{name}_removed": sorted(was - now)} if was - now else {}
    change |= {"renamed": [old.username, after.username]} if old.username != after.username else {}
    return change | ({"password": True} if before and old.password != after.password else {})


def write_account_event(user: User, by: User | None, **detail: object) -> None:
    """Write an audit event about an account. `by` is None for the operator of the machine."""
    audit.write_audit_event("account", None, by, account=user.pk, name=user.username, **detail)


def describe(request: AccessRequest) -> Document:
    """Return what a request would change, for the audit log and for people."""
    permissions = Permission.objects.filter(pk__in=request.permissions)
    wanted: Document = {"groups": request.groups} if request.groups else {}
    codenames = sorted(permissions.values_list("codename", flat=True))
    wanted |= {"permissions": codenames} if codenames else {}
    wanted |= {"superuser": True} if request.superuser else {}
    return wanted | ({"password": True} if request.password else {})


def describe_in_words(request: AccessRequest) -> str:
    """Return what a request would do, as the end of a sentence with “would”."""
    wanted = describe(request)
    parts = [f"join the group {name}" for name in wanted.get("groups", [])]
    parts += [f"get the permission {name}" for name in wanted.get("permissions", [])]
    parts += ["become a superuser"] if request.superuser else []
    parts += ["get a new password"] if request.password else []
    return " and ".join(parts)


def reason_against(request: AccessRequest, by: User) -> str:
    """Return why a user may not confirm a request; empty if they may."""
    if not by.has_perm("auth.change_user") or (request.superuser and not by.is_superuser):
        return "Only an account that may give these rights can confirm this."
    if by.pk == request.asked_by_id:
        return "You asked for this. Somebody else must confirm it."
    if by.pk == request.user_id:
        return "This is your own account. Somebody else must confirm the change."
    return ""


@transaction.atomic
def confirm_request(request: AccessRequest, by: User | None) -> None:
    """Make the change of a request, on behalf of a user or, if None, of the machine's operator.

    Raise AccessError if the user may not confirm it.
    """
    request = AccessRequest.objects.select_for_update().get(pk=request.pk)
    if by and (reason := reason_against(request, by)):
        raise AccessError(reason)
    user = User.objects.select_for_update().get(pk=request.user_id)
    user.groups.add(*Group.objects.filter(name__in=request.groups))
    user.user_permissions.add(*Permission.objects.filter(pk__in=request.permissions))
    user.is_superuser = user.is_superuser or request.superuser
    user.password = request.password or user.password
    user.save(update_fields=["is_superuser", "password"])
    wanted = describe(request)
    request.delete()
    write_account_event(user, by, confirmed=wanted, asked_by=request.asked_by_id)


@transaction.atomic
def refuse_request(request: AccessRequest, by: User | None) -> None:
    """Drop a request. Whoever may confirm it, and whoever asked, may do so."""
    if by and by.pk != request.asked_by_id and (reason := reason_against(request, by)):
        raise AccessError(reason)
    drop_request(request, by)


def drop_request(request: AccessRequest, by: User | None) -> None:
    wanted = describe(request)
    request.delete()
    write_account_event(request.user, by, refused=wanted)
