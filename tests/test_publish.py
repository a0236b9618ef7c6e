"""Publishing freezes what a record asserts, when a reviewer who did not edit it says so."""

import copy
import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Count

from bench import generate
from policy.documents.build import build_draft
from policy.documents.coverage import count_coverage
from policy.hashes import sha256_hex
from policy.models import Action, Coverage, Facet, FacetValue, Revision, Unknown
from policy.publishing import index, ledger, publish, restore
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def current(row):
    return Revision.objects.as_of(None).get(kind=row.KIND, record=row.slug)


def retitle(row, title, by=None):
    row.title, row.edited_by = title, by
    row.save()


def test_published_document_is_the_draft_in_its_envelope():
    row = make.publish_new_action("ban")
    document = json.loads(current(row).document)
    envelope = {k: document.pop(k) for k in ("schema_version", "kind", "revision", "licence")}
    published_at, review = document.pop("published_at"), document.pop("review")
    assert envelope == {
        "schema_version": 2,
        "kind": "action",
        "revision": 1,
        "licence": "CC-BY-4.0",
    }
    assert review == {
        "state": "reviewed",
        "reviewers": 1,
        "reviewed_at": published_at,
        "released_by": None,
    }
    assert document == build_draft(row)


def test_digest_is_of_the_stored_bytes():
    revision = current(make.publish_new_action("ban"))
    assert revision.digest == sha256_hex(revision.document)


def test_unchanged_record_is_not_published_again():
    row = make.publish_new_action("ban")
    version = Revision.objects.version()
    assert publish.publish([row], by=make.reviewer()) == []
    assert Revision.objects.version() == version


def test_change_is_a_second_revision_and_ends_the_first():
    row = make.publish_new_action("ban")
    retitle(row, "A wider ban")
    (second,) = publish.publish([row], by=make.reviewer(), reason="Wider than thought.")
    first = Revision.objects.get(kind="action", record="ban", number=1)
    assert (second.number, second.event, second.reason) == (2, "revise", "Wider than thought.")
    assert first.superseded_at == second.published_at
    assert set(Facet.objects.filter(revision=first).values_list("superseded_by")) == {(second.id,)}


def test_versions_count_without_gaps_and_instants_rise():
    for number in range(3):
        make.publish_new_action(f"ban-{number}")
    ids, instants = zip(
        *Revision.objects.order_by("id").values_list("id", "published_at"), strict=True
    )
    assert list(ids) == list(range(1, len(ids) + 1))
    assert list(instants) == sorted(set(instants))


def test_last_editor_may_not_publish():
    reviewer = make.reviewer()
    row = make.action("ban", edited_by=reviewer)
    with pytest.raises(publish.PublishingError, match="Someone else must review"):
        publish.publish([row], by=reviewer)
    assert not Revision.objects.exists()


def test_team_of_one_may_review_itself_and_says_so(settings):
    settings.SELF_REVIEW = True
    reviewer = make.reviewer()
    body = make.agency("ministry", edited_by=reviewer)
    (revision,) = publish.publish([body], by=reviewer)
    assert json.loads(revision.document)["review"]["state"] == "self_reviewed"
    assert json.loads(revision.document)["review"]["reviewers"] == 0


def test_database_holds_four_eyes_too():
    person = make.reviewer()
    revision = current(make.publish_new_action("ban"))
    copy = Revision.objects.get(pk=revision.pk)
    copy.id, copy.number, copy.record = revision.id + 1, 1, "other"
    copy.edited_by = copy.published_by = person
    copy.published_at = copy.published_at.replace(year=2100)
    with pytest.raises(IntegrityError, match="revision_four_eyes"), transaction.atomic():
        copy.save(force_insert=True)


def test_curator_may_not_publish():
    row = make.action("ban")
    with pytest.raises(publish.PublishingError, match="Ask a reviewer"):
        publish.publish([row], by=make.curator())


def test_references_must_be_published_before_or_together():
    row = make.action("ban", agency=make.agency("ministry"), source=make.source("article"))
    with pytest.raises(publish.PublishingError) as refused:
        publish.publish([row], by=make.reviewer())
    assert refused.value.messages == [
        "ban: publish the agency ministry first, or both together.",
        "ban: publish the source article first, or both together.",
    ]
    assert not Revision.objects.exists()


def test_value_without_citation_and_silent_field_are_refused():
    row = make.action("ban")
    row.citations.all().delete()
    Unknown.objects.filter(action=row).delete()
    with pytest.raises(publish.PublishingError) as refused:
        make.publish_all(row)
    assert "ban: type: No citation supports this value. Add one." in refused.value.messages
    assert (
        "ban: penalty: The field is empty. Give the reason under unknowns."
        in refused.value.messages
    )


def test_preview_that_went_stale_is_refused():
    row = make.publish_new_action("ban")
    key = ("action", "ban")
    retitle(row, "Second title")
    seen = {key: publish.record_content_hash(row, current(row))}
    retitle(row, "Third title")
    with pytest.raises(publish.PublishingConflict, match="changed since you opened it"):
        publish.publish([row], by=make.reviewer(), seen=seen)
    seen = {key: publish.record_content_hash(row, current(row))}
    assert len(publish.publish([row], by=make.reviewer(), seen=seen)) == 1


def test_withdrawing_leaves_a_tombstone_with_the_reason():
    row = make.publish_new_action("ban")
    revision = publish.withdraw(row, by=make.reviewer(), reason="Misread.")
    assert json.loads(revision.document) == {
        "schema_version": 2,
        "kind": "action",
        "id": "ban",
        "revision": 2,
        "published_at": json.loads(revision.document)["published_at"],
        "event": "withdraw",
        "reason": "Misread.",
        "merged_into": None,
        "licence": "CC-BY-4.0",
    }
    assert not Facet.objects.filter(record="ban", superseded_by=None).exists()


@pytest.mark.parametrize("reason", ["", "  "])
def test_withdrawing_takes_a_reason(reason):
    row = make.publish_new_action("ban")
    with pytest.raises(publish.PublishingError, match="Enter a reason"):
        publish.withdraw(row, by=make.reviewer(), reason=reason)


def test_withdrawing_takes_a_reviewer_and_a_published_record():
    row = make.publish_new_action("ban")
    with pytest.raises(publish.PublishingError, match="Ask a reviewer"):
        publish.withdraw(row, by=make.curator(), reason="No.")
    with pytest.raises(publish.PublishingError, match="is not published"):
        publish.withdraw(make.action("draft"), by=make.reviewer(), reason="No.")


def test_withdrawn_record_can_be_published_again():
    row = make.publish_new_action("ban")
    publish.withdraw(row, by=make.reviewer(), reason="Misread.")
    (again,) = publish.publish([row], by=make.reviewer())
    assert (again.number, again.event) == (3, "publish")


def test_nothing_is_published_that_refers_to_a_withdrawn_record():
    ministry, article = make.agency("ministry"), make.source("article")
    make.publish_all(ministry, article)
    publish.withdraw(ministry, by=make.reviewer(), reason="No such body.")
    row = make.action("ban", agency=ministry, source=article)
    with pytest.raises(publish.PublishingError) as refused:
        publish.publish([row], by=make.reviewer())
    assert refused.value.messages == ["ban: publish the agency ministry first, or both together."]


def test_record_that_others_rest_on_is_not_withdrawn():
    body = make.agency("ministry")
    make.publish_new_action("ban", agency=body)
    with pytest.raises(publish.PublishingError) as refused:
        publish.withdraw(body, by=make.reviewer(), reason="No such body.")
    assert refused.value.messages == ["The action ban refers to this record. Revise it first."]


def test_merging_names_the_record_that_takes_over():
    first, second = make.publish_new_action("ban"), make.publish_new_action("same-ban")
    revision = publish.merge(second, first, by=make.reviewer(), reason="Told twice.")
    assert (revision.event, revision.merged_into) == ("merge", "ban")
    with pytest.raises(publish.PublishingError, match="was merged into ban"):
        publish.publish([second], by=make.reviewer())


def test_merging_needs_another_published_record_of_the_kind():
    row, by = make.publish_new_action("ban"), make.reviewer()
    with pytest.raises(publish.PublishingError, match="another record of the same kind"):
        publish.merge(row, row, by=by, reason="Same.")
    with pytest.raises(publish.PublishingError, match="Choose a published record to merge into"):
        publish.merge(row, make.action("draft"), by=by, reason="Same.")


def test_citation_that_does_not_hold_is_refused():
    where = make.source("article")
    make.attach_source_text(where, make.SOURCE_TEXT.replace("banned", "praised"))
    row = make.action("ban", source=where)
    with pytest.raises(publish.PublishingError) as refused:
        make.publish_all(row)
    assert refused.value.messages == [
        "ban: citations/article/0/sha256: the SHA-256 does not match the passage at 0-37."
    ]


def test_reference_carries_the_name_that_stands_in_public():
    later = "Ministry of Later"
    body, where = make.agency("ministry", name="Ministry"), make.source("article")
    row = make.publish_new_action("ban", agency=body, source=where)
    body.name, row.title = later, "A wider ban"
    where.source_class_id = "source_class.official_primary"
    for changed in (body, where, row):
        changed.save()
    (revision,) = publish.publish([row], by=make.reviewer())
    assert later not in revision.document
    assert '"level":"single_source"' in revision.document
    assert publish.publish([body], by=make.reviewer())
    assert later in publish.publish([row], by=make.reviewer())[0].document


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": 1, "digest": "0" * 64}, "Version 1 of this database is another revision."),
        ({"id": 9}, "action ban@2 does not follow version 3."),
        ({"published_at": datetime(2021, 1, 1, tzinfo=UTC)}, "ban@2 does not follow version 3."),
        ({"number": 5}, "action ban@5 does not follow the revisions before it."),
    ],
)
def test_restore_refuses_what_does_not_follow(changes, message):
    make.publish_new_action("ban")
    line = Revision.objects.of_record("action", "ban").get()
    line.id, line.number, line.event = line.id + 1, 2, "revise"
    line.published_at += ledger.ONE_MICROSECOND
    for name, value in changes.items():
        setattr(line, name, value)
    with pytest.raises(publish.PublishingError, match=message):
        restore.restore([(line, {})])


def test_restore_refuses_a_second_revision_of_one_instant():
    make.publish_new_action("ban")
    line = Revision.objects.latest("id")
    line.id, line.record = line.id + 1, "raid"
    with pytest.raises(publish.PublishingError) as refused:
        restore.restore([(line, {})])
    assert refused.value.messages == ["action raid@1 does not follow version 3."]


def test_restore_refuses_another_end_than_it_was_told():
    make.publish_new_action("ban")
    first = Revision.objects.of_record("action", "ban").get()
    first.id, first.record = first.id + 1, "raid"
    first.published_at += ledger.ONE_MICROSECOND
    first.superseded_at, first.successor = first.published_at + ledger.ONE_MICROSECOND, first.id + 1
    second = copy.copy(first)
    second.id, second.number, second.superseded_at = first.id + 1, 2, None
    second.published_at += 2 * ledger.ONE_MICROSECOND
    message = "action raid@2 does not follow the revisions before it."
    body = json.loads(first.document)
    with pytest.raises(publish.PublishingError, match=message):
        restore.restore([(first, body), (second, body)])


def test_two_values_never_share_an_id():
    regulate, arrest = (1, "action", "type", "regulate"), (1, "action", "type", "arrest")
    refused = pytest.raises(IntegrityError, match="policy_facetvalue_pkey")
    with refused, transaction.atomic():
        index.insert_facet_values({regulate, arrest})
    index.insert_facet_values({regulate})
    with refused, transaction.atomic():
        index.insert_facet_values({arrest})


def test_values_count_the_records_that_stand():
    folders.make_full_history()
    make.publish_new_action("ban-of-ads", place="FR")
    publish.withdraw(Action.objects.get(slug="ban-of-ads"), make.reviewer(), "Misread.")
    standing = Facet.objects.filter(superseded_by=None).order_by()
    counted = dict(standing.values_list("value").annotate(Count("id")))
    said = dict(FacetValue.objects.values_list("id", "records"))
    assert {id: number for id, number in said.items() if number} == counted
    assert 0 in said.values()


@pytest.mark.parametrize(("batch", "most"), [(1000, 100_000), (7, 100_000), (7, 20)])
def test_a_load_counts_the_same_however_it_is_cut(monkeypatch, batch, most):
    monkeypatch.setattr(restore, "RESTORE_BATCH_SIZE", batch)
    monkeypatch.setattr(index, "MAX_PENDING_VALUES", most)
    restore.restore(generate.revisions(30))
    standing = Facet.objects.filter(superseded_by=None).order_by()
    counted = dict(standing.values_list("value").annotate(Count("id")))
    said = FacetValue.objects.filter(records__gt=0).values_list("id", "records")
    assert dict(said) == counted
    live = Revision.objects.current("action").values_list("document", flat=True)
    tallies = sum((count_coverage(json.loads(document)) for document in live), Counter())
    assert +Coverage.objects.to_counts() == tallies
