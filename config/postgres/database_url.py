"""Read DATABASE_URL."""

from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# PostgreSQL's own programs also take these from the query of the URL, for example a socket folder:
# postgresql://user@/name?host=/run/postgresql
SETTING_BY_PARAMETER = {
    "host": "HOST",
    "port": "PORT",
    "user": "USER",
    "password": "PASSWORD",
    "dbname": "NAME",
}


def parse_database_url(url: str) -> dict[str, Any]:
    """Return the settings of a database for Django. Raise ImproperlyConfigured."""
    try:
        parsed = dj_database_url.parse(url, engine="config.postgres", conn_max_age=60)
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL cannot be read: {error}") from None
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql://")
    database: dict[str, Any] = dict(parsed)
    options = database.get("OPTIONS", {})
    for parameter in SETTING_BY_PARAMETER.keys() & options.keys():
        database[SETTING_BY_PARAMETER[parameter]] = str(options.pop(parameter))
    return database
