"""TODO docstring."""

from typing import Any

Document = dict[str, Any]
Key = tuple[str, str]
