"""Gives the peers what they need, in folders of their own that git ignores."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.progress import say
from bench.store import HOME, ROOT

VENV = ROOT / ".venv-bench"
REQUIREMENTS = ROOT / "bench" / "peers" / "requirements.txt"
DIRECTUS = HOME / "directus"
PACKAGE = ROOT / "bench" / "peers" / "directus" / "package.json"


def python_packages() -> None:
    """The virtual environment of the peers that are written in Python."""
    done = VENV / "requirements.txt"
    if done.exists() and done.read_bytes() == REQUIREMENTS.read_bytes():
        return
    say("Installing the peers' packages (minutes, once) …")
    if not (VENV / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
    install = [VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]
    subprocess.run(install, check=True)
    shutil.copyfile(REQUIREMENTS, done)


class NodePackages:
    """Directus, which npm installs while the data load: it compiles parts of itself."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.log = DIRECTUS / "npm.log"
        if self.there():
            return
        if not shutil.which("npm"):
            say("npm is not installed: Directus will be missing.")
            return
        say("Installing Directus in the background (minutes, once) …")
        DIRECTUS.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PACKAGE, DIRECTUS / "package.json")
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=DIRECTUS, stdout=log, stderr=log)

    def there(self) -> bool:
        return (DIRECTUS / "installed").exists()

    def wait(self, seconds: float) -> None:
        if self.process is None:
            return
        say("Waiting for npm …")
        try:
            if self.process.wait(seconds) == 0:
                (DIRECTUS / "installed").touch()
        except subprocess.TimeoutExpired:
            self.process.kill()
            say(f"npm took longer than {seconds:.0f} s: Directus will be missing.")


def missing(path: Path) -> str:
    return "" if path.exists() else f"{path} is missing"
