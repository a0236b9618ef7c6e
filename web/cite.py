"""How to cite a record: as it stood in one revision, with the digest of its bytes."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from web import text_formats

BIBTEX_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "{}#$%&_"},
    }
)


@dataclass(frozen=True)
class RecordCitation:
    dataset: str
    title: str
    record: str
    revision: int
    published: datetime
    digest: str
    url: str

    @property
    def day(self) -> datetime:
        return self.published.astimezone(UTC)

    @property
    def text(self) -> str:
        return (
            f"{self.dataset} ({self.day.year}). {self.title}. Record {self.record}, "
            f"revision {self.revision}, published {text_formats.format_full_date(self.day.date())}. "
            f"SHA-256 {self.digest}. {self.url}"
        )

    @property
    def bibtex(self) -> str:
        key = re.sub(r"[^a-z0-9]+", "-", f"{self.record}-{self.revision}")
        fields = {
            "author": f"{{{self.dataset.translate(BIBTEX_ESCAPES)}}}",
            "title": f"{{{self.title.translate(BIBTEX_ESCAPES)}}}",
            "year": str(self.day.year),
            "month": str(self.day.month),
            "note": f"Record {self.record}, revision {self.revision}, SHA-256 {self.digest}",
            "url": self.url,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
        return "\n".join([f"@misc{{{key},", *lines, "}", ""])

    @property
    def csl(self) -> dict[str, Any]:
        """https://docs.citationstyles.org: a data item."""
        return {
            "id": f"{self.record}@{self.revision}",
            "type": "dataset",
            "title": self.title,
            "author": [{"literal": self.dataset}],
            "container-title": self.dataset,
            "issued": {"date-parts": [[self.day.year, self.day.month, self.day.day]]},
            "version": str(self.revision),
            "note": f"Record {self.record}, SHA-256 {self.digest}",
            "URL": self.url,
        }
