"""Read settings from the environment, loudly: a wrong value stops the start and is named."""

import os
import re
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

PORT_SUFFIX = re.compile(r":[0-9]{1,5}$", re.ASCII)
TRUE_WORDS, FALSE_WORDS = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def get_str(name: str, default: str = "") -> str:
    """The variable's value; a secret may come from the file named by `<name>_FILE`."""
    path = os.environ.get(f"{name}_FILE")
    if path and os.environ.get(name):
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: keep one of them")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE: cannot read {path}: {error.strerror}"
            ) from None
    return os.environ.get(name, default)


def get_bool(name: str, default: bool) -> bool:
    """A yes or no."""
    value = get_str(name).lower()
    if not value:
        return default
    if value not in TRUE_WORDS | FALSE_WORDS:
        raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}")
    return value in TRUE_WORDS


def get_int(name: str, default: int, least: int = 1) -> int:
    """A whole number."""
    value = get_str(name) or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value) < 10**6):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least}, not {value!r}")
    return int(value)


def get_list(name: str) -> list[str]:
    """A comma-separated list."""
    return [word for word in (part.strip() for part in get_str(name).split(",")) if word]


def get_hosts_and_ports(name: str, debug: bool) -> tuple[list[str], set[str]]:
    """Names that the site answers to, and the ports that may stand behind them."""
    found = [
        word.rpartition(":") if PORT_SUFFIX.search(word) else (word, "", "")
        for word in get_list(name)
    ]
    if not debug and any(host == "*" for host, _, _ in found):
        raise ImproperlyConfigured(f"{name} must name the hosts: * would answer to any")
    return [host for host, _, _ in found], {"80", "443"} | {port for _, _, port in found if port}


def require_settings(debug: bool, names: list[str]) -> None:
    """Refuse to start in production when a setting is missing, and say which."""
    missing = [name for name in names if not get_str(name)]
    if missing and not debug:
        raise ImproperlyConfigured(
            f"DEBUG is off, so these must be set: {', '.join(missing)}. See .env.example."
        )


def get_secret_key(debug: bool, data_dir: Path) -> str:
    """SECRET_KEY, or for development one made once and kept in the data folder."""
    key = get_str("SECRET_KEY")
    if key or not debug:
        return key
    path = data_dir / "secret_key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret_key.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            os.link(fresh, path)  # the first of several starts wins, and all read the same key
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise ImproperlyConfigured(
            f"cannot keep a development key in {data_dir}: {error.strerror}. "
            "Set DATA_DIR to a folder you may write, or set SECRET_KEY."
        ) from None
