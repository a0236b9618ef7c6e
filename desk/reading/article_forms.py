"""Forms that bring in an article: hand it over, then confirm what it is."""

import base64
import binascii
import zlib
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError

from desk.base.fields import TextField
from desk.base.record_form import SourceForm
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
FILE_OR_TEXT_REQUIRED = "Choose a file or paste the text: one of the two."


class ArticleUploadForm(forms.Form):
    file = forms.FileField(
        required=False,
        help_text="As it was retrieved, unchanged: plain text or HTML, 5 MB at most.",
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

    def clean(self) -> dict[str, Any]:
        super().clean()
        upload, pasted = self.cleaned_data.get("file"), self.cleaned_data.get("pasted")
        if self.errors:
            return self.cleaned_data
        if bool(upload) == bool(pasted):
            raise ValidationError(FILE_OR_TEXT_REQUIRED)
        if upload and upload.size > article.MAX_ARTICLE_BYTES:
            raise ValidationError(f"Larger than {article.MAX_ARTICLE_BYTES // 2**20} MB.")
        self.read_article(upload.read() if upload else pasted.encode("utf-8", "replace"))
        return self.cleaned_data

    def read_article(self, raw: bytes) -> None:
        try:
            self.article = article.parse_article(raw)
            self.refusal = article.find_duplicate_error(self.article)
        except ArticleError as error:
            self.refusal = error
        if self.refusal:
            raise ValidationError(str(self.refusal))


def encode_article(parsed: Article) -> str:
    """An article as a form carries it, until somebody confirms it."""
    return base64.urlsafe_b64encode(zlib.compress(parsed.raw)).decode()


def decode_article(encoded: str) -> Article:
    """Raises Refused: what comes back from a browser is measured as if it were new."""
    try:
        raw = zlib.decompressobj().decompress(
            base64.b64decode(encoded.encode(), b"-_", validate=True), article.MAX_ARTICLE_BYTES + 1
        )
    except (binascii.Error, zlib.error, UnicodeEncodeError):
        raise ArticleError("The article was lost on its way. Hand it over again.") from None
    return article.parse_article(raw)


class ConfirmArticleForm(SourceForm):
    """A new source, filled in with what the article says of itself."""

    file = edition = None
    encoded_article = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, parsed: Article, **options: Any) -> None:
        initial = {"encoded_article": encode_article(parsed), **article_initial_values(parsed)}
        super().__init__(*args, initial=initial, **options)
        for name, proposal in parsed.proposals.items():
            field = self.fields["published_earliest" if name == "published" else name]
            field.help_text = f"Proposed from {proposal.where}. {field.help_text}".strip()
        # The admin's own calls an address “currently” so and links to it: this one is unproven.
        self.fields["url"].widget = forms.URLInput(attrs={"class": "vURLField"})
        self.add_original_choice(article.find_similar_sources(parsed))

    def add_original_choice(self, alike: list[tuple[Any, float]]) -> None:
        """Whether it repeats another is asked, where that seems so, and never assumed."""
        if not alike:
            del self.fields["derived_from"]
            return
        sources = {str(source.pk): source for source, _ in alike}
        choices = [
            (str(of.pk), f"It repeats {of.slug}, “{of}” ({ratio:.0%})") for of, ratio in alike
        ]
        self.fields["derived_from"] = forms.TypedChoiceField(
            choices=[*choices, (NO_ORIGINAL, "It stands on its own")],
            coerce=sources.get,
            empty_value=None,
            widget=forms.RadioSelect,
            label="Nearly the same text is here",
            help_text="The percentage is the share of the shorter text that the other repeats.",
        )


def article_initial_values(parsed: Article) -> dict[str, Any]:
    values = {name: proposal.value for name, proposal in parsed.proposals.items()}
    values["slug"] = article.generate_source_slug(parsed, values.get("title", ""))
    if day := values.pop("published", None):
        values |= {
            "published_earliest": day,
            "published_latest": day,
            "published_precision": "precision.day",
            "published_basis": "basis.stated",
            "published_resolution": f"Its markup says so ({parsed.proposals['published'].where}).",
        }
    return values
