"""The house is in order: linters, types, imports, migrations and the deployment checks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def run(*command, **environment):
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


CHECKS = {
    "ruff check": [BIN / "ruff", "check", "."],
    "ruff format": [BIN / "ruff", "format", "--check", "."],
    "mypy": [BIN / "mypy"],
    "import contract": [BIN / "lint-imports"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check"],
    "system check": [sys.executable, "manage.py", "check", "--fail-level", "WARNING"],
}


@pytest.mark.parametrize("name", CHECKS)
def test_check_passes(name):
    found = run(*CHECKS[name])
    assert found.returncode == 0, found.stdout + found.stderr


PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopq",
    "ALLOWED_HOSTS": "policy.example",
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
}


def check(**environment):
    return run(
        sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **environment
    )


@pytest.mark.parametrize("desk", ["on", "off"])
def test_production_settings_pass_the_deployment_checks(desk):
    found = check(**PRODUCTION, DESK=desk)
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
def test_production_refuses_to_start_and_names_what_is_missing(missing):
    found = check(**PRODUCTION | {missing: ""})
    assert found.returncode != 0
    assert found.stderr.strip() == (
        f"Error: DEBUG is off, so these must be set: {missing}. See .env.example."
    )


def test_everything_missing_is_named_at_once():
    found = check(DEBUG="off", SECRET_KEY="", ALLOWED_HOSTS="", DATABASE_URL="")
    assert "SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL" in found.stderr


def test_wrong_values_are_named():
    assert check(DEBUG="perhaps").stderr.strip() == "Error: DEBUG must be on or off, not 'perhaps'"
    wrong = check(DATABASE_URL="mysql://x").stderr.strip()
    assert wrong == "Error: DATABASE_URL must start with postgresql://"


def test_secrets_may_come_from_files(tmp_path):
    key = tmp_path / "key"
    key.write_text(PRODUCTION["SECRET_KEY"] + "\n")
    found = check(**PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(key)})
    assert found.returncode == 0, found.stderr
    found = check(**PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(tmp_path / "none")})
    assert found.stderr.strip().endswith("No such file or directory")
    found = check(**PRODUCTION | {"SECRET_KEY_FILE": str(key)})
    assert found.stderr.strip() == (
        "Error: SECRET_KEY and SECRET_KEY_FILE are both set: remove one of them"
    )


def test_database_may_come_from_a_file_and_an_empty_file_is_no_secret(tmp_path):
    url = tmp_path / "url"
    url.write_text(PRODUCTION["DATABASE_URL"] + "\n")
    given = PRODUCTION | {"DATABASE_URL": "", "DATABASE_URL_FILE": str(url)}
    assert check(**given).returncode == 0
    url.write_text("\n")
    assert "these must be set: DATABASE_URL." in check(**given).stderr


def test_production_names_its_hosts():
    found = check(**PRODUCTION | {"ALLOWED_HOSTS": "*"})
    assert found.stderr.strip() == (
        "Error: ALLOWED_HOSTS must list host names: * would allow every host"
    )


def test_server_that_cannot_be_reached_is_one_line():
    found = run(sys.executable, "manage.py", "migrate", **PRODUCTION)
    assert found.returncode != 0
    assert found.stderr.startswith("Error: cannot use the database: ")
    assert "Traceback" not in found.stderr


def test_nothing_of_this_machine_is_in_the_project():
    tracked = run("git", "ls-files", "-z").stdout.split("\0")
    texts = [ROOT / name for name in tracked if name.endswith((".py", ".md", ".toml", ".txt"))]
    assert len(texts) > 50
    for path in texts:
        assert str(Path.home()) + "/" not in path.read_text(encoding="utf-8"), path
