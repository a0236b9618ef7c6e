"""Long commands say on a terminal how far they are, and are silent anywhere else."""

import io
import threading
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from policy import progress
from tests.conftest import FIXTURES

ERASED = "\r\033[K"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A second goes by with each look at it."""
    seconds = iter(range(10**6))
    monkeypatch.setattr(progress, "monotonic", lambda: float(next(seconds)))


@pytest.fixture
def terminal(monkeypatch, clock):
    found = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=found))
    return found


def test_it_tells_how_far_how_fast_and_how_long(terminal):
    assert list(progress.show_progress(["a", "bb", "ccccc"], "Reading", 8, len)) == [
        "a",
        "bb",
        "ccccc",
    ]
    assert terminal.getvalue().split(ERASED) == [
        "",
        "Reading: 12%, 1 at 1 a second, 0:07 left",
        "Reading: 38%, 2 at 1 a second, 0:03 left",
        "Reading: 100%, 3 at 1 a second, 0:00 left",
        "",
    ]


def test_what_is_quick_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(progress, "FIRST", 9)
    assert list(progress.show_progress("abc", "Reading", 3)) == ["a", "b", "c"]
    assert terminal.getvalue() == ""


def test_the_line_is_erased_when_the_command_fails(terminal):
    rows = iter(progress.show_progress(range(9), "Reading", 9))
    next(rows)
    next(rows)
    rows.close()
    assert terminal.getvalue().endswith(f"left{ERASED}")


def test_away_from_a_terminal_the_rows_are_handed_on_as_they_are(monkeypatch):
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=io.StringIO()))
    rows = [1, 2]
    assert progress.show_progress(rows, "Reading", 2) is rows
    assert progress.no_progress(rows, "Reading", 2) is rows


@pytest.mark.parametrize(
    ("done", "total", "passed", "shown"),
    [
        (5, 0, 2.0, "Reading: 0%, 10 at 5 a second"),
        (0, 9, 2.0, "Reading: 0%, 10 at 5 a second"),
        (9, 4, 2.0, "Reading: 100%, 10 at 5 a second, 0:00 left"),
        (1, 2, 59.6, "Reading: 50%, 10 at 0 a second, 1:00 left"),
        (1, 2, 3725.0, "Reading: 50%, 10 at 0 a second, 1:02:05 left"),
    ],
)
def test_its_line(done, total, passed, shown):
    assert progress.line("Reading", 10, done, total, passed) == shown


def test_bytes_of_another_program_are_told_until_it_ends(terminal, monkeypatch):
    monkeypatch.setattr(progress, "FIRST", 0)
    monkeypatch.setattr(progress, "PAUSE", 0.001)
    looks, looked = iter((10**6, 3 * 10**6)), threading.Event()

    def so_far():
        found = next(looks, None)
        if found is None:
            looked.set()
        return found or 4 * 10**6

    with progress.show_byte_progress("Restoring", so_far, 4 * 10**6):
        assert looked.wait(10)
    assert terminal.getvalue().split(ERASED)[1:4] == [
        "Restoring: 25%, 1.0 MB at 1.0 MB a second, 0:03 left",
        "Restoring: 75%, 3.0 MB at 1.5 MB a second, 0:01 left",
        "Restoring: 100%, 4.0 MB at 1.3 MB a second, 0:00 left",
    ]
    assert terminal.getvalue().endswith(ERASED)


def test_bytes_without_an_end_in_sight():
    shown = progress.line_of_bytes("Backing up", 3 * 10**6, 0, 2.0)
    assert shown == "Backing up: 3.0 MB at 1.5 MB a second"


def test_bytes_are_not_told_away_from_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=io.StringIO()))
    monkeypatch.setattr(progress, "FIRST", 0)
    with progress.show_byte_progress("Restoring", lambda: pytest.fail("It was looked at.")):
        pass


def said(terminal):
    """What was being done, in order, each once."""
    parts = terminal.getvalue().split(ERASED)
    return list(dict.fromkeys(part.partition(":")[0] for part in parts if part))


@pytest.mark.django_db
def test_commands_tell(terminal, tmp_path):
    folder, out = tmp_path / "dump", io.StringIO()
    call_command("load_dataset", FIXTURES, stdout=out)
    kinds = ("agency", "entity", "source", "action")
    assert said(terminal) == [
        "Reading files",
        *(f"Checking files, {kind}" for kind in kinds),
        "Publishing",
    ]
    for command, told in [
        (("dump_dataset", folder), ["Writing revisions"]),
        (("load_dataset", folder), ["Scanning revisions", "Checking revisions",
                                    "Writing revisions"]),
        (("verify_citations",), ["Reading sources"]),
        (("verify_citations", "--texts", FIXTURES), ["Reading files", "Reading sources"]),
        (("attach_texts", FIXTURES), ["Reading files", "Storing texts"]),
        (("verify_audit",), ["Verifying audit events", "Verifying revisions"]),
    ]:  # fmt: skip
        terminal.truncate(0)
        terminal.seek(0)
        call_command(*command, stdout=out)
        assert said(terminal) == told
        assert terminal.getvalue().endswith(ERASED)
    assert ERASED not in out.getvalue()
