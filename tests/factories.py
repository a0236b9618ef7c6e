"""Functions that create records. `publish_new_action` calls the real publish()."""

import hashlib
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from policy.documents.build import build_draft
from policy.documents.evidence import coded_fields
from policy.models import (
    RECORD_MODELS,
    Action,
    ActionAgency,
    ActionDate,
    Agency,
    Citation,
    Entity,
    Record,
    Source,
    SourceText,
    Term,
    Unknown,
)
from policy.publishing import publish

SOURCE_TEXT = (
    "The ministry banned mining on 9 June.\n\nPolice arrested more than 20 people in the north."
)
PASSAGE = (0, 37)
slug_numbers = count(1)


def user(name: str, *groups: str) -> User:
    person, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    person.groups.set(Group.objects.filter(name__in=groups))
    return User.objects.get(pk=person.pk)


def curator() -> User:
    return user("curator", "Curator")


def reviewer() -> User:
    return user("reviewer", "Reviewer")


def term(vocabulary: str, code: str) -> Term:
    return Term.objects.get(pk=f"{vocabulary}.{code}")


def agency(slug: str = "", **changes: Any) -> Agency:
    slug = slug or f"agency-{next(slug_numbers)}"
    values = {"name": slug.title(), "type_id": "agency_kind.ministry", "jurisdiction_id": "CN"}
    return Agency.objects.create(slug=slug, **values | changes)


def entity(slug: str = "", **changes: Any) -> Entity:
    slug = slug or f"entity-{next(slug_numbers)}"
    return Entity.objects.create(
        slug=slug, **{"name": slug.title(), "type_id": "entity_kind.company"} | changes
    )


def source(slug: str = "", text: str = SOURCE_TEXT, **changes: Any) -> Source:
    slug = slug or f"source-{next(slug_numbers)}"
    raw = text.encode()
    values = {
        "title": slug.title(),
        "language": "en",
        "source_class_id": "source_class.wire",
        "sha256": hashlib.sha256(raw + slug.encode()).hexdigest(),
        "bytes": len(raw),
        "text_sha256": hashlib.sha256(raw).hexdigest(),
        "characters": len(text),
    }
    return Source.objects.create(slug=slug, **values | changes)


def action(slug: str = "", **changes: Any) -> Action:
    """A whole action that can be published: `source`, `agency`, `day`, `place` may be given."""
    slug = slug or f"action-{next(slug_numbers)}"
    where = changes.pop("source", None) or source()
    who = changes.pop("agency", None) or agency()
    day, place = changes.pop("day", "2021-06-09"), changes.pop("place", "CN")
    values = {
        "title": slug.title(),
        "summary": f"What {slug} did.",
        "unit_id": "unit.act",
        "type_id": "type.regulate",
        "status_id": "status.in_force",
        "stance_id": "stance.prohibit",
        "attribution_id": "attribution.government",
        "legal_force_id": "legal_force.binding_rule",
    }
    row = Action.objects.create(slug=slug, **values | changes)
    row.jurisdictions.set([place])
    row.activities.set(["activity.mining"])
    ActionAgency.objects.create(
        action=row, agency=who, role_id="agency_role.issuer", naming_id="naming.named"
    )
    add_date(row, day)
    Unknown.objects.create(action=row, field="penalty", reason="The source names none.")
    cite(row, where)
    return row


def add_date(
    row: Action, day: str | None, kind: str = "occurred", latest: str | None = None
) -> None:
    ActionDate.objects.create(
        action=row,
        kind_id=f"date.{kind}",
        earliest=day,
        latest=latest or day,
        precision_id="precision.range" if latest else "precision.day",
        basis_id="basis.stated",
    )


def remove_date(row: Action) -> None:
    """Remove the only date of an action and state a reason."""
    row.dates.all().delete()
    Unknown.objects.create(action=row, field="dates", reason="The source gives no day.")
    citation = row.citations.get()
    citation.supports = [s for s in citation.supports if s["field"] != "dates/occurred"]
    citation.save()


def cite(row: Action, where: Source, start: int = PASSAGE[0], end: int = PASSAGE[1]) -> Citation:
    """Cite a passage for every coded value of an action."""
    fields = coded_fields(build_draft(row))
    return Citation.objects.create(
        action=row,
        source=where,
        start=start,
        end=end,
        sha256=hashlib.sha256(SOURCE_TEXT[start:end].encode()).hexdigest(),
        paragraph=1,
        quote="banned mining",
        supports=[{"field": field, "basis": "stated", "reason": ""} for field in fields],
    )


def publish_all(*records: Record) -> None:
    """Publish records and everything that they refer to."""
    everything = [
        row for kind in list(RECORD_MODELS)[:3] for row in RECORD_MODELS[kind].objects.all()
    ]
    publish.publish([*everything, *records], by=reviewer())


def publish_new_action(slug: str = "", **changes: Any) -> Action:
    row = action(slug, **changes)
    publish_all(row)
    return row


def attach_source_text(where: Source, text: str) -> None:
    SourceText.objects.create(source=where, raw=text.encode(), text=text)
