"""Forms that import an article: the first takes the file, the second confirms what was found."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from desk.base.fields import TextField
from desk.base.record_form import SourceForm
from desk.base.uploads import UploadLostError, decode_upload, encode_upload, file_size_error
from policy.models import Source
from policy.sources import article
from policy.sources.article import Article, ArticleError

NO_ORIGINAL = "none"
ARTICLE_FORM_FIELDS = (
    "title",
    "slug",
    "publisher",
    "authors",
    "url",
    "language",
    "source_class",
    "retrieved_at",
    "published_earliest",
    "published_latest",
    "published_precision",
    "published_basis",
    "published_resolution",
    "derived_from",
    "note",
)
FILE_OR_TEXT_REQUIRED = "Choose a file or paste the text, not both."


class ArticleUploadForm(forms.Form):
    """A file or a pasted text. After validation, either `article` or `refusal` is set."""

    file = forms.FileField(
        required=False,
        help_text="The file as retrieved, unchanged: plain text or HTML, at most 5 MB.",
        error_messages={"empty": "The file is empty."},
    )
    pasted = TextField(
        required=False,
        strip=False,
        widget=AdminTextareaWidget(attrs={"rows": 12}),
        label="Or its text",
        help_text="Plain text, or HTML with its markup.",
    )
    article: Article | None = None
    refusal: ArticleError | None = None

    def clean(self) -> None:
        super().clean()
        upload: UploadedFile[bytes] | None = self.cleaned_data.get("file")
        pasted: str = self.cleaned_data.get("pasted", "")
        if self.errors:
            return
        if bool(upload) == bool(pasted):
            raise ValidationError(FILE_OR_TEXT_REQUIRED)
        if upload and (upload.size or 0) > article.MAX_ARTICLE_BYTES:
            raise ValidationError(file_size_error(article.MAX_ARTICLE_BYTES))
        self.read_article(upload.read() if upload else pasted.encode("utf-8", "replace"))

    def read_article(self, raw: bytes) -> None:
        try:
            self.article = article.parse_article(raw)
            self.refusal = article.find_duplicate_error(self.article)
        except ArticleError as error:
            self.refusal = error
        if self.refusal:
            raise ValidationError(str(self.refusal))


def encode_article(parsed: Article) -> str:
    """Return an article as the form carries it until the user confirms it."""
    return encode_upload(parsed.raw)


def decode_article(encoded: str) -> Article:
    """Return the article that a form carried, parsed again. Raise ArticleError."""
    try:
        raw = decode_upload(encoded, article.MAX_ARTICLE_BYTES + 1)
    except UploadLostError:
        message = "The article was not received completely. Upload it again."
        raise ArticleError(message) from None
    return article.parse_article(raw)


class ConfirmArticleForm(SourceForm):
    """The form of a new source, filled in with the article's metadata."""

    file = edition = None  # type: ignore[assignment]  # Django removes a field that is None
    encoded_article = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, parsed: Article, **options: Any) -> None:
        initial = {"encoded_article": encode_article(parsed), **article_initial_values(parsed)}
        super().__init__(*args, initial=initial, **options)
        for name, proposal in parsed.proposals.items():
            field = self.fields["published_earliest" if name == "published" else name]
            field.help_text = f"Proposed from {proposal.where}. {field.help_text}".strip()
        # The admin's own widget links to the address. This one is not confirmed yet.
        self.fields["url"].widget = forms.URLInput(attrs={"class": "vURLField"})
        self.add_original_choice(article.find_similar_sources(parsed))

    def add_original_choice(self, similar: Sequence[tuple[Source, float]]) -> None:
        """Ask whether the article repeats one of the sources with a similar text, if any."""
        if not similar:
            del self.fields["derived_from"]
            return
        sources = {str(source.pk): source for source, _ in similar}
        choices = [
            (str(source.pk), f"It repeats {source.slug}, “{source}” ({share:.0%})")
            for source, share in similar
        ]
        self.fields["derived_from"] = forms.TypedChoiceField(
            choices=[*choices, (NO_ORIGINAL, "It is independent")],
            coerce=sources.get,
            empty_value=None,
            widget=forms.RadioSelect,
            label="Sources with nearly the same text",
            help_text="The percentage is the share of the shorter text that the other one repeats.",
        )


def article_initial_values(parsed: Article) -> dict[str, object]:
    """Return the values that the form of a new source starts with."""
    values: dict[str, object] = {name: row.value for name, row in parsed.proposals.items()}
    values["slug"] = article.generate_source_slug(parsed, str(values.get("title", "")))
    if day := values.pop("published", None):
        where = parsed.proposals["published"].where
        values |= {
            "published_earliest": day,
            "published_latest": day,
            "published_precision": "precision.day",
            "published_basis": "basis.stated",
            "published_resolution": f"Stated in the page's markup ({where}).",
        }
    return values
