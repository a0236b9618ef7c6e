"""Stands in for systemctl: starts what the unit files say, without systemd's fences."""

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

HOST = json.loads(Path(os.environ["HOST"]).read_text())
STATE = Path(HOST["state"])
STOPPED = 90  # seconds after which systemd kills what it stops
WORDS = {"enable", "--now", "daemon-reload", "start", "stop", "restart"}


def lines(unit: str, key: str) -> list[str]:
    text = (STATE / "units" / f"{unit}.service").read_text()
    found = [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{key}=")]
    return [line.replace("%d", str(STATE / f"{unit}.credentials")) for line in found]


def environment(unit: str) -> dict[str, str]:
    given = [line for path in lines(unit, "EnvironmentFile") for line in assignments(path)]
    given += [word for line in lines(unit, "Environment") for word in shlex.split(line)]
    return {"PATH": os.environ["PATH"]} | dict(word.split("=", 1) for word in given)


def assignments(path: str) -> list[str]:
    return [
        word for line in Path(path).read_text().splitlines() for word in shlex.split(line, True)
    ]


def start(unit: str) -> None:
    if unit == "postgresql":
        postgresql("start", "-l", HOST["log"], "-o", HOST["options"])
        return
    credentials = STATE / f"{unit}.credentials"
    shutil.rmtree(credentials, ignore_errors=True)
    credentials.mkdir()
    for line in lines(unit, "LoadCredential"):
        name, _, path = line.partition(":")
        shutil.copy(path, credentials / name)
    with (STATE / f"{unit}.log").open("ab") as log:
        process = subprocess.Popen(
            shlex.split(lines(unit, "ExecStart")[0]),
            cwd=lines(unit, "WorkingDirectory")[0],
            env=environment(unit),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (STATE / f"{unit}.pid").write_text(str(process.pid))


def stop(unit: str) -> None:
    if unit == "postgresql":
        postgresql("stop", "-m", "fast")
    elif (path := STATE / f"{unit}.pid").exists():
        pid = int(path.read_text())
        path.unlink()
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        end = time.monotonic() + STOPPED
        while lives(pid):
            if time.monotonic() > end:
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
            time.sleep(0.05)


def lives(pid: int) -> bool:
    """Whoever has ended may wait long until somebody takes note of it."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


def postgresql(verb: str, *options: str) -> None:
    command = [*HOST["as_server"], HOST["pg_ctl"], verb, "-D", HOST["data"], "-w", "-s", *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, cwd=STATE, check=True, **quiet)


def main(words: list[str]) -> None:
    units = [word for word in words if word not in WORDS]
    for unit in units:
        if "stop" in words or "restart" in words:
            stop(unit)
    for unit in reversed(units):
        if "stop" not in words:
            start(unit)


if __name__ == "__main__":
    main(sys.argv[1:])
