"""Groups and what they may do."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db.models import Q

WORKBENCH = (
    "agency",
    "entity",
    "source",
    "sourcetext",
    "action",
    "actionagency",
    "actionentity",
    "actiondate",
    "figure",
    "relation",
    "unknown",
    "note",
    "citation",
)
REFERENCE = ("jurisdiction", "term", "revision", "release")
TRAIL = ("review", "acceptance", "comment", "deed")


def codenames(verbs: tuple[str, ...], models: tuple[str, ...]) -> list[str]:
    return [f"{verb}_{model}" for verb in verbs for model in models]


CURATOR = codenames(("view", "add", "change"), WORKBENCH) + codenames(("view",), REFERENCE)
PARTS = WORKBENCH[WORKBENCH.index("actionagency") :]
CURATOR += codenames(("delete",), PARTS)
CURATOR += codenames(("view",), TRAIL) + codenames(("add",), ("review", "comment"))
GROUPS = {
    "Curator": CURATOR,
    "Reviewer": [*CURATOR, "publish", "withdraw", "add_acceptance"],
    "Administrator": [
        *CURATOR,
        *codenames(("add", "change"), ("jurisdiction", "term")),
        *codenames(("view", "add", "change"), ("user",)),
    ],
    "Auditor": codenames(("view",), WORKBENCH + REFERENCE + TRAIL),
}


def ensure_groups(apps=installed) -> None:  # type: ignore[no-untyped-def]
    """Bring every group to exactly these permissions. Safe to call at any time, any number."""
    for label in ("policy", "auth"):
        config = apps.get_app_config(label)
        config.models_module = config.models_module or True
        create_permissions(config, apps=apps, verbosity=0)
    permissions = apps.get_model("auth", "Permission").objects
    for name, wanted in GROUPS.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.set(
            permissions.filter(
                Q(content_type__app_label="policy") | Q(content_type__app_label="auth"),
                codename__in=wanted,
            )
        )
