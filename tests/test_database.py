"""A database that would lose letters is refused before anything is put into it."""

import pytest
from django.db import connection
from psycopg import sql

from config.postgres.base import ENCODING_ERROR, DatabaseWrapper

pytestmark = pytest.mark.postgresql


@pytest.fixture
def other(committed):
    """Make a database of another kind; a connection to it."""
    made = []

    def make(encoding: str) -> DatabaseWrapper:
        name = f"{connection.settings_dict['NAME']}_{encoding.lower()}"
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "CREATE DATABASE {} TEMPLATE template0"
                    " ENCODING {} LOCALE 'C' LOCALE_PROVIDER libc"
                ).format(sql.Identifier(name), encoding)
            )
        made.append(DatabaseWrapper(connection.settings_dict | {"NAME": name}, "default"))
        return made[-1]

    yield make
    for wrapper in made:
        wrapper.close()
        with connection.cursor() as cursor:
            name = sql.Identifier(wrapper.settings_dict["NAME"])
            cursor.execute(sql.SQL("DROP DATABASE {}").format(name))


def test_ours_is_fine(db):
    assert connection.validation.check() == []


@pytest.mark.parametrize("encoding", ["UTF8", "SQL_ASCII"])
def test_a_database_without_letters_is_refused(other, encoding):
    wrapper = other(encoding)
    (error,) = wrapper.validation.check()
    assert error.msg == ENCODING_ERROR
    assert error.hint.endswith(f"--encoding UTF8 --locale C.UTF-8 {wrapper.settings_dict['NAME']}")
