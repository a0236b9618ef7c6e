"""The fixtures of the tests, a server to kill, and a report of measurements."""

import pytest

from prove import embedded_site
from tests.conftest import *  # noqa: F403

MEASUREMENTS = pytest.StashKey[list[str]]()


@pytest.fixture
def figure(pytestconfig):
    """Return a function that takes a sentence and prints it at the end of the run."""
    return pytestconfig.stash.setdefault(MEASUREMENTS, []).append


@pytest.fixture(scope="session")
def cluster(
    django_test_environment, django_db_modify_db_settings, django_db_blocker, tmp_path_factory
):
    """A server that tests may kill, with the seed dataset and an administrator."""
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
