"""The user groups and their permissions."""

from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db.migrations.state import StateApps
from django.db.models import Q

EDITABLE_MODELS = (
    "agency",
    "entity",
    "source",
    "sourcetext",
    "action",
    "actionagency",
    "actionentity",
    "actiontarget",
    "actiondate",
    "figure",
    "relation",
    "unknown",
    "note",
    "citation",
)
READ_ONLY_MODELS = ("jurisdiction", "term", "revision", "release")
REVIEW_MODELS = ("review", "acceptance", "comment", "auditevent")


def permission_codenames(verbs: tuple[str, ...], models: tuple[str, ...]) -> list[str]:
    return [f"{verb}_{model}" for verb in verbs for model in models]


CURATOR_PERMISSIONS = permission_codenames(
    ("view", "add", "change"), EDITABLE_MODELS
) + permission_codenames(("view",), READ_ONLY_MODELS)
ACTION_PART_MODELS = EDITABLE_MODELS[EDITABLE_MODELS.index("actionagency") :]
CURATOR_PERMISSIONS += permission_codenames(("delete",), ACTION_PART_MODELS)
CURATOR_PERMISSIONS += permission_codenames(("view",), REVIEW_MODELS) + permission_codenames(
    ("add",), ("review", "comment")
)
GROUP_PERMISSIONS = {
    "Curator": CURATOR_PERMISSIONS,
    "Reviewer": [*CURATOR_PERMISSIONS, "publish", "withdraw", "add_acceptance"],
    "Administrator": [
        *CURATOR_PERMISSIONS,
        *permission_codenames(("add", "change"), ("jurisdiction", "term")),
        *permission_codenames(("view", "add", "change"), ("user",)),
    ],
    "Auditor": permission_codenames(("view",), EDITABLE_MODELS + READ_ONLY_MODELS + REVIEW_MODELS),
}


def ensure_groups(apps: Apps | StateApps = installed) -> None:
    """Create the groups and give each exactly its permissions. You can call this repeatedly.

    Migrations pass their own app registry as `apps`.
    """
    for label in ("policy", "auth"):
        config = apps.get_app_config(label)
        # Apps in migrations have no models_module, and create_permissions would skip them.
        config.models_module = config.models_module or True  # type: ignore[assignment]
        create_permissions(config, apps=apps, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects
    for name, codenames in GROUP_PERMISSIONS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.set(
            permissions.filter(
                Q(content_type__app_label="policy") | Q(content_type__app_label="auth"),
                codename__in=codenames,
            )
        )
