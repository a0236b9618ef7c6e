"""The database refuses what makes no sense, and says so in words for people."""

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction

from policy.models import ActionAgency, ActionDate, ActionEntity, Citation, Figure, Note, Relation
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
DIGEST = "0" * 64


def of_date(row, **changes):
    values = {
        "kind_id": "date.adopted",
        "earliest": "2021-06-09",
        "latest": "2021-06-09",
        "precision_id": "precision.day",
        "basis_id": "basis.stated",
    }
    return ActionDate(action=row, **values | changes)


def of_citation(row, **changes):
    where = row.citations.first().source
    values = {"start": 5, "end": 9, "sha256": DIGEST, "paragraph": 1, "quote": ""}
    return Citation(action=row, source=where, **values | changes)


def of_agency(row, **changes):
    values = {
        "agency": row.agencies.first().agency,
        "role_id": "agency_role.enforcer",
        "naming_id": "naming.named",
    }
    return ActionAgency(action=row, **values | changes)


def of_figure(row, **changes):
    values = {
        "kind_id": "figure.persons_arrested",
        "value": 1,
        "comparator_id": "comparator.exactly",
        "unit": "persons",
    }
    return Figure(action=row, **values | changes)


CASES = [
    (of_date, {"earliest": "2021-06-10"}, "The earliest day must not be after the latest day."),
    (
        of_date,
        {"earliest": None, "latest": None},
        "Enter a first or last day, or remove the date and give the reason.",
    ),
    (of_date, {"kind_id": "date.occurred"}, "This action already has a date of this kind."),
    (of_date, {"kind_id": "status.adopted"}, "'status.adopted' is not a valid choice"),
    (of_citation, {"end": 5}, "The end of the passage must be after its start."),
    (of_citation, {"start": 0, "end": 37}, "This action already cites this passage."),
    (of_citation, {"quote": "one two three four five six seven eight nine"}, "at most eight words"),
    (of_agency, {"role_id": "agency_role.issuer"}, "already has this agency in this role."),
    (of_agency, {"agency": None}, "Choose a record or enter the description from the source."),
    (
        of_agency,
        {"agency": None, "described_as": "!!!"},
        "Choose a record or enter the description",
    ),
    (of_figure, {"value": -1}, "A figure must not be negative."),
]


@pytest.mark.parametrize(("build", "changes", "message"), CASES)
def test_forms_and_the_database_refuse_alike(build, changes, message):
    row = make.action("ban")
    with pytest.raises(ValidationError, match=message):
        build(row, **changes).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        build(row, **changes).save()


@pytest.mark.parametrize("build", [of_date, of_citation, of_agency, of_figure])
def test_sound_rows_pass(build):
    part = build(make.action("ban"))
    part.supports = [{"field": "type", "basis": "stated", "reason": ""}]
    part.full_clean()
    part.save()


def test_passage_ends_inside_its_source():
    row = make.action("ban")
    part = of_citation(row, end=10_000)
    with pytest.raises(ValidationError, match="text of the source has only 88 characters"):
        part.full_clean()
    beyond = "The passage ends at 10000, but the source has 88"
    with pytest.raises(DatabaseError, match=beyond), transaction.atomic():
        part.save()


def test_source_cannot_shrink_under_its_passages():
    where = make.action("ban").citations.first().source
    where.characters = 36
    with (
        pytest.raises(DatabaseError, match="ends after its last character, 36"),
        transaction.atomic(),
    ):
        where.save()


def test_relation_needs_another_action():
    row = make.action("ban")
    part = Relation(action=row, target=row, type_id="relation.part_of")
    with pytest.raises(ValidationError, match="cannot be related to itself"):
        part.full_clean()


WRONG = [("penalties", "stance.permit"), ("activities", "unit.act")]


@pytest.mark.parametrize(("field", "wrong"), WRONG)
def test_lists_hold_terms_of_their_vocabulary(field, wrong):
    row = make.action("ban")
    with (
        pytest.raises(DatabaseError, match=r"does not belong to the vocabulary"),
        transaction.atomic(),
    ):
        getattr(row, field).add(wrong)


@pytest.mark.parametrize("slug", ["Upper", "two--hyphens", "-lead", "späce", "a b", ""])
def test_public_ids_have_one_form(slug):
    body = make.agency("ministry")
    body.slug = slug
    with pytest.raises(ValidationError):
        body.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        body.save()


def test_entity_and_note_rows_stay_in_their_vocabulary():
    row = make.action("ban")
    with pytest.raises(IntegrityError), transaction.atomic():
        Note.objects.create(action=row, kind_id="unit.act", text="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        ActionEntity.objects.create(
            action=row, role_id="agency_role.issuer", naming_id="naming.unnamed", described_as="a"
        )
