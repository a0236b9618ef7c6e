"""What was published cannot be changed, not even by plain SQL."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from policy.models import Revision
from policy.publishing import publish
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def refused(sql, *parameters):
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    return str(error.value).splitlines()[0]


FIELDS = [field for field in Revision._meta.concrete_fields if field.name != "superseded_at"]
OTHER = {
    "id": "id + 1000",
    "number": "number + 1",
    "published_at": "now() + interval '1 day'",
    "redacted": "true",
    "changed": "'{other}'",
}


@pytest.mark.parametrize("column", [field.column for field in FIELDS])
def test_no_column_of_a_revision_can_be_updated(column):
    make.publish_new_action("ban")
    user = make.reviewer().pk
    value = OTHER.get(column, str(user) if column.endswith("_by_id") else "'other'")
    nobody = "edited_by_id IS NULL" if column == "edited_by_id" else "true"
    if column == "published_by_id":
        value = "NULL"
    message = refused(
        f"UPDATE policy_revision SET {column} = {value} WHERE record = 'ban' AND {nobody}"
    )
    assert message.endswith("(action ban) was published and cannot be changed or deleted.")


def test_no_revision_can_be_deleted():
    make.publish_new_action("ban")
    assert "cannot be changed or deleted" in refused("DELETE FROM policy_revision")


def test_superseded_revision_cannot_be_resurrected_or_moved():
    row = make.publish_new_action("ban")
    row.title = "Another title"
    row.save()
    publish.publish([row], by=make.reviewer())
    first = "WHERE record = 'ban' AND number = 1"
    for value in ("NULL", "now()"):
        message = refused(f"UPDATE policy_revision SET superseded_at = {value} {first}")
        assert "cannot be changed" in message


def test_superseding_cannot_smuggle_a_change():
    make.publish_new_action("ban")
    sql = "UPDATE policy_revision SET superseded_at = now() + interval '1 day', reason = 'x'"
    assert "cannot be changed" in refused(sql)


def test_a_life_ends_after_it_began():
    make.publish_new_action("ban")
    with pytest.raises(IntegrityError, match="revision_life_in_order"), transaction.atomic():
        Revision.objects.filter(record="ban").update(
            superseded_at=timezone.now() - timezone.timedelta(days=1)
        )


def test_document_and_digest_cannot_disagree():
    revision = Revision.objects.get(pk=make.publish_new_action("ban").current.pk)
    revision.id, revision.record, revision.number = revision.id + 1, "other", 1
    revision.published_at = revision.published_at.replace(year=2100)
    revision.document += " "
    with pytest.raises(IntegrityError, match="revision_digest_is_true"), transaction.atomic():
        revision.save(force_insert=True)


def test_a_record_has_one_current_revision():
    revision = Revision.objects.get(pk=make.publish_new_action("ban").current.pk)
    revision.id, revision.number = revision.id + 1, 2
    revision.published_at = revision.published_at.replace(year=2100)
    with pytest.raises(IntegrityError, match="revision_one_current"), transaction.atomic():
        revision.save(force_insert=True)


def test_public_id_is_fixed_and_published_rows_are_kept():
    make.publish_new_action("ban")
    assert refused("UPDATE policy_action SET slug = 'other'") == (
        "The id ban of this action is published and cannot be changed to other, because others "
        "cite it."
    )
    assert refused("DELETE FROM policy_action") == (
        "The action ban is published and cannot be deleted."
    )


def test_draft_may_change_its_id():
    row = make.action("ban")
    row.slug = "better-name"
    row.full_clean()
    row.save()
    assert row.slug == "better-name"


def test_form_names_the_fixed_id():
    row = make.publish_new_action("ban")
    row.slug = "other"
    with pytest.raises(Exception, match="is published and cannot be changed to other"):
        row.full_clean()


WRITE_FACET = (
    "INSERT INTO policy_facet (value_id, date, record, revision_id)"
    " SELECT {value}, date, record, {revision} FROM policy_facet"
)
NEEDS = "A facet must refer to an existing revision and an existing value."


@pytest.mark.parametrize(
    "wrong", [{"revision": "revision_id + 1000"}, {"value": "value_id + 1"}, {"revision": "0"}]
)
def test_no_facet_stands_for_nothing(wrong):
    make.publish_new_action("ban")
    names = {"value": "value_id", "revision": "revision_id"}
    assert refused(WRITE_FACET.format(**names | wrong)) == NEEDS


def test_facets_stay_and_so_do_their_values():
    make.publish_new_action("ban")
    stays = "The revision and the value of a facet cannot be changed."
    assert refused("UPDATE policy_facet SET value_id = value_id + 1") == stays
    assert refused("UPDATE policy_facet SET revision_id = revision_id + 1") == stays
    kept = "Facets still refer to the value activity mining."
    mining = "WHERE kind = 'action' AND facet = 'activity' AND value = 'mining'"
    assert refused(f"DELETE FROM policy_facetvalue {mining}") == kept
    assert refused(f"UPDATE policy_facetvalue SET id = id + 1 {mining}") == kept
