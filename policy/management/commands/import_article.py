from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from policy.models import Source
from policy.sources import article
from policy.sources.article import Article, ArticleError

SINGLE_ARTICLE_OPTIONS = (
    "title",
    "url",
    "published",
    "derived_from",
)  # what only one article can be called
UNKNOWN_LANGUAGE = "und"  # BCP 47: undetermined
UNCLASSIFIED_SOURCE = "source_class.unclassified_media"


def iso_date(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = (
        "Bring in articles, plain text or HTML: all of the files or none. "
        "What they say of themselves is printed and not saved; say by options what is right."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--title", default="")
        parser.add_argument("--publisher", default="")
        parser.add_argument("--author", action="append", default=[], dest="authors")
        parser.add_argument("--url", default="")
        parser.add_argument("--language", default="", help="A BCP 47 tag, for example en.")
        parser.add_argument("--published", type=iso_date, metavar="YYYY-MM-DD")
        parser.add_argument("--derived-from", default="", metavar="ID", help="What it repeats.")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        for name in SINGLE_ARTICLE_OPTIONS if len(files) > 1 else ():
            if options[name]:
                raise CommandError(f"--{name.replace('_', '-')} is about one article: name one.")
        said: list[str] = []
        refused: list[str] = []
        with transaction.atomic():
            for path in files:
                try:
                    said += import_file(path, options)
                except (ArticleError, OSError, ValidationError, IntegrityError) as error:
                    refused += [f"{path}: {line}" for line in format_error_lines(error)]
            transaction.set_rollback(bool(refused))
        if refused:
            raise CommandError("\n".join([*refused, "Nothing was brought in."]))
        self.stdout.write("\n".join(said))


def import_file(path: Path, options: dict[str, Any]) -> list[str]:
    """Keep a file as a source. Returns what to say about it."""
    if path.stat().st_size > article.MAX_ARTICLE_BYTES:
        raise ArticleError(f"Larger than {article.MAX_ARTICLE_BYTES // 2**20} MB.")
    found = article.parse_article(path.read_bytes())
    alike = article.find_similar_sources(found)
    source = build_source(found, options)
    source.full_clean(exclude=list(found.measures))
    article.save_article(found, source)
    return [
        f"{path}: {source.slug}, {found.measures['bytes']} bytes, "
        f"{found.measures['characters']} characters.",
        *format_proposals(found, options),
        *(f"  repeats {of.slug} ({ratio:.0%}); --derived-from is not given" for of, ratio in alike
          if source.derived_from != of),
        *(f"  paragraphs {first}-{last} look like the page's, not the article's"
          for first, last in found.boilerplate),
    ]  # fmt: skip


def build_source(found: Article, options: dict[str, Any]) -> Source:
    """What is certain or was said by options; the rest is left open."""
    offered = found.proposals.get("title")
    title = options["title"] or f"Article {found.measures['sha256'][:12]}"
    source = Source(
        slug=article.generate_source_slug(
            found, options["title"] or (offered.value if offered else "")
        ),
        title=title,
        publisher=options["publisher"],
        authors=options["authors"],
        url=options["url"],
        language=options["language"] or UNKNOWN_LANGUAGE,
        source_class_id=UNCLASSIFIED_SOURCE,
    )
    if options["published"]:
        set_publication_date(source, found, options["published"])
    if options["derived_from"]:
        source.derived_from = Source.objects.filter(slug=options["derived_from"]).first()
        if source.derived_from is None:
            raise ArticleError(f"There is no source {options['derived_from']} to derive it from.")
    return source


def set_publication_date(source: Source, found: Article, published: date) -> None:
    offered = found.proposals.get("published")
    own = offered is not None and offered.value == published
    source.published_earliest = source.published_latest = published
    source.published_precision_id = "precision.day"
    source.published_basis_id = "basis.stated" if own else "basis.inferred"
    source.published_resolution = (
        f"Its markup says so ({offered.where})." if own and offered
        else "The file does not state this day. Known to whoever brought it in."
    )  # fmt: skip


def format_proposals(found: Article, options: dict[str, Any]) -> list[str]:
    """What the article says of itself and nobody has confirmed."""
    return [
        f"  {name}: {', '.join(value) if isinstance(value, list) else value} ({where}); not saved"
        for name, (value, where) in found.proposals.items()
        if not options[name]
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
