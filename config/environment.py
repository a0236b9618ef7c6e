"""Read settings from environment variables. A wrong value raises ImproperlyConfigured."""

import os
import re
import secrets
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured

PORT_SUFFIX = re.compile(r":[0-9]{1,5}$", re.ASCII)
TRUE_WORDS, FALSE_WORDS = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class HostsAndPorts(NamedTuple):
    """Host names without ports, and the ports that may follow them."""

    hosts: list[str]
    ports: set[str]


def get_str(name: str, default: str = "") -> str:
    """Return the value of a variable, or of the file that `<name>_FILE` names, without spaces
    around it. Return `default` if neither is set."""
    path = os.environ.get(f"{name}_FILE")
    if path and os.environ.get(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: remove one of them")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE: cannot read {path}: {error.strerror}"
            ) from None
    return os.environ.get(name, default)


def get_bool(name: str, default: bool) -> bool:
    """Return whether a variable is on. Return `default` if it is empty."""
    value = get_str(name).lower()
    if not value:
        return default
    if value not in TRUE_WORDS | FALSE_WORDS:
        raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}")
    return value in TRUE_WORDS


def get_int(name: str, default: int, least: int = 1) -> int:
    """Return a whole number from `least` to 999,999. Return `default` if the variable is empty."""
    value = get_str(name) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value) < 10**6):
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {least} to 999999, not {value!r}"
        )
    return int(value)


def get_list(name: str) -> list[str]:
    """Return the values of a comma-separated list, without empty ones."""
    return [value for value in (part.strip() for part in get_str(name).split(",")) if value]


def get_hosts_and_ports(name: str, debug: bool) -> HostsAndPorts:
    """Return the hosts of a comma-separated list of `host` or `host:port`, and the ports that
    clients may use: 80, 443 and those in the list. Refuse `*` in production."""
    parts = [
        value.rpartition(":") if PORT_SUFFIX.search(value) else (value, "", "")
        for value in get_list(name)
    ]
    if not debug and any(host == "*" for host, _, _ in parts):
        raise ImproperlyConfigured(f"{name} must list host names: * would allow every host")
    ports = {"80", "443"} | {port for _, _, port in parts if port}
    return HostsAndPorts([host for host, _, _ in parts], ports)


def require_settings(debug: bool, names: list[str]) -> None:
    """Raise ImproperlyConfigured in production if a variable is empty; name all that are."""
    missing = [name for name in names if not get_str(name)]
    if missing and not debug:
        raise ImproperlyConfigured(
            f"DEBUG is off, so these must be set: {', '.join(missing)}. See .env.example."
        )


def get_secret_key(debug: bool, data_dir: Path) -> str:
    """Return SECRET_KEY. In development a missing key is generated and kept in `data_dir`."""
    key = get_str("SECRET_KEY")
    if key or not debug:
        return key
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"secret_key.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(new, path)  # if several processes start at once, all read the first one's key
        except FileExistsError:
            pass
        finally:
            new.unlink()
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(
            f"cannot write a development key in {data_dir}: {error.strerror}. "
            "Set DATA_DIR to a folder that you may write to, or set SECRET_KEY."
        ) from None
