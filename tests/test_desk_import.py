"""Bring in an article: hand it over, look at it, confirm it. Nothing is saved before that."""

import base64
import os
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client

from desk.reading.article_forms import encode_article
from policy.models import AuditEvent, Source, SourceText
from policy.sources import article
from tests import factories as make
from tests.admin_pages import PageForm, get_messages, login_client
from tests.articles import (
    ARTICLE_HTML,
    ARTICLE_PARAGRAPHS,
    ARTICLE_TEXT,
    FIRST_PARAGRAPH,
    SECOND_PARAGRAPH,
)

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/policy/source/import/"
CLASS = {"source_class": "source_class.wire"}


@pytest.fixture
def curator(db: None) -> Client:
    return login_client(make.curator())


def upload(client: Client, raw: bytes | None = None, pasted: str = "") -> Any:
    sent: dict[str, Any] = {"pasted": pasted}
    if raw is not None:
        sent["file"] = SimpleUploadedFile("it.pdf", raw, content_type="application/pdf")
    return client.post(ADDRESS, sent)


def confirm(client: Client, page: Any, **changes: Any) -> Any:
    return client.post(ADDRESS, PageForm(page.content.decode()).values | CLASS | changes)


def said(page: Any) -> list[str]:
    assert page.status_code == 200, page
    assert (Source.objects.count(), SourceText.objects.count()) == (0, 0)
    return page.context["errors"]


def test_the_list_of_sources_leads_to_it(curator):
    listed = curator.get("/admin/policy/source/").content.decode()
    assert f'<a href="{ADDRESS}">Bring in an article</a>' in listed


def test_what_was_found_is_shown_and_nothing_saved(curator):
    page = upload(curator, ARTICLE_HTML.encode())
    assert said(page) == []
    form = page.context["form"]
    values = PageForm(page.content.decode()).values
    assert {name: values.get(name) for name in form.fields if name != "encoded_article"} == {
        "title": ["Four warehouses closed in the north"],
        "slug": ["four-warehouses-closed-in-the-north"],
        "publisher": ["The Northern Post"],
        "authors": ["Ann Example\r\nBo Sample"],
        "url": ["https://post.example/warehouses"],
        "language": ["en-GB"],
        "source_class": [""],
        "retrieved_at": [""],
        "published_earliest": ["2021-06-09"],
        "published_latest": ["2021-06-09"],
        "published_precision": ["precision.day"],
        "published_basis": ["basis.stated"],
        "published_resolution": ["Stated in the page's markup (article:published_time)."],
        "note": [""],
    }
    assert (
        form["publisher"].help_text == "Proposed from og:site_name. Leave empty if it is not known."
    )


def test_what_the_curator_confirms_is_saved_with_its_text(curator):
    page = upload(curator, ARTICLE_HTML.encode())
    done = confirm(curator, page, title="Ours", publisher="", slug="ours")
    row = Source.objects.get()
    assert (done.status_code, done.url) == (302, f"/admin/policy/source/{row.pk}/change/")
    assert (row.title, row.slug, row.publisher) == ("Ours", "ours", "")
    assert row.edited_by == make.curator()
    audit_event = AuditEvent.objects.get()
    assert (audit_event.what, audit_event.by, audit_event.record) == (
        "created",
        make.curator(),
        "ours",
    )
    found = article.parse_article(ARTICLE_HTML.encode())
    assert {name: getattr(row, name) for name in found.measures} == found.measures
    assert (bytes(row.attached.raw), row.attached.text) == (ARTICLE_HTML.encode(), found.text)
    assert "ours was saved with its text." in get_messages(curator.get(done.url))


def test_the_kept_file_can_be_uploaded_again_on_its_own_page(curator):
    confirm(curator, upload(curator, ARTICLE_HTML.encode()))
    row = Source.objects.get()
    path = f"/admin/policy/source/{row.pk}/change/"
    sent = PageForm(curator.get(path).content.decode()).values
    sent |= {"file": SimpleUploadedFile("page.html", ARTICLE_HTML.encode())}
    assert curator.post(path, sent).status_code == 302
    assert SourceText.objects.get().text == "\n\n".join(ARTICLE_PARAGRAPHS)


def test_pasted_text_is_kept_with_lf_line_ends(curator):
    page = upload(curator, pasted=ARTICLE_TEXT.replace("\n", "\r\n"))
    assert confirm(curator, page, language="en").status_code == 302
    assert bytes(SourceText.objects.get().raw) == ARTICLE_TEXT.encode()


def test_pasted_html_is_stripped(curator):
    page = upload(curator, pasted='<meta charset="gbk"><p>Größe</p>')
    assert confirm(curator, page, title="a", language="de").status_code == 302
    assert SourceText.objects.get().text == "Größe"


def test_boilerplate_is_grey_and_all_paragraphs_are_there(curator):
    page = upload(curator, ARTICLE_HTML.encode()).content.decode()
    shown = re.findall(r'<p class="(paragraph[ a-z]*)"><span>(\d+), (\d+)(, page)?</span>', page)
    marked = [int(number) for look, number, _, word in shown if look.endswith("boilerplate")]
    assert [int(number) for _, number, _, _ in shown] == list(range(1, 10))
    assert marked == [int(number) for _, number, _, word in shown if word] == [1, 2, 6, 7, 8, 9]


def test_long_texts_are_shown_in_part_and_kept_whole(curator, monkeypatch):
    monkeypatch.setattr("desk.reading.article_views.MAX_SHOWN_PARAGRAPHS", 2)
    page = upload(curator, ARTICLE_HTML.encode())
    assert "… and 7 more paragraphs." in page.content.decode()
    confirm(curator, page)
    assert SourceText.objects.get().text == "\n\n".join(ARTICLE_PARAGRAPHS)


@pytest.mark.parametrize(
    ("raw", "pasted", "message"),
    [
        (None, "", "Choose a file or paste the text, not both."),
        (b"One", "Two", "Choose a file or paste the text, not both."),
        (None, " \n ", "The article contains no text."),
        (b"a\0b", "", "The article contains NUL at byte 1, so it is not text."),
        (b"\xff\xfea", "", "The file is UTF-16. Import plain text or HTML in UTF-8."),
        (b"ab\xff", "", "The article is not valid UTF-8 at byte 2."),
        (b"%PDF-1.7", "", "The file is a PDF. Import plain text or HTML in UTF-8."),
    ],
)
def test_what_is_no_article_is_refused(curator, raw, pasted, message):
    assert said(upload(curator, raw, pasted)) == [message]


def test_an_empty_file_is_refused(curator):
    page = upload(curator, b"")
    assert said(page) == []
    assert page.context["form"].errors == {"file": ["The file is empty."]}


def test_articles_have_a_limit(curator, monkeypatch):
    monkeypatch.setattr(article, "MAX_ARTICLE_BYTES", 2**20)
    assert said(upload(curator, b"a" * (2**20 + 1))) == ["The file is larger than 1 MB."]
    assert said(upload(curator, pasted="a" * (2**20 + 1))) == ["The article is larger than 1 MB."]


def test_the_largest_article_survives_the_way_back(curator):
    noise = base64.b64encode(os.urandom(article.MAX_ARTICLE_BYTES * 3 // 4))
    page = upload(curator, noise[: article.MAX_ARTICLE_BYTES])
    assert confirm(curator, page, title="a", language="en").status_code == 302
    assert Source.objects.get().bytes == article.MAX_ARTICLE_BYTES


@pytest.mark.parametrize("carried", ["", "%", "AAAA", "é", "eJwDAAAAAAE="])
def test_a_forged_article_is_refused(curator, carried):
    page = curator.post(ADDRESS, {"encoded_article": carried, "title": "x"})
    assert said(page) in (
        ["The article was not received completely. Upload it again."],
        ["The file is empty."],
    )


def test_a_forged_bomb_is_not_unpacked(curator, monkeypatch):
    bomb = article.parse_article(b"a" * article.MAX_ARTICLE_BYTES)
    monkeypatch.setattr(article, "MAX_ARTICLE_BYTES", 2**20)
    assert said(curator.post(ADDRESS, {"encoded_article": encode_article(bomb)})) == [
        "The article is larger than 1 MB."
    ]


def test_what_the_form_lacks_is_said_and_nothing_saved(curator):
    page = confirm(curator, upload(curator, ARTICLE_HTML.encode()), source_class="", slug="No id")
    assert said(page) == []
    assert page.context["form"].errors == {
        "slug": [
            "Use lower-case letters, digits and single hyphens.",
        ],
        "source_class": ["This field is required."],
    }
    assert page.content.decode().count("This field is required.") == 1


def test_what_is_here_already_is_refused_with_a_way_to_it(curator):
    first = upload(curator, ARTICLE_TEXT.encode())
    again = upload(curator, ARTICLE_TEXT.encode())
    confirm(curator, first, language="en")
    row = Source.objects.get()
    for raw, what in ((ARTICLE_TEXT, "bytes"), (ARTICLE_TEXT.replace("\n", "\r\n"), "text")):
        page = upload(curator, raw.encode())
        assert page.context["errors"] == [
            f"The article has the same {what} as the source {row.slug}, “{row.title}”."
        ]
        assert f'<a href="/admin/policy/source/{row.pk}/change/">' in page.content.decode()
    late = confirm(curator, again, language="en", slug="late")
    assert late.context["errors"] == [
        f"The article has the same bytes as the source {row.slug}, “{row.title}”."
    ]
    assert (Source.objects.count(), SourceText.objects.count()) == (1, 1)


def test_an_id_taken_meanwhile_is_said(curator, monkeypatch):
    page = upload(curator, ARTICLE_TEXT.encode())

    def taken(*given):
        raise IntegrityError("duplicate key value\nDETAIL: more")

    monkeypatch.setattr(article, "save_article", taken)
    assert said(confirm(curator, page, language="en")) == ["duplicate key value"]


def test_a_syndicated_copy_is_asked_about_and_never_assumed(curator):
    confirm(curator, upload(curator, ARTICLE_TEXT.encode()), language="en", slug="first")
    copy = f"By another desk\n\n{FIRST_PARAGRAPH}\n\n{SECOND_PARAGRAPH}"
    page = upload(curator, copy.encode())
    first = Source.objects.get()
    assert page.context["form"].fields["derived_from"].choices == [
        (str(first.pk), "It repeats first, “Four warehouses closed in the north” (96%)"),
        ("none", "It is independent"),
    ]
    more = {"language": "en", "slug": "second"}
    unsaid = confirm(curator, page, **more)
    assert unsaid.context["form"].errors == {"derived_from": ["This field is required."]}
    assert confirm(curator, page, derived_from=str(first.pk), **more).status_code == 302
    assert Source.objects.get(slug="second").derived_from == first
    third = upload(curator, f"{copy} Or so.".encode())
    confirm(curator, third, derived_from="none", language="en", slug="third")
    assert Source.objects.get(slug="third").derived_from is None


def test_hostile_articles_are_words_on_the_page(curator):
    raw = (
        b"<title>&lt;script&gt;alert(1)&lt;/script&gt;</title><p>&lt;img src=x onerror=alert(2)&gt;"
        b"<img src=http://evil.example/x><script>alert(3)</script>"
    )
    page = upload(curator, raw).content.decode()
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    for hostile in ("<script>alert", "<img", "alert(3)", "evil.example"):
        assert hostile not in page


def test_pages_need_no_script_and_no_inline_style(curator):
    for page in (curator.get(ADDRESS), upload(curator, ARTICLE_HTML.encode())):
        html = page.content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=", html) == []


@pytest.mark.parametrize(
    ("group", "status"),
    [("Curator", 200), ("Reviewer", 200), ("Administrator", 200), ("Auditor", 403), ("", 403)],
)
def test_only_those_who_add_sources_bring_them_in(group, status):
    client = login_client(make.user("somebody", *filter(None, [group])))
    carried = PageForm(
        upload(login_client(make.curator()), ARTICLE_TEXT.encode()).content.decode()
    ).values
    assert client.get(ADDRESS).status_code == status
    assert upload(client, ARTICLE_TEXT.encode()).status_code == status
    sent = client.post(ADDRESS, carried | CLASS | {"language": "en"})
    assert sent.status_code == (302 if status == 200 else 403)
    assert Source.objects.count() == (status == 200)


def test_strangers_are_sent_to_the_login(client):
    assert client.get(ADDRESS).url == f"/admin/login/?next={ADDRESS}"
    assert client.post(ADDRESS, {"pasted": ARTICLE_TEXT}).status_code == 302
    assert Source.objects.count() == 0


def test_a_proposed_address_is_no_link(curator):
    page = upload(curator, ARTICLE_HTML.encode()).content.decode()
    assert 'value="https://post.example/warehouses"' in page
    assert 'href="https://post.example' not in page


def test_auditors_are_not_led_to_it():
    listed = login_client(make.user("auditor", "Auditor")).get("/admin/policy/source/")
    assert ADDRESS not in listed.content.decode()
