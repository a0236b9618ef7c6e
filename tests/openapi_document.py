"""The description of the API that is committed, read once."""

from pathlib import Path
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OPENAPI_FILE = Path(__file__).with_name("openapi.yml")


def parse_openapi(text: str) -> dict[str, Any]:
    return yaml.load(text, LOADER)


OPENAPI = parse_openapi(OPENAPI_FILE.read_text(encoding="utf-8"))
