"""Every type of act suggests a status and says why."""

import json

import pytest

from policy.models import Term
from policy.suggestions.statuses import SUGGESTED_STATUSES
from tests.conftest import FIXTURES

pytestmark = pytest.mark.django_db


def codes(vocabulary: str) -> set[str]:
    terms = Term.objects.filter(vocabulary=vocabulary, abstract=False)
    return set(terms.values_list("code", flat=True))


def test_every_type_suggests_a_status_of_the_codebook():
    assert set(SUGGESTED_STATUSES) == codes("type")
    assert {status for status, _ in SUGGESTED_STATUSES.values()} <= codes("status")
    assert [
        type for type, (_, reason) in SUGGESTED_STATUSES.items() if len(reason.split()) < 5
    ] == []


def test_what_was_only_ordered_is_never_suggested_as_done():
    ordered = ("instruct", "shut_down", "cut_service", "fund", "legislate", "regulate", "plan")
    assert {SUGGESTED_STATUSES[type][0] for type in ordered} == {"adopted"}
    assert SUGGESTED_STATUSES["pledge"][0] == "planned"


def test_the_seed_departs_from_it_only_where_the_words_say_more():
    """A start and no rule: states and plans say more, or less, than a plain report."""
    rows = [json.loads(path.read_text()) for path in (FIXTURES / "actions").glob("*.json")]
    pairs = [(row["status"], SUGGESTED_STATUSES[row["type"]][0]) for row in rows if row.get("type")]
    assert (len(pairs), sum(status == suggestion for status, suggestion in pairs)) == (20, 14)
