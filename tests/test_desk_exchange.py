"""Export and Import at the desk: who may, what is shown, what a confirmation may write."""

import io
import zipfile

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from desk.exchange import formats
from desk.exchange.forms import UPLOAD_LOST
from desk.exchange.permissions import part_model_names
from policy.exchange import drafts
from policy.models import RECORD_MODELS, Action, ActionAgency, Agency, Revision
from tests import factories as make
from tests.admin_pages import PageForm, get_messages, login_client
from tests.drafts import (
    assert_nothing_written,
    export_csv,
    export_edited_csv,
    format_csv,
    make_three_actions,
    make_zip,
    parse_csv,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/policy/action/"
BOARD = '{"name": "Board", "type": "ministry", "jurisdiction": {"id": "CN"}}'
IMPORT, CONFIRM, EXPORT = f"{LIST}import-drafts/", f"{LIST}import-drafts/confirm/", f"{LIST}export/"


@pytest.fixture
def three(db):
    make_three_actions()


def upload(raw: bytes, name: str = "drafts.csv") -> dict:
    return {"import_file": SimpleUploadedFile(name, raw), "resource": "0", "format": ""}


def look(client, raw: bytes, page: str = IMPORT, name: str = "drafts.csv"):
    """Hand over a file."""
    return client.post(page, upload(raw, name))


def sent(response) -> dict:
    """What the button of a preview would send."""
    return PageForm(response.content.decode()).values


def why(response) -> list[str]:
    return [str(message) for message in response.context["form"].errors["import_file"]]


def statuses(response) -> list[str]:
    return [one.status for one in response.context["result"].outcomes]


def content(response) -> bytes:
    return b"".join(response.streaming_content)


# Who may

# For each role: an export's page and file; an import's page, preview and confirmation.
ROLES = {
    "Curator": (200, 200, 200, 200, 302),
    "Reviewer": (200, 200, 200, 200, 302),
    "Administrator": (200, 200, 200, 200, 302),
    "Auditor": (200, 200, 403, 403, 403),
    "": (403, 403, 403, 403, 403),
}


@pytest.mark.parametrize("group", ROLES)
@pytest.mark.parametrize("kind", RECORD_MODELS)
def test_each_role_gets_as_far_as_it_may(kind, group):
    make.entity()
    make.action()
    client = login_client(make.user(f"a-{group or 'nobody'}", *filter(None, [group])))
    base = f"/admin/policy/{kind}/"
    form = {"import_file_name": "x", "original_file_name": "x"}
    if group not in ("", "Auditor"):
        form = sent(look(client, export_csv(kind), f"{base}import-drafts/"))
    found = [
        client.get(f"{base}export/"),
        client.post(f"{base}export/", {"format": "0"}),
        client.get(f"{base}import-drafts/"),
        look(client, export_csv(kind), f"{base}import-drafts/"),
        client.post(f"{base}import-drafts/confirm/", form),
    ]
    assert tuple(page.status_code for page in found) == ROLES[group]


@pytest.mark.parametrize("page", [IMPORT, CONFIRM, EXPORT])
def test_strangers_are_sent_to_the_login(client, page):
    for found in (client.get(page), client.post(page)):
        assert (found.status_code, found.url) == (302, f"/admin/login/?next={page}")


@pytest.mark.parametrize(
    ("group", "links"),
    [("Curator", [True, True]), ("Auditor", [True, False]), ("Reviewer", [True, True])],
)
def test_lists_show_the_links_that_open(three, group, links):
    client = login_client(make.user("one", group))
    for kind in RECORD_MODELS:
        page = client.get(f"/admin/policy/{kind}/").content.decode()
        addresses = [f'href="/admin/policy/{kind}/{name}/' for name in ("export", "import-drafts")]
        shown = [address in page for address in addresses]
        assert (kind, shown) == (kind, links)
    popup = client.get(f"{LIST}?_popup=1").content.decode()
    assert "/export/" not in popup
    assert "/import-drafts/" not in popup
    assert "export_admin_action" not in popup


def test_the_confirmation_is_no_page(three):
    assert login_client(make.curator()).get(CONFIRM).status_code == 405


def with_permissions(*codenames: str):
    person = make.user("limited")
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return make.user("limited")


def test_a_dataset_holds_no_kinds_that_its_owner_may_not_write(three):
    person = with_permissions("view_agency", "add_agency", "change_agency")
    files = {
        "agencies/board.json": BOARD,
        "entities/shop.json": '{"name": "Shop", "type": "company"}',
    }
    page = "/admin/policy/agency/import-drafts/"
    with assert_nothing_written():
        found = look(login_client(person), make_zip(files), page, "x.zip")
    assert [str(error.error) for error in found.context["result"].base_errors] == [
        "The file contains entities. You do not have permission to add and change them."
    ]
    del files["entities/shop.json"]
    assert statuses(look(login_client(person), make_zip(files), page, "x.zip")) == ["new"]


@pytest.mark.parametrize("lacking", ["delete_citation", "add_figure", "change_action"])
def test_importing_actions_takes_what_their_form_takes(three, lacking):
    everything = {
        f"{verb}_{model}"
        for verb in ("view", "add", "change", "delete")
        for model in ("action", *part_model_names("action"))
    }
    client = login_client(with_permissions(*everything - {lacking}))
    assert client.get(IMPORT).status_code == 403
    assert client.get(EXPORT).status_code == 200


def test_exporting_actions_takes_reading_their_parts(three):
    assert login_client(with_permissions("view_action")).get(EXPORT).status_code == 403


# Export


def exported(client, address: str = EXPORT, **form) -> list[str]:
    response = client.post(address, {"format": "0", **form})
    assert response.status_code == 200
    return [row["id"] for row in parse_csv(content(response))]


def test_the_whole_list_goes_out(three):
    response = login_client(make.curator()).post(EXPORT, {"format": "0"})
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert response["Content-Disposition"].startswith('attachment; filename="action-drafts-20')
    assert content(response) == export_csv()


def test_an_archive_goes_out(three):
    response = login_client(make.curator()).post(EXPORT, {"format": "1"})
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(content(response))) as files:
        assert files.namelist() == [
            "dataset.json",
            *(f"actions/{name}.json" for name in ("ban", "law", "raid")),
            "drafts.csv",
        ]


def test_filters_and_search_hold(three):
    Action.objects.filter(slug="law").update(stance_id="stance.permit")
    client = login_client(make.curator())
    assert exported(client, f"{EXPORT}?stance__id__exact=stance.permit") == ["law"]
    assert exported(client, f"{EXPORT}?q=raid") == ["raid"]
    assert client.get(f"{EXPORT}?q=raid").context["count"] == 1
    assert client.get(EXPORT).context["count"] == 3


def test_ticked_rows_go_out(three):
    client = login_client(make.curator())
    keys = list(Action.objects.exclude(slug="law").values_list("pk", flat=True))
    query = "?jurisdictions__code__exact=CN&q=a"
    page = client.post(LIST + query, {"action": "export_admin_action", "_selected_action": keys})
    assert page.context["count"] == 2
    assert f'action="{EXPORT}{query.replace("&", "&amp;")}"' in page.content.decode()
    assert exported(client, EXPORT + query, **sent(page)) == ["ban", "raid"]


@pytest.mark.parametrize("query", ["?nonsense=1", "?status__id__exact=%00", "?p=x&type__in=%00"])
def test_filters_that_are_none_lead_back_to_the_list(three, query):
    found = login_client(make.curator()).get(EXPORT + query)
    assert (found.status_code, found.url) == (302, f"{LIST}?e=1")


@pytest.mark.parametrize("form", [{}, {"format": "7"}, {"format": "0", "export_items": ["x"]}])
def test_an_export_that_makes_no_sense_is_asked_again(three, form):
    assert login_client(make.curator()).post(EXPORT, form).status_code == 200


@pytest.mark.parametrize("format", ["0", "1"])
def test_queries_of_an_export_do_not_grow_with_rows(three, format):
    client = login_client(make.curator())

    def count(query: str) -> int:
        with CaptureQueriesContext(connection) as found:
            content(client.post(EXPORT + query, {"format": format}))
        return len(found)

    assert count("?q=ban") == count("")


# Import


def test_nothing_is_written_before_the_confirmation(three):
    client = login_client(make.curator())
    with assert_nothing_written():
        found = look(client, export_edited_csv(ban={"stance": "permit"}))
    assert statuses(found) == ["changed", "unchanged", "unchanged"]
    assert not LogEntry.objects.exists()
    page = found.content.decode()
    assert "<code>stance</code>" in page
    assert "<del>prohibit</del>" in page
    assert "<ins>permit</ins>" in page


def test_a_confirmation_writes_signs_and_logs(three):
    person = make.curator()
    client = login_client(person)
    form = sent(look(client, export_edited_csv(ban={"stance": "permit"})))
    response = client.post(CONFIRM, form, follow=True)
    assert get_messages(response) == ["Imported: 0 new, 1 changed, 2 unchanged."]
    ban = Action.objects.get(slug="ban")
    assert (ban.stance_id, ban.edited_by) == ("stance.permit", person)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (
        person,
        str(ban.pk),
        "Imported from drafts.csv.",
    )
    assert not Revision.objects.exists()


def test_records_of_other_kinds_are_logged_as_what_they_are(three):
    client = login_client(make.curator())
    files = {"agencies/board.json": BOARD}
    client.post(CONFIRM, sent(look(client, make_zip(files), name="x.zip")))
    assert LogEntry.objects.get().get_edited_object() == Agency.objects.get(slug="board")


def test_a_faulty_file_cannot_be_confirmed(three):
    found = look(login_client(make.curator()), export_edited_csv(raid={"stance": "no"}))
    assert statuses(found) == ["unchanged", "unchanged", "faulty"]
    assert "confirm_form" not in found.context
    assert "Nothing was written. 1 record must be corrected first." in found.content.decode()


def test_a_file_without_news_has_no_button(three):
    found = look(login_client(make.curator()), export_csv())
    assert "There is nothing to write" in found.content.decode()
    assert "Confirm and write" not in found.content.decode()


def test_what_was_saved_after_the_preview_is_not_overwritten(three):
    client = login_client(make.curator())
    form = sent(look(client, export_edited_csv(ban={"title": "Mine"}, law={"title": "Mine"})))
    row = Action.objects.get(slug="law")
    row.edited_by = make.reviewer()
    row.save()
    with assert_nothing_written():
        found = client.post(CONFIRM, form)
    assert found.status_code == 409
    assert statuses(found) == ["changed", "faulty", "unchanged"]
    assert "The record was saved by reviewer on " in found.content.decode()
    assert not LogEntry.objects.exists()


def test_what_was_made_after_the_preview_is_not_overwritten(three):
    client = login_client(make.curator())
    raw = b"id,name,type,jurisdiction\r\nboard,Board,ministry,CN\r\n"
    base = "/admin/policy/agency/import-drafts/"
    form = sent(look(client, raw, base))
    make.agency("board", name="Another board")
    found = client.post(f"{base}confirm/", form)
    assert (found.status_code, statuses(found)) == (409, ["faulty"])
    assert Agency.objects.get(slug="board").name == "Another board"


def test_a_preview_is_confirmed_once(three):
    client = login_client(make.curator())
    form = sent(look(client, export_edited_csv(ban={"title": "Mine"})))
    assert client.post(CONFIRM, form).status_code == 302
    assert client.post(CONFIRM, form).status_code == 302  # it says what stands here already
    assert ActionAgency.objects.count() == 3
    Action.objects.filter(slug="ban").update(title="Later")
    assert client.post(CONFIRM, form).status_code == 409


def test_only_what_was_looked_at_can_be_confirmed(three):
    curator, reviewer = login_client(make.curator()), login_client(make.reviewer())
    form = sent(look(curator, export_edited_csv(ban={"title": "Mine"})))
    (name,) = form["import_file_name"]
    forged = {**form, "import_file_name": "x" + name[1:]}
    for client, page, values in (
        (reviewer, CONFIRM, form),
        (curator, "/admin/policy/agency/import-drafts/confirm/", form),
        (curator, CONFIRM, forged),
        (curator, CONFIRM, {**form, "import_file_name": "../../etc/passwd"}),
    ):
        with assert_nothing_written():
            found = client.post(page, values)
        assert found.status_code == 200
        assert UPLOAD_LOST in found.content.decode()


@pytest.mark.parametrize("more", [{"format": "99"}, {"format": "x"}, {"resource": "7"}])
def test_forged_fields_change_nothing(three, more):
    client = login_client(make.curator())
    form = sent(look(client, export_edited_csv(ban={"title": "Mine"}))) | more
    assert client.post(CONFIRM, form).status_code == 302
    assert Action.objects.get(slug="ban").title == "Mine"


def test_what_the_database_refuses_is_said(three, monkeypatch, alerts):
    def refuse(*_):
        raise DataError("value too long")

    monkeypatch.setattr(drafts, "write_outcomes", refuse)
    found = look(login_client(make.curator()), export_edited_csv(ban={"title": "Mine"}))
    assert [str(error.error) for error in found.context["result"].base_errors] == ["value too long"]
    assert "confirm_form" not in found.context
    assert [record.getMessage() for record in alerts] == [
        "only the database refused a value: value too long"
    ]
    alerts.clear()


def test_what_is_wrong_with_the_program_is_not_shown_as_the_files_fault(three, monkeypatch):
    monkeypatch.setattr(drafts, "write_outcomes", lambda *_: {}["a slip"])
    with assert_nothing_written(), pytest.raises(KeyError, match="a slip"):
        look(login_client(make.curator()), export_edited_csv(ban={"title": "Mine"}))


def test_files_that_are_none_are_refused_with_a_reason(three):
    client = login_client(make.curator())
    assert why(client.post(IMPORT, upload(b""))) == ["The submitted file is empty."]
    assert why(look(client, b"\x89PNG\r\n")) == [
        "The file is not UTF-8: see line 1. Save it as “CSV UTF-8”."
    ]
    assert why(look(client, b"id,titel\nx,y\n")) == [
        "There is no column 'titel'. Did you mean title?"
    ]
    large = b"id,title\n" + b"x" * formats.MAX_DRAFT_FILE_SIZE
    assert why(look(client, large)) == [
        "The file is larger than 5 MB. Split it and import the parts."
    ]
    assert why(client.post(IMPORT, {"format": "0"})) == ["This field is required."]


def test_a_format_is_told_by_its_content(three):
    client = login_client(make.curator())
    assert statuses(look(client, export_csv(), name="drafts.zip")) == ["unchanged"] * 3
    assert statuses(look(client, make_zip({"drafts/actions/x.json": "{}"}), name="x.csv")) == [
        "faulty"
    ]


def test_many_new_records_are_named_and_the_first_listed(db):
    rows = [{"id": f"body-{n}", "name": f"Body {n}", "type": "ministry"} for n in range(102)]
    raw = format_csv([row | {"jurisdiction": "CN"} for row in rows])
    found = look(login_client(make.curator()), raw, "/admin/policy/agency/import-drafts/")
    page = found.content.decode()
    assert statuses(found) == ["new"] * 102
    assert page.count("<summary>Its 4 values</summary>") == formats.MAX_DETAILED_OUTCOMES
    assert page.count("Its 4 values are not listed here") == 2


def test_hostile_words_are_escaped(three):
    raw = export_edited_csv(ban={"title": "<script>alert(1)</script>", "stance": "<b>"})
    page = look(login_client(make.curator()), raw).content.decode()
    assert "<script>alert" not in page
    assert "no term &lt;b&gt;" in page


def test_queries_of_a_preview_do_not_grow_with_unchanged_rows(three):
    client = login_client(make.curator())

    def count(raw: bytes) -> int:
        with CaptureQueriesContext(connection) as found:
            look(client, raw)
        return len(found)

    rows = parse_csv(export_csv())
    assert count(format_csv(rows[:1])) == count(format_csv(rows))
