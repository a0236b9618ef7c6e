"""`make run` serves from nothing, says where, and leaves nothing behind when it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from config.management.commands.start import get_or_create_administrator
from tests.live_server import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
NO_DATABASE = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}


def start(port, data_dir):
    return subprocess.Popen(
        [sys.executable, "manage.py", "start", "--port", str(port)],
        cwd=ROOT,
        env={**NO_DATABASE, "DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def get(url):
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.load(response)


def wait(url, process):
    for _ in range(600):
        try:
            return get(url)
        except OSError:
            assert process.poll() is None, process.stdout.read()
            time.sleep(0.1)
    raise AssertionError("it never served")


def test_it_serves_the_seed_from_an_empty_folder_and_again(tmp_path):
    port, passwords = free_port(), set()
    for expected in ("39 records published, 0 unchanged", "0 records published, 39 unchanged"):
        process = start(port, tmp_path / "data dir")
        index = wait(f"http://127.0.0.1:{port}/api/v1/", process)
        assert index["counts"] == {"agency": 4, "entity": 9, "source": 2, "action": 24}
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
        assert expected in said
        for address in ("/", "/api/v1/", "/admin/"):
            assert f"http://127.0.0.1:{port}{address} " in said.replace("\n", " ")
        passwords |= set(re.findall(r"user admin, password (\S+)\)", said))
        assert not (tmp_path / "data dir" / "postgres" / "data" / "postmaster.pid").exists()
    assert len(passwords) == 1


def test_taken_port_is_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said, _ = start(port, tmp_path).communicate(timeout=20)
    assert said.strip().splitlines()[-1].startswith(f"CommandError: Port {port} cannot be used.")
    assert "Traceback" not in said
    assert not (tmp_path / "postgres").exists()


def test_folder_that_cannot_be_used_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    said, _ = start(free_port(), tmp_path / "file").communicate(timeout=20)
    assert said.count("\n") == 1
    assert said.startswith(f"Error: cannot write a development key in {tmp_path / 'file'}: ")


def test_it_refuses_to_serve_production():
    environment = NO_DATABASE | {
        "DEBUG": "off",
        "SECRET_KEY": "k",
        "ALLOWED_HOSTS": "x",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "start"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.strip() == (
        "CommandError: This is for development only. See docs/self-hosting.md."
    )


@pytest.mark.django_db
def test_password_is_kept_private_and_not_shown_once_changed(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    name, password = get_or_create_administrator()
    assert get_or_create_administrator() == (name, password)
    assert (tmp_path / "admin_password").stat().st_mode & 0o777 == 0o600
    user = User.objects.get(username=name)
    user.set_password("another one")
    user.save()
    assert get_or_create_administrator() == (name, "")
