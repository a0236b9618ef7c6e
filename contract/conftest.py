"""The tests' database and fixtures, with the seed dataset in it and two records that ended."""

from collections import Counter
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from django.core.management import call_command

from contract.values import ENDED, FIXTURES
from policy.publishing import publish
from policy.publishing.ledger import ONE_MICROSECOND, Ledger
from tests import factories as make
from tests.conftest import *  # noqa: F403

ANSWERS = pytest.StashKey[Counter[int]]()


@pytest.fixture(scope="module")
def answers(pytestconfig):
    """How many of each status: requests that never find anything prove little."""
    counted = pytestconfig.stash[ANSWERS] = Counter()
    yield counted
    assert counted[200] > counted.total() / 10


def pytest_terminal_summary(terminalreporter, config):
    if counted := config.stash.get(ANSWERS, None):
        told = ", ".join(f"{n} of {status}" for status, n in counted.most_common())
        terminalreporter.write_line(f"{counted.total()} cases answered: {told}")


def next_instant_of_2022(ledger):
    """An instant in the past, so that `as_of` can ask for all that was published."""
    last = ledger.last_instant
    return last + ONE_MICROSECOND if last else datetime(2022, 1, 1, tzinfo=UTC)


@patch.object(Ledger, "next_instant", next_instant_of_2022)
def load():
    """The seed dataset, and actions that were withdrawn and merged."""
    call_command("load_dataset", FIXTURES, verbosity=0)
    kept, withdrawn, merged = (make.action(slug) for slug in ("kept", *ENDED))
    make.publish_all(kept, withdrawn, merged)
    by = make.reviewer()
    publish.withdraw(withdrawn, by=by, reason="It may not have happened.")
    publish.merge(merged, kept, by=by, reason="The same.")


@pytest.fixture(scope="module")
def dataset(shared):
    """For a whole module, forgotten behind it."""
    load()


@pytest.fixture
def live(address):
    """The address of a server that has it."""
    load()
    return address
