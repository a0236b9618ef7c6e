"""Pages of accounts and groups. Administrators assign the project's groups, and nothing more."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import ManyToManyField, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from desk.accounts import access
from desk.base.generic import AnyModelForm
from desk.base.model_admin import HardenedModelAdmin
from desk.base.requests import get_user, is_primary_key
from desk.models import AccessRequest
from policy.publishing.roles import GROUP_PERMISSIONS

if TYPE_CHECKING:
    UserAdminBase = UserAdmin[User]
else:
    UserAdminBase = UserAdmin

admin.site.unregister([User, Group])


class GroupForm(AnyModelForm):
    """Refuses the permissions by which one person could review their own work."""

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def clean_permissions(self) -> Any:
        chosen = self.cleaned_data["permissions"]
        had = Permission.objects.filter(group=self.instance.pk).values("pk")
        if new := access.privileged_permissions().filter(pk__in=chosen).exclude(pk__in=had):
            names = ", ".join(sorted(new.values_list("name", flat=True)))
            raise ValidationError(
                f"A group cannot be given these permissions here: {names}. Put people into the "
                "group Reviewer or Administrator instead."
            )
        return chosen


@admin.register(Group)
class RoleAdmin(HardenedModelAdmin, GroupAdmin):
    form = GroupForm


@admin.register(User)
class PersonAdmin(HardenedModelAdmin, UserAdminBase):
    change_form_template = "desk/account.html"
    restricted_fieldsets = [
        (None, {"fields": ("username", "password")}),
        ("Personal info", {"fields": ("first_name", "last_name", "email")}),
        ("Permissions", {"fields": ("is_active", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    ]

    def get_urls(self) -> list[URLPattern]:
        confirmation = path(
            "<int:pk>/access/",
            self.admin_site.admin_view(self.access_view),
            name="auth_user_access",
        )
        return [confirmation, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None or get_user(request).is_superuser:
            return super().get_fieldsets(request, obj)
        return self.restricted_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return () if get_user(request).is_superuser else ("last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change users with more rights: a changed password gives their access."""
        allowed = obj is None or get_user(request).is_superuser or has_only_project_groups(obj)
        return allowed and super().has_change_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: "ManyToManyField[Model, Model]", request: HttpRequest, **options: Any
    ) -> "forms.ModelMultipleChoiceField[Model] | None":
        if db_field.name == "groups" and not get_user(request).is_superuser:
            options |= {
                "queryset": Group.objects.filter(name__in=GROUP_PERMISSIONS),
                "widget": forms.CheckboxSelectMultiple,
            }
        return super().formfield_for_manytomany(db_field, request, **options)

    # What changes an account is recorded, and may have to be confirmed

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        before = access.AccountState.read(obj.pk) if obj.pk else None
        request.account_before = before  # type: ignore[attr-defined]  # for save_related
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before: access.AccountState | None = request.account_before  # type: ignore[attr-defined]
        self.record_change(request, form.instance.pk, before)

    def record_change(
        self, request: HttpRequest, pk: int, before: access.AccountState | None
    ) -> bool:
        """Record a change of an account. If a part of it has to wait, say so and return True."""
        held = access.record_change(pk, before, get_user(request))
        if held:
            self.message_user(request, waiting_message(held), messages.WARNING)
        return held is not None

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """Change a password. Another message than Django's tells of one that has to wait."""
        told, request._messages = request._messages, FallbackStorage(request)  # type: ignore[attr-defined]
        with transaction.atomic():
            before = access.AccountState.read(int(id)) if is_primary_key(id) else None
            response = super().user_change_password(request, id, form_url)
            request._messages, own = told, request._messages  # type: ignore[attr-defined]
            held = before is not None and self.record_change(request, int(id), before)
        for message in [] if held else own:
            self.message_user(request, message.message, message.level)
        return response

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        access.write_account_event(obj, get_user(request), deleted=True)
        super().delete_model(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        account: User | None = context["original"]
        waiting = AccessRequest.objects.filter(user=account.pk).first() if account else None
        if waiting:
            context |= {
                "access_request": waiting,
                "access_change": access.describe_in_words(waiting),
                "reason_against": access.reason_against(waiting, get_user(request)),
                "may_refuse": waiting.asked_by_id == get_user(request).pk,
            }
        return super().render_change_form(request, context, *args, **options)

    def access_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or refuse a change of an account that waits. Only POST is allowed."""
        if request.method != "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        waiting = AccessRequest.objects.filter(user=pk).first()
        if waiting is None:
            raise Http404
        is_confirmed = "confirm" in request.POST
        decide = access.confirm_request if is_confirmed else access.refuse_request
        try:
            decide(waiting, get_user(request))
        except access.AccessError as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            done = "has effect now" if is_confirmed else "was refused"
            self.message_user(request, f"The change of {waiting.user} {done}.")
        return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))


def waiting_message(held: AccessRequest) -> str:
    return (
        f"Not done yet: {held.user} would {access.describe_in_words(held)}. This has no effect "
        "before another administrator confirms it on this page, or the operator runs manage.py "
        f"confirm_account {held.user}."
    )


def has_only_project_groups(user: User) -> bool:
    """Return whether all rights of a user come from the project's own groups."""
    return not (
        user.is_superuser
        or user.user_permissions.exists()
        or user.groups.exclude(name__in=GROUP_PERMISSIONS).exists()
    )
