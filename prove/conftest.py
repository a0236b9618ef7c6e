"""The tests' database and fixtures, and a place for the figures that a proof measures."""

import pytest

from prove import embedded_site
from tests.conftest import *  # noqa: F403

MEASUREMENTS = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(pytestconfig):
    """Call it with a sentence: it is printed when all proofs are over."""
    return pytestconfig.stash.setdefault(MEASUREMENTS, []).append


@pytest.fixture(scope="session")
def cluster(
    django_test_environment, django_db_modify_db_settings, django_db_blocker, tmp_path_factory
):
    """A server to kill, with the seed dataset and its administrator."""
    cluster = embedded_site.EmbeddedCluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start()
        embedded_site.load_seed(cluster, django_db_blocker)
        yield cluster
    finally:
        cluster.remove()


def pytest_terminal_summary(terminalreporter, config):
    for sentence in config.stash.get(MEASUREMENTS, []):
        terminalreporter.write_line(sentence)
