"""TODO docstring."""

from typing import Any

Document = dict[str, Any]
RecordKey = tuple[str, str]
