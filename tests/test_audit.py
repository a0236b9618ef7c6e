"""Who did what stays in a chain that shows where it was broken."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from policy import audit
from policy.exchange.dump import dump_dataset
from policy.exchange.load import load_dataset
from policy.models import AuditEvent, Revision
from policy.publishing import publish
from policy.seals import compute_seal, revision_leaf
from tests import factories as make
from tests import folders

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def tampered(sql, table="policy_auditevent"):
    """What an owner of the database could do."""
    connection.check_constraints()  # nothing may wait while triggers are turned off and on
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(sql)
        connection.check_constraints()
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def three_audit_events():
    row = make.agency("police", name="Полиция 警察")
    audit.write_audit_event("created", row, make.curator())
    audit.write_audit_event("edited", row, make.curator(), changes=[["name", "a", "é “b”"]])
    publish.publish([row], make.reviewer())
    return row


def test_audit_events_are_numbered_and_chained():
    three_audit_events()
    audit_events = list(AuditEvent.objects.all())
    assert [audit_event.pk for audit_event in audit_events] == [1, 2, 3]
    assert [audit_event.previous for audit_event in audit_events] == [
        "0" * 64,
        *(d.hash for d in audit_events[:2]),
    ]
    assert [audit_event.what for audit_event in audit_events] == ["created", "edited", "publish"]
    assert list(audit.audit_faults()) == []


def test_audit_events_written_at_once_follow_each_other():
    row = make.agency("police")
    made = audit.write_audit_events([("edited", row, {}), ("commented", row, {})], None)
    assert [audit_event.pk for audit_event in made] == [1, 2]
    assert list(audit.audit_faults()) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            "UPDATE policy_auditevent SET what = 'deleted' WHERE id = 2",
            ["Audit event 2 was changed."],
        ),
        ("UPDATE policy_auditevent SET by_id = NULL WHERE id = 3", ["Audit event 3 was changed."]),
        (
            "UPDATE policy_auditevent SET at = at + interval '1 s' WHERE id = 1",
            ["Audit event 1 was changed."],
        ),
        ("UPDATE policy_auditevent SET detail = '{}' WHERE id = 2", ["Audit event 2 was changed."]),
        ("DELETE FROM policy_auditevent WHERE id = 2", ["Audit event 2 is missing."]),
        (
            "UPDATE policy_auditevent d SET what = 'deleted', hash = policy_auditevent_hash("
            'jsonb_populate_record(d, \'{"what": "deleted"}\')) WHERE id = 2',
            ["Audit event 3 does not follow the audit event before it."],
        ),
    ],
)
def test_a_row_that_was_tampered_with_is_named(sql, found):
    three_audit_events()
    tampered(sql)
    assert list(audit.audit_faults()) == found
    errors = StringIO()
    with pytest.raises(CommandError, match=r"^1 fault\.$"):
        call_command("verify_audit", stderr=errors)
    assert errors.getvalue().splitlines() == found


def test_the_command_says_what_holds():
    said = StringIO()
    call_command("verify_audit", stdout=said)
    three_audit_events()
    call_command("verify_audit", stdout=said)
    assert said.getvalue().splitlines() == [
        "The audit log is empty.",
        "3 audit events and 1 revisions are intact.",
        f"Keep the hash of the last audit event elsewhere: {AuditEvent.objects.last().hash}",
    ]


def test_the_chain_does_not_hang_on_the_clock_of_a_session():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Shanghai'")
        three_audit_events()
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
    assert list(audit.audit_faults()) == []


def test_values_are_cut_and_the_order_of_rows_alone_is_told():
    row, by = make.agency("police"), make.curator()
    before = audit.reload_draft(row)
    row.description = "x" * 600
    row.aliases = ["a", "b"]
    row.save()
    assert audit.record_edit(row, by, before)
    row.refresh_from_db()
    assert AuditEvent.objects.last().detail == {
        "edition": row.edited_at.isoformat(),
        "changes": [
            ["aliases/a", None, "a"],
            ["aliases/b", None, "b"],
            ["description", None, "x" * 499 + "…"],
        ],
    }
    before = audit.reload_draft(row)
    assert not audit.record_edit(row, make.reviewer(), before)
    row.aliases = ["b", "a"]
    row.save()
    assert audit.record_edit(row, make.reviewer(), before)
    assert AuditEvent.objects.last().detail["changes"] == []
    row.refresh_from_db()
    assert (row.edited_by, AuditEvent.objects.count()) == (make.reviewer(), 2)


def test_a_load_is_one_audit_event(tmp_path):
    folder = folders.write_small_dataset(tmp_path / "little")
    load_dataset(folder)
    (audit_event,) = AuditEvent.objects.all()
    assert (audit_event.what, audit_event.by, audit_event.kind) == ("loaded", None, "")
    assert audit_event.detail == {
        "dataset": "little@7",
        "summary": "5 records published, 0 unchanged, 0 revisions restored, "
        "0 terms and 0 jurisdictions written.",
        "versions": [1, 5],
        "seal": Revision.objects.get(pk=5).seal,
    }
    load_dataset(folder)
    assert AuditEvent.objects.count() == 1


# Revisions


def three_revisions():
    """Of two records, published in two audit events: 1 police, 2 court, 3 police again."""
    police, court = make.agency("police"), make.agency("court")
    publish.publish([police, court], make.reviewer())
    police.name = "Constabulary"
    police.save()
    publish.publish([police], make.reviewer(), "Renamed.")


FORGED = """
UPDATE policy_revision SET document = replace(document, 'Court', 'Trial'),
    digest = encode(sha256(convert_to(replace(document, 'Court', 'Trial'), 'UTF8')), 'hex')
WHERE id = 2
"""
ADDED = """
INSERT INTO policy_revision (id, kind, record, number, event, published_at, reason, document,
    digest, merged_into, review, leaf, seal, redacted, changed)
SELECT 4, kind, 'twin', 1, 'publish', published_at + interval '1 s', reason, document, digest,
    merged_into, review, leaf, seal, redacted, changed FROM policy_revision WHERE id = 2
"""


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (FORGED, ["Revision 2 (agency court@1) was changed."]),
        (
            "UPDATE policy_revision SET reason = 'Another.' WHERE id = 3",
            ["Revision 3 (agency police@2) was changed."],
        ),
        (
            "UPDATE policy_revision SET published_by_id = NULL WHERE id = 1",
            ["The people of revision 1 (agency police@1) differ from its audit event."],
        ),
        (
            "UPDATE policy_revision SET superseded_at = now() + interval '1 day' WHERE id = 1",
            ["Revision 1 (agency police@1) does not end where the next one begins."],
        ),
        (
            "UPDATE policy_revision SET superseded_at = published_at + interval '1 s' WHERE id = 2",
            ["Revision 2 (agency court@1) was superseded, but no later revision exists."],
        ),
        ("DELETE FROM policy_revision WHERE id = 2", ["Revision 2 is missing."]),
        (
            "DELETE FROM policy_revision WHERE id = 3",
            [
                "Revision 3 is missing.",
                "Revision 1 (agency police@1) was superseded, but no later revision exists.",
            ],
        ),
    ],
)
def test_a_revision_that_was_tampered_with_is_named(sql, found):
    three_revisions()
    assert list(audit.audit_faults()) == []
    for table in ("facet", "searchentry", "csvrow"):
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM policy_{table}")
    tampered(sql, "policy_revision")
    assert list(audit.audit_faults()) == found


def test_a_revision_that_nobody_published_is_named():
    three_revisions()
    tampered(ADDED, "policy_revision")
    seal_again(4)
    assert list(audit.audit_faults()) == [
        "Revision 4 (agency twin@1) was added without an audit event."
    ]


def test_who_seals_again_what_they_forged_is_given_away_by_the_audit_log():
    three_revisions()
    tampered(FORGED, "policy_revision")
    for version in (2, 3):
        seal_again(version)
    assert list(audit.audit_faults()) == [
        "Revision 2 (agency court@1) differs from its audit event.",
        "Revision 3 (agency police@2) differs from its audit event.",
    ]


def seal_again(version):
    """As an owner could who knows how seals are made."""
    last, row = Revision.objects.get(pk=version - 1), Revision.objects.get(pk=version)
    leaf = revision_leaf(row)
    seal = compute_seal(last.seal, leaf)
    tampered(
        f"UPDATE policy_revision SET leaf = '{leaf}', seal = '{seal}' WHERE id = {version}",
        "policy_revision",
    )


def test_what_a_load_restored_holds_and_its_last_seal_is_in_the_audit_log(tmp_path):
    three_revisions()
    dump_dataset(tmp_path)
    folders.truncate_records(*folders.REFERENCE_TABLES)
    load_dataset(tmp_path)
    (audit_event,) = AuditEvent.objects.all()
    assert audit_event.detail["versions"] == [1, 3]
    assert list(audit.audit_faults()) == []
    tampered(FORGED, "policy_revision")
    assert list(audit.audit_faults()) == ["Revision 2 (agency court@1) was changed."]
