"""A workbench full of what nobody may see: drafts, reviews, unpublished edits, private notes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from django.db.models.functions import Cast, Concat

from policy import audit
from policy.models import (
    RECORDS,
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

POISON = "zqsentinelqz"
PARTS = [ActionAgency, ActionDate, ActionEntity, Citation, Figure, Note, Relation, Unknown]
DRAFTS = {kind: f"{POISON}-{kind}" for kind in RECORDS}


def poison(model) -> None:
    """Fill every text of a workbench table, past every form that would mind."""
    texts = (models.CharField, models.TextField)
    marked = Concat(Value(POISON), Cast("pk", models.CharField()))
    fields = [f for f in model._meta.concrete_fields if f.name != "slug"]
    changes = {f.name: marked for f in fields if isinstance(f, texts)}
    changes |= {f.name: [POISON] for f in fields if isinstance(f, ArrayField)}
    if changes:
        assert model.objects.update(**changes) == model.objects.count()


def poison_everything() -> None:
    """Every text of the workbench, and the text of every article."""
    SourceText.objects.bulk_create(
        SourceText(source=source, raw=POISON.encode(), text=f"{POISON} article")
        for source in Source.objects.filter(attached=None)
    )
    for model in [*RECORDS.values(), *PARTS]:
        assert model.objects.exists()
        poison(model)


def unsettle() -> None:
    """What is coded too: places, words of the codebook, days and figures of published records."""
    Action.objects.update(status_id="status.dropped", stance_id="stance.promote")
    Agency.objects.update(jurisdiction_id="FR")
    Entity.objects.update(jurisdiction_id="FR")
    Source.objects.update(language="fr", published_earliest="1999-01-01")
    ActionDate.objects.update(earliest="1999-01-01", latest="1999-01-02")
    Figure.objects.update(value=987654)
    for row in Action.objects.all():
        row.jurisdictions.set(["FR"])
        row.activities.set(["activity.custody"])


def add_drafts() -> list[Record]:
    """A draft of each kind, the action tied to what is published. Returns what to review."""
    published = Action.objects.filter(slug__in=live("action")).first()
    where = make.source(DRAFTS["source"], title=POISON)
    who = make.agency(DRAFTS["agency"], name=POISON, parent=Agency.objects.first())
    draft = make.action(DRAFTS["action"], title=POISON, agency=who, source=where, place="FR")
    make.entity(DRAFTS["entity"], name=POISON)
    Relation.objects.create(action=draft, target=published, type_id="relation.part_of")
    make.cite(draft, Source.objects.get(slug=live("source").first()))
    make.action(f"{POISON}-returned", title=POISON, agency=who, source=where)
    return [draft, published]


def live(kind: str):
    return Revision.objects.current(kind).order_by("record").values_list("record", flat=True)


def poison_review(row: Record) -> None:
    curator = make.user(f"{POISON}-curator", "Curator")
    reviewer = make.user(f"{POISON}-reviewer", "Reviewer")
    Credit.objects.update_or_create(user=curator, defaults={"public_name": POISON})
    review.ask(row, curator, POISON)
    review.comment(row, curator, [(POISON, POISON)])
    review.give_back(row, reviewer, [("", POISON)])
    review.ask(row, curator, POISON)
    audit.write("edited", row, curator, changes=[[POISON, POISON, POISON]])
