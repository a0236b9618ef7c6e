"""The tests' database and fixtures, and a place for the figures that a proof measures."""

import pytest

from tests.conftest import *  # noqa: F403

FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(pytestconfig):
    """Call it with a sentence: it is printed when all proofs are over."""
    return pytestconfig.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter, config):
    for sentence in config.stash.get(FIGURES, []):
        terminalreporter.write_line(sentence)
