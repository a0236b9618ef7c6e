"""A pytest plugin that runs the tests with the privileges of the application's database role."""

import pytest
from django.core.management import call_command
from django.db import connection

from config.postgres.grants import Privileges


@pytest.fixture(scope="session", autouse=True)
def as_application(django_db_setup, django_db_blocker):
    options = connection.settings_dict["OPTIONS"]
    before = options["options"]
    with django_db_blocker.unblock():
        call_command("database_roles", verbosity=0)
        names = Privileges(connection).names
        connection.close()
        options["options"] = f"{before} -c role={names['app']}"
        yield
        connection.close()
        options["options"] = before
        with connection.cursor() as cursor:
            cursor.execute(f'REASSIGN OWNED BY "{names["migrate"]}" TO CURRENT_USER')
            for name in names.values():
                cursor.execute(f'DROP OWNED BY "{name}"')
                cursor.execute(f'DROP ROLE "{name}"')
