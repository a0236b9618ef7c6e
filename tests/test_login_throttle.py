"""Signing in and staying signed in: guessing is slow, sessions end, passwords are kept well."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from desk.accounts import session_timeout
from desk.models import LoginAttempt
from tests import factories as make
from tests.admin_pages import login_client

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-passphrase-1"
WRONG = (
    "Please enter the correct username and password for a staff account. "
    "Note that both fields may be case-sensitive."
)


def with_password() -> User:
    person = make.user("ada", "Curator")
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def curator(quickly) -> User:
    return with_password()


@pytest.fixture
def checked_passwords(monkeypatch) -> list[str]:
    """The passwords that were compared with one that is kept, or with none."""
    seen: list[str] = []
    hasher = type(hashers.get_hasher())
    told = hasher.encode
    monkeypatch.setattr(
        hasher, "encode", lambda self, word, *rest: seen.append(word) or told(self, word, *rest)
    )
    checked = hasher.verify
    monkeypatch.setattr(
        hasher, "verify", lambda self, word, kept: seen.append(word) or checked(self, word, kept)
    )
    return seen


def log_in(name="ada", password="wrong", address="192.0.2.1", **headers):
    client = Client(REMOTE_ADDR=address, headers=headers)
    return client.post("/admin/login/", {"username": name, "password": password})


def wait_message(seconds: int) -> str:
    unit = "second" if seconds == 1 else "seconds"
    return f"Too many failed sign-ins. Wait {seconds} {unit}, then try again."


def said(response) -> list[str]:
    if response.status_code == 302:
        return ["welcome"]
    return [str(message) for message in response.context["form"].non_field_errors()]


def pass_by(**time: float) -> None:
    """So much time goes by, for all failed sign-ins."""
    span = timedelta(**time)
    LoginAttempt.objects.update(at=F("at") - span, until=F("until") - span)


def test_five_wrong_passwords_are_free_and_then_each_costs_twice_the_wait(curator):
    assert [said(log_in()) for _ in range(6)] == [[WRONG]] * 6
    waits = []
    for wait in (1, 2, 4, 8):
        waits += said(log_in())
        pass_by(seconds=wait)
        assert said(log_in()) == [WRONG]
    assert waits == [wait_message(n) for n in (1, 2, 4, 8)]


def test_whoever_must_wait_is_not_let_in_by_the_right_password(curator, checked_passwords):
    for _ in range(6):
        log_in()
    checked_passwords.clear()
    assert said(log_in(password=PASSWORD)) == [wait_message(1)]
    assert checked_passwords == []
    pass_by(seconds=1)
    assert said(log_in(password=PASSWORD)) == ["welcome"]
    assert [said(log_in()) for _ in range(6)] == [[WRONG]] * 6


def test_strangers_elsewhere_do_not_lock_an_account(curator):
    for number in range(40):
        log_in(address=f"198.51.100.{number // 20}")
    assert said(log_in(password=PASSWORD, address="192.0.2.1")) == ["welcome"]


def test_no_wait_is_longer_than_a_quarter_of_an_hour(curator):
    log_in()
    LoginAttempt.objects.update(failures=1000)
    log_in()
    pass_by(seconds=899)
    assert said(log_in()) == [wait_message(1)]
    pass_by(seconds=1)
    assert said(log_in(password=PASSWORD)) == ["welcome"]


def test_an_hour_later_all_is_forgotten(curator):
    for _ in range(6):
        log_in()
    pass_by(hours=1, seconds=1)
    assert [said(log_in()) for _ in range(6)] == [[WRONG]] * 6
    pass_by(hours=1, seconds=1)
    log_in(password=PASSWORD, address="192.0.2.9")
    assert LoginAttempt.objects.count() == 1


def test_one_address_cannot_go_through_many_accounts(curator, checked_passwords):
    for number in range(80):
        log_in(name=f"person-{number}")
    assert 31 <= len(checked_passwords) <= 35
    assert said(log_in(password=PASSWORD))[0].startswith("Too many failed sign-ins.")
    assert said(log_in(password=PASSWORD, address="192.0.2.2")) == ["welcome"]


def test_of_many_guesses_few_are_checked_passwords(curator, checked_passwords):
    for number in range(200):
        log_in(password=f"guess-{number}")
    assert 6 <= len(checked_passwords) <= 12  # waits double: the pace hardly matters


def test_unknown_people_get_the_same_answer_for_the_same_work(curator, checked_passwords):
    def told(name: str) -> tuple[list[str], int]:
        checked_passwords.clear()
        found = said(log_in(name=name, address="192.0.2.77"))
        return found, len(checked_passwords)

    User.objects.create_user("idle", password=PASSWORD, is_active=False)
    User.objects.create_user("reader", password=PASSWORD, is_staff=False)
    assert {name: told(name) for name in ("ada", "nobody", "idle", "reader")} == dict.fromkeys(
        ("ada", "nobody", "idle", "reader"), ([WRONG], 1)
    )
    for name in ("idle", "reader"):
        assert said(log_in(name=name, password=PASSWORD)) == [WRONG]


def test_what_is_kept_names_nobody(curator):
    log_in(name="my-password-by-mistake")
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM desk_loginattempt k")
        kept = " ".join(text for (text,) in cursor.fetchall())
    assert kept
    assert "my-password" not in kept
    assert "192.0.2.1" not in kept


# Passwords


def test_passwords_are_kept_by_argon2_and_older_ones_are_renewed():
    curator = with_password()
    assert identify_hasher(curator.password).algorithm == "argon2"
    curator.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    curator.save()
    assert said(log_in(password=PASSWORD)) == ["welcome"]
    curator.refresh_from_db()
    assert identify_hasher(curator.password).algorithm == "argon2"


@pytest.mark.parametrize("weak", ["elevenchars", "password1234", "123456789012", "ada-lovelace"])
def test_weak_passwords_are_refused(weak):
    with pytest.raises(ValidationError):
        validate_password(weak, User(username="ada-lovelace"))


def test_long_passwords_are_taken():
    validate_password("twelve chars", User(username="ada"))


# Sessions


@pytest.fixture
def clock(monkeypatch):
    """Of the desk; `tick` also moves the ends of the sessions that are kept."""
    now = [time.time()]
    monkeypatch.setattr(session_timeout.time, "time", lambda: now[0])
    return now


def signed_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def test_a_session_ends_half_an_hour_after_the_last_click(curator):
    client = Client()
    client.force_login(curator)
    assert signed_in(client)
    assert client.session.get_expiry_age() == 1800
    assert client.cookies["sessionid"]["max-age"] == 1800


def test_clicks_keep_a_session_for_eight_hours_and_no_longer(curator, clock):
    client = login_client(curator)
    ages = []
    for minutes in (0, 29, 7 * 60 + 1, 29):
        clock[0] += minutes * 60
        assert signed_in(client)
        ages.append(client.session.get_expiry_age())
    assert ages[1:] == [1800, 1800, 60]
    clock[0] += 60
    assert not signed_in(client)


def test_a_click_within_the_minute_writes_nothing(curator, clock):
    client = login_client(curator)
    assert signed_in(client)
    clock[0] += 59
    assert "sessionid" not in client.get("/admin/").cookies
    clock[0] += 1
    assert "sessionid" in client.get("/admin/").cookies


def test_signing_in_changes_the_session_and_signing_out_ends_it(curator):
    client = Client()
    client.get("/admin/login/")
    client.cookies["sessionid"] = "chosen-by-somebody-else"
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    first = client.cookies["sessionid"].value
    assert first != "chosen-by-somebody-else"
    client.post("/admin/logout/")
    client.cookies["sessionid"] = first
    assert not signed_in(client)


def test_a_new_password_ends_all_other_sessions(curator):
    here, elsewhere = login_client(curator), login_client(curator)
    form = {"old_password": PASSWORD, "new_password1": "another-passphrase-2"}
    form["new_password2"] = form["new_password1"]
    assert here.post("/admin/password_change/", form).status_code == 302
    assert (signed_in(here), signed_in(elsewhere)) == (True, False)


def test_whoever_loses_an_account_or_the_desk_is_out_at_once(curator):
    client = login_client(curator)
    curators = Group.objects.get(name="Curator")
    User.objects.filter(pk=curator.pk).update(is_staff=False)
    curators.user_set.remove(curator)
    assert not signed_in(client)
    curators.user_set.add(curator)
    assert signed_in(client)
    User.objects.filter(pk=curator.pk).update(is_active=False)
    assert not signed_in(client)


def test_cookies_are_out_of_reach(curator):
    client = Client()
    client.post("/admin/login/", {"username": "ada", "password": PASSWORD})
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["domain"] == ""


def test_ten_honest_people_behind_one_address_do_not_lock_each_other_out(quickly):
    people = [make.user(f"person-{number}", "Curator") for number in range(10)]
    for person in people:
        person.set_password(PASSWORD)
        person.save()
    for _ in range(5):  # a morning: each signs in, one of them mistypes once
        for person in people:
            assert log_in(person.username, PASSWORD).status_code == 302
        log_in(people[0].username, "mistyped")
    network = LoginAttempt.objects.order_by("-failures").first()
    assert network.failures == 5  # only those that were wrong
    assert network.until <= timezone.now()


def test_an_attempt_that_waits_counts_on_nobody(curator):
    for _ in range(7):
        log_in()
    before = {row.who: row.failures for row in LoginAttempt.objects.all()}
    assert "Too many failed sign-ins." in log_in().content.decode()
    assert {row.who: row.failures for row in LoginAttempt.objects.all()} == before


def test_a_right_password_does_not_clear_the_guesses_of_others_at_its_address(curator):
    """Whoever has an account cannot use it to guess the passwords of others without waiting."""
    for number in range(30):
        log_in(f"victim-{number % 10}")
    assert log_in(password=PASSWORD).status_code == 302
    network = LoginAttempt.objects.order_by("-failures").first()
    assert network.failures == 30
    log_in("victim-0")
    network.refresh_from_db()
    assert network.failures == 31
    assert network.until > timezone.now()


@pytest.mark.parametrize("group", ["Curator", "Reviewer", "Administrator", "Auditor"])
def test_joining_a_group_lets_a_person_sign_in_and_leaving_it_ends_that(quickly, group):
    person = User.objects.create_user("eve", password=PASSWORD)
    assert log_in("eve", PASSWORD).status_code == 200
    Group.objects.get(name=group).user_set.add(person)
    client = Client()
    sent = client.post("/admin/login/", {"username": "eve", "password": PASSWORD})
    assert sent.status_code == 302
    assert signed_in(client)
    person.groups.clear()
    assert not signed_in(client)
    assert log_in("eve", PASSWORD).status_code == 200
