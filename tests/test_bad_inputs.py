"""Nothing that is sent breaks anything: the catalogue of bad inputs, row by row."""

import ast
import json
import socket
import time
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from policy.models import RECORD_MODELS, Action, Jurisdiction, Revision
from policy.sources import article
from tests import factories as make
from tests import live_server
from tests.admin_pages import admin_url, get_form_data, login_client
from tests.bad_inputs import (
    ACTION_LIST,
    ADMIN_ROOT,
    API_ROOT,
    BAD_INPUTS,
    BEYOND_64_BITS,
    RAW_REQUESTS,
)
from tests.drafts import make_zip

pytestmark = pytest.mark.django_db

TESTS = Path(__file__).parent
# A guard against work that grows faster than its input: such an answer takes minutes. Speed
# itself is measured in bench/.
MOST_CPU_SECONDS = 10


@pytest.fixture(scope="module")
def kept(shared):
    make.publish_new_action("kept", source=make.source("article"))
    User.objects.create_superuser("root")


@pytest.fixture
def root(kept):
    return login_client(User.objects.get(username="root"))


def asked(client, path, method="get", *values, **options):
    """An answer, in no more of our own time than it may take, without a 500."""
    began = time.process_time()
    response = getattr(client, method)(path, *values, **options)
    assert time.process_time() - began < MOST_CPU_SECONDS, path[:200]
    assert response.status_code < 500, path[:200]
    return response


# The rows


def test_all_rows_are_accounted_for():
    assert [row.number for row in BAD_INPUTS] == list(range(1, 89))
    assert [row.number for row in BAD_INPUTS if row.not_applicable] == [87]
    assert [
        row.number
        for row in BAD_INPUTS
        if not (row.expected_answers or row.proved_by or row.not_applicable)
    ] == []


def test_what_proves_a_row_exists():
    for row in BAD_INPUTS:
        for name in row.proved_by:
            file, _, test = name.partition("::")
            tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
            names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert test in names, name


@pytest.mark.parametrize(
    "row", [row for row in BAD_INPUTS if row.expected_answers], ids=lambda row: row.what
)
def test_row(kept, root, row):
    found = {path: told(root, path) for _, paths in row.expected_answers for path in paths}
    wanted = {path: answer[0] for answer, paths in row.expected_answers for path in paths}
    assert {path[:300]: status for path, (status, _) in found.items()} == {
        path[:300]: status for path, status in wanted.items()
    }
    for (_, said), paths in row.expected_answers:
        for path in paths:
            assert said in found[path][1], path[:300]


def told(root, path):
    """The status, and what the answer says."""
    response = asked(root if "/admin/" in path else Client(), path)
    text = unescape(b"".join(response).decode())
    if path.startswith("/api/") and response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json", path[:300]
        return response.status_code, json.loads(text)["detail"] if path else text
    return response.status_code, text


def test_instants_are_in_utc(client, kept):
    (revision,) = client.get(f"{API_ROOT}actions/kept/revisions/").json()["results"]
    assert revision["published_at"].endswith("Z")
    with connection.cursor() as cursor:
        cursor.execute("SHOW timezone")
        assert cursor.fetchone() == ("UTC",)


def test_wildcards_are_letters(client, kept, root):
    for sign in ("%25", "_"):
        assert client.get(f"{ACTION_LIST}q={sign}").json()["results"] == []
        page = root.get(f"{ADMIN_ROOT}action/?q={sign}")
        assert list(page.context["cl"].result_list) == []


@pytest.mark.parametrize(
    "accept",
    ["", "x", ",", "," * 3000, "a/b;" * 3000, f'a/b;c="{";" * 5000}"', "*/*;q=x", "\0", "é", "/"],
)
def test_what_is_accepted_is_read_quickly(kept, accept):
    for path in (
        f"{API_ROOT}actions/",
        f"{API_ROOT}actions/kept/",
        "/api/schema/",
        f"{API_ROOT}nosuch/",
    ):
        response = asked(Client(), path, headers={"accept": accept})
        assert response.status_code in (200, 404, 406)
        if response.status_code != 200:
            assert response["Content-Type"] == "application/problem+json"


JUNK = {
    "x-http-method-override": "DELETE",
    "cookie": "sessionid=a\0b; csrftoken=é; =;;; messages=x",
    "authorization": "Basic !!!",
    "range": "bytes=5-1,abc",
    "if-none-match": '"' * 3000,
    "if-modified-since": "Thu, 99 Foo 0000 99:99:99 GMT",
    "accept-language": "x" * 3000,
    "accept-encoding": "deflate;q=NaN, *;q=0",
    "origin": "null\0",
    "referer": "javascript:alert(1)",
    "content-type": "text/html; charset=rot13",
    "x-forwarded-for": "' OR 1=1",
    "x-request-id": "a\nb",
}


@pytest.mark.parametrize("name", JUNK)
def test_headers_that_mean_nothing_change_nothing(kept, name):
    for path in (f"{API_ROOT}actions/kept/", "/actions/kept/", "/"):
        plain = asked(Client(), path)
        found = asked(Client(), path, headers={name: JUNK[name]})
        assert (found.status_code, found.content) == (200, plain.content)
    assert asked(Client(), "/admin/", headers={name: JUNK[name]}).status_code == 302


# Forms

VALUES = {
    "NUL": "a\0b",
    "20 digits": "9" * 20,
    "5,000 digits": "9" * 5000,
    "negative": "-1",
    "no number": "NaN",
    "no day": "2026-02-30",
    "year 10000": "10000-01-01",
    "20 kB": "x" * 20_000,
    "deep": "[" * 20_000,
}
FORMS = (*RECORD_MODELS, "jurisdiction", "term")


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMS)
def test_forms_name_what_they_cannot_take(kept, root, kind):
    """In every field at once: a new one, and one that is there already."""
    path = f"{ADMIN_ROOT}{kind}/add/"
    before = get_form_data(root, path)
    fields = [name for name in before if name != "csrfmiddlewaretoken" and "_FORMS" not in name]
    fields += list(root.get(path).context["adminform"].form.fields)
    for value in VALUES.values():
        page = asked(root, path, "post", before | dict.fromkeys(fields, value))
        assert page.status_code == 200
        assert page.context["errors"]


def said(page):
    assert page.status_code == 302
    return str(list(get_messages(page.wsgi_request))[-1])


COUNTS = ["", "-1", "NaN", BEYOND_64_BITS, "9" * 5000, "1001", "\0", "1_000", "501.0", "٥٠١"]


@pytest.mark.slow
@pytest.mark.parametrize("count", COUNTS)
def test_counts_of_rows_are_no_trouble(kept, root, count):
    row = Action.objects.get(slug="kept")
    before = get_form_data(root, admin_url(row))
    totals = [name for name in before if name.endswith("-TOTAL_FORMS")]
    for names in (totals, [name.replace("TOTAL", "INITIAL") for name in totals]):
        form = before | dict.fromkeys(names, count)
        assert asked(root, admin_url(row), "post", form).status_code in (200, 302)
        assert asked(root, admin_url(row, "live"), "post", form).status_code in (200, 400)
    assert row.citations.count() == 1


def test_rows_that_were_not_sent_are_not_built(kept, root):
    row = Action.objects.get(slug="kept")
    form = get_form_data(root, admin_url(row)) | {"citations-TOTAL_FORMS": "501"}
    page = asked(root, admin_url(row), "post", form)
    assert said(page) == "Nothing was saved: A record can have at most 500 rows."
    assert asked(root, admin_url(row, "live"), "post", form).status_code == 400


@pytest.mark.parametrize("into", ["abc", "a\0b", BEYOND_64_BITS, "-1", "9" * 5000])
def test_records_that_cannot_be_are_not_merged_into(kept, root, into):
    row = Action.objects.get(slug="kept")
    form = {"into": into, "reason": "The same."}
    assert asked(root, admin_url(row, "merge"), "post", form).status_code == 400


KEYS = ["", "0", "-1", BEYOND_64_BITS, "9" * 5000, "abc", "\0", "kept"]


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_keys_of_rows_that_are_not_there_are_no_trouble(kept, root, key):
    row = Action.objects.get(slug="kept")
    before = get_form_data(root, admin_url(row))
    names = [name for name in before if name.endswith("-0-id")]
    page = asked(root, admin_url(row), "post", before | dict.fromkeys(names, key))
    assert page.status_code in (200, 302)
    assert Revision.objects.of_record("action", "kept").count() == 1


BAD_JSON = {
    "deep": "[" * 100_000,
    "deep objects": '{"a":' * 1000 + "1" + "}" * 1000,
    "half a pair": '{"a": "\\ud800"}',
    "NUL": '{"a": "\\u0000"}',
    "4,000 digits": f'{{"a": {"9" * 4000}}}',
    "5,000 digits": f'{{"a": {"9" * 5000}}}',
    "NaN": '{"a": NaN}',
    "1e400": '{"a": 1e400}',
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_json_in_forms_is_named(kept, root, name):
    place = Jurisdiction.objects.get(pk="CN")
    field = next(
        name
        for name, field in root.get(f"{ADMIN_ROOT}term/add/")
        .context["adminform"]
        .form.fields.items()
        if type(field).__name__ == "ObjectField"
    )
    path = f"{ADMIN_ROOT}term/add/"
    page = asked(root, path, "post", get_form_data(root, path) | {field: BAD_JSON[name]})
    assert page.status_code == 200
    (message,) = page.context["adminform"].form.errors[field]
    assert message.startswith("Not valid: ")
    assert place.pk == "CN"


@pytest.mark.parametrize("name", BAD_JSON)
def test_json_in_uploads_is_named(kept, root, name):
    raw = make_zip({"actions/x.json": BAD_JSON[name]})
    page = upload(root, raw, "x.zip")
    assert page.status_code == 200
    assert "Confirm" not in [button for button in page.context if button == "confirm_form"]
    assert Action.objects.filter(slug="x").count() == 0


def upload(client, raw, name="drafts.csv"):
    form = {"import_file": SimpleUploadedFile(name, raw), "resource": "0", "format": ""}
    return asked(client, f"{ADMIN_ROOT}action/import-drafts/", "post", form)


BYTES = {
    "nothing": b"",
    "NUL": b"\0" * 1000,
    "UTF-16": "id,edition\r\na,b".encode("utf-16"),
    "Latin-1": b"id,caf\xe9\r\n",
    "unclosed quote": b'id,"edition\r\na,b',
    "a line of 4 MB": b"id," + b"x" * 4 * 2**20,
    "10,000 columns": b",".join(b"c%d" % n for n in range(10_000)),
    "columns twice": b"id,id,id\r\na,b,c",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "PDF": b"%PDF-1.7\n\x80",
    "gzip": b"\x1f\x8b\x08\x00" + b"\xff" * 100,
    "half a zip": b"PK\x03\x04" + b"\xff" * 100,
}


@pytest.mark.parametrize("name", BYTES)
def test_uploads_of_any_bytes_are_answered(kept, root, name):
    for file in ("drafts.csv", "x.zip", "..\\..\\x.csv", "é\u202e.csv", "x" * 300):
        page = upload(root, BYTES[name], file)
        assert page.status_code == 200
        assert page.context["form"].errors["import_file"]
    assert Action.objects.count() == 1


def test_entities_of_html_fetch_and_expand_nothing():
    layers = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE html [<!ENTITY e0 "ha">{layers}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    found = article.parse_article(
        f"{bomb}<html><body><p>Words &e9; &f; end.</p></body></html>".encode()
    )
    assert "root:" not in found.text
    assert len(found.text) < 2000


def test_addresses_that_are_scripts_are_refused(kept, root):
    path = f"{ADMIN_ROOT}source/add/"
    for url in (
        "javascript:alert(1)",
        "JaVaScRiPt://x%0aalert(1)",
        "data:text/html,x",
        "http://[::1",
    ):
        page = asked(root, path, "post", get_form_data(root, path) | {"url": url})
        assert "url" in page.context["adminform"].form.errors


# Logins


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_a_login_leads_nowhere_else(kept, quickly, to):
    person = User.objects.get(username="root")
    person.set_password("a-long-passphrase-1")
    person.save()
    form = {"username": "root", "password": "a-long-passphrase-1", "next": to}
    response = asked(Client(), "/admin/login/", "post", form)
    assert (response.status_code, response["Location"]) == (302, "/admin/")


def test_large_logins_are_refused(kept, quickly):
    for form in (
        {"username": "root", "password": "x" * 1_000_000},
        {"username": "é" * 100_000, "password": "x"},
        {"username": "a\0b", "password": "a\0b"},
    ):
        assert asked(Client(), "/admin/login/", "post", form).status_code == 200
    many = {f"f{n}": "x" for n in range(10_001)}
    assert asked(Client(), "/admin/login/", "post", many).status_code == 400


@pytest.mark.parametrize("charset", ["bz2_codec", "hex", "rot13", "utf-7", "nosuch"])
def test_charsets_that_are_none(kept, quickly, charset):
    body, kind = b"username=root&password=x", "application/x-www-form-urlencoded"
    spelled = f"{kind}; charset={charset}"
    response = asked(Client(), "/admin/login/", "post", body, kind, CONTENT_TYPE=spelled)
    assert response.status_code in (200, 400)
    response = asked(Client(), API_ROOT, "post", body, kind, CONTENT_TYPE=f"a/b; charset={charset}")
    assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")


# A real server


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, tmp_path_factory):
    with (
        django_db_blocker.unblock(),
        live_server.run_server(tmp_path_factory.mktemp("served")) as found,
    ):
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("name", RAW_REQUESTS)
def test_raw_bytes_get_an_answer(server, name):
    answer = server.send(RAW_REQUESTS[name].sent)
    assert live_server.parse_status(answer) == RAW_REQUESTS[name].status
    fields = live_server.parse_headers(answer)
    assert "evil" not in fields.get("location", "")
    assert "set-cookie" not in fields or "a=b" not in fields["set-cookie"]
    if (
        b" /api/" in RAW_REQUESTS[name].sent[:300]
        and "x-request-id" in fields
        and RAW_REQUESTS[name].status >= 400
    ):
        assert fields["content-type"] == "application/problem+json"


@pytest.mark.slow
def test_no_stranger_writes_our_links(server):
    """Under no host but ours, no port but ours, no scheme but the one that is spoken."""
    lies = ("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "X-Forwarded-Port: 99")
    more = ("Forwarded: host=evil.example;proto=https", "X_Forwarded_Proto: https")
    for path in (
        f"{API_ROOT}jurisdictions/?page_size=1",
        API_ROOT,
        "/",
        "/robots.txt",
        "/sitemap.xml",
    ):
        answer = server.get(path, *lies, *more)
        assert live_server.parse_status(answer) == 200
        assert b"http://good.example/" in answer
        assert b"evil.example" not in answer
        assert b"https://good.example" not in answer
    line = f"GET http://evil.example{API_ROOT}jurisdictions/?page_size=1 HTTP/1.1"
    answer = server.send(f"{line}\r\nHost: good.example\r\n\r\n".encode())
    assert b"evil.example" not in answer


def test_a_port_may_be_named(settings, client):
    settings.ALLOWED_HOSTS, settings.HOST_PORTS = ["good.example"], {"8443"}
    found = {
        port: client.get("/robots.txt", headers={"host": f"good.example{port}"}).status_code
        for port in ("", ":80", ":8443", ":443", ":81", ":99999")
    }
    assert found == {"": 200, ":80": 200, ":8443": 200, ":443": 400, ":81": 400, ":99999": 400}


@pytest.mark.slow
def test_slow_clients_keep_nobody_waiting(server):
    """More of them than there are threads that answer."""
    beginnings = [
        b"GET /api/v1/ HTTP/1.1\r\nHost: good.ex",
        b"POST /admin/login/ HTTP/1.1\r\nHost: good.example\r\nContent-Length: 100\r\n\r\na",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"",
    ]
    slow = [server.connect() for _ in range(3 * live_server.SERVER_THREADS)]
    for number, client in enumerate(slow):
        client.sendall(beginnings[number % len(beginnings)])
    assert live_server.parse_status(server.get("/livez")) == 200
    assert live_server.parse_status(server.get(API_ROOT)) == 200
    for client in slow:
        client.close()


@pytest.mark.slow
def test_clients_that_leave_in_the_middle_are_no_trouble(server):
    for _ in range(3 * live_server.SERVER_THREADS):
        with server.connect() as client:
            client.sendall(b"GET /api/v1/jurisdictions/?page_size=1000 HTTP/1.1\r\n")
            client.sendall(b"Host: good.example\r\n\r\n")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert live_server.parse_status(server.get(API_ROOT)) == 200
