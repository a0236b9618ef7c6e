"""Who may export and import the drafts of a kind."""

from collections.abc import Iterable

from django.contrib.auth.models import User

from policy.models import CHILD_MODELS


def has_kind_permissions(user: User, verbs: Iterable[str], model_name: str) -> bool:
    return all(user.has_perm(f"policy.{verb}_{model_name}") for verb in verbs)


def part_model_names(kind: str) -> list[str]:
    """Return the names of the models whose rows belong to a record of a kind."""
    if kind != "action":
        return []
    return [str(model._meta.model_name) for model, _, _ in CHILD_MODELS.values()]


def can_export_drafts(user: User, kind: str) -> bool:
    names = [kind, *part_model_names(kind)]
    return all(has_kind_permissions(user, ["view"], name) for name in names)


def can_import_drafts(user: User, kind: str) -> bool:
    """Return whether a user may do with the form what an import does: it replaces all rows."""
    return has_kind_permissions(user, ["add", "change"], kind) and all(
        has_kind_permissions(user, ["add", "change", "delete"], name)
        for name in part_model_names(kind)
    )
