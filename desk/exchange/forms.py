"""Forms that import drafts, confirm an import, and export drafts."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from import_export.forms import ConfirmImportForm, ExportForm, ImportForm

from desk.base.uploads import UploadLostError, file_size_error
from desk.exchange.formats import (
    DRAFT_FORMATS,
    MAX_DRAFT_FILE_SIZE,
    MAX_DRAFT_RECORDS,
    InFormStorage,
    detect_draft_format,
)

UPLOAD_LOST = (
    "The file was not received completely, or someone else uploaded it. Choose the file again."
)


class DraftImportForm(ImportForm):
    media = forms.Media()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        file_field = self.fields["import_file"]
        file_field.label = "File"
        file_field.widget.attrs = {"accept": ".csv,.zip"}
        file_field.help_text = (
            "A CSV table in UTF-8, or a dataset as .zip. At most "
            f"{MAX_DRAFT_FILE_SIZE // 2**20} MB and {MAX_DRAFT_RECORDS} records."
        )
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()

    def clean_import_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["import_file"]
        if (file.size or 0) > MAX_DRAFT_FILE_SIZE:
            raise ValidationError(
                f"{file_size_error(MAX_DRAFT_FILE_SIZE)} Split it and import the parts."
            )
        return file

    def clean(self) -> None:
        super().clean()
        file: UploadedFile[bytes] | None = self.cleaned_data.get("import_file")
        if file:
            self.cleaned_data["format"] = detect_draft_format(file.read(4))
            file.seek(0)


class DraftConfirmForm(ConfirmImportForm):
    """Confirms a file that the same user uploaded for the same kind: its content is signed."""

    resource = None  # type: ignore[assignment]  # Django removes a field that is None
    start = b""  # first bytes of the file

    def __init__(self, *args: Any, by: User, kind: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.signer = signing.Signer(salt=f"desk.exchange/{by.pk}/{kind}")
        name: str = self.initial.get("import_file_name", "")
        if name:
            self.initial["import_file_name"] = self.signer.sign(name)
        self.fields["format"].required = False

    def clean_import_file_name(self) -> str:
        try:
            name = self.signer.unsign(self.cleaned_data["import_file_name"])
            self.start = InFormStorage(name=name).read()[:4]
        except (signing.BadSignature, UploadLostError):
            raise ValidationError(UPLOAD_LOST) from None
        return name

    def clean(self) -> None:
        super().clean()
        self.cleaned_data["format"] = detect_draft_format(self.start)


class DraftExportForm(ExportForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(number), draft.title) for number, draft in enumerate(DRAFT_FORMATS)]
        self.fields["format"] = forms.ChoiceField(
            choices=choices, initial="0", widget=forms.RadioSelect, label="Format"
        )
