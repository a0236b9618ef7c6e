"""A simulated host for the commands of docs/operations.md."""

import fcntl
import json
import os
import pty
import pwd
import re
import subprocess
import sys
import termios
from pathlib import Path

from django.conf import settings

from prove.clusters import InstalledCluster, server_uid
from tests.live_server import free_port

PYTHON = Path(sys.executable)
PASSWORD_PROMPT = re.compile(rb"Password( \(again\))?: $")
CONFIRMATION_PROMPT = re.compile(rb"Type (\S+) to take down [^\n]*:\r\n$")
TYPED_PASSWORD = b"rather long and unguessed\n"
# Programs that run as the user of the server (postgres on a real host).
SERVER_USER_PROGRAMS = "mkdir cp tee touch pg_basebackup"
SUDO_SCRIPT = """#!/bin/sh
[ "$1" = -u ] || exec "$@"
shift 2
case " {servers} " in *" $1 "*) exec {as_server} "$@" ;; esac
exec "$@"
"""
SYSTEMCTL_SCRIPT = '#!/bin/sh\ncd "{root}" && exec "{python}" -m prove.systemctl "$@"\n'
JOURNALCTL_SCRIPT = """#!/bin/sh
while [ $# -gt 0 ]; do [ "$1" = -u ] && cat "{state}/$2.log"; shift; done
"""


class SimulatedHost:
    """A host with its own paths, users and systemctl, on a server of PostgreSQL."""

    def __init__(self, server: InstalledCluster) -> None:
        self.server = server
        self.state = server.folder / "host"
        self.bin = self.state / "bin"
        self.ports = {"8000": str(free_port()), "8001": str(free_port())}
        for folder in (self.bin, self.state / "units", self.state / "embedded"):
            folder.mkdir(parents=True)
        self.write_description()
        self.install_shims()
        self.copy_examples()

    @property
    def as_server(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        group = pwd.getpwuid(server_uid()).pw_gid
        return ["setpriv", f"--reuid={server_uid()}", f"--regid={group}", "--clear-groups"]

    def write_description(self) -> None:
        """Write the configuration of prove.systemctl."""
        (self.state / "host.json").write_text(
            json.dumps(
                {
                    "state": str(self.state),
                    "data": str(self.server.data),
                    "log": str(self.server.folder / "log"),
                    "pg_ctl": str(self.server.bin / "pg_ctl"),
                    "options": self.server.options(),
                    "as_server": self.as_server,
                }
            )
        )

    def install_shims(self) -> None:
        given = {
            "servers": SERVER_USER_PROGRAMS,
            "as_server": " ".join(self.as_server),
            "root": settings.BASE_DIR,
            "python": PYTHON,
            "state": self.state,
        }
        for name, text in {
            "sudo": SUDO_SCRIPT,
            "systemctl": SYSTEMCTL_SCRIPT,
            "journalctl": JOURNALCTL_SCRIPT,
        }.items():
            (self.bin / name).write_text(text.format(**given))
            (self.bin / name).chmod(0o755)

    def copy_examples(self) -> None:
        target = self.state / "examples"
        target.mkdir()
        for path in (settings.BASE_DIR / "docs" / "examples").iterdir():
            (target / path.name).write_text(self.localize(path.read_text()))

    def localize(self, text: str) -> str:
        """Replace the paths and ports of the guide by those of this host."""
        places = {
            "/opt/policy-events/docs/examples": self.state / "examples",
            "/opt/policy-events/.venv/bin/": f"{PYTHON.parent}/",
            "/opt/policy-events": settings.BASE_DIR,
            " .venv/bin/python": f" {PYTHON}",
            "\n.venv/bin/python": f"\n{PYTHON}",
            ".data/": f"{self.state}/embedded/",
            "/etc/policy-events": self.state / "etc",
            "/etc/systemd/system": self.state / "units",
            "/usr/local/bin": self.bin,
            "/var/lib/policy-events": self.state / "static",
            "/var/lib/postgresql/policy-events": self.server.folder / "urls",
            "/var/lib/postgresql/15/main": self.server.data,
            "/var/lib/postgresql/15": self.server.folder,
            "/var/backups/policy-events": self.server.folder / "backups",
            **self.ports,
        }
        for there, place in places.items():
            text = text.replace(there, str(place))
        return text

    def run(self, block: str) -> str:
        """Run a block of commands in a terminal, answer its prompts and return its output."""
        master, slave = pty.openpty()
        process = subprocess.Popen(
            ["sh", "-eu", "-c", self.localize(block)],
            cwd=self.state,
            env=self.environment(),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        output = answer_prompts(master)
        os.close(master)
        assert process.wait() == 0, f"{block}\n{output}"
        return output

    def environment(self) -> dict[str, str]:
        removed = ("DATABASE_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE", "PROVE")
        kept = {name: value for name, value in os.environ.items() if name not in removed}
        return kept | {
            "PATH": f"{self.bin}:{self.server.bin}:{os.environ['PATH']}",
            "HOST": str(self.state / "host.json"),
            "DATA_DIR": str(self.state / "embedded"),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.server.port),
            "PGUSER": "postgres",
            "PAGER": "cat",
        }


def answer_prompts(master: int) -> str:
    """Type the password or the requested id at each prompt of a terminal. Return its output."""
    output = b""
    while True:
        try:
            output += (more := os.read(master, 4096))
        except OSError:  # the other end is closed
            return output.decode()
        if not more:
            return output.decode()
        if PASSWORD_PROMPT.search(output):
            os.write(master, TYPED_PASSWORD)
        elif prompt := CONFIRMATION_PROMPT.search(output):
            os.write(master, prompt[1] + b"\n")
