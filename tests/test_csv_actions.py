"""The CSV row of an action has every actor, relation, target, date and figure of its document."""

import random
import re

import pytest

from policy.documents.csv_columns import CSV_COLUMNS
from policy.documents.csv_rows import format_csv_cell
from policy.documents.csv_safe import escape_formula
from policy.models import Action, ActionAgency, ActionEntity, ActionTarget
from policy.models.action_parts import Relation
from tests import factories as make
from tests.api_requests import get_json
from tests.test_exports import download, table

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

# What the guide says about actors: role=id or role="words".
ACTOR = re.compile(r'(\w+)=(?:"([^"]*)"|([a-z0-9-]+))(?:; |\Z)')
WORDS = [
    *("Chinese police", 'the "big" four; banks', "a=b, or c=d", "=1+1", "x; issuer=ministry"),
    *("中国 police", "two\nlines", '"quoted"', "@court"),
]
AGENCY_ROLES = ("issuer", "announcer", "enforcer")
ENTITY_ROLES = ("acted", "affected", "claimed")
RELATIONS = ("enforces", "part_of", "may_be_same_as", "contradicts")
PLACES = ("US", "RU", "JP")
RECORDS = 30


def add_actors(chance, row, model, kind, roles, records):
    for _ in range(chance.randrange(4)):
        words = chance.choice(WORDS)
        who = chance.choice([{kind: chance.choice(records)}, {"described_as": words}])
        naming = "naming.named" if kind in who else "naming.described"
        role = f"{kind}_role.{chance.choice(roles)}"
        model.objects.get_or_create(action=row, role_id=role, naming_id=naming, **who)


@pytest.fixture(scope="module")
def drawn(shared):
    """Random actions."""
    chance = random.Random(11)
    article = make.source("article")
    agencies = [make.agency(f"agency-{n}") for n in "abc"]
    entities = [make.entity(f"entity-{n}") for n in "abc"]
    rows: list[Action] = []
    for number in range(RECORDS):
        row = make.action(f"a-{number:02}", source=article, agency=agencies[0])
        row.citations.all().delete()
        add_actors(chance, row, ActionAgency, "agency", AGENCY_ROLES, agencies)
        add_actors(chance, row, ActionEntity, "entity", ENTITY_ROLES, entities)
        for place in chance.sample(PLACES, chance.randrange(3)):
            role = chance.choice(["target", "beneficiary"])
            ActionTarget.objects.create(
                action=row, jurisdiction_id=place, role_id=f"target_role.{role}"
            )
        for other in chance.sample(rows, min(len(rows), chance.randrange(3))):
            type_ = f"relation.{chance.choice(RELATIONS)}"
            Relation.objects.create(action=row, target=other, type_id=type_, reason="It says so.")
        make.cite(row, article)
        rows.append(row)
    make.publish_all(*rows)


def rows_and_documents(client, **query):
    _, text = download(client, "actions/", format="csv", ordering="id", **query)
    documents = get_json("/api/v1/actions/", {"page_size": 1000, "ordering": "id"})["results"]
    rows = table(text)
    assert [row["id"] for row in rows] == [document["id"] for document in documents]
    return zip(rows, documents, strict=True)


def read_actors(cell):
    found = list(ACTOR.finditer(cell))
    assert "".join(match.group() for match in found) == cell
    return [(role, words, record) for role, words, record in (match.groups() for match in found)]


def read_pairs(cell):
    return [tuple(pair.split("=")) for pair in cell.split("; ")] if cell else []


def test_every_actor_with_its_role_is_read_back(client, drawn):
    described = 0
    for row, document in rows_and_documents(client):
        for name, kind in (("agencies", "agency"), ("entities", "entity")):
            expected = [
                (actor["role"], None, actor[kind]["id"])
                if actor[kind]
                else (actor["role"], actor["described_as"].replace('"', "'"), None)
                for actor in document[name]
            ]
            assert read_actors(row[name]) == expected
            described += sum(record is None for _, _, record in expected)
    assert described > RECORDS / 2


def test_every_relation_and_target_is_read_back(client, drawn):
    read = []
    for row, document in rows_and_documents(client):
        relations = [(each["type"], each["action"]["id"]) for each in document["relations"]]
        targets = [(each["role"], each["jurisdiction"]["id"]) for each in document["targets"]]
        assert read_pairs(row["relations"]) == relations
        assert read_pairs(row["targets"]) == targets
        read += [relations, targets]
    assert len([pairs for pairs in read if len(pairs) > 1]) > 10


def test_a_safe_file_has_the_same_cells_escaped(client, drawn):
    for (plain, _), (safe, _) in zip(
        rows_and_documents(client), rows_and_documents(client, safe="true"), strict=True
    ):
        assert safe == {name: escape_formula(cell) for name, cell in plain.items()}


def cells(document, *names):
    return {name: format_csv_cell(CSV_COLUMNS["action"][name](document)) for name in names}


def date(earliest, latest, part="", kind="effective"):
    return {"kind": kind, "part": part, "earliest": earliest, "latest": latest}


@pytest.mark.parametrize(
    ("dates", "earliest", "latest"),
    [
        ([], "", ""),
        ([date("2021-01-01", "2021-01-01", kind="ended")], "", ""),
        ([date("2025-02-02", "2025-02-03")], "2025-02-02", "2025-02-03"),
        (
            [date("2025-08-02", "2025-08-02", "b"), date("2025-02-02", "2025-02-03", "a")],
            *("2025-02-02", "2025-08-02"),
        ),
        ([date("2025-02-02", None, "a"), date("2025-01-01", "2026-08-02", "b")], "2025-01-01", ""),
        ([date(None, "2025-02-02", "a"), date("2025-01-01", "2025-01-01")], "", "2025-02-02"),
    ],
)
def test_dates_span_all_parts(dates, earliest, latest):
    assert cells({"dates": dates}, "effective_earliest", "effective_latest") == {
        "effective_earliest": earliest,
        "effective_latest": latest,
    }


def test_figures_name_their_parts():
    figures = [
        {"kind": "tariff_rate", "part": part, "value": value, "comparator": "exactly", "unit": "%"}
        for part, value in (("", 10), ("list-1", 25), ("list-2", 7.5))
    ]
    assert cells({"figures": figures}, "figures", "figure_comparators", "figure_units") == {
        "figures": "tariff_rate=10; tariff_rate/list-1=25; tariff_rate/list-2=7.5",
        "figure_comparators": "tariff_rate=exactly; tariff_rate/list-1=exactly; "
        "tariff_rate/list-2=exactly",
        "figure_units": "tariff_rate=%; tariff_rate/list-1=%; tariff_rate/list-2=%",
    }


def test_identifiers_and_instruments():
    document = {
        "instrument": "Example Mining Order",
        "provision": "Article 5(1)",
        "identifiers": [
            {"scheme": "celex", "value": "32024R1689"},
            {"scheme": "eli", "value": "http://data.europa.eu/eli/reg/2024/1689/oj"},
        ],
        "classifications": [{"scheme": "hs", "value": "8542.31"}],
    }
    names = ("instrument", "provision", "identifiers", "classifications")
    assert cells(document, *names) == {
        "instrument": "Example Mining Order",
        "provision": "Article 5(1)",
        "identifiers": "celex:32024R1689; eli:http://data.europa.eu/eli/reg/2024/1689/oj",
        "classifications": "hs:8542.31",
    }
