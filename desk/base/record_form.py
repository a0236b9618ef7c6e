"""Forms of records."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max

from desk.base.reference_form import refuse_circle
from policy import audit
from policy.models import Citation, Deed, Record, Source
from policy.sources import citations
from policy.sources.formats.html import decoded, page_of

LARGEST = 20 * 2**20  # bytes of an uploaded file
ONE_DAY = "A date known to the day has one day at both ends."
MOST = 20  # edits that a second person is told of
MEANWHILE = (
    "Somebody saved this record after you opened it. Nothing of yours is saved, and all of it "
    "stands below. Take over what you want to keep of their changes, then save again: what you "
    "leave as it is goes over theirs."
)
DIGESTS = ("sha256", "bytes", "text_sha256", "characters")


class RecordForm(forms.ModelForm):
    """Refuses to overwrite what somebody else saved in the meantime."""

    circle = ""
    edition = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["edition"] = self.instance.edited_at.isoformat()

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.instance.pk:
            self.refuse_overwriting(self.cleaned_data.get("edition", ""))
        if self.circle:
            refuse_circle(self, self.circle)
        return self.cleaned_data

    def refuse_overwriting(self, opened: str) -> None:
        """What was typed stays in the form, which from now on is of what stands."""
        standing = self.standing_edition()
        if standing == opened:
            return
        self.data = self.data.copy()
        self.data[self.add_prefix("edition")] = standing
        raise ValidationError([MEANWHILE, *meanwhile(self.instance, opened)])

    def standing_edition(self) -> str:
        """When the row was saved last. Locks it until this form is saved or refused."""
        rows = type(self.instance)._default_manager.select_for_update(no_key=True)
        return rows.values_list("edited_at", flat=True).get(pk=self.instance.pk).isoformat()


def meanwhile(record: Record, opened: str) -> Iterator[str]:
    """Who saved a record since an edition of it, when, and what that changed."""
    deeds = [deed for deed in audit.of(record).filter(what="edited")[:MOST] if later(deed, opened)]
    for deed in reversed(deeds):
        changes = deed.detail.get("changes") or [["the private note or the order", None, None]]
        said = "; ".join(spell_change(*change) for change in changes)
        yield f"{deed.by}, {deed.at:%Y-%m-%d %H:%M} UTC: {said}"
    if not deeds:
        when = f"{record.edited_at:%Y-%m-%d %H:%M} UTC"
        yield f"Saved by a command, {when}: open it in another tab to compare."


def later(deed: Deed, opened: str) -> bool:
    try:
        return datetime.fromisoformat(deed.detail["edition"]) > datetime.fromisoformat(opened)
    except (KeyError, TypeError, ValueError):
        return False


def spell_change(field: str, before: str | None, after: str | None) -> str:
    if before is None and after is None:
        return field
    if before is None:
        return f"{field}: now “{after}”"
    return f"{field}: “{before}” is gone" if after is None else f"{field}: “{before}” → “{after}”"


class AgencyForm(RecordForm):
    circle = "parent"


class SourceForm(RecordForm):
    circle = "derived_from"
    file = forms.FileField(
        required=False,
        help_text="The bytes as retrieved: plain text in UTF-8, or HTML, whose words are the text. "
        "Fills in the digests and lengths, and keeps the text here for curators: it is never "
        "published. “Bring in an article” also finds title and date.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.files.get(self.add_prefix("file")):
            for name in set(DIGESTS) & set(self.fields):
                self.fields[name].required = False

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload and upload.size > LARGEST:
            raise ValidationError(f"Larger than {LARGEST // 2**20} MB.")
        if upload:
            self.raw = upload.read()
            self.measured = measure(self.raw, self.instance)
        return upload

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name, value in getattr(self, "measured", {}).items():
            if name in self.fields:
                self.take(name, value)
            elif value != getattr(self.instance, name) and "file" not in self.errors:
                self.add_error("file", "This is not the file that the source describes.")
        if (characters := self.cleaned_data.get("characters")) is not None:
            self.hold_passages(characters)
        self.clean_published()
        return self.cleaned_data

    def take(self, name: str, measured: Any) -> None:
        """One measure of the uploaded file, unless the form states another."""
        if self.cleaned_data.get(name) not in (None, "", measured):
            self.add_error(name, f"The file's is {measured}.")
        self.cleaned_data[name] = measured

    def hold_passages(self, characters: int) -> None:
        cited = Citation.objects.filter(source=self.instance.pk).aggregate(last=Max("end"))["last"]
        if cited and cited > characters:
            self.add_error("characters", f"A citation of this source ends at {cited}.")

    def clean_published(self) -> None:
        names = ("earliest", "latest", "precision", "basis")
        start, end, precision, basis = map(self.cleaned_data.get, (f"published_{n}" for n in names))
        if not (start or end):
            if precision or basis:
                self.add_error("published_earliest", "Give a day, or leave the whole date out.")
            return
        for name, value in (("precision", precision), ("basis", basis)):
            if not value:
                self.add_error(f"published_{name}", "A date says this, too.")
        if precision and precision.code == "day" and start != end:
            self.add_error("published_precision", ONE_DAY)


def measure(raw: bytes, source: Source) -> dict[str, Any]:
    """The digests and lengths of a file and of its text."""
    words = decoded(raw)
    try:
        if words is not None and not source.text_sha256:
            text = page_of(words).text  # like that of an article that is brought in
        else:
            text = citations.text_as_stated(source, raw)
    except UnicodeDecodeError as error:
        raise ValidationError(f"Not UTF-8 at byte {error.start}.") from None
    if not text.strip():
        raise ValidationError("Holds no text.")
    if "\0" in text:
        raise ValidationError("Its text holds NUL, which cannot be kept.")
    return {
        "sha256": citations.sha256(raw),
        "bytes": len(raw),
        "text_sha256": citations.sha256(text.encode()),
        "characters": len(text),
    }
