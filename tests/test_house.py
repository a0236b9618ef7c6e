"""Rules for the whole project: linters, types, imports, names, versions and deployment checks."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

ROOT = settings.BASE_DIR
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


def setting(name, **environment):
    """What a setting is, without loading the applications."""
    script = f"from config import settings; print(settings.{name})"
    found = run(sys.executable, "-c", script, **environment)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


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
    given = PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(key)}
    assert setting("SECRET_KEY", **given) == PRODUCTION["SECRET_KEY"]
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
    assert setting("DATABASES['default']['PORT']", **given) == "1"
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


# Source files and the names in them

PACKAGES = ("policy", "api", "web", "desk", "config")
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "migrations" not in path.parts
}
MAX_LINES = 300
# Names that mean the same thing in every module that defines them.
SHARED_NAMES = {
    "Command",  # of a management command, as Django requires
    "urlpatterns",
    "app_name",
    "logger",
    "alert_logger",  # logging.getLogger("policy_events.alert")
    "__all__",
}


def test_no_source_file_has_more_than_300_lines():
    assert len(SOURCES) > 200
    lengths = {path: len(text.splitlines()) for path, text in SOURCES.items()}
    assert {path: length for path, length in lengths.items() if length > MAX_LINES} == {}


def defined_names(body: list[ast.stmt]) -> Iterator[str]:
    """The classes, functions and constants that a module defines. Imports are no definitions."""
    for statement in body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef):
            yield statement.name
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            yield from assigned_names(statement)
        else:  # if, try, with, for
            for block in ("body", "handlers", "orelse", "finalbody"):
                yield from defined_names(getattr(statement, block, []))


def assigned_names(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    nodes = [node for target in targets for node in ast.walk(target)]
    return [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]


def test_defined_names_are_found_in_blocks_too():
    source = """
import imported
from module import other as renamed
A, (B, c.attribute) = 1, (2, 3)
D: int = 4
def function(): local = 1
class Class: member = 1
if A:
    E = 5
else:
    F = 6
"""
    names = list(defined_names(ast.parse(source).body))
    assert names == ["A", "B", "D", "function", "Class", "E", "F"]


def test_no_name_is_defined_in_two_modules():
    """Except in branches of one module: the same name then has one meaning."""
    modules = defaultdict(set)
    for path, text in SOURCES.items():
        for name in defined_names(ast.parse(text).body):
            modules[name].add(path)
    twice = {
        name: sorted(paths)
        for name, paths in sorted(modules.items())
        if len(paths) > 1 and name not in SHARED_NAMES
    }
    lines = [f"{name}: {', '.join(paths)}" for name, paths in twice.items()]
    assert twice == {}, "\n".join(["These names are defined in more than one module:", *lines])


# The version

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_openapi_states_the_version_of_pyproject():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert schema["info"]["version"] == VERSION


def test_version_is_the_newest_dated_heading_of_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    dated = re.findall(r"^## \[?([0-9][^] ]*)\]? - ([0-9]{4}-[0-9]{2}-[0-9]{2})$", changelog, re.M)
    assert dated
    assert dated[0][0] == VERSION
    assert [date for _, date in dated] == sorted((date for _, date in dated), reverse=True)


def test_version_is_written_only_in_pyproject():
    """No constant equals it. A sentence may name the version in which something changed."""
    copies = [
        f"{path}:{node.lineno}"
        for path, text in SOURCES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and node.value == VERSION
    ]
    assert copies == []


def test_nothing_of_this_machine_is_in_the_project():
    tracked = run("git", "ls-files", "-z").stdout.split("\0")
    texts = [ROOT / name for name in tracked if name.endswith((".py", ".md", ".toml", ".txt"))]
    assert len(texts) > 50
    for path in texts:
        assert str(Path.home()) + "/" not in path.read_text(encoding="utf-8"), path
