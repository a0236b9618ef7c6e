"""What an analyst asks of the two articles, answered by the API: by its data, never by silence."""

import pytest

from tests import folders
from tests.conftest import FIXTURES

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def loaded(shared):
    folders.load_folder(FIXTURES)


@pytest.fixture
def ids(api, loaded):
    def found(**query):
        return [row["id"] for row in api("actions/", {"page_size": 100} | query)["results"]]

    return found


@pytest.fixture
def record(api, loaded):
    return lambda id: api(f"actions/{id}/")


def test_1_how_many_people_did_the_police_arrest_and_who_says_so(record):
    raid = record("china-crypto-laundering-arrests")
    figures = {row["kind"]: row for row in raid["figures"]}
    assert figures["persons_arrested"]["value"] == 1100
    assert figures["persons_arrested"]["comparator"] == "more_than"
    assert figures["persons_arrested"]["claimed_by"] == ""
    assert figures["groups_dismantled"]["value"] == 170
    claimant = "agencies/ministry-of-public-security-of-china"
    assert figures["groups_dismantled"]["claimed_by"] == claimant


def test_2_what_was_done_against_mining_in_chinas_provinces(ids):
    assert ids(jurisdiction="CN", activity="mining", jurisdiction_exactly="CN-QH") == [
        "qinghai-mining-inspections",
        "qinghai-mining-ban",
    ]
    assert ids(jurisdiction_exactly="CN-NM") == ["inner-mongolia-draft-mining-rules"]


def test_3_which_acts_promote_crypto_and_where(api, loaded):
    rows = api("actions/", stance="promote", activity="crypto")["results"]
    assert {row["id"]: row["jurisdictions"][0]["id"] for row in rows} == {
        "el-salvador-bitcoin-legal-tender": "SV",
        "el-salvador-geothermal-mining-instruction": "SV",
    }


def test_4_what_did_private_platforms_decide_by_themselves(ids):
    assert ids(attribution="private") == ["mining-platforms-block-mainland-china"]


def test_5_what_surely_happened_on_9_june_2021(ids):
    assert ids(occurred__within="2021-06-09") == ["china-crypto-laundering-arrests"]


def test_6_what_may_have_been_decided_in_may_2021(ids):
    """Acts decided on or before a later day may be of May; those of another year are not."""
    assert set(ids(announced__overlaps="2021-05")) == {
        "china-pledge-against-bitcoin-mining-and-trading",
        "inner-mongolia-draft-mining-rules",
        "qinghai-mining-ban",
    }
    assert set(ids(announced__within="2021-05")) == {
        "china-pledge-against-bitcoin-mining-and-trading",
        "inner-mongolia-draft-mining-rules",
    }


def test_7_what_did_the_central_bank_issue(ids):
    assert set(ids(agency="peoples-bank-of-china", agency_role="issuer")) == {
        "china-crypto-transactions-illegal",
        "china-home-mining-crackdown-instruction",
    }


def test_8_which_parts_has_the_campaign(ids, record):
    campaign = "china-campaign-against-crypto"
    related = [record(id) for id in ids(related_to=campaign)]
    parts = {
        row["id"]
        for row in related
        for relation in row["relations"]
        if (relation["type"], relation["action"]["id"]) == ("part_of", campaign)
    }
    assert parts == {
        "china-crypto-laundering-arrests",
        "china-regional-campaigns-against-mining",
        "china-western-province-mine-closures",
    }


def test_9_which_records_rest_on_somebodys_claim(api, loaded):
    (row,) = api("actions/", reported_claim="true")["results"]
    assert row["id"] == "china-miner-ip-tracking"
    assert row["evidence"]["claimed_by"] == [
        "entities/colin-wu",
        "entities/shanghai-telecom-document",
    ]


def test_10_what_is_only_planned_or_proposed(ids):
    assert set(ids(status="planned")) == {
        "china-planned-crypto-penalty-laws",
        "china-pledge-against-bitcoin-mining-and-trading",
        "qinghai-mining-inspections",
    }
    assert ids(status="proposed") == ["inner-mongolia-draft-mining-rules"]


# What the articles do not say


def test_11_what_does_inner_mongolias_draft_threaten_not_stated(record):
    draft = record("inner-mongolia-draft-mining-rules")
    assert draft["penalty"] == []
    assert draft["unknowns"]["penalty"] == "The source does not tell what the draft contains."
    assert "dates/effective" in draft["unknowns"]


def test_12_who_emptied_the_searches_on_baidu_not_stated(record):
    searches = record("baidu-exchange-searches-empty")
    assert searches["attribution"] is None
    assert searches["agencies"] == []
    assert searches["unknowns"]["attribution"].startswith("Only the effect is seen")
    assert searches["unknowns"]["agencies"] == "No public body is said to have acted."


def test_13_was_anyone_convicted_or_fined_none(ids):
    assert ids(type="convict") == ids(type="fine") == ids(penalty="fine") == []


def test_14_how_is_crypto_use_punished_in_china_it_is_not(record):
    ban = record("china-crypto-use-ban-without-penalty")
    assert (ban["stance"], ban["penalty"], ban["status"]) == ("prohibit", ["none"], "in_force")
    assert ban["legal_force"] is None
    assert ban["unknowns"]["legal_force"].startswith("The source names no law")


def test_15_when_did_the_central_bank_declare_transactions_illegal_not_stated(record):
    (date,) = record("china-crypto-transactions-illegal")["dates"]
    bounds = ("2021-05-01", "2021-12-21", "range")  # after the crackdown of May, by publication
    assert (date["earliest"], date["latest"], date["precision"]) == bounds
    assert (date["basis"], date["resolution"][:16]) == ("inferred", "No day is given.")


def test_16_which_super_regulator_made_the_pledge_not_named(record):
    (row,) = record("china-pledge-against-bitcoin-mining-and-trading")["agencies"]
    assert (row["agency"], row["naming"]) == (None, "described")


def test_17_which_measures_of_other_countries_are_known_none(ids):
    everything, known = set(ids()), set(ids(jurisdiction="CN")) | set(ids(jurisdiction="SV"))
    assert everything == known
    assert ids(jurisdiction="US") == []
