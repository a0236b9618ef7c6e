"""Accounts. Administrators hand out the project's groups and nothing beyond them."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import ManyToManyField
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest

from desk.base.model_admin import HardenedModelAdmin
from policy.publishing.roles import GROUP_PERMISSIONS

admin.site.unregister([User, Group])


@admin.register(Group)
class RoleAdmin(HardenedModelAdmin, GroupAdmin):
    pass


@admin.register(User)
class PersonAdmin(HardenedModelAdmin, UserAdmin):
    restricted_fieldsets = [
        (None, {"fields": ("username", "password")}),
        ("Personal info", {"fields": ("first_name", "last_name", "email")}),
        ("What they may do", {"fields": ("is_active", "is_staff", "groups")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return self.restricted_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if request.user.is_superuser else ("last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever changes a person's password can be that person."""
        within = obj is None or request.user.is_superuser or has_only_project_groups(obj)
        return within and super().has_change_permission(request, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name == "groups" and not request.user.is_superuser:
            options |= {
                "queryset": Group.objects.filter(name__in=GROUP_PERMISSIONS),
                "widget": CheckboxSelectMultiple,
            }
        return super().formfield_for_manytomany(db_field, request, **options)


def has_only_project_groups(person: User) -> bool:
    return not (
        person.is_superuser
        or person.user_permissions.exists()
        or person.groups.exclude(name__in=GROUP_PERMISSIONS).exists()
    )
