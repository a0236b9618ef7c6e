"""Tools that come from npm: installed once, outside the project's files, in pinned versions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

HERE = Path(__file__).resolve().parent
SCHEMA = HERE.parent / "tests" / "openapi.yml"
PACKAGES = (
    "@stoplight/spectral-cli@6.16.3",
    "@redocly/cli@2.77.0",
    "openapi-typescript@7.13.0",
    "openapi-fetch@0.17.0",
    "typescript@5.9.3",
)
FOLDER = settings.DATA_DIR / "contract"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")  # of the system: Node.js has its own
ENVIRONMENT = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "REDOCLY_TELEMETRY": "off",
    "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true",
    "NO_COLOR": "1",
}
if AUTHORITIES.exists():
    ENVIRONMENT["NODE_EXTRA_CA_CERTS"] = str(AUTHORITIES)


def install() -> Path:
    """The folder with the tools in it. Skips where there is no npm, unless all tests must run."""
    if not shutil.which("npm"):
        missing = "npm is not installed (Node.js 20 or newer)"
        pytest.fail(missing) if os.environ.get("ALL_TESTS") else pytest.skip(missing)
    done = FOLDER / "installed.txt"
    if not done.exists() or done.read_text() != "\n".join(PACKAGES):
        shutil.rmtree(FOLDER, ignore_errors=True)
        quiet = ("--silent", "--no-audit", "--no-fund", "--no-save", "--no-package-lock")
        run("npm", "install", *quiet, "--ignore-scripts", "--prefix", FOLDER, *PACKAGES)
        done.write_text("\n".join(PACKAGES))
    return FOLDER


def run(*command: str | Path) -> str:
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env=os.environ | ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tool(name: str, *arguments: str | Path) -> str:
    return run(install() / "node_modules" / ".bin" / name, *arguments)
