"""Command that imports articles as sources."""

from argparse import ArgumentTypeError
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from policy.models import Source
from policy.sources import article
from policy.sources.article import Article, ArticleError

SINGLE_ARTICLE_OPTIONS = ("title", "url", "published", "derived_from")
UNKNOWN_LANGUAGE = "und"  # BCP 47: undetermined
UNCLASSIFIED_SOURCE = "source_class.unclassified_media"


@dataclass(frozen=True)
class ArticleOptions:
    """The options that describe an article. Empty: not given."""

    title: str
    publisher: str
    authors: list[str]
    url: str
    language: str
    published: date | None
    derived_from: str  # public id of a source


def iso_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date in the form YYYY-MM-DD.") from None


class Command(BaseCommand):
    help = (
        "Import articles from plain text or HTML: all files or none. Metadata in the files is "
        "printed, but not saved. Set the right values with the options."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--title", default="")
        parser.add_argument("--publisher", default="")
        parser.add_argument("--author", action="append", default=[], dest="authors")
        parser.add_argument("--url", default="")
        parser.add_argument("--language", default="", help="A BCP 47 tag, for example en.")
        parser.add_argument("--published", type=iso_date, metavar="YYYY-MM-DD")
        parser.add_argument(
            "--derived-from", default="", metavar="ID", help="Id of the source that it repeats."
        )

    def handle(
        self,
        *args: object,
        files: list[Path],
        title: str,
        publisher: str,
        authors: list[str],
        url: str,
        language: str,
        published: date | None,
        derived_from: str,
        **options: object,
    ) -> None:
        stated = ArticleOptions(title, publisher, authors, url, language, published, derived_from)
        for name in SINGLE_ARTICLE_OPTIONS if len(files) > 1 else ():
            if getattr(stated, name):
                raise CommandError(
                    f"--{name.replace('_', '-')} describes a single article. Import one file."
                )
        lines: list[str] = []
        errors: list[str] = []
        with transaction.atomic():
            for path in files:
                try:
                    lines += import_file(path, stated)
                except (ArticleError, OSError, ValidationError, IntegrityError) as error:
                    errors += [f"{path}: {line}" for line in format_error_lines(error)]
            transaction.set_rollback(bool(errors))
        if errors:
            raise CommandError("\n".join([*errors, "Nothing was imported."]))
        self.stdout.write("\n".join(lines))


def import_file(path: Path, options: ArticleOptions) -> list[str]:
    """Save a file as a source. Returns the lines to print about it."""
    if path.stat().st_size > article.MAX_ARTICLE_BYTES:
        raise ArticleError(article.size_limit_message())
    parsed = article.parse_article(path.read_bytes())
    similar = article.find_similar_sources(parsed)
    source = build_source(parsed, options)
    source.full_clean(exclude=list(parsed.measures))
    article.save_article(parsed, source)
    return [
        f"{path}: {source.slug}, {parsed.measures['bytes']} bytes, "
        f"{parsed.measures['characters']} characters.",
        *format_proposals(parsed, options),
        *(
            f"  repeats {other.slug} ({share:.0%}); --derived-from is not set"
            for other, share in similar
            if source.derived_from != other
        ),
        *(
            f"  paragraphs {first}-{last} look like boilerplate of the page"
            for first, last in parsed.boilerplate
        ),
    ]


def build_source(parsed: Article, options: ArticleOptions) -> Source:
    """Return an unsaved source with the values of the options. Proposals are not used."""
    source = Source(
        slug=article.generate_source_slug(parsed, options.title or parsed.proposed_title),
        title=options.title or f"Article {parsed.measures['sha256'][:12]}",
        publisher=options.publisher,
        authors=options.authors,
        url=options.url,
        language=options.language or UNKNOWN_LANGUAGE,
        source_class_id=UNCLASSIFIED_SOURCE,
    )
    if options.published:
        set_publication_date(source, parsed, options.published)
    if options.derived_from:
        source.derived_from = Source.objects.filter(slug=options.derived_from).first()
        if source.derived_from is None:
            raise ArticleError(f"There is no source {options.derived_from} for --derived-from.")
    return source


def set_publication_date(source: Source, parsed: Article, published: date) -> None:
    proposal = parsed.proposals.get("published")
    source.published_earliest = source.published_latest = published
    source.published_precision_id = "precision.day"
    if proposal and proposal.value == published:
        source.published_basis_id = "basis.stated"
        source.published_resolution = f"Stated in the markup ({proposal.where})."
    else:
        source.published_basis_id = "basis.inferred"
        source.published_resolution = (
            "Not stated in the file. Entered by the person who imported it."
        )


def format_proposals(parsed: Article, options: ArticleOptions) -> list[str]:
    """Return a line for each proposal whose option is not given."""
    stated = asdict(options)
    return [
        f"  {name}: {', '.join(value) if isinstance(value, list) else value} ({where}); not saved"
        for name, (value, where) in parsed.proposals.items()
        if not stated[name]
    ]


def format_error_lines(error: Exception) -> list[str]:
    if isinstance(error, OSError):
        return [f"{error.strerror}."]
    if isinstance(error, ValidationError):
        return [
            f"--{name.replace('_', '-')}: {message}"
            for name, messages in error.message_dict.items()
            for message in messages
        ]
    return [str(error).partition("\n")[0]]
