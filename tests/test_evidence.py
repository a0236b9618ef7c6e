"""What an action asserts, what backs it, what is missing, and how well it is evidenced."""

from types import SimpleNamespace

import pytest

from policy.documents import evidence
from policy.documents.keys import actor_key
from policy.documents.stored import read_document
from policy.publishing import publish
from tests import factories as make
from tests import folders

FULL = {
    "unit": "act",
    "type": "arrest",
    "status": None,
    "stance": "restrict",
    "legal_force": None,
    "attribution": "government",
    "penalty": ["fine", "none"],
    "jurisdictions": [{"id": "CN"}, {"id": "CN-QH", "name": "Qinghai"}],
    "activities": ["mining"],
    "agencies": [
        {"agency": {"id": "police"}, "role": "enforcer", "described_as": "the cops"},
        {"agency": {"id": "police", "name": "Police"}, "role": "announcer"},
        {"agency": None, "role": "addressee", "described_as": "Local “Courts”, all"},
    ],
    "entities": [{"entity": {"id": "huobi"}, "role": "affected"}],
    "dates": [{"kind": "occurred"}, {"kind": "reported"}],
    "figures": [{"kind": "persons_arrested", "claimed_by": "agencies/police"}],
    "relations": [{"type": "enforces", "action": {"id": "ban"}}],
}
KEYS = [
    "unit",
    "type",
    "stance",
    "attribution",
    "penalty/fine",
    "penalty/none",
    "jurisdictions/CN",
    "jurisdictions/CN-QH",
    "activities/mining",
    "agencies/police",
    "agencies/local-courts-all",
    "dates/occurred",
    "dates/reported",
    "entities/huobi",
    "figures/persons_arrested",
    "relations/enforces/ban",
]


def backed(document, *keys):
    supports = [{"field": key, "basis": "stated"} for key in keys]
    return document | {"citations": [{"supports": supports[:1]}, {"supports": supports[1:]}]}


def problems(document):
    return list(evidence.iter_key_problems(document))


def gaps(document):
    return list(evidence.iter_evidence_gaps(document))


def test_coded_fields_are_named_by_key_in_the_order_of_the_document():
    assert sorted(evidence.coded_fields(FULL)) == sorted(KEYS)
    assert evidence.coded_fields(FULL)[:4] == ["unit", "type", "stance", "attribution"]


def test_an_empty_record_asserts_nothing():
    assert evidence.coded_fields({}) == []
    assert evidence.bases_by_key({}) == {}


def test_an_actor_may_be_named_in_one_of_its_roles():
    assert evidence.role_keys(FULL) == [
        "agencies/police/enforcer",
        "agencies/police/announcer",
        "agencies/local-courts-all/addressee",
        "entities/huobi/affected",
    ]


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"agency": {"id": "police"}, "described_as": "cops"}, "police"),
        ({"entity": "huobi"}, "huobi"),
        ({"agency": None, "described_as": "Évêché de  Paris!"}, "eveche-de-paris"),
        ({"described_as": "警察"}, ""),
        ({}, ""),
    ],
)
def test_the_key_of_an_actor(row, key):
    assert actor_key(row) == key


def test_every_value_and_role_may_be_backed():
    assert problems(backed(FULL, *KEYS, *evidence.role_keys(FULL))) == []


@pytest.mark.parametrize(
    "key", ["title", "status", "penalty", "penalty/prison", "agencies/0", "agencies/police/issuer"]
)
def test_support_for_what_is_not_there(key):
    assert problems(backed(FULL, "unit", key)) == [
        ("citations[1].supports", f"This record has no value with the key {key}.")
    ]


def test_a_claim_is_somebodys():
    figure = {"kind": "sites_closed", "claimed_by": "agencies/nobody"}
    assert problems(FULL | {"figures": [*FULL["figures"], figure]}) == [
        (
            "figures/sites_closed",
            "claimed_by: this record has no actor with the key agencies/nobody.",
        )
    ]
    assert problems(FULL | {"figures": [figure | {"claimed_by": ""}]}) == []


@pytest.mark.parametrize(
    "field", ["", "status", "penalty", "dates/occurred", "agencies/police/enforcer"]
)
def test_notes_are_about_fields(field):
    assert problems(FULL | {"notes": [{"field": field}]}) == []


@pytest.mark.parametrize("field", ["title", "dates/adopted", "agencies/nobody", "Status"])
def test_notes_about_nothing(field):
    assert problems(FULL | {"notes": [{"field": field}]}) == [
        ("notes", f"This record has no field {field}.")
    ]


@pytest.mark.parametrize("field", ["status", "legal_force", "dates/adopted", "figures/capacity_mw"])
def test_unknown_is_what_is_empty(field):
    assert problems(FULL | {"unknowns": {field: "Nobody says."}}) == []


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("title", "There is no such field."),
        ("nonsense/at/all", "There is no such field."),
        ("unit", "The field has a value, so it is not unknown."),
        ("penalty", "The field has a value, so it is not unknown."),
        ("penalty/fine", "The field has a value, so it is not unknown."),
        ("dates", "The field has a value, so it is not unknown."),
        ("dates/occurred", "The field has a value, so it is not unknown."),
    ],
)
def test_a_field_is_not_both_known_and_unknown(field, message):
    assert problems(FULL | {"unknowns": {field: "Nobody says."}}) == [
        (f"unknowns/{field}", message)
    ]


def test_the_day_of_a_report_leaves_the_day_of_the_act_unknown():
    document = FULL | {"dates": [{"kind": "reported"}], "unknowns": {"dates": "Nobody says."}}
    assert problems(document) == []
    silent = ("dates", "The field is empty. Give the reason under unknowns.")
    assert silent in gaps(document | {"unknowns": {}})
    assert silent not in gaps(document)


def test_every_value_needs_a_passage_and_every_silence_a_reason():
    whole = backed(FULL, *KEYS)
    unsaid = [
        (name, "The field is empty. Give the reason under unknowns.")
        for name in ("status", "legal_force")
    ]
    assert gaps(whole) == unsaid
    assert gaps(whole | {"unknowns": {"status": "?", "legal_force": "?"}}) == []
    for key in KEYS:
        rest = [other for other in KEYS if other != key]
        assert gaps(backed(FULL, *rest)) == [
            (key, "No citation supports this value. Add one."),
            *unsaid,
        ]


def test_an_actor_is_backed_through_its_role_but_a_relation_is_not_backed_by_halves():
    rest = [key for key in KEYS if key not in ("agencies/police", "relations/enforces/ban")]
    document = backed(FULL, *rest, "agencies/police/enforcer", "relations/enforces/other")
    assert [field for field, _ in gaps(document)] == [
        "relations/enforces/ban",
        "status",
        "legal_force",
    ]


def test_an_empty_action_is_silent_on_every_core_field():
    assert [field for field, _ in gaps({})] == list(evidence.CORE_FIELDS)


def source(slug, publisher="", kind="wire", derived_from=None):
    return SimpleNamespace(
        slug=slug,
        publisher=publisher,
        source_class_id=f"source_class.{kind}",
        derived_from=derived_from,
    )


ONE, TWO = source("one", "Reuters"), source("two", "Xinhua")
COPY = source("copy", "A Blog", derived_from=ONE)


@pytest.mark.parametrize(
    ("sources", "level"),
    [
        ([], None),
        ([ONE], "single_source"),
        ([ONE, ONE], "single_source"),
        ([ONE, TWO], "corroborated"),
        ([source("a"), source("b")], "single_source"),  # nobody knows who published them
        ([ONE, source("a")], "single_source"),
        ([source("a", " "), source("b", "  ")], "single_source"),
        ([ONE, source("other", "REUTERS")], "single_source"),
        ([ONE, COPY], "single_source"),
        ([COPY, source("again", "Another Blog", derived_from=ONE)], "single_source"),
        ([ONE, source("third hand", "C", derived_from=COPY)], "single_source"),
        ([COPY, TWO], "corroborated"),
        ([source("a"), source("b", derived_from=source("a"))], "single_source"),
        ([source("law", "Gazette", "official_primary")], "official"),
        ([ONE, TWO, source("site", "Ministry", "official_secondary")], "official"),
    ],
)
def test_the_level_of_evidence(sources, level):
    assert evidence.evidence_level(sources) == level
    assert evidence.evidence_level(reversed(sources)) == level


def test_sources_that_repeat_each_other_in_a_circle_do_not_hang():
    first, second = source("first", "A"), source("second", "B")
    first.derived_from, second.derived_from = second, first
    assert evidence.evidence_level([first]) == "single_source"


def test_the_summary_names_claims_and_disputes():
    document = folders.action_document("ban") | {"entities": [], "relations": []}
    keys = evidence.coded_fields(document)
    assert evidence.summarize_evidence(document, [ONE] * len(document["citations"])) == {
        "level": "single_source",
        "reported_claim": False,
        "claimed_by": [],
        "disputed": False,
        "fields": dict.fromkeys(keys, "single_source"),
    }
    document["agencies"] = [{"agency": None, "described_as": "An official", "role": "claimed"}]
    document["entities"] = [
        {"entity": {"id": "analyst"}, "role": "claimed"},
        {"entity": {"id": "huobi"}, "role": "affected"},
    ]
    document["relations"] = [{"type": "contradicts", "action": {"id": "other"}}]
    document["citations"] = []
    assert evidence.summarize_evidence(document, []) == {
        "level": None,
        "reported_claim": True,
        "claimed_by": ["agencies/an-official", "entities/analyst"],
        "disputed": True,
        "fields": dict.fromkeys(evidence.coded_fields(document)),
    }


LAW = source("law", "Gazette", "official_primary")
ONE_SUPPORT = ("type", "stated", ONE)


@pytest.mark.parametrize(
    ("supports", "level"),
    [
        ([ONE_SUPPORT, ("status", "derived", TWO)], "corroborated"),
        ([ONE_SUPPORT, ("agencies/police/issuer", "stated", TWO)], "corroborated"),
        ([ONE_SUPPORT, ("figures/fine", "stated", LAW)], "official"),
        # an inference or a relation makes nothing better known
        ([ONE_SUPPORT, ("status", "inferred", TWO)], "single_source"),
        ([ONE_SUPPORT, ("relations/enforces/ban", "stated", TWO)], "single_source"),
        ([ONE_SUPPORT, ("relations/enforces/ban", "stated", LAW)], "single_source"),
        ([ONE_SUPPORT, ("stance", "stated", TWO)], "single_source"),
        ([("type", "inferred", ONE)], None),
        ([("relations/enforces/ban", "stated", LAW)], None),
    ],
)
def test_only_sources_that_tell_what_was_done_count(supports, level):
    citations = [{"supports": [{"field": field, "basis": basis}]} for field, basis, _ in supports]
    document = FULL | {"citations": citations}
    summary = evidence.summarize_evidence(document, [cited for *_, cited in supports])
    assert summary["level"] == level


def test_each_value_has_a_level_of_its_own():
    rows = [
        ("type", "stated", ONE),
        ("type", "stated", TWO),
        ("stance", "inferred", TWO),
        ("relations/enforces/ban", "derived", LAW),
        ("agencies/police/issuer", "stated", ONE),
    ]
    citations = [{"supports": [{"field": field, "basis": basis}]} for field, basis, _ in rows]
    document = FULL | {"citations": citations}
    fields = evidence.summarize_evidence(document, [cited for *_, cited in rows])["fields"]
    assert fields == {
        **dict.fromkeys(evidence.coded_fields(FULL)),
        "type": "corroborated",
        "agencies/police": "single_source",
        "relations/enforces/ban": "official",
    }


@pytest.mark.django_db
def test_an_unpublished_edit_of_an_original_changes_no_level():
    by, wire = make.reviewer(), make.source("wire", publisher="Wire")
    copy = make.source("copy", publisher="Blog", derived_from=wire)
    other = make.source("other", publisher="Wire")
    row = make.action("ban", source=copy)
    make.cite(row, other, 39, 71)
    make.publish_all(wire, copy, other, row)
    assert read_level(row) == "single_source"
    wire.publisher = "Somebody else"
    wire.save()
    row.title = "A wider ban"
    row.save()
    publish.publish([row], by=by, reason="Wider.")
    assert read_level(row) == "single_source"


def read_level(row):
    return read_document(row.current.document)["evidence"]["level"]
