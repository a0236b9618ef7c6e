"""Citations of a published revision, with the digest of its document."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

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
    """The data of a citation. `published` is the instant of publication, `url` that of the page."""

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
        day = text_formats.format_full_date(self.day.date())
        return (
            f"{self.dataset} ({self.day.year}). {self.title}. Record {self.record}, "
            f"revision {self.revision}, published {day}. "
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
    def csl(self) -> dict[str, object]:
        """The citation as a CSL-JSON item, see https://docs.citationstyles.org."""
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
