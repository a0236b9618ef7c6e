"""The examples for operators are read by the programs that they are written for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core import signing
from django.test import override_settings

EXAMPLES = Path(__file__).resolve().parent.parent / "docs" / "examples"
UNITS = sorted(EXAMPLES.glob("*.service"))


def program(name: str, package: str) -> str:
    """Skips loudly without it; fails where every test has to run."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if not found and not os.environ.get("ALL_TESTS"):
        pytest.skip(f"NO {name}: install it to run this test (apt install {package})")
    assert found, f"{name} is not installed, and ALL_TESTS asks for every test."
    return found


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}{done.stderr}".strip()


@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_systemd_understands_the_unit(unit, tmp_path):
    analyze = program("systemd-analyze", "systemd")
    copy = tmp_path / unit.name
    text = unit.read_text().replace("/opt/policy-events/.venv/bin/granian", shutil.which("true"))
    copy.write_text(text.replace(" postgresql.service", ""))  # which need not be installed here
    assert said(analyze, "verify", "--man=no", copy) == "0"
    copy.write_text(copy.read_text().replace("DynamicUser=yes", "DynamicUser=perhaps"))
    assert "Failed to parse boolean" in said(analyze, "verify", "--man=no", copy)


def test_nginx_understands_the_example(tmp_path):
    nginx, openssl = program("nginx", "nginx"), program("openssl", "openssl")
    key, certificate = tmp_path / "key", tmp_path / "pem"
    self_signed = ("-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=policy.example.org")
    made = said(openssl, "req", *self_signed, "-keyout", key, "-out", certificate)
    assert made.startswith("0")
    text = (EXAMPLES / "nginx.conf").read_text()
    text = text.replace("/etc/ssl/private/policy.example.org.key", str(key))
    text = text.replace("/etc/ssl/policy.example.org.pem", str(certificate))
    whole = tmp_path / "nginx.conf"
    places = "".join(
        f"{name}_temp_path {tmp_path}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    frame = f"pid {tmp_path}/pid; events {{}} http {{ {places} access_log off; {text} }}"
    whole.write_text(frame)
    assert said(nginx, "-t", "-e", tmp_path / "log", "-c", whole).startswith("0 ")
    whole.write_text(frame.replace("proxy_pass", "proxy_past"))
    assert "unknown directive" in said(nginx, "-t", "-e", tmp_path / "log", "-c", whole)


def test_the_two_processes_have_what_they_need():
    public, desk = ((EXAMPLES / f"policy-events-{name}.service").read_text() for name in NAMES)
    assert "Environment=DESK=off " in public
    assert "DESK" not in desk
    assert "database:/var/lib/postgresql/policy-events/read.url" in public
    assert "database:/var/lib/postgresql/policy-events/app.url" in desk


NAMES = ("public", "desk")


def test_what_an_earlier_key_signed_is_believed():
    with override_settings(SECRET_KEY="old"):
        signed = signing.Signer(salt="page").sign_object({"after": 5})
    with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=["old"]):
        assert signing.Signer(salt="page").unsign_object(signed) == {"after": 5}
    with (
        override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[]),
        pytest.raises(signing.BadSignature),
    ):
        signing.Signer(salt="page").unsign_object(signed)
