"""A fresh environment of the lowest versions allowed starts and answers; so does the lock's."""

import os
import subprocess
import venv
from pathlib import Path

import pytest
from django.db import connection

from prove import RUN_LONG_PROOFS
from tests.test_requirements import NEEDED, ROOT, floor

pytestmark = pytest.mark.skipif(not RUN_LONG_PROOFS, reason="installs packages: four minutes")

ASK = """
import django; django.setup()
from django.test import Client
for path in ("/livez", "/", "/api/v1/", "/api/v1/actions/", "/api/docs/", "/admin/login/"):
    response = Client(headers={"host": "127.0.0.1"}).get(path)
    assert response.status_code == 200, (path, response.status_code)
"""


def lowest(tmp_path: Path) -> list[str]:
    extras = {
        needed.name: f"[{','.join(needed.extras)}]" if needed.extras else "" for needed in NEEDED
    }
    pins = [f"{needed.name}{extras[needed.name]}=={floor(needed)}" for needed in NEEDED]
    (tmp_path / "lowest.txt").write_text("\n".join(pins))
    return ["-r", str(tmp_path / "lowest.txt")]


def locked(tmp_path: Path) -> list[str]:
    return ["--require-hashes", "-r", str(ROOT / "requirements.lock")]


@pytest.mark.parametrize("what", [lowest, locked])
def test_fresh_environment_starts_and_answers(tmp_path, what, django_db_setup):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", *what(tmp_path))
    run(python, "manage.py", "check", "--fail-level", "WARNING")
    run(python, "-c", ASK)


def run(*command: object) -> None:
    where = connection.settings_dict
    url = f"postgresql://{where['USER']}:{where['PASSWORD']}@{where['HOST']}:{where['PORT']}/{where['NAME']}"
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "ignore"}
    if not where.get("EMBEDDED"):
        environment["DATABASE_URL"] = url
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
