"""The public process answers every route with the reading role alone, as with a greater one."""

from itertools import chain

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import Resolver404, resolve

from config.postgres.grants import PUBLIC_TABLES
from prove import RUN_LONG_PROOFS
from tests import test_leaks as leaks
from tests.conftest import FIXTURES
from tests.test_privileges import public, roles, tables

__all__ = ["roles"]

DATED = "/api/v1/actions/?occurred__within=2021"  # the poison is no window of days
WORDS = "/api/v1/actions/?q=mining"


def addresses():
    """Every address that leaks are looked for at; in short one of each route and of each
    format, and some filters."""
    found, filters = [*leaks.addresses(), "/readyz", DATED, WORDS], leaks.filters()
    if RUN_LONG_PROOFS:
        return [*found, *filters]
    return [*{route_of(address): address for address in found}.values(), *filters[::7]]


def route_of(address):
    path, _, query = address.partition("?")
    name, _, value = query.partition("=")
    try:
        return resolve(path).route, name, value if name == "format" else ""
    except Resolver404:
        return path, query, ""


def test_every_route_answers_the_reading_role_as_the_application(roles, committed, figure):
    call_command("load_dataset", FIXTURES, verbosity=0)
    asked = addresses()
    answers, unwanted = public(roles["read"], asked)
    assert len(answers) > 60
    assert unwanted == []
    assert {status for status, _, _ in answers.values()} == {200, 400, 404}
    assert unready(public(roles["app"], asked)[0]) == unready(answers)
    figure(f"{len(answers)} addresses answer the same with the reading role.")


def unready(answers):
    return {address: answer for address, answer in answers.items() if address != "/readyz"}


def test_the_public_process_reads_exactly_the_public_tables(committed):
    call_command("load_dataset", FIXTURES, verbosity=0)
    seen = []

    def note(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    client = Client()
    with connection.execute_wrapper(note):
        for address in addresses():
            leaks.body_of(client.get(address))
    words = set(
        chain.from_iterable(sql.replace('"', " ").replace(".", " ").split() for sql in seen)
    )
    assert words & tables() == set(PUBLIC_TABLES)
