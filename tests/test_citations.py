"""Every citation can be read again in the bytes of its source, and a wrong one fails by name."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.template.defaultfilters import pluralize

from policy.hashes import sha256_hex
from policy.models import Citation, Source, SourceText
from policy.sources import citations
from tests import factories as make
from tests import folders
from tests.folders import edit_file, write_file

pytestmark = pytest.mark.django_db
WRONG_SHA256 = "sha256: the SHA-256 does not match the passage at"
WRONG_QUOTE = "quote: the quote does not occur in the passage at"
NOT_HERE = (
    "could not be checked because their texts are missing. "
    "Specify a folder with --texts, or attach the texts with attach_texts."
)
BAN_SUPPORTS = (
    "unit, type, status, legal_force, stance, attribution, jurisdictions/CN, activities/mining, "
    "agencies/ministry, dates/occurred"
)


@pytest.fixture
def folder(tmp_path):
    return folders.write_small_dataset(tmp_path / "little")


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    write_file(folder, "wire.txt", folders.SOURCE_BYTES)
    return folder


def verify(**options):
    """(what was said, what was wrong, how it ended)"""
    said, wrong, ended = StringIO(), StringIO(), ""
    try:
        call_command("verify_citations", stdout=said, stderr=wrong, **options)
    except CommandError as error:
        ended = str(error)
    return said.getvalue().splitlines(), wrong.getvalue().splitlines(), ended


def attach(folder):
    said = StringIO()
    call_command("attach_texts", folder, stdout=said)
    return said.getvalue().splitlines()


def test_all_citations_hold_in_the_texts(folder, texts):
    folders.load_folder(folder)
    assert verify(texts=texts) == (["4 citations are valid."], [], "")


def test_without_texts_it_says_how_many_it_could_not_check(folder, texts):
    folders.load_folder(folder)
    assert verify() == (["0 citations are valid.", f"4 {NOT_HERE}"], [], "")
    other = make.source("other", text="Another text.")
    make.cite(make.action("third"), other, 0, 5)
    Citation.objects.filter(action__slug="third").exclude(source=other).delete()
    assert verify(texts=texts) == (["4 citations are valid.", f"1 {NOT_HERE}"], [], "")


def test_attached_texts_are_read_too(folder, texts):
    folders.load_folder(folder)
    assert attach(texts) == ["wire: attached."]
    assert verify() == (["4 citations are valid."], [], "")


@pytest.mark.parametrize(
    ("spoil", "messages"),
    [
        ({"start": 38}, [f"38-71 ({{}}): {WRONG_SHA256} 38-71.",
                         "38-71 ({}): paragraph: offset 38 is in paragraph 1."]),
        ({"start": 49}, [f"49-71 ({{}}): {WRONG_SHA256} 49-71."]),
        ({"end": 72}, [f"39-72 ({{}}): {WRONG_SHA256} 39-72."]),
        ({"sha256": "0" * 64}, [f"39-71 ({{}}): {WRONG_SHA256} 39-71."]),
        ({"paragraph": 1}, ["39-71 ({}): paragraph: offset 39 is in paragraph 2."]),
        ({"quote": "more than 21"}, [f"39-71 ({{}}): {WRONG_QUOTE} 39-71."]),
        ({"quote": "banned mining"}, [f"39-71 ({{}}): {WRONG_QUOTE} 39-71."]),
        ({"quote": ""}, []),
    ],
)  # fmt: skip
def test_one_changed_value_fails_by_name(folder, texts, spoil, messages):
    edit_file(folder, "actions/ban.json", lambda ban: ban["citations"][1].update(spoil))
    folders.load_folder(folder)
    where = [f"ban: wire {message.format(BAN_SUPPORTS)}" for message in messages]
    ended = f"{len(where)} fault{pluralize(where)}." if where else ""
    assert verify(texts=texts) == ([f"{3 + (not where)} citations are valid."], where, ended)


def test_one_changed_digit_of_any_offset_fails_by_name(folder, texts):
    """Whichever digit of whichever offset: the record, the passage and the field are named."""
    folders.load_folder(folder)
    for citation in Citation.objects.order_by("action__slug", "start"):
        for name in ("start", "end"):
            right = getattr(citation, name)
            for wrong in changed_digits(right):
                setattr(citation, name, wrong)
                if citation.start < citation.end <= 88:
                    citation.save()
                    _, found, ended = verify(texts=texts)
                    begin = f"{citation.action.slug}: wire {citation.start}-{citation.end} ("
                    assert [line.startswith(begin) for line in found] == [True] * len(found)
                    assert f": {name}: " in found[0] or ": sha256: " in found[0]
                    assert ended == f"{len(found)} fault{pluralize(found)}."
            setattr(citation, name, right)
            citation.save()
    assert verify(texts=texts) == (["4 citations are valid."], [], "")


def changed_digits(number):
    digits = str(number)
    for position in range(len(digits)):
        for digit in "0123456789":
            changed = int(digits[:position] + digit + digits[position + 1 :])
            if changed != number:
                yield changed


def test_a_source_that_tells_untruths_of_its_bytes_is_named(folder, texts):
    edit_file(
        folder,
        "sources/wire.json",
        lambda wire: wire.update(bytes=89, characters=87, text_sha256="0" * 64),
    )
    folders.load_folder(folder)
    assert verify(texts=texts) == (
        ["0 citations are valid.", f"4 {NOT_HERE}"],
        [
            "wire: bytes: the file has 88 bytes.",
            "wire: text_sha256: the SHA-256 does not match the text.",
            "wire: characters: the text has 88 characters.",
        ],
        "3 faults.",
    )


def test_an_attached_text_that_was_tampered_with_is_named(folder, texts):
    folders.load_folder(folder)
    attach(texts)
    SourceText.objects.update(raw=folders.SOURCE_BYTES.replace(b"20", b"30"))
    assert verify()[1:] == (["wire: text_sha256: the SHA-256 does not match the text."], "1 fault.")


def latin(folder, texts):
    """A source whose bytes are no UTF-8: nothing can be cited of it by offset."""
    write_file(texts, "wire.txt", b"caf\xe9")
    edit_file(
        folder,
        "sources/wire.json",
        lambda wire: wire.update(sha256=sha256_hex(b"caf\xe9"), bytes=4),
    )
    folders.load_folder(folder)


def test_bytes_that_are_not_utf8_are_named(folder, texts):
    latin(folder, texts)
    wrong = "wire: text_sha256: the file is not valid UTF-8 at byte 3."
    assert verify(texts=texts) == (["0 citations are valid.", f"4 {NOT_HERE}"], [wrong], "1 fault.")
    with pytest.raises(CommandError, match=f"^{wrong} Nothing was attached.$"):
        attach(texts)


def test_texts_are_matched_by_their_bytes_and_strangers_are_named(folder, texts):
    folders.load_folder(folder)
    write_file(texts, "a-copy.txt", folders.SOURCE_BYTES)
    write_file(texts, "stranger.txt", b"\xff\xfe")
    write_file(texts, "folder/wire.txt", folders.SOURCE_BYTES)
    assert attach(texts) == [
        "wire: attached.",
        "wire: attached.",
        "stranger.txt: matches no source.",
    ]
    kept = SourceText.objects.get()
    assert (bytes(kept.raw), kept.text) == (folders.SOURCE_BYTES, make.SOURCE_TEXT)


def test_attaching_again_changes_nothing(folder, texts):
    folders.load_folder(folder)
    attach(texts)
    before = folders.table_digests()
    attach(texts)
    assert folders.table_digests() == before


def test_a_text_that_its_source_does_not_describe_is_refused_and_none_is_kept(folder, texts):
    """Matched by its bytes, and still the source says something else of its text."""
    write_file(folder, "sources/other.json", folders.SOURCE_DOCUMENT | {
        "id": "other", "sha256": sha256_hex(b"abc"), "bytes": 3, "characters": 4,
    })  # fmt: skip
    folders.load_folder(folder)
    write_file(texts, "zz.txt", b"abc")
    with pytest.raises(CommandError) as refused:
        attach(texts)
    assert str(refused.value) == (
        "other: text_sha256: the SHA-256 does not match the text. "
        "characters: the text has 3 characters. "
        "Nothing was attached."
    )
    assert not SourceText.objects.exists()


def test_nul_cannot_be_kept(folder, texts):
    raw = b"a\0b"
    digest = sha256_hex(raw)
    write_file(texts, "wire.txt", raw)
    make.source("nul", text="a\0b", sha256=digest)
    with pytest.raises(CommandError, match="the text contains NUL, which cannot be stored"):
        attach(texts)


@pytest.mark.parametrize("command", ["attach_texts", "verify_citations"])
def test_a_folder_that_is_none(tmp_path, command):
    missing = tmp_path / "none"
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command(command, *([missing] if command == "attach_texts" else ["--texts", missing]))
    write_file(tmp_path, "file", b"")
    with pytest.raises(CommandError, match="Not a directory"):
        attach(tmp_path / "file")


def test_offsets_count_characters_of_the_text_with_plain_line_ends(folder, texts):
    """Not bytes, and not the carriage returns of the file."""
    raw = "“Café” 😀\r\n\r\nZweiter Absatz\rEnde\r\n".encode()
    text = "“Café” 😀\n\nZweiter Absatz\nEnde\n"
    assert citations.decode_plain_text(raw) == text
    write_file(texts, "wire.txt", raw)
    described = {
        "sha256": sha256_hex(raw),
        "bytes": len(raw),
        "text_sha256": sha256_hex(text.encode()),
        "characters": len(text),
    }
    edit_file(folder, "sources/wire.json", lambda wire: wire.update(described))
    start = text.index("Zweiter")
    passages = [
        {"start": 0, "end": 8, "paragraph": 1, "quote": "“Café” 😀"},
        {"start": start, "end": start + 19, "paragraph": 2, "quote": "Absatz\nEnde"},
    ]
    for name in ("ban", "raid"):
        edit_file(folder, f"actions/{name}.json", lambda action: cite(action, passages, text))
    folders.load_folder(folder)
    assert verify(texts=texts) == (["4 citations are valid."], [], "")
    assert attach(texts) == ["wire: attached."]
    assert SourceText.objects.get().text == text
    assert bytes(SourceText.objects.get().raw) == raw
    assert verify() == (["4 citations are valid."], [], "")


def cite(action, passages, text):
    for citation, passage in zip(action["citations"], passages, strict=True):
        words = text[passage["start"] : passage["end"]]
        citation.update(passage, sha256=sha256_hex(words.encode()))


def test_a_passage_behind_the_text(folder):
    folders.load_folder(folder)
    row = Citation.objects.first()
    assert list(citations.iter_passage_faults(row, "short")) == [
        ("end", f"{row.end} is after the end of the text, which has 5 characters.")
    ]


def test_an_action_knows_what_is_wrong_with_its_citations(folder):
    folders.load_folder(folder)
    ban = Citation.objects.filter(action__slug="ban").first().action
    assert list(citations.citation_faults(ban)) == []
    make.attach_source_text(Source.objects.get(), make.SOURCE_TEXT.replace("banned", "allows"))
    assert list(citations.citation_faults(ban)) == [
        ("citations/wire/0/sha256", "the SHA-256 does not match the passage at 0-37.")
    ]


@pytest.mark.parametrize(
    ("text", "offset", "paragraph"),
    [
        ("", 0, 1),
        ("one", 0, 1),
        ("one", 99, 1),
        ("one\ntwo", 4, 1),
        ("one\n\ntwo", 2, 1),
        ("one\n\ntwo", 3, 1),
        ("one\n\ntwo", 4, 1),
        ("one\n\ntwo", 5, 2),
        ("one\n\ntwo", 99, 2),
        ("one\n \t\ntwo", 7, 2),
        ("one\n\u00a0\ntwo", 6, 2),
        ("one\n\n\n\n\ntwo", 8, 2),
        ("one\n\n  two", 5, 1),
        ("one\n\n  two", 7, 2),
        ("one  \n  two", 8, 1),
        ("\n\n one\n\ntwo", 0, 1),
        ("\n\n one\n\ntwo", 3, 1),
        ("\n\n one\n\ntwo", 8, 2),
        ("one\n\n", 4, 1),
        ("a\n\nb\n\nc\n\nd", 9, 4),
        ("   ", 2, 1),
    ],
)
def test_the_paragraph_that_an_offset_stands_in(text, offset, paragraph):
    assert citations.paragraph_number_at(text, offset) == paragraph


def test_paragraphs_are_found_fast_in_great_white_spaces():
    assert citations.paragraph_number_at("a" + " \n" * 200_000, 400_000) == 1
    assert citations.paragraph_number_at("a" + " \n" * 200_000 + "b", 400_001) == 2
