"""Fill everything that is private with a sentinel word: drafts, reviews, edits and notes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from policy import audit
from policy.models import (
    RECORD_MODELS,
    Action,
    ActionAgency,
    ActionDate,
    ActionEntity,
    Agency,
    Citation,
    Credit,
    Entity,
    Figure,
    Note,
    Record,
    Relation,
    Revision,
    Source,
    SourceText,
    Unknown,
)
from policy.publishing import review
from tests import factories as make

SENTINEL = "zqsentinelqz"
PART_MODELS = [ActionAgency, ActionDate, ActionEntity, Citation, Figure, Note, Relation, Unknown]
DRAFT_SLUGS = {kind: f"{SENTINEL}-{kind}" for kind in RECORD_MODELS}


def write_sentinel(model) -> None:
    """Fill every text of an editable table by UPDATE, without validation."""
    texts = (models.CharField, models.TextField)
    marked = Concat(Value(SENTINEL), Cast("pk", models.CharField()))
    fields = [f for f in model._meta.concrete_fields if f.name != "slug"]
    changes = {f.name: marked for f in fields if isinstance(f, texts)}
    changes |= {f.name: [SENTINEL] for f in fields if isinstance(f, ArrayField)}
    if changes:
        assert model.objects.update(**changes) == model.objects.count()


def write_sentinel_everywhere() -> None:
    """Fill every text of the editable tables, and the text of every article."""
    SourceText.objects.bulk_create(
        SourceText(source=source, raw=SENTINEL.encode(), text=f"{SENTINEL} article")
        for source in Source.objects.filter(attached=None)
    )
    for model in [*RECORD_MODELS.values(), *PART_MODELS]:
        assert model.objects.exists()
        write_sentinel(model)


def change_coded_values() -> None:
    """Change coded values of published records: places, terms, targets, dates and figures."""
    Action.objects.update(status_id="status.dropped", stance_id="stance.promote")
    Agency.objects.update(jurisdiction_id="FR")
    Entity.objects.update(jurisdiction_id="FR")
    Source.objects.update(language="fr", published_earliest="1999-01-01")
    ActionDate.objects.update(earliest="1999-01-01", latest="1999-01-02")
    Figure.objects.update(value=987654)
    for row in Action.objects.all():
        row.jurisdictions.set(["FR"])
        row.targets.create(jurisdiction_id="FR", role_id="target_role.target")
        row.activities.set(["activity.custody"])


def add_drafts() -> list[Record]:
    """Create a draft of each kind that refers to published records. Return records to review."""
    published = Action.objects.filter(slug__in=current_slugs("action")).first()
    where = make.source(DRAFT_SLUGS["source"], title=SENTINEL)
    who = make.agency(DRAFT_SLUGS["agency"], name=SENTINEL, parent=Agency.objects.first())
    draft = make.action(DRAFT_SLUGS["action"], title=SENTINEL, agency=who, source=where, place="FR")
    make.entity(DRAFT_SLUGS["entity"], name=SENTINEL)
    published.targets.create(jurisdiction_id="DE", role_id="target_role.origin")
    Relation.objects.create(action=draft, target=published, type_id="relation.part_of")
    make.cite(draft, Source.objects.get(slug=current_slugs("source").first()))
    make.action(f"{SENTINEL}-returned", title=SENTINEL, agency=who, source=where)
    return [draft, published]


def current_slugs(kind: str):
    return Revision.objects.current(kind).order_by("record").values_list("record", flat=True)


def add_sentinel_review(row: Record) -> None:
    curator = make.user(f"{SENTINEL}-curator", "Curator")
    reviewer = make.user(f"{SENTINEL}-reviewer", "Reviewer")
    Credit.objects.update_or_create(user=curator, defaults={"public_name": SENTINEL})
    review.request_review(row, curator, SENTINEL)
    review.add_comments(row, curator, [(SENTINEL, SENTINEL)])
    review.return_to_editor(row, reviewer, [("", SENTINEL)])
    review.request_review(row, curator, SENTINEL)
    audit.write_audit_event("edited", row, curator, changes=[[SENTINEL, SENTINEL, SENTINEL]])
