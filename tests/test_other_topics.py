"""Acts on other topics: artificial intelligence, chips, tariffs, sanctions, data transfers.

The records and the texts of their sources are in our own words. They state facts of public law.
"""

import csv
import io
import json
import runpy
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from policy.documents import evidence
from policy.exchange.dump import dump_dataset
from policy.models import Revision, Term
from tests import folders
from tests.folders import edit_file, get_load_errors
from tests.test_web import facts, tree

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

FOLDER = settings.BASE_DIR / "tests/data/other-topics"
ACTIONS = {path.stem: json.loads(path.read_bytes()) for path in FOLDER.glob("actions/*.json")}
AI_ACT, CHIPS, TARIFF, SANCTION, JUDGMENT, DECISION = (
    "eu-artificial-intelligence-act",
    "us-chip-export-controls-2022",
    "us-section-301-list-1",
    "us-sanctions-blender-io",
    "cjeu-privacy-shield-judgment",
    "eu-privacy-shield-decision",
)


@pytest.fixture(scope="module")
def loaded(shared) -> str:
    """Load the folder, and return what load_dataset printed."""
    return folders.load_folder(FOLDER)


# The files


def test_make_computes_what_the_files_contain():
    files = runpy.run_path(str(FOLDER / "make.py"))["complete_files"]()
    assert [path for path, content in files if path.read_text("utf-8") != content] == []


@pytest.mark.parametrize("slug", ACTIONS)
def test_every_value_is_supported_and_quotes_are_short(slug):
    assert [
        *evidence.iter_key_problems(ACTIONS[slug]),
        *evidence.iter_evidence_gaps(ACTIONS[slug]),
        *(row for row in ACTIONS[slug]["citations"] if len(row["quote"].split()) > 8),
    ] == []


def test_new_terms_have_definitions_and_limits():
    terms = json.loads((FOLDER / "terms.json").read_bytes())
    assert [
        term["code"]
        for term in terms
        if not (term["definition"] and term["includes"] and term["excludes"])
    ] == []


def test_the_folder_is_published_and_loads_twice_as_once(loaded):
    assert loaded == (
        "23 records published, 0 unchanged, 0 revisions restored, "
        "12 terms and 0 jurisdictions written."
    )
    before = folders.table_digests()
    assert folders.load_folder(FOLDER) == (
        "0 records published, 23 unchanged, 0 revisions restored, "
        "0 terms and 0 jurisdictions written."
    )
    assert folders.table_digests() == before


def test_citations_are_valid(loaded):
    output = StringIO()
    call_command("verify_citations", texts=FOLDER / "texts", stdout=output)
    assert output.getvalue() == "47 citations are valid.\n"


def test_a_dump_loads_as_the_same_history(loaded, tmp_path):
    dump_dataset(tmp_path / "first")
    folders.truncate_records("policy_jurisdiction")
    folders.load_folder(tmp_path / "first")
    dump_dataset(tmp_path / "second")
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("first", "second")
    )
    assert second == first
    assert (Term.objects.get(pk="figure.tariff_rate").sum, Revision.objects.count()) == (False, 23)


# The API


def day(kind: str, on: str, part: str = "") -> dict:
    return folders.date_document(kind, on) | {"part": part, "resolution": ""}


def figure(kind: str, part: str, value: float, unit: str, comparator: str = "exactly") -> dict:
    row = {"kind": kind, "part": part, "value": value, "comparator": comparator, "unit": unit}
    return row | {"claimed_by": ""}


DATES = {
    AI_ACT: [
        day("adopted", "2024-06-13"),
        day("announced", "2024-07-12"),
        day("effective", "2024-08-01"),
        day("effective", "2025-02-02", "prohibitions"),
        day("effective", "2025-08-02", "general-purpose-models"),
        day("effective", "2026-08-02", "general-application"),
        day("effective", "2027-08-02", "annex-i-products"),
    ],
    CHIPS: [
        day("announced", "2022-10-07"),
        day("effective", "2022-10-07", "semiconductor-manufacturing"),
        day("effective", "2022-10-12", "us-persons"),
        day("effective", "2022-10-21", "advanced-computing"),
    ],
    TARIFF: [day("announced", "2018-06-15"), day("effective", "2018-07-06")],
    SANCTION: [day("occurred", "2022-05-06")],
    JUDGMENT: [day("adopted", "2020-07-16")],
    DECISION: [day("adopted", "2016-07-12"), day("ended", "2020-07-16")],
}
FIGURES = {
    AI_ACT: [
        figure("maximum_fine", "prohibitions", 35_000_000, "EUR"),
        figure("maximum_fine_share", "prohibitions", 7, "%"),
        figure("maximum_fine", "other-duties", 15_000_000, "EUR"),
        figure("maximum_fine_share", "other-duties", 3, "%"),
        figure("maximum_fine", "incorrect-information", 7_500_000, "EUR"),
        figure("maximum_fine_share", "incorrect-information", 1, "%"),
    ],
    TARIFF: [
        figure("tariff_rate", "list-1", 25, "%"),
        figure("tariff_lines", "list-1", 818, "lines"),
        figure("trade_value", "list-1", 34_000_000_000, "USD", "about"),
    ],
}


@pytest.mark.parametrize("slug", ACTIONS)
def test_documents_have_the_dates_and_figures_of_each_part(api, loaded, slug):
    document = api(f"actions/{slug}/")
    assert document["dates"] == DATES[slug]
    assert document["figures"] == FIGURES.get(slug, [])
    assert set(document["evidence"]["fields"].values()) == {"official"}


def test_main_dates_are_those_of_the_whole_act(api, loaded):
    rows = api("actions/", ordering="date")["results"]
    assert [(row["id"], row["sort_date"]) for row in rows] == [
        (DECISION, "2016-07-12"),
        (TARIFF, "2018-07-06"),
        (JUDGMENT, "2020-07-16"),
        (SANCTION, "2022-05-06"),
        (CHIPS, "2022-10-07"),
        (AI_ACT, "2024-06-13"),
    ]


FILTERS = [
    ("jurisdiction=EU", {AI_ACT, JUDGMENT, DECISION}),
    ("jurisdiction=US", {CHIPS, TARIFF, SANCTION}),
    ("type=enforcement", {SANCTION}),
    ("type=process", {JUDGMENT}),
    ("type=rule_making", {AI_ACT, CHIPS, TARIFF, DECISION}),
    ("activity=semiconductors", {CHIPS}),
    ("agency=european-parliament", {AI_ACT}),
    ("agency=court-of-justice-of-the-european-union&agency_role=adjudicator", {JUDGMENT}),
    ("entity=blender-io", {SANCTION}),
    (f"related_to={DECISION}", {JUDGMENT}),
    ("evidence=official", set(ACTIONS)),
    ("q=32024R1689", {AI_ACT}),
    ("q=3A090", {CHIPS}),
    ('q="Trade+Act"', {TARIFF}),
    # by one of several dates of the same kind
    ("effective__within=2025-02", {AI_ACT}),
    ("effective__overlaps=2025-02", {AI_ACT}),
    ("effective__within=2022-10-12", {CHIPS}),
    ("effective__within=2022-10-13", set()),
    ("ended__within=2020-07", {DECISION}),
    # in force
    ("in_force_on=2016-07-11", set()),
    ("in_force_on=2018-07-05", {DECISION}),
    ("in_force_on=2018-07-06", {DECISION, TARIFF}),
    ("in_force_on=2020-07-16", {DECISION, JUDGMENT, TARIFF}),
    ("in_force_on=2020-07-17", {TARIFF}),
    ("in_force_on=2022-10-06", {SANCTION, TARIFF}),
    ("in_force_on=2022-10-07", {CHIPS, SANCTION, TARIFF}),
    ("in_force_on=2024-07-31", {CHIPS, SANCTION, TARIFF}),
    ("in_force_on=2024-08-01", {AI_ACT, CHIPS, SANCTION, TARIFF}),
    ("in_force_on__possibly=2018-07-05", {DECISION}),
    ("in_force_on__possibly=2020-07-16", {DECISION, JUDGMENT, TARIFF}),
    ("in_force_on__possibly=2020-07-17", {TARIFF}),
    ("in_force_on__possibly=2027-08-02", {AI_ACT, CHIPS, SANCTION, TARIFF}),
    ("figure=maximum_fine", {AI_ACT}),
    ("figure__in=tariff_rate,maximum_fine_share", {AI_ACT, TARIFF}),
    ("target=CN", {CHIPS, TARIFF}),
    ("target=CN&target_role=target", {CHIPS, TARIFF}),
    ("target=CN&target_role=destination", set()),
    ("target=US", {JUDGMENT, DECISION}),
    ("target=US&target_role=destination", {JUDGMENT, DECISION}),
    ("target=KP&jurisdiction=US", {SANCTION}),
    ("target_role=target", {CHIPS, TARIFF, SANCTION}),
    ("target__isnull=true", {AI_ACT}),
    ("identifier=celex:32024R1689", {AI_ACT}),
    ("identifier=celex:32024R168", set()),
    ("identifier=eli:reg/2024/1689/oj", {AI_ACT}),
    ("identifier=federal_register:2022-21658", {CHIPS}),
    ("identifier=docket:USTR-2018-0005", {TARIFF}),
    ("identifier=ecli:ECLI:EU:C:2020:559", {JUDGMENT}),
    ("classification=hs:84", {TARIFF}),
    ("classification=hs:9018", {TARIFF}),
    ("classification=hs:86", set()),
    ("classification=eccn:3A", {CHIPS}),
    ("classification=eccn:4A090", {CHIPS}),
    ("classification=hs:3", set()),
    ("part=prohibitions", {AI_ACT}),
    ("part=incorrect-information", {AI_ACT}),
    ("part=list-1", {TARIFF}),
    ("part=list", set()),
]


@pytest.mark.parametrize(("query", "found"), FILTERS)
def test_filters_find_the_acts(api, loaded, query, found):
    assert {row["id"] for row in api(f"actions/?{query}")["results"]} == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("agencies/?identifier=wikidata:Q8889", ["european-parliament"]),
        ("sources/?identifier=celex:32016D1250", ["official-journal-2016-1250"]),
    ],
)
def test_other_records_are_found_by_their_identifiers(api, loaded, query, found):
    assert [row["id"] for row in api(query)["results"]] == found


def test_acts_are_counted_by_type_and_place(api, loaded):
    groups = api("actions/aggregate/", group_by="jurisdiction,type")["groups"]
    assert {(*group["labels"].values(), group["count"]) for group in groups} == {
        ("European Union", "Annul", 1),
        ("European Union", "Legislate", 1),
        ("European Union", "Regulate", 1),
        ("United States", "Control exports", 1),
        ("United States", "Sanction", 1),
        ("United States", "Set a tariff", 1),
    }


def test_amounts_are_added_and_rates_are_not(api, loaded):
    query = {"group_by": "type", "figure": "trade_value"}
    groups = api("actions/aggregate/", query, sum="trade_value")["groups"]
    assert [group["sums"] for group in groups] == [
        [
            {
                "unit": "USD",
                "value": 34_000_000_000,
                "at_least": False,
                "comparators": ["about"],
                "records": 1,
            }
        ]
    ]
    for rate in ("tariff_rate", "maximum_fine"):
        problem = api("actions/aggregate/", query, sum=rate, status=400)
        assert [error["parameter"] for error in problem["errors"]] == ["sum"]


CSV_CELLS = {
    TARIFF: {
        "type": "tariff",
        "status": "in_force",
        "legal_force": "binding_rule",
        "instrument": "Trade Act of 1974",
        "provision": "Section 301",
        "sort_date": "2018-07-06",
        "announced_earliest": "2018-06-15",
        "jurisdictions": "US",
        "activities": "goods_trade",
        "agencies": "issuer=office-of-the-us-trade-representative",
        "entities": "",
        "sources": "federal-register-83-fr-28710",
        "unknowns": "penalty",
        "evidence": "official",
    },
    DECISION: {
        "type": "regulate",
        "status": "repealed",
        "legal_force": "binding_rule",
        "instrument": "Implementing Decision (EU) 2016/1250",
        "provision": "",
        "sort_date": "2016-07-12",
        "announced_earliest": "",
        "jurisdictions": "EU",
        "activities": "data_transfers",
        "agencies": "issuer=european-commission",
        "entities": "",
        "sources": "official-journal-2016-1250; judgment-c-311-18",
        "unknowns": "penalty",
        "evidence": "official",
    },
}


@pytest.mark.parametrize("slug", CSV_CELLS)
def test_csv_rows_have_the_coded_values(client, loaded, slug):
    content = b"".join(client.get("/api/v1/actions/?format=csv")).decode()
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(content, newline=""))}
    assert {name: rows[slug][name] for name in CSV_CELLS[slug]} == CSV_CELLS[slug]


# The pages

FACTS = {
    AI_ACT: [
        ("Instrument", "Regulation (EU) 2024/1689 (Artificial Intelligence Act)"),
        ("CELEX number", "32024R1689"),
        ("Effective", "1 August 2024"),
        ("Effective (prohibitions)", "2 February 2025"),
        ("Effective (annex i products)", "2 August 2027"),
        ("Maximum fine (prohibitions)", "35,000,000 EUR"),
        ("Maximum fine as a share (other duties)", "3 %"),
        ("Maximum fine (incorrect information)", "7,500,000 EUR"),
    ],
    CHIPS: [
        ("ECCN", "3A090"),
        ("Target", "China"),
        ("Effective (us persons)", "12 October 2022"),
    ],
    TARIFF: [
        ("Provision", "Section 301"),
        ("Target", "China"),
        ("Effective", "6 July 2018"),
        ("Tariff rate (list 1)", "25 %"),
        ("Trade value (list 1)", "about 34,000,000,000 USD"),
    ],
    SANCTION: [("Target", "North Korea"), ("Affected", "Blender.io")],
    JUDGMENT: [("Destination", "United States")],
    DECISION: [("Destination", "United States"), ("Ended", "16 July 2020")],
}


@pytest.mark.parametrize("slug", ACTIONS)
def test_pages_show_parts_amounts_and_targets(client, loaded, slug):
    response = client.get(f"/actions/{slug}/")
    assert response.status_code == 200
    shown = {(label, value) for label, value, _, _ in facts(tree(response))}
    assert set(FACTS[slug]) - shown == set()


@pytest.mark.parametrize("kind", ["agencies", "entities", "sources"])
def test_pages_of_other_records_open(client, loaded, kind):
    slugs = [path.stem for path in sorted((FOLDER / kind).iterdir())]
    assert {slug: client.get(f"/{kind}/{slug}/").status_code for slug in slugs} == dict.fromkeys(
        slugs, 200
    )


# Bad input


def add(field: str, item: dict):
    return lambda record: record[field].append(item)


def change(field: str, position: int, **values):
    return lambda record: record[field][position].update(values)


NO_SLUG = "Use lower-case letters, digits and single hyphens."
NO_VALUE = "Is no value of the scheme {}: values must match {}"
CELEX_PATTERN = r"[0-9CE][0-9]{4}[A-Z]{1,2}[0-9]{4}(\([0-9]{2}\))?(-[0-9]{8})?"
TOO_LARGE = "Must be at least 0 and below 1,000,000,000,000,000,000."
CHINA = {"jurisdiction": {"id": "CN"}, "role": "target"}
CELEX = {"scheme": "celex", "value": "32024R1689"}
BAD_ACTIONS = [
    (AI_ACT, change("dates", 3, part="Prohibited practices"), "dates[3].part", NO_SLUG),
    (TARIFF, change("figures", 0, part="list_1"), "figures[0].part", NO_SLUG),
    (AI_ACT, change("dates", 3, part="x" * 61), "dates[3].part", "Use at most 60 characters."),
    (AI_ACT, change("dates", 3, part=None), "dates[3].part", "Must not be null."),
    (
        AI_ACT,
        change("dates", 4, part="prohibitions"),
        "dates[4]",
        "This action already has a date of this kind for this part.",
    ),
    (
        AI_ACT,
        change("figures", 2, part="prohibitions"),
        "figures[2]",
        "This action already has a figure of this kind for this part.",
    ),
    (
        CHIPS,
        change("targets", 0, role="victim"),
        "targets[0].role",
        "The vocabulary target_role has no term victim.",
    ),
    (
        CHIPS,
        change("targets", 0, jurisdiction={"id": "XQ"}),
        "targets[0].jurisdiction",
        "There is no jurisdiction XQ.",
    ),
    (
        CHIPS,
        add("targets", CHINA),
        "targets[1]",
        "This action already has this target in this role.",
    ),
    (
        AI_ACT,
        change("identifiers", 0, value="2024/1689"),
        "identifiers[0].value",
        NO_VALUE.format("celex", CELEX_PATTERN),
    ),
    (
        TARIFF,
        change("identifiers", 0, value="83 FR 28710"),
        "identifiers[0].value",
        "Must not contain white space.",
    ),
    (
        AI_ACT,
        change("identifiers", 0, scheme="celexx"),
        "identifiers[0].scheme",
        "The vocabulary identifier_scheme has no term celexx. Did you mean celex?",
    ),
    (
        AI_ACT,
        add("identifiers", {"scheme": "hs", "value": "8401"}),
        "identifiers[2].scheme",
        "The vocabulary identifier_scheme has no term hs.",
    ),
    (
        AI_ACT,
        add("identifiers", CELEX),
        "identifiers",
        "A value occurs twice. Remove the duplicate.",
    ),
    (
        CHIPS,
        change("classifications", 0, value="3a090"),
        "classifications[0].value",
        NO_VALUE.format("eccn", r"[0-9][A-E][0-9]{3}(\.[a-z0-9.]+)?"),
    ),
    (
        TARIFF,
        change("classifications", 0, value="84.01"),
        "classifications[0].value",
        NO_VALUE.format("hs", "[0-9]{2}([0-9]{2}([0-9]{2})?)?"),
    ),
    (TARIFF, change("figures", 2, value=1e18), "figures[2].value", TOO_LARGE),
    (TARIFF, change("figures", 2, value=-1), "figures[2].value", TOO_LARGE),
    (
        TARIFF,
        change("figures", 2, value=10**18),
        "figures[2].value",
        "the integer 1000000000000000000… is too large to be exact.",
    ),
    (
        JUDGMENT,
        change("relations", 0, type="voids"),
        "relations[0].type",
        "The vocabulary relation has no term voids.",
    ),
]


@pytest.fixture
def changed(loaded, tmp_path) -> Path:
    """Return a copy of the folder to change."""
    return Path(shutil.copytree(FOLDER, tmp_path / "changed"))


@pytest.mark.parametrize(("slug", "edit", "field", "message"), BAD_ACTIONS)
def test_bad_values_are_refused_with_file_record_and_field(changed, slug, edit, field, message):
    edit_file(changed, f"actions/{slug}.json", edit)
    assert get_load_errors(changed) == [f"actions/{slug}.json: {slug}: {field}: {message}"]


def test_a_support_names_the_part(changed):
    edit_file(changed, f"actions/{TARIFF}.json", change("dates", 1, part="list-2"))
    file = f"actions/{TARIFF}.json: {TARIFF}"
    assert get_load_errors(changed) == [
        f"{file}: citations[4].supports: This record has no value with the key dates/effective.",
        f"{file}: dates/effective/list-2: No citation supports this value. Add one.",
    ]


@pytest.mark.parametrize(
    ("file", "edit", "message"),
    [
        (
            "agencies/european-parliament.json",
            change("identifiers", 0, value="8889"),
            "european-parliament: identifiers[0].value: "
            + NO_VALUE.format("wikidata", "Q[1-9][0-9]*"),
        ),
        (
            "terms.json",
            lambda rows: rows[0].update(pattern="["),
            "type.export_control: pattern: Is no regular expression: unterminated character set "
            "at position 0.",
        ),
        (
            "terms.json",
            lambda rows: rows[0].update(url_template="http://example.org/{value}"),
            "type.export_control: url_template: Enter an address that starts with https:// and "
            "contains {value}.",
        ),
        (
            "terms.json",
            lambda rows: rows[8].update(sum="no"),
            'figure.tariff_rate: sum: Must be true or false, not "no".',
        ),
    ],
)
def test_bad_agencies_and_terms_are_refused(changed, file, edit, message):
    edit_file(changed, file, edit)
    assert get_load_errors(changed) == [f"{file}: {message}"]
