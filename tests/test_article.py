"""An article is measured, known again and described by proposals; what is wrong is refused."""

import hashlib
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from policy.models import Source, SourceText
from policy.sources import article
from policy.sources.article import (
    ArticleError,
    find_duplicate_error,
    find_similar_sources,
    parse_article,
    save_article,
)
from policy.sources.citations import iter_paragraphs, paragraph_number_at, verify_citations
from tests import factories as make
from tests.articles import (
    ARTICLE_HTML,
    ARTICLE_PARAGRAPHS,
    ARTICLE_TEXT,
    FIRST_PARAGRAPH,
    SECOND_PARAGRAPH,
)

db = pytest.mark.django_db


def digest(text):
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()


def refusal(raw):
    with pytest.raises(ArticleError) as refused:
        parse_article(raw)
    return str(refused.value)


def kept(raw, slug="article", **values):
    row = Source(
        slug=slug, title=slug, language="en", source_class_id="source_class.wire", **values
    )
    return save_article(parse_article(raw), row)


# What it is


def test_plain_text_stays_as_it_is_but_for_its_line_ends():
    raw = "\ufeffÜber\r\nalles.\rHier  <p>\t\n".encode()
    found = parse_article(raw)
    assert found.text == "\ufeffÜber\nalles.\nHier  <p>\t\n"
    assert found.measures == {
        "sha256": digest(raw),
        "bytes": len(raw),
        "text_sha256": digest(found.text),
        "characters": 24,
    }
    assert not found.html


def test_html_is_stripped_to_its_paragraphs():
    found = parse_article(ARTICLE_HTML.encode())
    assert found.html
    assert [words for _, _, words in iter_paragraphs(found.text)] == ARTICLE_PARAGRAPHS
    assert found.text == "\n\n".join(ARTICLE_PARAGRAPHS)
    assert found.measures["sha256"] == digest(ARTICLE_HTML)
    assert found.measures["text_sha256"] == digest("\n\n".join(ARTICLE_PARAGRAPHS))


def test_the_text_of_html_is_the_same_with_every_version_of_the_parser():
    """Offsets count in it: a library that reads another text must not come in unnoticed."""
    odd = (
        "<div>a<p>b<b>c<p>d</b> e<table><tr><td>1<td>2<tr><td>3</table>&notin;&#0;&#xD800;<br><br>f"
    )
    assert parse_article(odd.encode()).text == "a\n\nbc\n\nd e\n\n1 2\n\n3\n\n∉\ufffd\ufffd\n\nf"


def test_numbers_of_paragraphs_are_those_of_citations():
    text = "\n\none\ntwo\n \n\nthree \n\n\n\nfour\n"
    found = list(iter_paragraphs(text))
    assert found == [(1, 2, "one\ntwo"), (2, 13, "three "), (3, 23, "four\n")]
    assert [paragraph_number_at(text, start) for _, start, _ in found] == [1, 2, 3]


@pytest.mark.parametrize(
    "raw",
    [
        "<p>Größe</p>".encode(),
        '<meta charset="iso-8859-1"><p>Größe</p>'.encode("cp1252"),
        '<meta http-equiv=content-type content="text/html; charset=windows-1252"><p>Größe'.encode(
            "cp1252"
        ),
        '<meta charset="gb2312"><p>Größe</p>'.encode(),  # pasted: the browser made it UTF-8
        "\ufeff \n<!-- <p>no</p> --><html><p>Größe</html>".encode(),
    ],
)
def test_html_is_read_in_utf8_or_in_the_charset_that_it_declares(raw):
    assert parse_article(raw).text == "Größe"


def test_hostile_html_is_words_and_nothing_more():
    raw = (
        b"<body onload=alert(1)><img src=http://evil.example/x onerror=alert(2)><p>One"
        b"<svg><script>alert(3)</script><text>four</text></svg><iframe srcdoc='<p>five'></iframe>"
        b"<style>@import 'http://evil.example'</style><template><p>six</template>"
        b"<p>&lt;script&gt;alert(7)&lt;/script&gt;<link rel=stylesheet href=//evil.example>"
    )
    assert parse_article(raw).text == "One\n\n<script>alert(7)</script>"


@pytest.mark.parametrize(
    "hostile", ["<div>" * 200_000, "<b>" * 200_000, "<!--" * 200_000, "<a b='" * 200_000]
)
def test_hostile_nesting_costs_nothing(hostile):
    assert parse_article(f"<p>One<p>{hostile}".encode()).text == "One"


def test_comments_before_the_first_tag_cost_nothing():
    assert not parse_article(("<!--a-->" * 400 + "One").encode()).html


# What is refused


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "The file is empty."),
        (b" \r\n\t\n", "The article contains no text."),
        ("\ufeff\n".encode(), "The article contains no text."),
        (
            b"<html><body><script>x</script></body></html>",
            "The article contains markup, but no text.",
        ),
        (b"<!DOCTYPE html>", "The article contains markup, but no text."),
        (b"a\0b", "The article contains NUL at byte 1, so it is not text."),
        (b"<p>a\0b</p>", "The article contains NUL at byte 4, so it is not text."),
        (
            b"a\x1b$Bb",
            "The article contains the control character 1B at byte 1, so it is not text.",
        ),
        (b"%PDF-1.7 a", "The file is a PDF. Import plain text or HTML in UTF-8."),
        (b"\x89PNG\r\n\x1a\n", "The file is an image. Import plain text or HTML in UTF-8."),
        (
            b"PK\x03\x04a",
            "The file is a ZIP archive or an office document. Import plain text or HTML in UTF-8.",
        ),
        ("a".encode("utf-16"), "The file is UTF-16. Import plain text or HTML in UTF-8."),
        (
            b"<?xml version='1.0'?><rss><p>a</p></rss>",
            "The file is XML. Import plain text or HTML.",
        ),
        (b"ab\xff", "The article is not valid UTF-8 at byte 2."),
        (b"\xed\xa0\x80", "The article is not valid UTF-8 at byte 0."),
        (
            b"<p>\xff</p>",
            "The article is not valid UTF-8 at byte 3, and it declares no other charset.",
        ),
        (
            b"<meta charset=utf-8><p>\xff</p>",
            "The article is not valid UTF-8 at byte 23, and it declares no other charset.",
        ),
        (
            b"<meta charset=utf-7><p>\xff</p>",
            "The article is not valid UTF-8 at byte 23, and not valid utf-7, as it declares.",
        ),
        (
            b"<meta charset=bz2_codec><p>\xff</p>",
            "The article is not valid UTF-8 at byte 27, and not valid bz2_codec, as it declares.",
        ),
        (
            b"<meta charset=gbk><p>\xff</p>",
            "The article is not valid UTF-8 at byte 21, and not valid gbk, as it declares.",
        ),
    ],
)
def test_what_is_no_text_is_refused(raw, message):
    assert refusal(raw) == message


def test_articles_have_a_limit(monkeypatch):
    monkeypatch.setattr(article, "MAX_ARTICLE_BYTES", 2**20)
    assert parse_article(b"a" * 2**20).measures["bytes"] == 2**20
    assert refusal(b"a" * 2**20 + b"b") == "The article is larger than 1 MB."


# What it says of itself


def proposals(raw):
    raw = raw if isinstance(raw, bytes) else raw.encode()
    return {name: tuple(proposal) for name, proposal in parse_article(raw).proposals.items()}


def test_markup_proposes_what_the_article_is():
    assert proposals(ARTICLE_HTML) == {
        "title": ("Four warehouses closed in the north", "og:title"),
        "publisher": ("The Northern Post", "og:site_name"),
        "authors": (["Ann Example", "Bo Sample"], "JSON-LD author"),
        "url": ("https://post.example/warehouses", "canonical"),
        "language": ("en-GB", "<html lang>"),
        "published": (date(2021, 6, 9), "article:published_time"),
    }


def test_the_first_line_of_plain_text_may_be_its_title():
    assert proposals(ARTICLE_TEXT) == {
        "title": ("Four warehouses closed in the north", "the first line")
    }
    assert proposals(f"{FIRST_PARAGRAPH}\nmore") == {}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<title> A\n title </title>", {"title": ("A title", "<title>")}),
        ("<title>One</title><h1>T<b>w</b>o</h1>", {"title": ("Two", "<h1>")}),
        (f"<title>{'a' * 301}</title>", {}),
        ('<meta name=date content="tomorrow">', {}),
        ('<meta name=date content="2021-02-30">', {}),
        ('<meta name=citation_publication_date content="2021/02/03">',
         {"published": (date(2021, 2, 3), "citation_publication_date")}),
        ('<body><time pubdate datetime="2021-02-03T23:00-05:00">Wednesday</time>',
         {"published": (date(2021, 2, 3), "<time>")}),
        ('<meta name=og:locale content="de_CH">', {"language": ("de-CH", "og:locale")}),
        ('<html lang="<b>">', {}),
        ('<link rel=canonical href="javascript:alert(1)">', {}),
        ('<link rel=canonical href="/relative">', {}),
        ('<meta property="article:author" content="https://social.example/ann">', {}),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "headline": "\\ud800"}'
         "</script>", {}),
        ('<script type="application/ld+json">' + "[" * 100_000 + "</script>", {}),
        ('<script type="application/ld+json">{"@type": "NewsArticle", "headline": 1, '
         '"author": {"name": ["x"]}, "publisher": [], "url": {}}</script>', {}),
        ('<script type="application/ld+json">{"@type": "Product", "headline": "Buy"}</script>', {}),
    ],
)  # fmt: skip
def test_only_what_can_be_true_is_proposed(head, expected):
    assert proposals(f"{head}<p>words</p>") == expected


# What is the page's


def test_boilerplate_is_marked_and_kept():
    assert parse_article(ARTICLE_HTML.encode()).boilerplate == [(1, 2), (6, 9)]
    text = (
        f"{FIRST_PARAGRAPH}\n\nSource link\n\nRelated Articles\n\n{SECOND_PARAGRAPH}\n\n"
        "Leave a Reply\n\n"
        "Your email address will not be shown. Required fields are marked *\n\n"
        "Back to top button"
    )
    found = parse_article(text.encode())
    assert found.boilerplate == [(2, 3), (5, 7)]
    assert found.text == text


@pytest.mark.parametrize(
    "words",
    [
        "Related articles of the code were repealed.",
        "Share prices fell.",
        "Comments close on 9 June.",
        "The ministry said so.",
        f"Read more: {FIRST_PARAGRAPH}",
    ],
)
def test_sentences_are_no_boilerplate(words):
    assert parse_article(words.encode()).boilerplate == []


def test_a_page_that_is_all_boilerplate_is_not_marked():
    assert parse_article(b"<form><p>One<p>Two</form>").boilerplate == []


# What is here already


@db
def test_the_same_bytes_and_the_same_text_are_known_again():
    row = kept(ARTICLE_TEXT.encode())
    assert find_duplicate_error(parse_article(f"{ARTICLE_TEXT}.".encode())) is None
    for raw, what in ((ARTICLE_TEXT, "bytes"), (ARTICLE_TEXT.replace("\n", "\r\n"), "text")):
        with pytest.raises(
            ArticleError,
            match=f"^The article has the same {what} as the source article, “article”.$",
        ) as refused:
            kept(raw.encode(), "again")
        assert refused.value.duplicate_of == row
    assert (Source.objects.count(), SourceText.objects.count()) == (1, 1)


@db
def test_the_text_of_another_page_is_known_again():
    kept(f"<p>{FIRST_PARAGRAPH}</p>".encode())
    with pytest.raises(ArticleError, match="The article has the same text as the source article"):
        kept(FIRST_PARAGRAPH.encode(), "again")


@db
def test_a_syndicated_copy_is_found_with_its_ratio():
    row = kept(ARTICLE_TEXT.encode())
    kept(make.SOURCE_TEXT.encode(), "other")
    copy = FIRST_PARAGRAPH.upper().replace(", ", " – ").replace("FOUR", "FIVE")
    page = f"<p>By our own desk<p>{copy}<p>{SECOND_PARAGRAPH}<h3>Related Articles</h3>"
    ((found, ratio),) = find_similar_sources(parse_article(page.encode()))
    assert (found, round(ratio, 2)) == (row, 0.92)


@db
def test_other_articles_are_not_alike():
    kept(FIRST_PARAGRAPH.encode())
    assert find_similar_sources(parse_article(SECOND_PARAGRAPH.encode())) == []
    half = " ".join(FIRST_PARAGRAPH.split()[:25]) + SECOND_PARAGRAPH
    assert find_similar_sources(parse_article(half.encode())) == []
    assert find_similar_sources(parse_article(b"The ministry said.")) == []


# Keeping


@db
def test_it_is_kept_with_its_text_and_can_be_verified():
    row = kept(ARTICLE_HTML.encode())
    row.refresh_from_db()
    found = parse_article(ARTICLE_HTML.encode())
    assert {name: getattr(row, name) for name in found.measures} == found.measures
    assert bytes(row.attached.raw) == ARTICLE_HTML.encode()
    assert row.attached.text == found.text
    assert (verify_citations({}).faults, verify_citations({}).unchecked_count) == ([], 0)


@db
def test_html_that_a_source_was_measured_with_can_be_attached_again(tmp_path):
    row = kept(ARTICLE_HTML.encode())
    SourceText.objects.all().delete()
    (tmp_path / "page").write_bytes(ARTICLE_HTML.encode())
    call_command("attach_texts", tmp_path, stdout=StringIO())
    assert SourceText.objects.get(source=row).text == parse_article(ARTICLE_HTML.encode()).text


@db
def test_nothing_is_left_of_what_cannot_be_kept(monkeypatch):
    def broken(*given):
        raise IntegrityError("no")

    monkeypatch.setattr(article, "attach_text", broken)
    with pytest.raises(IntegrityError):
        kept(ARTICLE_TEXT.encode())
    assert Source.objects.count() == 0


@db
def test_ids_are_free_and_public():
    found = parse_article(ARTICLE_TEXT.encode())
    unnamed = f"article-{digest(ARTICLE_TEXT)[:12]}"
    make.source("warehouses")
    make.publish_all(make.source("published"))
    titles = {
        "Warehouses!": "warehouses-2",
        "Published": "published-2",
        "Count": "count-2",
        "Four_ways -- out": "four-ways-out",
        "四座仓库": unnamed,
        "": unnamed,
        "a" * 300: "a" * 100,
    }
    assert {title: article.generate_source_slug(found, title) for title in titles} == titles


# The command


def bring(*names, **options):
    said = StringIO()
    call_command("import_article", *names, stdout=said, **options)
    return said.getvalue().splitlines()


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def put(name, words):
        (tmp_path / name).write_bytes(words.encode())
        return name

    return put


@db
def test_the_command_saves_what_is_certain_and_prints_the_rest(here):
    characters = len(parse_article(ARTICLE_HTML.encode()).text)
    assert bring(here("page", ARTICLE_HTML)) == [
        f"page: four-warehouses-closed-in-the-north, {len(ARTICLE_HTML)} bytes, "
        f"{characters} characters.",
        "  title: Four warehouses closed in the north (og:title); not saved",
        "  publisher: The Northern Post (og:site_name); not saved",
        "  authors: Ann Example, Bo Sample (JSON-LD author); not saved",
        "  url: https://post.example/warehouses (canonical); not saved",
        "  language: en-GB (<html lang>); not saved",
        "  published: 2021-06-09 (article:published_time); not saved",
        "  paragraphs 1-2 look like boilerplate of the page",
        "  paragraphs 6-9 look like boilerplate of the page",
    ]
    row = Source.objects.get()
    assert row.title == f"Article {digest(ARTICLE_HTML)[:12]}"
    assert (row.language, row.source_class_id) == ("und", "source_class.unclassified_media")
    assert (row.publisher, row.authors, row.url, row.published) == ("", [], "", None)


@db
def test_the_command_saves_what_its_options_say(here):
    said = bring(
        here("page", ARTICLE_HTML),
        title="Warehouses",
        publisher="Post",
        authors=["Ann"],
        url="https://post.example/",
        language="en",
        published=date(2021, 6, 9),
    )
    assert not [line for line in said if "not saved" in line]
    row = Source.objects.get()
    assert (row.slug, row.title, row.publisher, row.authors) == (
        "warehouses",
        "Warehouses",
        "Post",
        ["Ann"],
    )
    assert (row.url, row.language) == ("https://post.example/", "en")
    assert (row.published_earliest, row.published_latest) == (date(2021, 6, 9),) * 2
    assert (row.published_precision_id, row.published_basis_id) == (
        "precision.day",
        "basis.stated",
    )


@db
def test_a_day_that_the_article_does_not_state_is_inferred(here):
    call_command(
        "import_article", here("a", ARTICLE_TEXT), "--published=2021-06-08", stdout=StringIO()
    )
    assert Source.objects.get().published_basis_id == "basis.inferred"
    with pytest.raises(
        CommandError, match=r"--published: 'June' is not a date in the form YYYY-MM-DD\."
    ):
        call_command("import_article", here("b", FIRST_PARAGRAPH), "--published=June")


@db
def test_the_command_proposes_what_an_article_repeats(here):
    bring(here("a", ARTICLE_TEXT), title="First")
    again = here("b", f"{FIRST_PARAGRAPH}\n\n{SECOND_PARAGRAPH}")
    assert "  repeats first (100%); --derived-from is not set" in bring(again, title="Second")
    with pytest.raises(CommandError, match="There is no source nobody for --derived-from"):
        bring(here("c", f"{FIRST_PARAGRAPH}\n{SECOND_PARAGRAPH}."), derived_from="nobody")
    said = bring("c", title="Third", derived_from="first")
    assert "  repeats second (100%); --derived-from is not set" in said
    assert Source.objects.get(slug="third").derived_from.slug == "first"


@db
def test_all_files_are_brought_in_or_none(here):
    here("a", ARTICLE_TEXT), here("b", "a\0b"), here("c", ARTICLE_TEXT)
    with pytest.raises(CommandError) as ended:
        bring("a", "b", "c", "missing")
    assert str(ended.value).splitlines() == [
        "b: The article contains NUL at byte 1, so it is not text.",
        "c: The article has the same bytes as the source four-warehouses-closed-in-the-north, "
        f"“Article {digest(ARTICLE_TEXT)[:12]}”.",
        "missing: No such file or directory.",
        "Nothing was imported.",
    ]
    assert (Source.objects.count(), SourceText.objects.count()) == (0, 0)


@db
def test_wrong_options_are_named(here):
    with pytest.raises(CommandError) as ended:
        bring(here("a", ARTICLE_TEXT), url="javascript:alert(1)", title="a" * 301)
    assert str(ended.value).splitlines() == [
        "a: --title: Ensure this value has at most 300 characters (it has 301).",
        "a: --url: Enter a valid URL.",
        "Nothing was imported.",
    ]
    with pytest.raises(CommandError, match=r"^--derived-from describes a single article"):
        bring("a", "b", derived_from="x")


@db
def test_an_id_taken_meanwhile_is_said(here, monkeypatch):
    monkeypatch.setattr(Source, "full_clean", lambda *given, **more: None)
    monkeypatch.setattr(article, "generate_source_slug", lambda *given: "one")
    with pytest.raises(CommandError, match="b: duplicate key value violates unique constraint"):
        bring(here("a", ARTICLE_TEXT), here("b", FIRST_PARAGRAPH))
    assert Source.objects.count() == 0


@db
def test_a_file_too_large_is_not_read(here, monkeypatch):
    monkeypatch.setattr(article, "MAX_ARTICLE_BYTES", 2**20)
    with pytest.raises(CommandError, match=r"^a: The article is larger than 1 MB"):
        bring(here("a", "a" * (2**20 + 1)))
