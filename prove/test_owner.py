"""Without a superuser, the database's owner who may create roles makes them."""

import psycopg
import pytest

from prove.clusters import TESTED_MAJORS, running_cluster


@pytest.mark.parametrize("major", TESTED_MAJORS)
def test_the_owner_of_a_database_makes_its_roles(major, tmp_path):
    with running_cluster(major) as server:
        server.run("createuser", "--createrole", "boss")
        url = server.createdb("dataset", "--owner", "boss").replace("postgres@", "boss@")
        server.run_manage_py(url, "migrate", "-v0")
        said = server.run_manage_py(url, "database_roles", "--urls", tmp_path)
        assert said.count(": written.") == 4
        assert "up to date" in server.run_manage_py(url, "database_roles", "--check")
        later = (tmp_path / "migrate.url").read_text().strip()
        assert "up to date" in server.run_manage_py(later, "database_roles", "--check")
        server.run("createuser", "--createrole", "stranger")
        strangers = url.replace("boss@", "stranger@")
        with pytest.raises(AssertionError, match="Nothing was changed: "):
            server.run_manage_py(strangers, "database_roles", "--urls", tmp_path)
        with psycopg.connect(url) as session:
            rights = session.execute(
                "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'dataset_%' AND"
                " (rolsuper OR rolcreaterole OR rolcreatedb)"
            )
            assert rights.fetchone() == (0,)
