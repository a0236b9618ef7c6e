"""The keys by which supports, notes and claims name the values of an action."""

from collections.abc import Mapping

from django.utils.text import slugify


def actor_key(row: Mapping[str, object]) -> str:
    """Return how supports name an actor: the id, or a slug of the words that describe the actor.

    `row` is a row of `agencies` or `entities`. Its reference may be an object or a plain id.
    """
    reference = row.get("agency") or row.get("entity")
    if isinstance(reference, dict):
        reference = reference.get("id")
    return str(reference or slugify(str(row.get("described_as") or "")))
