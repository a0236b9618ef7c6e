"""Pages of accounts and groups. Administrators assign the project's groups, and nothing more."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField, Model
from django.http import HttpRequest

from desk.base.model_admin import HardenedModelAdmin
from desk.base.requests import get_user
from policy.publishing.roles import GROUP_PERMISSIONS

if TYPE_CHECKING:
    UserAdminBase = UserAdmin[User]
else:
    UserAdminBase = UserAdmin

admin.site.unregister([User, Group])


@admin.register(Group)
class RoleAdmin(HardenedModelAdmin, GroupAdmin):
    pass


@admin.register(User)
class PersonAdmin(HardenedModelAdmin, UserAdminBase):
    restricted_fieldsets = [
        (None, {"fields": ("username", "password")}),
        ("Personal info", {"fields": ("first_name", "last_name", "email")}),
        ("Permissions", {"fields": ("is_active", "is_staff", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    ]

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


def has_only_project_groups(user: User) -> bool:
    """Return whether all rights of a user come from the project's own groups."""
    return not (
        user.is_superuser
        or user.user_permissions.exists()
        or user.groups.exclude(name__in=GROUP_PERMISSIONS).exists()
    )
