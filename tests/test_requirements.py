"""What is installed: nothing with a known hole, and on servers the bytes of the lock alone."""

import itertools
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
NEEDED = [
    Requirement(line) for line in (ROOT / "requirements.txt").read_text().splitlines() if line
]
LOCK = (ROOT / "requirements.lock").read_text()
PINNED = {name: Version(v) for name, v in re.findall(r"^([a-z0-9-]+)==([^ ]+)", LOCK, re.MULTILINE)}
# The first version without the holes that were known when it was written down.
SAFE = {"Django": "5.2.19", "djangorestframework": "3.18.2", "django-filter": "2.4"}


def floor(needed: Requirement) -> Version:
    (found,) = [Version(s.version) for s in needed.specifier if s.operator == ">="]
    return found


@pytest.mark.parametrize("needed", NEEDED, ids=lambda needed: needed.name)
def test_each_has_a_floor_and_a_place_in_the_lock(needed):
    pinned = PINNED[needed.name.lower()]
    assert pinned in needed.specifier
    assert pinned >= floor(needed)
    if not needed.marker or needed.marker.evaluate():
        assert Version(version(needed.name)) in needed.specifier


@pytest.mark.parametrize("name", SAFE)
def test_floors_are_free_of_known_holes(name):
    (needed,) = [needed for needed in NEEDED if needed.name == name]
    assert floor(needed) >= Version(SAFE[name])


def test_lock_is_names_versions_and_hashes_alone():
    lines = [line for line in LOCK.splitlines() if not line.startswith("#")]
    pin = r"[a-z0-9-]+==[0-9.]+( ; [a-zA-Z_]+ ([!=]=|<) '[\w.]+')? \\"
    hash = r"    --hash=sha256:[0-9a-f]{64}( \\)?"
    assert [line for line in lines if not re.fullmatch(f"{pin}|{hash}", line)] == []
    followed = [after for line, after in itertools.pairwise(lines) if "==" in line]
    assert all("--hash=sha256:" in line for line in followed)
    assert len(followed) == len(PINNED) > len(NEEDED)
