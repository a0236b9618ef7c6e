"""Long commands say on a terminal how far they are, and are silent anywhere else."""

import io
import re
import threading
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from policy import progress
from tests.conftest import FIXTURES


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """A terminal on which a line appears at once and after each row."""
    monkeypatch.setattr(progress, "DELAY_SECONDS", 0)
    monkeypatch.setattr(progress, "UPDATE_SECONDS", 0)
    found = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=found))
    return found


def read_lines(terminal):
    return [line.strip() for line in terminal.getvalue().split("\r") if line.strip()]


def test_it_tells_how_far_how_fast_and_how_long(terminal):
    rows = ["a", "bb", "ccccc"]
    assert list(progress.show_progress(rows, "Reading", 8, len)) == rows
    lines = read_lines(terminal)
    for line, start in zip(lines, ("  0%", " 12%", " 38%", "100%"), strict=True):
        assert re.fullmatch(
            rf"Reading: {start}\|.*\| \d\.00/8\.00 \[\d\d:\d\d<.{{1,5}}, +\S+B/s\]", line
        ), line


def test_what_is_quick_shows_nothing(terminal, monkeypatch):
    monkeypatch.setattr(progress, "DELAY_SECONDS", 9)
    assert list(progress.show_progress("abc", "Reading", 3)) == ["a", "b", "c"]
    assert read_lines(terminal) == []


def test_the_line_is_erased_when_the_command_fails(terminal):
    rows = iter(progress.show_progress(range(9), "Reading", 9))
    next(rows)
    next(rows)
    rows.close()
    assert read_lines(terminal)[0].startswith("Reading:   0%")
    assert re.search(r"\r +\r$", terminal.getvalue())


def test_away_from_a_terminal_the_rows_are_handed_on_as_they_are(monkeypatch):
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=io.StringIO()))
    rows = [1, 2]
    assert progress.show_progress(rows, "Reading", 2) is rows
    assert progress.no_progress(rows, "Reading", 2) is rows


@pytest.mark.parametrize(("total", "shown"), [(4 * 10**6, " 75%"), (0, "3.00MB")])
def test_bytes_of_another_program_are_told_until_it_ends(terminal, monkeypatch, total, shown):
    monkeypatch.setattr(progress, "UPDATE_SECONDS", 0.001)
    looks, looked = iter((10**6, 3 * 10**6)), threading.Event()

    def so_far():
        found = next(looks, None)
        if found is None:
            looked.set()
        return found or 4 * 10**6

    with progress.show_byte_progress("Restoring", so_far, total):
        assert looked.wait(10)
    assert any(line.startswith(f"Restoring: {shown}") for line in read_lines(terminal))
    assert re.search(r"\r +\r$", terminal.getvalue())


def test_bytes_are_not_told_away_from_a_terminal(monkeypatch):
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=io.StringIO()))
    with progress.show_byte_progress("Restoring", lambda: pytest.fail("It was looked at.")):
        pass


def said(terminal):
    """What was being done, in order, each once."""
    return list(dict.fromkeys(line.partition(":")[0] for line in read_lines(terminal)))


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
        assert re.search(r"\r +\r$", terminal.getvalue())
    assert "\r" not in out.getvalue()
