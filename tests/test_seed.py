"""The seed dataset: what a newcomer finds, coded by the book."""

import json

import pytest

from policy.documents import evidence
from policy.hashes import sha256_hex
from policy.models import Revision
from tests import folders
from tests.conftest import FIXTURES

pytestmark = pytest.mark.postgresql

PLURALS = {"agency": "agencies", "entity": "entities", "source": "sources", "action": "actions"}
FILES = sorted(path for plural in PLURALS.values() for path in (FIXTURES / plural).iterdir())
ACTIONS = {
    path.stem: json.loads(path.read_bytes()) for path in FILES if path.parent.name == "actions"
}
CHINA = {
    "baidu-exchange-searches-empty",
    "china-campaign-against-crypto",
    "china-crypto-crackdown-autumn-2021",
    "china-crypto-laundering-arrests",
    "china-crypto-traders-only-warned",
    "china-crypto-transactions-illegal",
    "china-crypto-use-ban-without-penalty",
    "china-digital-yuan-developed",
    "china-digital-yuan-pilot",
    "china-home-mining-crackdown-instruction",
    "china-miner-ip-tracking",
    "china-mining-crackdown-may-2021",
    "china-planned-crypto-penalty-laws",
    "china-pledge-against-bitcoin-mining-and-trading",
    "china-regional-campaigns-against-mining",
    "china-western-province-mine-closures",
    "mining-platforms-block-mainland-china",
    "weibo-crypto-account-bans",
    "weibo-exchange-searches-empty",
}
PROVINCES = {
    "inner-mongolia-draft-mining-rules",
    "qinghai-mining-ban",
    "qinghai-mining-inspections",
}
EL_SALVADOR = {"el-salvador-bitcoin-legal-tender", "el-salvador-geothermal-mining-instruction"}


def test_every_file_is_named_by_its_id():
    assert len(FILES) == 39
    ids = {path: json.loads(path.read_bytes())["id"] for path in FILES}
    assert ids == {path: path.stem for path in FILES}


def test_every_file_is_spelled_in_one_way():
    texts = {path: path.read_text("utf-8") for path in FILES}
    assert texts == {
        path: json.dumps(json.loads(text), ensure_ascii=False, indent=2) + "\n"
        for path, text in texts.items()
    }


def test_every_value_is_backed_and_every_silence_explained():
    assert {
        slug: [*evidence.iter_key_problems(action), *evidence.iter_evidence_gaps(action)]
        for slug, action in ACTIONS.items()
    } == {slug: [] for slug in ACTIONS}


def test_words_of_others_are_one_to_eight():
    for slug, action in ACTIONS.items():
        actors = action.get("agencies", []) + action.get("entities", [])
        quotes = [citation["quote"] for citation in action["citations"]]
        phrases = quotes + [row.get("described_as", "") for row in actors]
        assert (slug, [phrase for phrase in phrases if len(phrase.split()) > 8]) == (slug, [])
        assert (slug, all(quotes)) == (slug, True)


@pytest.mark.parametrize("slug", ACTIONS)
def test_title_is_short_and_the_summary_tells_of_the_act(slug):
    assert len(ACTIONS[slug]["title"]) <= 80
    assert "article" not in ACTIONS[slug]["summary"].split()


def test_doubts_sort_the_records():
    """A doubt is an open question that could change a value; most records have none."""
    doubtful = [row for row in ACTIONS.values() if "doubt" in note_kinds(row)]
    assert 0 < len(doubtful) < len(ACTIONS) / 3


def note_kinds(row):
    return {note["kind"] for note in row.get("notes", [])}


@pytest.mark.parametrize("slug", ACTIONS)
def test_a_date_is_inferred_unless_the_words_give_it(slug):
    """Both publication days are inferred, and so is what is counted from them."""
    bases = evidence.bases_by_key(ACTIONS[slug])
    dates = {date["kind"]: date for date in ACTIONS[slug]["dates"]}
    assert all(bases[f"dates/{kind}"] == {date["basis"]} for kind, date in dates.items())
    assert {date["basis"] for date in dates.values()} <= {"inferred", "stated"}


def test_the_articles_are_not_in_the_repository():
    """Their text stays their publishers': only digests and lengths are here."""
    sources = [json.loads(path.read_bytes()) for path in FILES if path.parent.name == "sources"]
    digests = {source["sha256"] for source in sources}
    folders_here = ("fixtures", "docs", "tests", "web", "desk", "api", "policy", "bench")
    here = [path for name in folders_here for path in (FIXTURES.parent / name).rglob("*.*")]
    lengths = {source["bytes"] for source in sources}
    alike = [path for path in here if path.is_file() and path.stat().st_size in lengths]
    assert [path for path in alike if sha256_hex(path.read_bytes()) in digests] == []


@pytest.fixture(scope="module")
def current(shared):
    """What the seed publishes, by kind and id."""
    folders.load_folder(FIXTURES)
    rows = Revision.objects.filter(superseded_at=None)
    return {(row.kind, row.record): json.loads(row.document) for row in rows}


def test_the_seed_publishes_every_file_once(current):
    expected = {
        (kind, path.stem)
        for kind, plural in PLURALS.items()
        for path in (FIXTURES / plural).iterdir()
    }
    assert set(current) == expected
    assert {kind: sum(k == kind for k, _ in expected) for kind in PLURALS} == {
        "agency": 4,
        "entity": 9,
        "source": 2,
        "action": 24,
    }
    assert {row["review"]["released_by"] for row in current.values()} == {
        "policy-events-seed@2026.12.0"
    }


def test_no_published_action_has_a_gap(current):
    actions = {slug: row for (kind, slug), row in current.items() if kind == "action"}
    assert {
        slug: [*evidence.iter_evidence_gaps(row), *evidence.iter_key_problems(row)]
        for slug, row in actions.items()
    } == {slug: [] for slug in ACTIONS}


def test_the_seed_loads_twice_as_once(current):
    before = folders.table_digests()
    assert folders.load_folder(FIXTURES).startswith("0 records published, 39 unchanged")
    assert folders.table_digests() == before


HARDEST = {
    "an arrest with figures": lambda row: row["type"] == "arrest" and row["figures"],
    "a proposal": lambda row: (row["type"], row["status"]) == ("propose", "proposed"),
    "a ban known second-hand": lambda row: row["stance"] == "prohibit" and "reported" in roles(row),
    "a platform's measure of which nobody says whose decision it was": lambda row: (
        row["type"] == "restrict_access"
        and row["attribution"] is None
        and row["unknowns"]["attribution"]
    ),
    "a permissive act abroad": lambda row: (
        row["stance"] in ("permit", "promote") and row["jurisdictions"][0]["id"] == "SV"
    ),
    "an actor without a name": lambda row: any(a["naming"] == "unnamed" for a in row["agencies"]),
    "a state that goes unpunished": lambda row: (
        (row["unit"], row["penalty"]) == ("state", ["none"])
    ),
    "somebody's claim": lambda row: row["evidence"]["reported_claim"],
}


def roles(row):
    return {entity["role"] for entity in row["entities"]}


def test_the_hardest_kinds_are_there(current):
    actions = [row for (kind, _), row in current.items() if kind == "action"]
    found = {name for name, fits in HARDEST.items() if any(map(fits, actions))}
    assert found == set(HARDEST)


def listed(api, **query):
    return {row["id"] for row in api("actions/", {"page_size": 100} | query)["results"]}


def test_a_country_is_asked_with_its_provinces_or_by_itself(api, current):
    assert listed(api, jurisdiction="CN") == CHINA | PROVINCES
    assert listed(api, jurisdiction_exactly="CN") == CHINA
    assert listed(api, jurisdiction="CN-QH") == {"qinghai-mining-ban", "qinghai-mining-inspections"}
    assert listed(api, jurisdiction="SV") == EL_SALVADOR
    assert listed(api) == set(ACTIONS) == CHINA | PROVINCES | EL_SALVADOR
