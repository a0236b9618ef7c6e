"""docs/operations.md works as pasted: from an empty machine to recovery and new keys."""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings

from prove.clusters import TESTED_MAJORS, running_cluster
from prove.host import SimulatedHost

TEXT = (settings.BASE_DIR / "docs" / "operations.md").read_text()
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
HEAD = {"Host": "policy.example.org", "X-Forwarded-Proto": "https"}
MOMENT = "2026-11-22 14:05:00+00"
# By hand: what changes the machine itself, or is an answer.
BY_HAND = [
    "apt install postgresql nginx python3-venv git curl",
    "cp /opt/policy-events/docs/examples/nginx.conf /etc/nginx/sites-enabled/policy-events",
    "ERROR django.request [4be1cf0a0c4d4f0b8f6bd6b1f3f9d2aa] Internal Server Error",
    "sudo systemctl stop policy-events-desk\n   sudo -u postgres policy-events backup backup",
    "sudo systemctl stop policy-events-public\n   sudo -u postgres psql -c 'ALTER DATABASE",
    "sudo -u postgres policy-events superuser database_roles\n   sudo -u postgres policy-events",
    "cd /opt/policy-events\n.venv/bin/python manage.py dump_dataset .data/before-0.9.0",
    "cd /opt/policy-events\n.venv/bin/python manage.py migrate\n",
    "Error: …/postgres/data was made by PostgreSQL 18, and the programs here are 19",
]
HOME = "/opt/policy-events/.venv/bin/python /opt/policy-events/manage.py"
MIGRATE = 'from django.core.management import call_command; call_command("migrate", verbosity=0)'
PEOPLE = "from django.contrib.auth.models import User; print(User.objects.get())"
PERSON = "from django.contrib.auth.models import User; User.objects"
TITLED = """
from policy.publishing import publish
from policy.models import Action
row = Action.objects.get(slug="qinghai-mining-ban")
row.title = {title!r}
row.save()
publish.publish_loaded([row], "rehearsal@1")
"""


def section(title: str) -> list[str]:
    """The commands under a heading, a block each."""
    under = re.split(r"^##+ ", TEXT, flags=re.MULTILINE)
    (text,) = [text for text in under if text.startswith(f"{title}\n")]
    found = FENCED.findall(text)
    return [re.sub(f"^{margin}", "", block, flags=re.M) for margin, kind, block in found if kind]


@pytest.fixture(scope="module", params=TESTED_MAJORS)
def host(request):
    """Deployed as the first section says."""
    with running_cluster(request.param) as server:
        made = SimulatedHost(server)
        try:
            made.said = [made.run(block) for block in section("Deploy")]
            yield made
        finally:
            made.run("systemctl stop policy-events-public policy-events-desk")


def get(host: SimulatedHost, path: str, process: str = "8000"):
    request = urllib.request.Request(f"http://127.0.0.1:{host.ports[process]}{path}", headers=HEAD)
    for _ in range(100):
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except urllib.error.URLError:  # it is still starting
            time.sleep(0.1)
    return pytest.fail("no answer")


def sql(host: SimulatedHost, statement: str, role: str = "superuser"):
    with psycopg.connect(host.server.url("policy_events"), autocommit=True) as session:
        found = session.execute(statement)
        return found.fetchone() if found.description else None


ARCHIVED = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"


def wait_for(truth) -> None:
    end = time.monotonic() + 60
    while not truth():
        assert time.monotonic() < end
        time.sleep(0.2)


def title(host: SimulatedHost) -> str:
    status, body = get(host, "/api/v1/actions/qinghai-mining-ban/")
    return json.loads(body)["title"] if status == 200 else body


def publish(host: SimulatedHost, name: str) -> None:
    code = TITLED.format(title=name)
    host.run(f"policy-events app shell -v0 -c '{code.replace(chr(39), chr(34))}'")


def test_deploy(host):
    assert "4 files" not in host.said[2]
    assert host.said[2].count(": written.") == 4
    assert "The roles are up to date." in host.said[3]
    assert host.said[4].count('{"status": "ok"}') == 2
    assert get(host, "/admin/login/")[0] == 404
    assert get(host, "/admin/login/", "8001")[0] == 200
    assert json.loads(get(host, "/api/v1/")[1])["counts"]["action"] == 24
    rights = [path.stat().st_mode & 0o077 for path in (host.server.folder / "urls").iterdir()]
    assert rights == [0, 0, 0, 0]


def test_administrator(host):
    create, change = section("Create the first administrator or reset a password")
    assert "Superuser created successfully." in host.run(create)
    first = sql(host, "SELECT password FROM auth_user WHERE username = 'ada' AND is_superuser")
    assert "Password changed successfully for user 'ada'" in host.run(change)
    assert sql(host, "SELECT password FROM auth_user WHERE username = 'ada'") != first


def test_logs(host):
    (read,) = section("Logs")
    with urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{host.ports['8000']}/api/v1/",
            headers=HEAD | {"X-Request-ID": "proxy-42"},
        )
    ) as answer:
        assert answer.headers["X-Request-ID"] == "proxy-42"
    sql(host, "CREATE TABLE away AS SELECT * FROM policy_csvrow")
    sql(host, "DELETE FROM policy_csvrow")
    try:
        status, body = get(host, "/api/v1/actions/?format=csv")
    finally:
        sql(host, "INSERT INTO policy_csvrow SELECT * FROM away")
        sql(host, "DROP TABLE away")
    assert status == 500
    name = json.loads(body)["request_id"]
    assert f"ERROR django.request [{name}] Internal Server Error: /api/v1/actions/" in host.run(
        read
    )


def on_disk(host: SimulatedHost, word: bytes) -> bool:
    """Whether a word stands in any file of any table."""
    sql(host, "CHECKPOINT")
    return any(word in path.read_bytes() for path in host.server.data.glob("base/*/*"))


def test_take_a_record_down(host):
    word = "inspect mines in Qinghai"
    take, passages, afterwards = section("Take a record down")
    assert word in take
    made = 'get_or_create(username="ada", defaults={"is_superuser": True})'
    host.run(f"policy-events app shell -v0 -c '{PERSON}.{made}'")
    assert word in host.server.run("pg_dump", "policy_events")
    assert on_disk(host, word.encode())
    assert "Type qinghai-mining-inspections to take down" in host.run(take)
    assert "take_down" not in host.run(passages)
    (revisions,) = sql(host, "SELECT count(*) FROM policy_revision")
    assert f"audit events and {revisions} revisions are intact." in host.run(afterwards)
    dump = host.server.run("pg_dump", "policy_events")
    assert (word in dump, "3 O 17/26" in dump) == (False, True)
    assert not on_disk(host, word.encode())
    status, body = get(host, "/api/v1/actions/qinghai-mining-inspections/")
    assert (status, json.loads(body)["reason"]) == (451, "Taken down by order of a court.")
    assert get(host, "/actions/qinghai-mining-inspections/")[0] == 451


def test_back_up_and_restore(host, figure):
    publish(host, "Before the backup")
    (back_up,) = section("Back up")
    host.run(back_up)
    publish(host, "After the backup")
    restore, replace = section("Restore")
    began = time.monotonic()
    host.run(restore)
    assert '{"status": "ok"}' in host.run(replace)
    assert title(host) == "Before the backup"
    host.run("policy-events migrate database_roles --check")
    figure(f"A backup was restored and served in {time.monotonic() - began:.0f} s.")


def test_go_back_to_a_moment(host, figure):
    archive, switch, recover, look = section("Recover to a point in time")
    host.run(archive)
    publish(host, "Before the moment")
    version = sql(host, "SELECT max(id) FROM policy_revision")
    (moment,) = sql(host, "SELECT clock_timestamp()")
    time.sleep(0.01)
    publish(host, "After the moment")
    assert title(host) == "After the moment"
    host.run(switch)
    assert recover.count(MOMENT) == 1
    began = time.monotonic()
    host.run(recover.replace(MOMENT, str(moment)))
    host.run(look)
    assert sql(host, "SELECT pg_is_in_recovery()") == (False,)
    assert sql(host, "SELECT max(id) FROM policy_revision") == version
    assert title(host) == "Before the moment"
    publish(host, "After the recovery")
    assert title(host) == "After the recovery"
    host.run(switch)
    wait_for(lambda: sql(host, ARCHIVED)[0].startswith("00000002"))  # its new line of history
    major = host.server.run("postgres", "--version").split()[2]
    seconds = time.monotonic() - began
    figure(f"Recovered to a moment between two publications in {seconds:.0f} s ({major}).")


def test_upgrade(host):
    (upgrade,) = section("Upgrade")
    assert "No migrations to apply." in host.run(upgrade)
    assert get(host, "/readyz") == (200, '{"status": "ok"}')


def test_the_embedded_database_moves(host):
    away, back = section("The embedded database's next version")
    data = host.state / "embedded"
    if host.server.data.joinpath("PG_VERSION").read_text() != "18\n":
        return  # its programs are of one version only
    host.run(f"{HOME} shell -v0 -c '{MIGRATE}; {PERSON}.create(username=\"ada\")'")
    host.run(away)
    assert not (data / "postgres").exists()
    assert "is restored" in host.run(back)
    assert host.run(f"{HOME} shell -v0 -c '{PEOPLE}'").strip() == "ada"
    assert (data / "postgres-before").exists()


def test_rotate_keys(host):
    cut, forget, passwords = section("Rotate keys")
    following = json.loads(get(host, "/api/v1/actions/?page_size=5")[1])["next"]
    page = f"/api/v1/actions/?{urlsplit(following).query}"
    assert get(host, page)[0] == 200
    before = (host.state / "etc/public.key").read_text()
    host.run(cut)
    assert (host.state / "etc/public.key").read_text() != before
    assert get(host, page)[0] == 200
    host.run(forget)
    status, body = get(host, page)
    assert (status, json.loads(body)["type"]) == (400, "/api/problems/invalid-cursor/")
    old = (host.server.folder / "urls/read.url").read_text()
    host.run(passwords)
    assert (host.server.folder / "urls/read.url").read_text() != old
    assert get(host, "/readyz")[0] == 200
    assert get(host, "/readyz", "8001")[0] == 200


def test_every_command_is_executed_or_marked_by_hand():
    blocks = FENCED.findall(TEXT)
    titles = re.findall(r"^##+ (.*)$", TEXT, re.MULTILINE)
    executed = [block for title in titles for block in section(title)]
    assert len(executed) == sum(language == "sh" for _, language, _ in blocks) == 24
    others = [block.strip() for _, language, block in blocks if language != "sh"]
    starts = zip(others, BY_HAND, strict=True)
    assert [block for block, start in starts if not block.startswith(start)] == []


def test_it_names_no_path_that_is_not_there():
    for name in re.findall(r"docs/examples/([\w.-]+)", TEXT):
        assert Path(settings.BASE_DIR, "docs", "examples", name).exists()
