"""A stand-in for systemctl that runs the services of unit files, without sandboxing."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from prove.processes import is_alive

HOST_CONFIG = json.loads(Path(os.environ["HOST"]).read_text())
STATE_FOLDER = Path(HOST_CONFIG["state"])
STOP_TIMEOUT_SECONDS = 90  # seconds after which systemd kills what it stops
SYSTEMCTL_WORDS = {"enable", "--now", "daemon-reload", "start", "stop", "restart"}


def read_unit_values(unit: str, key: str) -> list[str]:
    text = (STATE_FOLDER / "units" / f"{unit}.service").read_text()
    found = [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]
    return [line.replace("%d", str(STATE_FOLDER / f"{unit}.credentials")) for line in found]


def get_unit_environment(unit: str) -> dict[str, str]:
    given = [
        line
        for path in read_unit_values(unit, "EnvironmentFile")
        for line in read_assignments(path)
    ]
    given += [word for line in read_unit_values(unit, "Environment") for word in shlex.split(line)]
    return {"PATH": os.environ["PATH"]} | dict(word.split("=", 1) for word in given)


def read_assignments(path: str) -> list[str]:
    return [
        word for line in Path(path).read_text().splitlines() for word in shlex.split(line, True)
    ]


def start_unit(unit: str) -> None:
    if unit == "postgresql":
        run_pg_ctl("start", "-l", HOST_CONFIG["log"], "-o", HOST_CONFIG["options"])
        return
    credentials = STATE_FOLDER / f"{unit}.credentials"
    shutil.rmtree(credentials, ignore_errors=True)
    credentials.mkdir()
    for line in read_unit_values(unit, "LoadCredential"):
        name, _, path = line.partition(":")
        shutil.copy(path, credentials / name)
    with (STATE_FOLDER / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(
            shlex.split(read_unit_values(unit, "ExecStart")[0]),
            cwd=read_unit_values(unit, "WorkingDirectory")[0],
            env=get_unit_environment(unit),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (STATE_FOLDER / f"{unit}.pid").write_text(str(process.pid))


def stop_unit(unit: str) -> None:
    if unit == "postgresql":
        run_pg_ctl("stop", "-m", "fast")
    elif (path := STATE_FOLDER / f"{unit}.pid").exists():
        pid = int(path.read_text())
        path.unlink()
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        end = time.monotonic() + STOP_TIMEOUT_SECONDS
        while is_alive(pid):
            if time.monotonic() > end:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            time.sleep(0.05)


def run_pg_ctl(verb: str, *options: str) -> None:
    command = [
        *HOST_CONFIG["as_server"],
        HOST_CONFIG["pg_ctl"],
        verb,
        "-D",
        HOST_CONFIG["data"],
        "-w",
        "-s",
        *options,
    ]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, cwd=STATE_FOLDER, check=True, **quiet)


def main(words: list[str]) -> None:
    units = [word for word in words if word not in SYSTEMCTL_WORDS]
    for unit in units:
        if "stop" in words or "restart" in words:
            stop_unit(unit)
    for unit in reversed(units):
        if "stop" not in words:
            start_unit(unit)


if __name__ == "__main__":
    main(sys.argv[1:])
