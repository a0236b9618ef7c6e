"""Counts by field: what an answer holds, then and now, and what is refused."""

import pytest

from api.query import aggregate
from policy.documents.facets import UNDATED
from policy.models import Action, ActionAgency, Figure, Revision
from policy.publishing import publish
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def groups(api, **query):
    return api("actions/aggregate/", query)["groups"]


@pytest.fixture
def three(db):
    """Two raids of the police, who arrest more than 20 and 5, and an undated act of nobody's."""
    police = make.agency("police", name="The police")
    for slug, number, comparator in (("one", 20, "more_than"), ("two", "5.5", "exactly")):
        row = make.action(slug, agency=police, type_id="type.arrest", day="2021-05-21")
        figure(row, number, comparator)
        make.publish_all(row)
    row = make.action("three", agency=police, type_id=None, place="CN-NM")
    row.agencies.update(agency=None, described_as="local officers", naming_id="naming.described")
    row.dates.all().delete()
    row.activities.set(["activity.mining", "activity.trading"])
    for field in ("type", "dates"):
        row.unknowns.create(field=field, reason="The source does not say.")
    cite_again(row)
    make.publish_all(row)


def figure(row, number, comparator="exactly", unit="persons"):
    Figure.objects.create(
        action=row,
        kind_id="figure.persons_arrested",
        value=number,
        comparator_id=f"comparator.{comparator}",
        unit=unit,
    )
    cite_again(row)


def cite_again(row):
    where = row.citations.get().source
    row.citations.all().delete()
    make.cite(row, where)


def test_answer_is_whole(api, three):
    assert api("actions/aggregate/", group_by="type", sum="persons_arrested") == {
        "groups": [
            {
                "keys": {"type": "arrest"},
                "labels": {"type": "Arrest"},
                "count": 2,
                "acts": 2,
                "sums": [
                    {
                        "unit": "persons",
                        "value": 25.5,
                        "at_least": True,
                        "comparators": ["exactly", "more_than"],
                        "records": 2,
                    }
                ],
            },
            {"keys": {"type": None}, "labels": {"type": None}, "count": 1, "acts": 1, "sums": []},
        ],
        "unit": "records",
        "note": "A record with several values of a field is counted in the group of each value.",
        "total": 3,
        "acts": {"smallest": 3, "largest": 3},
        "version": str(Revision.objects.version()),
    }


def test_two_fields_make_a_table(api, three):
    found = api("actions/aggregate/", group_by="agency,activity")
    assert [(*g["keys"].values(), *g["labels"].values(), g["count"]) for g in found["groups"]] == [
        ("police", "mining", "The police", "Mining", 2),
        (None, "mining", None, "Mining", 1),
        (None, "trading", None, "Trading", 1),
    ]
    assert found["total"] == 3


def test_places_are_grouped_as_coded_and_named(api, three):
    found = groups(api, group_by="jurisdiction")
    assert [(g["keys"], g["labels"], g["count"]) for g in found] == [
        ({"jurisdiction": "CN"}, {"jurisdiction": "China"}, 2),
        ({"jurisdiction": "CN-NM"}, {"jurisdiction": "Inner Mongolia"}, 1),
    ]


def test_periods_are_called_what_they_are(api, three):
    for field, period in (("year", "2021"), ("month", "2021-05")):
        found = groups(api, group_by=field)
        assert [(g["keys"], g["labels"], g["count"], g["possible"]) for g in found] == [
            ({field: period}, {field: period}, 2, 2),
            ({field: None}, {field: None}, 1, None),
        ]
        assert UNDATED not in str(found)


def test_filters_choose_what_is_grouped_and_summed(api, three):
    body = api("actions/aggregate/", group_by="type", q="two", sum="persons_arrested")
    assert body["total"] == 1
    assert [(g["keys"], g["sums"]) for g in body["groups"]] == [
        (
            {"type": "arrest"},
            [
                {
                    "unit": "persons",
                    "value": 5.5,
                    "at_least": False,
                    "comparators": ["exactly"],
                    "records": 1,
                }
            ],
        )
    ]


COMPARED = [
    (["exactly"], False),
    (["at_least"], True),
    (["exactly", "more_than"], True),
    (["about", "more_than"], False),
    (["at_most", "at_least"], False),
    (["less_than"], False),
]


@pytest.mark.parametrize(("comparators", "at_least"), COMPARED)
def test_sum_is_a_lower_bound_when_nothing_could_make_it_smaller(api, db, comparators, at_least):
    for number, comparator in enumerate(comparators):
        row = make.action(f"raid-{number}")
        figure(row, 10, comparator)
        make.publish_all(row)
    (group,) = groups(api, group_by="type", sum="persons_arrested")
    (found,) = group["sums"]
    assert (found["value"], found["at_least"]) == (10 * len(comparators), at_least)
    assert found["comparators"] == sorted(comparators)


def test_units_are_never_added_together(api, three):
    row = make.action("four", type_id="type.arrest")
    figure(row, 3, unit="families")
    make.publish_all(row)
    group = groups(api, group_by="type", sum="persons_arrested")[0]
    assert [(s["unit"], s["value"], s["records"]) for s in group["sums"]] == [
        ("families", 3, 1),
        ("persons", 25.5, 2),
    ]


def test_nothing_chosen_has_no_groups(api, three):
    body = api("actions/aggregate/", group_by="type", jurisdiction="FR", sum="persons_arrested")
    assert (body["groups"], body["total"], body["version"]) == (
        [],
        0,
        str(Revision.objects.version()),
    )


def test_nothing_published_counts_nothing(api, db):
    assert api("actions/count/") == {"count": 0, "version": "0.00000000"}
    assert api("actions/aggregate/", group_by="type")["groups"] == []


def test_counts_can_be_asked_of_the_past(api, three):
    moment = Revision.objects.latest("id").published_at.isoformat()
    before = [
        api("actions/count/", as_of=moment),
        api("actions/count/", as_of=moment, type="arrest"),
    ]
    grouped = api(
        "actions/aggregate/", as_of=moment, group_by="type,agency", sum="persons_arrested"
    )
    publish.withdraw(Action.objects.get(slug="one"), make.reviewer(), "Misread.")
    changed = Action.objects.get(slug="two")
    changed.figures.update(value=7)
    ActionAgency.objects.filter(action=changed).update(role_id="agency_role.enforcer")
    cite_again(changed)
    agency = changed.agencies.get().agency
    agency.name = "The new police"
    agency.save()
    make.publish_all(agency, changed)
    assert [count["count"] for count in before] == [3, 2]
    assert [
        api("actions/count/", as_of=moment),
        api("actions/count/", as_of=moment, type="arrest"),
    ] == before
    assert (
        api("actions/aggregate/", as_of=moment, group_by="type,agency", sum="persons_arrested")
        == grouped
    )
    assert api("actions/count/") == {"count": 2, "version": str(Revision.objects.version())}
    now, _ = groups(api, group_by="agency", sum="persons_arrested")
    assert (now["labels"]["agency"], now["sums"][0]["value"]) == ("The new police", 7)


def test_sums_are_of_the_version_that_was_counted(api, three, monkeypatch):
    """A figure changes between the two statements."""
    changed = Action.objects.get(slug="two")
    summed, version = aggregate.get_sums, Revision.objects.version()

    def late(*args):
        changed.figures.update(value=1000)
        publish.publish([changed], by=make.reviewer())
        return summed(*args)

    monkeypatch.setattr(aggregate, "get_sums", late)
    body = api("actions/aggregate/", group_by="type", sum="persons_arrested")
    assert body["groups"][0]["sums"][0]["value"] == 25.5
    assert body["version"] == str(version)
    assert Revision.objects.version().number == version.number + 1


REFUSED = [
    ({}, f"group_by: Choose one or two of: {', '.join(aggregate.GROUP_BY_FACETS)}."),
    ({"group_by": "tipe"}, "group_by: There is no tipe. Did you mean type?"),
    ({"group_by": "type,"}, "group_by: There is no ."),
    ({"group_by": "type, year"}, "group_by: There is no  year. Did you mean year?"),
    (
        {"group_by": "type,type"},
        "group_by: Use one field, or two different fields separated by a comma.",
    ),
    (
        {"group_by": "type,year,month"},
        "group_by: Use one field, or two different fields separated by a comma.",
    ),
    (
        {"group_by": "type", "sum": "persons_arested"},
        "sum: There is no persons_arested. Did you mean persons_arrested?",
    ),
    ({"group_by": "type", "year": "x"}, "year: Use a year from 1 to 9999."),
    ({"group_by": ""}, "group_by: The value is empty. Enter a value or remove the parameter."),
]


@pytest.mark.parametrize(("query", "message"), REFUSED)
def test_bad_groups_are_refused_with_what_to_do(api, db, query, message):
    problem = api("actions/aggregate/", query, status=400)
    assert (problem["type"], problem["detail"]) == ("/api/problems/invalid-value/", message)


@pytest.mark.parametrize("name", ["page_size", "cursor", "ordering", "format", "sum"])
def test_counts_have_no_pages(api, db, name):
    problem = api("actions/count/", {name: "x"}, status=400)
    assert problem["type"] == "/api/problems/unknown-parameter/"


def test_too_many_groups_are_refused_with_what_to_do(api, three, monkeypatch):
    monkeypatch.setattr(aggregate, "MAX_GROUPS", 2)
    assert len(groups(api, group_by="type")) == 2
    problem = api("actions/aggregate/", status=400, group_by="agency,activity")
    assert problem["detail"] == (
        "group_by: There are more than 2 groups. Add a filter, such as year, or group by one field."
    )
