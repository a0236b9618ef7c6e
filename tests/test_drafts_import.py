"""An import shows what it changes, writes all or nothing, overwrites nobody, publishes nothing."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policy.exchange import draft_entries
from policy.models import Action, Agency, AuditEvent, Citation, Revision, Term
from policy.publishing import publish
from tests import factories as make
from tests.drafts import (
    assert_nothing_written,
    export_csv,
    export_edited_csv,
    export_zip,
    format_csv,
    get_marks,
    get_problems,
    import_draft_file,
    make_three_actions,
    make_zip,
    parse_csv,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def three(db):
    make_three_actions()


# What is changed


def test_only_what_changed_is_saved_and_signed(three):
    before = dict(Action.objects.values_list("slug", "edited_at"))
    person = make.curator()
    import_draft_file(export_edited_csv(law={"title": "A law"}), by=person)
    saved = {row.slug: row for row in Action.objects.all()}
    assert [slug for slug in before if saved[slug].edited_at != before[slug]] == ["law"]
    assert [row.edited_by for row in saved.values()] == [None, person, None]
    assert not Revision.objects.exists()


def test_whoever_imports_cannot_review_it(three):
    """The four-eyes rule rests on who saved a record last."""
    person = make.reviewer()
    import_draft_file(export_edited_csv(law={"title": "A law"}), by=person)
    with pytest.raises(publish.PublishingError):
        publish.publish([Action.objects.get(slug="law")], by=person)


def test_lists_are_edited_in_their_cells(three):
    cells = {
        "agencies": "ministry | issuer | named\nministry | announcer | described | officials",
        "dates": "occurred | 2021-06-01 | 2021-06-30 | month | derived | Early summer",
        "figures": "fine_amount | 2.5 | about | CNY | agencies/ministry",
        "relations": "follows_up | law | It came later.",
        "notes": "doubt | status | Perhaps not.\ncontext || More",
        "unknowns": "penalty: none is named\nlegal_force: nor this",
        "activities": "trading; mining",
        "jurisdictions": "SV; CN",
    }
    (one,) = [
        one for one in import_draft_file(export_edited_csv(ban=cells)) if one.status == "changed"
    ]
    assert one.problems == []
    body = draft_entries.build_draft_documents([Action.objects.get(slug="ban")])[0]
    assert body["figures"] == [
        {
            "kind": "fine_amount",
            "part": "",
            "value": 2.5,
            "comparator": "about",
            "unit": "CNY",
            "claimed_by": "agencies/ministry",
        }
    ]
    assert [row["role"] for row in body["agencies"]] == ["issuer", "announcer"]
    assert body["dates"][0]["latest"] == "2021-06-30"
    assert body["relations"] == [
        {"type": "follows_up", "action": {"id": "law"}, "reason": "It came later."}
    ]
    assert [row["text"] for row in body["notes"]] == ["Perhaps not.", "More"]
    assert body["unknowns"] == {"penalty": "none is named", "legal_force": "nor this"}
    assert body["activities"] == ["mining", "trading"]
    assert [row["id"] for row in body["jurisdictions"]] == ["CN", "SV"]


CELLS_OF_PARTS = {
    "targets": "RU | target\nCN-QH | destination",
    "dates": "occurred | 2021-06-01 | 2021-06-30 | month | derived\n"
    "occurred | 2021-07-01 | 2021-07-01 | day | stated | | list-1",
    "figures": "fine_amount | 2.5 | about | CNY\nfine_amount | 0.000001 | about | CNY | | list-1",
    "instrument": "Example Mining Order",
    "provision": "Article 5(1)",
    "identifiers": "doi:10.1000/a;b\ncelex:32024R1689",
    "classifications": "hs:8542",
}


def test_targets_parts_and_identifiers_are_edited_in_their_cells(three):
    outcomes = import_draft_file(export_edited_csv(ban=CELLS_OF_PARTS))
    assert [problem for one in outcomes for problem in one.problems] == []
    body = draft_entries.build_draft_documents([Action.objects.get(slug="ban")])[0]
    assert {name: body[name] for name in ("targets", "instrument", "provision")} == {
        "targets": [
            {"jurisdiction": {"id": "RU"}, "role": "target"},
            {"jurisdiction": {"id": "CN-QH"}, "role": "destination"},
        ],
        "instrument": "Example Mining Order",
        "provision": "Article 5(1)",
    }
    assert [(row["part"], row["earliest"]) for row in body["dates"]] == [
        ("", "2021-06-01"),
        ("list-1", "2021-07-01"),
    ]
    assert [(row["part"], row["value"]) for row in body["figures"]] == [
        ("", 2.5),
        ("list-1", 0.000001),
    ]
    assert body["identifiers"] == [
        {"scheme": "celex", "value": "32024R1689"},
        {"scheme": "doi", "value": "10.1000/a;b"},
    ]
    assert body["classifications"] == [{"scheme": "hs", "value": "8542"}]
    (row,) = [row for row in parse_csv(export_csv()) if row["id"] == "ban"]
    assert {name: row[name] for name in CELLS_OF_PARTS} == {
        **CELLS_OF_PARTS,
        "identifiers": "celex:32024R1689\ndoi:10.1000/a;b",
        "dates": CELLS_OF_PARTS["dates"].replace("| |", "|  |"),
        "figures": CELLS_OF_PARTS["figures"].replace("| |", "|  |"),
    }
    assert {one.status for one in import_draft_file(export_csv())} == {"unchanged"}
    assert {one.status for one in import_draft_file(export_zip())} == {"unchanged"}


@pytest.mark.parametrize(
    ("column", "cell", "problem"),
    [
        (
            "targets",
            "RU | targt",
            (
                "targets[0].role",
                "The vocabulary target_role has no term targt. Did you mean target?",
            ),
        ),
        (
            "figures",
            "fine_amount | 123456789012.123456 | about | CNY",
            (
                "figures",
                "line 1: 123456789012.123456 has too many digits. Use at most 15 digits in a "
                "number with a decimal point.",
            ),
        ),
        (
            "identifiers",
            "celx:32024R1689",
            (
                "identifiers[0].scheme",
                "The vocabulary identifier_scheme has no term celx. Did you mean celex?",
            ),
        ),
        (
            "identifiers",
            "doi:10.1000/ a",
            ("identifiers[0].value", "Must not contain white space."),
        ),
        ("classifications", "hs", ("classifications[0].value", "Must not be empty.")),
    ],
)
def test_faulty_cells_of_targets_and_identifiers_are_named(three, column, cell, problem):
    with assert_nothing_written():
        outcomes = import_draft_file(export_edited_csv(ban={column: cell}))
    assert get_problems(outcomes) == [("row 2", *problem)]


def test_citations_are_edited_in_their_cells(three):
    cell = parse_csv(export_csv())[0]["citations"].replace(
        "status stated", "status inferred: so it seems"
    )
    import_draft_file(export_edited_csv(ban={"citations": cell}))
    supports = Citation.objects.get(action__slug="ban").supports
    assert [row for row in supports if row["field"] == "status"] == [
        {"field": "status", "basis": "inferred", "reason": "so it seems"}
    ]


def test_columns_that_are_left_out_stay_and_empty_cells_empty(three):
    Action.objects.filter(slug="ban").update(note="Keep me.")
    (row,) = [row for row in parse_csv(export_csv()) if row["id"] == "ban"]
    raw = format_csv([{"id": "ban", "edition": row["edition"], "status": ""}])
    (one,) = import_draft_file(raw)
    assert [(d.field, d.after) for d in one.differences] == [("status", None)]
    found = Action.objects.get(slug="ban")
    assert (found.status, found.stance_id, found.note) == (None, "stance.prohibit", "Keep me.")


def test_a_private_note_is_a_change(three):
    outcomes = import_draft_file(export_edited_csv(ban={"note": "Ask the ministry."}))
    (one,) = [one for one in outcomes if one.status == "changed"]
    assert [(d.field, d.before, d.after) for d in one.differences] == [
        ("note", None, "Ask the ministry.")
    ]
    assert Action.objects.get(slug="ban").note == "Ask the ministry."


def test_a_private_note_signs_nothing(three):
    """Else whoever wrote a record could ask somebody for a note, and then publish alone."""
    writer = make.user("writer", "Reviewer")
    Action.objects.filter(slug="ban").update(edited_by=writer)
    before = Action.objects.get(slug="ban").edited_at
    import_draft_file(export_edited_csv(ban={"note": "Ask the ministry."}))
    found = Action.objects.get(slug="ban")
    assert (found.note, found.edited_by) == ("Ask the ministry.", writer)
    assert found.edited_at > before
    audit_event = AuditEvent.objects.get(what="edited")
    assert (audit_event.record, audit_event.detail) == (
        "ban",
        {"imported": True, "private": True, "edition": found.edited_at.isoformat()},
    )


def test_new_records_of_all_kinds_come_together():
    files = {
        "agencies/bureau.json": {
            "name": "Bureau",
            "type": "agency",
            "jurisdiction": {"id": "CN"},
            "parent": {"id": "board"},
        },
        "agencies/board.json": {"name": "Board", "type": "ministry", "jurisdiction": {"id": "CN"}},
        "actions/notice.json": {
            "title": "A notice",
            "summary": "What it says.",
            "unit": "act",
            "agencies": [{"agency": {"id": "bureau"}, "role": "issuer", "naming": "named"}],
        },
    }
    term = Term.objects.filter(vocabulary="agency_kind", abstract=False).exclude(code="ministry")
    files["agencies/bureau.json"]["type"] = term.first().code
    outcomes = import_draft_file(make_zip({name: json.dumps(body) for name, body in files.items()}))
    assert (get_problems(outcomes), get_marks(outcomes)) == ([], ["new"] * 3)
    assert Agency.objects.get(slug="bureau").parent.slug == "board"
    assert Action.objects.get(slug="notice").agencies.get().agency.slug == "bureau"
    assert {row.edited_by for row in Agency.objects.all()} == {make.curator()}


def test_keys_that_name_nothing_are_said_and_saved(three):
    outcomes = import_draft_file(export_edited_csv(ban={"notes": "doubt | nonsense | Why."}))
    assert [len(one.warnings) for one in outcomes] == [1, 0, 0]
    assert Action.objects.get(slug="ban").notes.get().field == "nonsense"


# All or nothing


def test_a_fault_in_the_last_row_writes_nothing(three):
    raw = export_edited_csv(ban={"title": "Other"}, raid={"stance": "prohibited"})
    with assert_nothing_written():
        outcomes = import_draft_file(raw)
    assert get_marks(outcomes) == ["changed", "unchanged", "faulty"]
    assert get_problems(outcomes) == [
        (
            "row 4",
            "stance",
            "The vocabulary stance has no term prohibited. Did you mean prohibit?",
        )
    ]


def test_every_fault_is_said_at_once(three):
    raw = export_edited_csv(
        ban={"dates": "occurred | 9 June", "figures": "fine_amount | many | about | CNY"},
        raid={"agencies": "minstry | issuer | named", "citations": "article | 0 | 9\n    oops"},
    )
    with assert_nothing_written():
        outcomes = import_draft_file(raw)
    assert [(place, field) for place, field, _ in get_problems(outcomes)] == [
        ("row 2", "dates[0].earliest"),
        ("row 2", "dates[0].precision"),
        ("row 2", "dates[0].basis"),
        ("row 2", "figures[0].value"),
        ("row 4", "citations"),
    ]
    raw = export_edited_csv(raid={"agencies": "minstry | issuer | named"})
    assert get_problems(import_draft_file(raw)) == [
        ("row 4", "agencies[0].agency", "There is no agency minstry. Did you mean ministry?")
    ]


def test_who_saved_meanwhile_is_not_overwritten(three):
    raw = export_edited_csv(ban={"title": "Mine"}, law={"title": "Mine, too"})
    row = Action.objects.get(slug="law")
    row.edited_by = make.reviewer()
    row.save()
    with assert_nothing_written():
        outcomes = import_draft_file(raw)
    assert get_problems(outcomes) == [
        (
            "row 3",
            "edition",
            f"The record was saved by reviewer on {row.edited_at:%Y-%m-%d at %H:%M} UTC, "
            "after this was exported. Export it again.",
        )
    ]


def test_a_record_that_is_here_needs_its_edition(three):
    with assert_nothing_written():
        assert get_problems(
            import_draft_file(export_edited_csv(ban={"title": "Mine", "edition": ""}))
        ) == [
            (
                "row 2",
                "edition",
                "Required: the record exists already. Export it, and edit the exported file.",
            )
        ]


def test_an_id_does_not_change(three):
    with assert_nothing_written():
        assert get_problems(import_draft_file(export_edited_csv(ban={"id": "prohibition"}))) == [
            (
                "row 2",
                "id",
                "There is no record with this id. Leave edition empty for a new record.",
            )
        ]


@pytest.mark.parametrize("id", ["Ban", "a b", "../ban", "count", ""])
def test_ids_are_slugs(three, id):
    with assert_nothing_written():
        found = get_problems(import_draft_file(export_edited_csv(ban={"id": id, "edition": ""})))
    assert [(place, field) for place, field, _ in found] == [("row 2", "id")]


def test_what_is_gone_is_not_touched():
    for name in ("ban", "law", "raid"):
        make.publish_new_action(name)
    one, law = Action.objects.get(slug="ban"), Action.objects.get(slug="law")
    publish.withdraw(one, by=make.reviewer(), reason="Wrong.")
    publish.merge(law, Action.objects.get(slug="raid"), by=make.reviewer(), reason="The same.")
    raw = export_edited_csv(ban={"title": "Back"}, law={"title": "Back"}, raid={"title": "Fine"})
    with assert_nothing_written():
        outcomes = import_draft_file(raw)
    removed = "and can no longer be edited. Remove it from the file."
    assert get_problems(outcomes) == [
        ("row 2", "", f"The record was withdrawn {removed}"),
        ("row 3", "", f"The record was merged into raid {removed}"),
    ]


def test_importing_publishes_nothing():
    make.publish_new_action("ban")
    before = Revision.objects.count()
    import_draft_file(export_edited_csv(ban={"title": "Other"}))
    assert Revision.objects.count() == before


def test_an_attached_text_holds_its_digests():
    source = make.source("article")
    make.attach_source_text(source, make.SOURCE_TEXT)
    with assert_nothing_written():
        found = get_problems(
            import_draft_file(export_edited_csv("source", article={"bytes": "7"}), "source")
        )
    assert found == [
        (
            "row 2",
            "bytes",
            f"Must stay {source.bytes}, because the text of the source is attached.",
        ),
    ]


def test_faults_between_records_are_found(three):
    make.agency("office", parent=Agency.objects.get(slug="ministry"))
    other = make.source("other")
    text = export_edited_csv("agency", ministry={"parent": "office"})
    assert [why for _, _, why in get_problems(import_draft_file(text, "agency"))] == [
        "It cannot be its own ancestor."
    ]
    twin = export_edited_csv("source", article={"sha256": other.sha256})
    assert [why for _, _, why in get_problems(import_draft_file(twin, "source"))] == [
        "The source other has the same bytes."
    ]
    short = export_edited_csv("source", article={"characters": "3"})
    assert {why for _, _, why in get_problems(import_draft_file(short, "source"))} >= {
        "Is 3, but ban cites the text up to 37."
    }
    beyond = parse_csv(export_csv())[0]["citations"].replace("| 37 |", "| 3700 |")
    assert [
        why
        for _, _, why in get_problems(
            import_draft_file(export_edited_csv(ban={"citations": beyond}))
        )
    ] == [f"Is 3700, but the source has only {len(make.SOURCE_TEXT)} characters."]


def test_doubled_ids_are_refused(three):
    rows = parse_csv(export_csv())
    with assert_nothing_written():
        assert get_problems(import_draft_file(format_csv([*rows, rows[0]]))) == [
            ("row 5", "id", "ban is already at row 2.")
        ]


def test_queries_do_not_grow_with_rows(three):
    def count(raw: bytes) -> int:
        person = make.curator()
        with CaptureQueriesContext(connection) as found:
            import_draft_file(raw, by=person)
        return len(found)

    def sent(*names: str, title: str) -> bytes:
        rows = [row for row in parse_csv(export_csv()) if row["id"] in names]
        return format_csv([row | {"title": title} for row in rows])

    # Standing rows and their parts, what they may refer to, the checks, and the writing.
    one, more = count(sent("ban", title="A")), count(sent("ban", "law", "raid", title="B"))
    assert more - one == 2  # saving a row is one query a row
