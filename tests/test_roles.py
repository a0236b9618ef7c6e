"""Groups hold exactly the permissions that their table says, however often it is applied."""

import pytest
from django.contrib.auth.models import Group, Permission

from policy.publishing.roles import GROUP_PERMISSIONS, ensure_groups
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def held(name):
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


@pytest.mark.parametrize("name", GROUP_PERMISSIONS)
def test_group_holds_its_permissions(name):
    assert held(name) == set(GROUP_PERMISSIONS[name])


def test_applying_twice_changes_nothing_and_mends_drift():
    Group.objects.get(name="Curator").permissions.set(Permission.objects.all())
    Group.objects.get(name="Reviewer").delete()
    for _ in range(2):
        ensure_groups()
        assert {name: held(name) for name in GROUP_PERMISSIONS} == {
            n: set(p) for n, p in GROUP_PERMISSIONS.items()
        }


def test_only_reviewers_publish_and_nobody_deletes_records():
    may = {
        name: {p for p in ("publish", "withdraw") if make.user(name, name).has_perm(f"policy.{p}")}
        for name in GROUP_PERMISSIONS
    }
    assert may == {
        "Curator": set(),
        "Reviewer": {"publish", "withdraw"},
        "Administrator": set(),
        "Auditor": set(),
    }
    records = {"agency", "entity", "source", "action", "revision", "jurisdiction", "term"}
    assert {f"delete_{record}" for record in records} & set().union(
        *map(held, GROUP_PERMISSIONS)
    ) == set()


def test_auditor_changes_nothing():
    assert {codename.partition("_")[0] for codename in held("Auditor")} == {"view"}
