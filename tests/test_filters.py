"""Each filter finds exactly what it promises, on records of which some must not match."""

import pytest

from policy.models import ActionAgency, ActionEntity, Figure, Note, Relation
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def support(row):
    """Cite again, so that every value has a passage."""
    where = row.citations.get().source
    row.citations.all().delete()
    make.cite(row, where)


@pytest.fixture(scope="module")
def three(shared):
    """ban: Inner Mongolia, a ministry issues. raid: China, police enforce. law: El Salvador."""
    ministry, police = make.agency("ministry"), make.agency("police", native_name="公安部")
    app = make.entity("app")
    ban = make.action("ban", agency=ministry, place="CN-NM", source=make.source("article"))
    raid = make.action(
        "raid",
        agency=ministry,
        day="2021-05-21",
        type_id="type.arrest",
        stance_id="stance.restrict",
        unit_id="unit.series",
        status_id="status.completed",
        legal_force_id="legal_force.enforcement_act",
        summary="Officers arrested miners at night.",
    )
    raid.dates.update(latest="2021-05-31", precision_id="precision.part_of_month")
    ActionAgency.objects.create(
        action=raid, agency=police, role_id="agency_role.enforcer", naming_id="naming.described"
    )
    ActionEntity.objects.create(
        action=raid, entity=app, role_id="entity_role.venue", naming_id="naming.named"
    )
    Figure.objects.create(
        action=raid,
        kind_id="figure.persons_arrested",
        value=20,
        comparator_id="comparator.more_than",
        unit="persons",
    )
    Relation.objects.create(action=raid, target=ban, type_id="relation.enforces")
    Note.objects.create(action=raid, kind_id="note.doubt", text="Perhaps the month before.")
    law = make.action(
        "law",
        place="SV",
        type_id="type.legislate",
        stance_id="stance.promote",
        attribution_id=None,
        legal_force_id="legal_force.statute",
    )
    law.activities.set(["activity.payment"])
    law.penalties.set(["penalty.fine"])
    law.unknowns.all().delete()
    law.unknowns.create(field="attribution", reason="The passive hides it.")
    law.dates.all().delete()
    make.add_date(law, None, kind="adopted", latest="2020-12-31")
    for row in (raid, law):
        support(row)
    make.publish_all(ban, raid, law)


CASES = [
    ({}, "ban raid law"),
    ({"jurisdiction": "CN"}, "ban raid"),
    ({"jurisdiction": "CN-NM"}, "ban"),
    ({"jurisdiction_exactly": "CN"}, "raid"),
    ({"jurisdiction": "FR"}, ""),
    ({"agency": "ministry"}, "ban raid"),
    ({"agency": "police"}, "raid"),
    ({"agency_role": "enforcer"}, "raid"),
    ({"agency": "police", "agency_role": "enforcer"}, "raid"),
    # both roles occur in the raid, but not of the same agency
    ({"agency": "ministry", "agency_role": "enforcer"}, ""),
    ({"entity": "app"}, "raid"),
    ({"entity": "app", "entity_role": "venue"}, "raid"),
    ({"entity": "app", "entity_role": "acted"}, ""),
    ({"entity_role": "venue"}, "raid"),
    ({"activity": "crypto"}, "ban raid law"),
    ({"activity": "mining"}, "ban raid"),
    ({"activity_exactly": "crypto"}, ""),
    ({"unit": "series"}, "raid"),
    ({"type": "arrest"}, "raid"),
    ({"type": "enforcement"}, "raid"),
    ({"type": "rule_making"}, "ban law"),
    ({"type_exactly": "regulate"}, "ban"),
    ({"type_exactly": "rule_making"}, ""),
    ({"status": "completed"}, "raid"),
    ({"stance": "promote"}, "law"),
    ({"attribution": "government"}, "ban raid"),
    ({"unknown": "attribution"}, "law"),
    ({"legal_force": "statute"}, "law"),
    ({"penalty": "fine"}, "law"),
    ({"naming": "described"}, "raid"),
    ({"source": "article"}, "ban"),
    ({"type__in": "arrest,legislate"}, "raid law"),
    ({"type__in": "rule_making"}, "ban law"),
    ({"jurisdiction__in": "CN-NM,SV"}, "ban law"),
    ({"jurisdiction__in": "CN-NM,FR"}, "ban"),
    ({"agency__in": "police,ministry"}, "ban raid"),
    ({"type__in": "arrest,regulate", "stance__ne": "restrict"}, "ban"),
    ({"stance__ne": "promote"}, "ban raid"),
    ({"attribution__ne": "government"}, "law"),
    ({"jurisdiction__ne": "CN"}, "law"),
    ({"attribution__isnull": "true"}, "law"),
    ({"attribution__isnull": "false"}, "ban raid"),
    ({"penalty__isnull": "true"}, "ban raid"),
    ({"figure__isnull": "false"}, "raid"),
    ({"entity__isnull": "true"}, "ban law"),
    ({"year__in": "2020,2021"}, "ban raid"),
    ({"year__ne": "2021"}, "law"),
    ({"month__isnull": "true"}, "law"),
    ({"sort_date__gte": "2021-05-22"}, "ban"),
    ({"sort_date__lte": "2021-05-21"}, "raid law"),
    ({"sort_date__gte": "2021-01-01", "sort_date__lte": "2021-05-31"}, "raid"),
    ({"in_force_on": "2020-01-01"}, ""),
    ({"in_force_on": "2020-12-31"}, "law"),
    ({"in_force_on": "2021-05-25"}, "law"),
    ({"in_force_on": "2021-06-09"}, "ban law"),
    ({"in_force_on__possibly": "1990-01-01"}, "law"),
    ({"in_force_on__possibly": "2021-05-25"}, "raid law"),
    ({"in_force_on__possibly": "2021-06-09"}, "ban law"),
    ({"evidence": "single_source"}, "ban raid law"),
    ({"figure": "persons_arrested"}, "raid"),
    ({"related_to": "ban"}, "raid"),
    ({"has_doubt": "true"}, "raid"),
    ({"has_doubt": "false"}, "ban law"),
    ({"reported_claim": "true"}, ""),
    ({"year": "2021"}, "ban raid"),
    ({"year": "2020"}, ""),
    ({"date__within": "2021-05"}, "raid"),
    ({"date__overlaps": "2020"}, "law"),
    ({"date__overlaps": "../2021-05-21"}, "raid law"),
    ({"month": "2021-06"}, "ban"),
    ({"month": "2021-06", "type": "rule_making"}, "ban"),
    ({"month": "2021-06", "year": "2020"}, ""),
    ({"occurred__within": "2021-06"}, "ban"),
    ({"occurred__within": "2021-05-21/2021-05-31"}, "raid"),
    ({"occurred__within": "2021-05-22/2021-05-31"}, ""),
    ({"occurred__within": "2021"}, "ban raid"),
    ({"occurred__within": "2021-06-01/.."}, "ban"),
    ({"occurred__within": "../2021-05-31"}, "raid"),
    ({"occurred__overlaps": "2021-05-31"}, "raid"),
    ({"occurred__overlaps": "2021-05-31/2021-06-09"}, "ban raid"),
    ({"occurred__overlaps": "2021-06-10/.."}, ""),
    # an open end may reach anywhere, but is never surely inside
    ({"adopted__overlaps": "1990"}, "law"),
    ({"adopted__overlaps": "2021"}, ""),
    ({"adopted__within": "../2020-12-31"}, ""),
    ({"announced__overlaps": "2021"}, ""),
    ({"q": "arresting"}, "raid"),
    ({"q": "mining -officers"}, "ban law"),
    ({"q": '"at night"'}, "raid"),
    ({"q": "公安部"}, ""),
    ({"q": "law OR raid"}, "raid law"),
    ({"q": "nothing-of-the-kind"}, ""),
    ({"jurisdiction": "CN", "type": "arrest", "stance": "restrict", "q": "officers"}, "raid"),
    ({"jurisdiction": "SV", "type": "arrest"}, ""),
]


@pytest.mark.parametrize(("query", "expected"), CASES)
def test_filter_finds(api, three, query, expected):
    found = {row["id"] for row in api("actions/", query)["results"]}
    assert found == set(expected.split())


OTHER_KINDS = [
    ("agencies/", {"q": "公安部"}, "police"),
    ("agencies/", {"type": "ministry", "q": "police"}, "police"),
    ("agencies/", {"jurisdiction": "SV"}, ""),
    ("agencies/", {"jurisdiction_exactly": "CN", "q": "ministry"}, "ministry"),
    ("entities/", {"type": "company"}, "app"),
    ("entities/", {"type": "platform"}, ""),
    ("sources/", {"language": "en", "q": "article"}, "article"),
    ("sources/", {"source_class": "wire", "q": "article"}, "article"),
    ("sources/", {"published__overlaps": "2021"}, ""),
    ("terms/", {"vocabulary": "unit"}, "unit.act unit.series unit.state"),
    ("jurisdictions/", {"parent": "CN", "q": "Mongolia"}, "CN-NM"),
    ("jurisdictions/", {"q": "内蒙古"}, "CN-NM"),
    ("jurisdictions/", {"kind": "supranational"}, "EU"),
]


@pytest.mark.parametrize(("path", "query", "expected"), OTHER_KINDS)
def test_other_lists_are_filtered_too(api, three, path, query, expected):
    assert {row["id"] for row in api(path, query)["results"]} == set(expected.split())


LONG = ",".join(str(year) for year in range(2000, 2021))
DAYS = "Use 2021, 2021-06, 2021-06-09, 2021-06-01/2021-06-09 or 2021-06-01/.."
REFUSED = [
    ({"jurisdiction": "XX"}, "jurisdiction: There is no XX."),
    ({"jurisdiction": "CN-NMM"}, "jurisdiction: There is no CN-NMM. Did you mean CN-NM?"),
    ({"type": "arest"}, "type: There is no arest. Did you mean arrest?"),
    ({"agency": "polise"}, "agency: There is no polise. Did you mean police?"),
    ({"agency": "police", "agency_role": "boss"}, "agency_role: There is no boss."),
    ({"has_doubt": "maybe"}, "has_doubt: There is no maybe."),
    ({"year": "0"}, "year: Use a year from 1 to 9999."),
    ({"year": "10000"}, "year: Use a year from 1 to 9999."),
    ({"year": "٢٠٢١"}, "year: Use a year from 1 to 9999."),
    ({"month": "2021-13"}, "month: Use a year and a month of two digits, for example 2021-06."),
    ({"month": "0000-01"}, "month: Use a year and a month of two digits, for example 2021-06."),
    ({"month": "2021-6"}, "month: Use a year and a month of two digits, for example 2021-06."),
    ({"occurred__within": "June"}, f"occurred__within: {DAYS}"),
    ({"occurred__within": "2021-02-30"}, f"occurred__within: {DAYS}"),
    (
        {"occurred__within": "2021-06/2021-05"},
        "occurred__within: The window ends before it starts. Swap the two dates.",
    ),
    (
        {"occurred__within": "../.."},
        "occurred__within: Use a date for at least one end of the window.",
    ),
    ({"q": "word " * 21}, "q: Search for at most 20 words."),
    ({"type__in": "arrest,arest"}, "type__in: There is no arest. Did you mean arrest?"),
    ({"agency__in": "police,polise"}, "agency__in: There is no polise. Did you mean police?"),
    ({"type__in": "arrest,"}, "type__in: Enter 1 to 20 different values, separated by commas."),
    ({"type__in": "fine,fine"}, "type__in: Enter 1 to 20 different values, separated by commas."),
    ({"year__in": LONG}, "year__in: Enter 1 to 20 different values, separated by commas."),
    ({"stance__ne": "promot"}, "stance__ne: There is no promot. Did you mean promote?"),
    ({"type__isnull": "maybe"}, "type__isnull: There is no maybe."),
    ({"sort_date__gte": "2021-06"}, "sort_date__gte: Use a day, for example 2021-06-09."),
    ({"sort_date__lte": ".."}, "sort_date__lte: Use a day, for example 2021-06-09."),
    ({"in_force_on": "2021-02-30"}, f"in_force_on: {DAYS}"),
]


def test_values_are_found_alike_however_many_they_are(api, three, monkeypatch):
    query = {"jurisdiction__in": "CN,SV", "type__in": "arrest,legislate"}
    few = [row["id"] for row in api("actions/", query)["results"]]
    monkeypatch.setattr("policy.search.query.MAX_SORTED_ROWS", 0)
    assert [row["id"] for row in api("actions/", query)["results"]] == few == ["raid", "law"]


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_bad_value_is_refused_with_what_to_do(api, three, query, message):
    problem = api("actions/", query, status=400)
    assert (problem["type"], problem["detail"]) == ("/api/problems/invalid-value/", message)


def test_every_bad_value_is_named_at_once(api, three):
    problem = api("actions/", status=400, type="x", year="x", jurisdiction="x")
    assert [e["parameter"] for e in problem["errors"]] == ["jurisdiction", "type", "year"]


HOSTILE = ["'", "a & b", "!", ":*", "((", "a:b", "\\", "%_", "-", '"', "<->"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_search_text_is_plain_words(client, three, text):
    assert client.get("/api/v1/actions/", {"q": text}).status_code == 200


@pytest.mark.parametrize("window", ["9999-12", "0001", "9999", "2020-02", "../0001-01-01"])
def test_windows_reach_the_edges_of_the_calendar(client, window):
    assert client.get("/api/v1/actions/", {"occurred__overlaps": window}).status_code == 200
