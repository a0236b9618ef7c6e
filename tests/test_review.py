"""Draft, in review, published: who may do what, and what ends a review."""

import json
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from policy.hashes import sha256_hex
from policy.models import (
    RECORD_MODELS,
    Acceptance,
    Action,
    ActionEntity,
    AuditEvent,
    Comment,
    Figure,
    Note,
    Relation,
    Review,
    Revision,
)
from policy.publishing import approval, ledger, publish, review
from tests import factories as make

pytestmark = [
    *(pytest.mark.django_db, pytest.mark.postgresql),
    pytest.mark.usefixtures("few_places"),
]


@pytest.fixture
def people():
    """Two who code and three who review."""
    return make.curator(), make.reviewer(), make.user("second", "Reviewer")


def edit(row, by, **changes):
    type(row).objects.filter(pk=row.pk).update(edited_by=by, **changes)
    row.refresh_from_db()


def seen(row):
    return publish.record_content_hash(row, row.current)


def outcomes(row):
    return list(review.reviews_of(row).values_list("outcome", flat=True))


def audit_events(row):
    return list(
        AuditEvent.objects.filter(kind=row.KIND, row=row.pk).values_list("what", "by__username")
    )


# The way to publication


def test_asked_accepted_and_published(people):
    curator, reviewer, second = people
    row = make.agency("police", edited_by=curator)
    asked = review.request_review(row, curator, " Is the name right? ")
    assert (asked.remark, asked.asked_by, asked.edited_by) == (
        "Is the name right?",
        curator,
        curator,
    )
    review.accept(row, reviewer, seen(row))
    assert outcomes(row) == [""]
    (revision,) = publish.publish([row], second)
    said = json.loads(revision.document)["review"]
    assert (said["state"], said["reviewers"]) == ("reviewed", 2)
    assert outcomes(row) == ["published"]
    assert audit_events(row) == [
        ("asked", "curator"),
        ("accepted", "reviewer"),
        ("publish", "second"),
    ]


def test_publishing_is_itself_an_acceptance(people):
    curator, reviewer, _ = people
    row = make.agency("police", edited_by=curator)
    publish.publish([row], reviewer)
    (kept,) = review.reviews_of(row)
    assert (kept.asked_by, kept.edited_by, kept.closed_by) == (None, curator, reviewer)
    assert list(kept.acceptances.values_list("by", flat=True)) == [reviewer.pk]


def test_publishing_may_take_two(people, settings):
    settings.REVIEWS = 2
    curator, reviewer, second = people
    row = make.agency("police", edited_by=curator)
    with pytest.raises(publish.PublishingError) as refused:
        publish.publish([row], reviewer)
    assert refused.value.messages == [
        "Police needs 2 reviewers before it can be published. With you, it has 1. Accept it, "
        "and let another reviewer publish it."
    ]
    assert Review.objects.count() == 0
    review.accept(row, reviewer, seen(row))
    review.accept(row, reviewer, seen(row))
    with pytest.raises(publish.PublishingError, match="With you, it has 1"):
        publish.publish([row], reviewer)
    (revision,) = publish.publish([row], second)
    assert json.loads(revision.document)["review"]["reviewers"] == 2


def test_returned_with_comments_and_asked_again(people):
    curator, reviewer, second = people
    row = make.agency("police", edited_by=curator)
    review.request_review(row, curator)
    review.return_to_editor(row, reviewer, [("name", "Which police?"), ("", " "), ("", "Nearly.")])
    edit(row, curator, name="Police of China")
    review.add_comments(row, curator, [("name", "Now it says.")])
    review.request_review(row, curator)
    assert outcomes(row) == ["returned", ""]
    publish.publish([row], second)
    assert [(c.by.username, c.field, c.text) for c in review.comments_on(row)] == [
        ("reviewer", "name", "Which police?"),
        ("reviewer", "", "Nearly."),
        ("curator", "name", "Now it says."),
    ]


def test_returning_takes_words_and_an_open_review(people):
    curator, reviewer, _ = people
    row = make.agency("police", edited_by=curator)
    with pytest.raises(publish.PublishingConflict, match="no longer in review"):
        review.return_to_editor(row, reviewer, [("", "No.")])
    review.request_review(row, curator)
    with pytest.raises(publish.PublishingError, match="Enter a comment"):
        review.return_to_editor(row, reviewer, [("name", "  ")])
    assert outcomes(row) == [""]


def test_only_who_asked_recalls(people):
    curator, reviewer, _ = people
    row = make.agency("police", edited_by=curator)
    review.request_review(row, curator)
    with pytest.raises(
        publish.PublishingError, match="Only curator, who requested this review, can cancel it"
    ):
        review.cancel_review(row, reviewer)
    review.cancel_review(row, curator)
    assert outcomes(row) == ["recalled"]


def test_one_review_at_a_time_and_none_for_nothing(people):
    curator, reviewer, _ = people
    row, twin = make.agency("police", edited_by=curator), make.agency("twin")
    review.request_review(row, curator)
    with pytest.raises(publish.PublishingError, match="already in review"):
        review.request_review(row, curator)
    publish.publish([row, twin], reviewer)
    with pytest.raises(publish.PublishingError, match="has no unpublished changes"):
        review.request_review(row, curator)
    with pytest.raises(publish.PublishingError, match="has no unpublished changes"):
        review.accept(row, reviewer, seen(row))
    publish.merge(twin, row, reviewer, "The same.")
    with pytest.raises(publish.PublishingError, match="was merged into police"):
        review.request_review(twin, curator)


def test_withdrawing_and_merging_end_a_review(people):
    curator, reviewer, _ = people
    rows = gone, twin, kept = [make.agency(slug) for slug in ("gone", "twin", "kept")]
    publish.publish(rows, reviewer)
    for row in rows:
        edit(row, curator, description="Another.")
        review.request_review(row, curator)
    publish.withdraw(gone, reviewer, "Never was.")
    publish.merge(twin, kept, reviewer, "The same.")
    assert [outcomes(row)[1:] for row in rows] == [["voided"], ["voided"], [""]]
    assert [audit_events(row)[-1] for row in rows[:2]] == [
        ("withdraw", "reviewer"),
        ("merge", "reviewer"),
    ]


def test_roles_hold_outside_pages_too(people):
    curator, _, _ = people
    row, auditor = make.agency("police", edited_by=curator), make.user("auditor", "Auditor")
    with pytest.raises(publish.PublishingError, match="Ask a curator"):
        review.request_review(row, auditor)
    review.request_review(row, curator)
    for act in (
        lambda: review.accept(row, curator, seen(row)),
        lambda: review.return_to_editor(row, curator, [("", "No.")]),
    ):
        with pytest.raises(publish.PublishingError, match="Ask a reviewer"):
            act()
    with pytest.raises(publish.PublishingError, match="Ask a curator"):
        review.add_comments(row, auditor, [("", "Hm.")])


def test_an_acceptance_is_of_what_was_seen(people):
    curator, reviewer, second = people
    row = make.agency("police", edited_by=curator)
    mark = seen(row)
    edit(row, curator, description="Another.")
    with pytest.raises(publish.PublishingConflict, match="changed since you opened it"):
        review.accept(row, reviewer, mark)
    review.accept(row, reviewer, seen(row))
    # What it refers to changed its public name: the record is as it was, its document is not.
    parent = make.agency("state")
    publish.publish([parent], second)
    edit(row, curator, parent=parent)
    review.request_review(row, curator)
    review.accept(row, reviewer, seen(row))
    edit(parent, None, name="The State")
    publish.publish([parent], second)
    (revision,) = publish.publish([row], second)
    assert json.loads(revision.document)["review"]["reviewers"] == 1


# What ends a review: any edit of what the record asserts, by whatever path


def in_review(kind):
    row = getattr(make, kind)("thing")
    if kind == "action":
        ActionEntity.objects.create(
            action=row,
            entity=make.entity(),
            role_id="entity_role.acted",
            naming_id="naming.named",
        )
        Figure.objects.create(
            action=row,
            kind_id="figure.sites_closed",
            value=3,
            comparator_id="comparator.about",
            unit="sites",
        )
        Note.objects.create(action=row, kind_id="note.doubt", text="Perhaps.")
        Relation.objects.create(action=row, type_id="relation.follows_up", target=make.action())
        row.penalties.set(["penalty.fine"])
    review.request_review(row, make.curator())
    review.accept(row, make.reviewer(), seen(row))
    return row


ASSERTED = {
    ("agency", "name"): "Another",
    ("agency", "parent"): None,
    ("entity", "aliases"): ["Another"],
    ("source", "publisher"): "Another",
    ("action", "title"): "Another",
    ("action", "stance_id"): None,
}


@pytest.mark.parametrize(("kind", "field"), ASSERTED)
def test_an_edit_of_the_record_voids_its_review(kind, field):
    row, value = in_review(kind), ASSERTED[kind, field]
    if field == "parent":
        value = make.agency("state")
    RECORD_MODELS[kind].objects.filter(pk=row.pk).update(**{field: value})
    assert outcomes(row) == ["voided"]
    assert audit_events(row)[-1] == ("voided", None)


PARTS = {
    "agencies": {"described_as": "the police"},
    "entities": {"described_as": "the firm"},
    "dates": {"latest": "2021-06-12", "precision_id": "precision.range"},
    "figures": {"value": 4},
    "relations": {"reason": "It says so."},
    "unknowns": {"reason": "Nobody says."},
    "notes": {"text": "Surely."},
    "citations": {"note": "Read twice."},
}


def voided_by(row, act):
    """The outcomes of its reviews after an act, which is undone."""
    with transaction.atomic():
        act()
        found = outcomes(row)
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("how", ["insert", "update", "delete"])
def test_an_edit_of_a_part_voids_the_review(how):
    row = in_review("action")

    def act(rows, changes):
        if how == "update":
            rows.update(**changes)
            return
        kept = list(rows)
        assert kept
        rows.delete()
        if how == "insert":
            assert outcomes(row) == ["voided"]
            review.request_review(row, make.curator())
            rows.model.objects.bulk_create(kept)

    found = {
        name: voided_by(row, partial(act, getattr(row, name).all(), changes))
        for name, changes in PARTS.items()
    }
    assert outcomes(row) == [""]
    assert found == dict.fromkeys(PARTS, ["voided"] * (1 + (how == "insert")))


def test_an_edit_of_a_set_voids_the_review():
    row = in_review("action")
    sets = {
        "penalties": "penalty.detention",
        "activities": "activity.trading",
        "jurisdictions": "FR",
    }
    acts = {
        (name, act): partial(getattr(getattr(row, name), act), *values)
        for name, added in sets.items()
        for act, values in (("add", [added]), ("clear", []))
    }
    found = {key: voided_by(row, act) for key, act in acts.items()}
    assert outcomes(row) == [""]
    assert found == {key: ["voided"] for key in acts}


def test_what_is_not_asserted_voids_nothing():
    row, other = in_review("action"), make.action("other")
    row.note, row.edited_by = "Private.", make.curator()
    row.save()
    row.notes.update(text="Perhaps.")  # as it was
    Action.objects.filter(pk=other.pk).update(title="Another")
    other.notes.create(kind_id="note.doubt", text="Elsewhere.")
    assert outcomes(row) == [""]


def test_a_draft_that_is_deleted_leaves_no_open_review():
    row = in_review("agency")
    Review.objects.get()
    row.delete()
    assert Review.objects.get().outcome == "voided"


def test_a_voided_acceptance_counts_no_more(people, settings):
    settings.REVIEWS = 2
    curator, reviewer, second = people
    row = make.agency("police", edited_by=curator)
    review.accept(row, reviewer, seen(row))
    edit(row, curator, description="Another.")
    edit(row, curator, description="")
    with pytest.raises(publish.PublishingError, match="With you, it has 1"):
        publish.publish([row], second)


# What the database refuses, whoever asks


def refused(act):
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        act()
    return str(error.value).partition("\n")[0]


def test_the_last_editor_cannot_accept():
    reviewer = make.reviewer()
    row = make.agency("police", edited_by=reviewer)
    asked = review.request_review(row, reviewer)
    assert refused(lambda: Acceptance.objects.create(review=asked, by=reviewer)) == (
        "The last editor of a record cannot accept it. Another person must review it."
    )


def test_nobody_accepts_in_a_review_that_is_over():
    asked = review.request_review(row := make.agency("police"), make.curator())
    approval.close_reviews("agency", [row.pk], "recalled", make.curator())
    assert refused(lambda: Acceptance.objects.create(review=asked, by=make.reviewer())) == (
        "This review is closed (recalled). Reload the page."
    )


def forged(row, **changes):
    """A revision as plain SQL would write one, past publish() and its rules."""
    last = Revision.objects.last()
    body = json.dumps({"review": {"reviewers": changes.pop("reviewers", 1)}})
    values = {
        "id": last.id + 1,
        "kind": row.KIND,
        "record": row.slug,
        "number": 1,
        "event": "publish",
        "published_at": last.published_at + ledger.ONE_MICROSECOND,
        "document": body,
        "digest": sha256_hex(body),
        "review": "reviewed",
        "edited_by": row.edited_by,
        "published_by": make.reviewer(),
    }
    return Revision.objects.create(**values | changes)


def test_a_forged_revision_is_refused(people):
    curator, reviewer, second = people
    make.publish_new_action("elsewhere")
    mine, others = make.agency("mine", edited_by=reviewer), make.agency("others", edited_by=curator)
    # as if nobody had edited it; as it is; by another, whom nobody asked
    assert refused(lambda: forged(mine, edited_by=None)) == (
        "Someone else edited the agency mine in the meantime. Reload the page and review it again."
    )
    assert "revision_four_eyes" in refused(lambda: forged(mine))
    message = "The agency others states more reviewers than accepted its current content."
    assert refused(lambda: forged(others)) == message
    approval.record_acceptance(others, second, "0" * 64)
    assert refused(lambda: forged(others, reviewers=2)) == message
    assert refused(lambda: forged(others, reviewers=0, record="none")) == (
        "Someone else edited the agency none in the meantime. Reload the page and review it again."
    )
    assert forged(others).pk


def test_an_acceptance_by_whoever_edited_since_does_not_count(people):
    curator, reviewer, second = people
    make.publish_new_action("elsewhere")
    row = make.agency("police", edited_by=curator)
    approval.record_acceptance(row, reviewer, seen(row))
    edit(row, reviewer)  # signed without a change: the acceptance stands, but is the editor's own
    message = "The agency police states more reviewers than accepted its current content."
    assert refused(lambda: forged(row, published_by=second)) == message


def test_a_review_ends_once_and_stays(people):
    curator, reviewer, _ = people
    row = make.agency("police", edited_by=curator)
    asked = review.request_review(row, curator)
    kept = f"Review {asked.pk} cannot be changed or deleted. Request another review instead."
    of = Review.objects.filter(pk=asked.pk)
    assert refused(lambda: of.update(edited_by=None)) == kept
    review.cancel_review(row, curator)
    assert refused(lambda: of.update(outcome="", closed_at=None)) == kept
    assert refused(lambda: of.delete()) == kept


@pytest.mark.parametrize(
    ("model", "noun"),
    [(AuditEvent, "audit event"), (Comment, "comment"), (Acceptance, "acceptance")],
)
def test_what_was_said_and_done_stays(model, noun, people):
    curator, reviewer, _ = people
    row = make.agency("police", edited_by=curator)
    review.request_review(row, curator)
    review.add_comments(row, curator, [("", "Look.")])
    review.accept(row, reviewer, seen(row))
    first = model.objects.first()
    for sql in (
        f"UPDATE {model._meta.db_table} SET by_id = {reviewer.pk} WHERE id = {first.pk}",
        f"DELETE FROM {model._meta.db_table} WHERE id = {first.pk}",
    ):
        with connection.cursor() as cursor:
            assert refused(lambda sql=sql: cursor.execute(sql)) == (
                f"The {noun} {first.pk} cannot be changed or deleted."
            )


def test_withdrawing_needs_another_than_the_last_editor_in_the_database_too(people):
    curator, reviewer, _ = people
    row = make.publish_new_action("ban")
    edit(row, reviewer)
    tomb = {"event": "withdraw", "reason": "So.", "number": 2}
    Revision.objects.filter(pk=row.current.pk).update(superseded_at="2100-01-01T00:00:00Z")
    assert "revision_four_eyes" in refused(lambda: forged(row, **tomb))
    assert refused(lambda: forged(row, **tomb, edited_by=curator)) == (
        "Someone else edited the action ban in the meantime. Reload the page and review it again."
    )
