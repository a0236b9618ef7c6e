"""The catalogue of bad inputs: its 88 rows, each with what is sent here and what must come back.

Under /api/ and on pages for readers a stranger asks; under /admin/ somebody who may do everything.
What is sent as raw bytes, and to forms and commands, stands below and in test_bad_inputs.py.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote

HUGE = str(2**63)
LONG = "9" * 400
API, DESK = "/api/v1/", "/admin/policy/"
LIST, LISTED = f"{API}actions/?", f"{DESK}action/?"
SEARCH = "/admin/autocomplete/?app_label=policy&model_name=relation&field_name=target&"
GROUPS = f"{API}actions/aggregate/?"
Answer = tuple[int, str]
# status, and what the answer says to that
OK: Answer = (200, "")
MISSING: Answer = (404, "")
BACK: Answer = (302, "")  # to the list, or to a page that says what is wrong
YEAR = (400, "A year is a number from 1 to 9999.")
DAY = (400, ": Use 2021, 2021-06, 2021-06-09, ")
INSTANT = (400, "Use a date (2026-11-22) or an instant (2026-11-22T09:30:00Z).")
FUTURE = (400, "It lies in the future.")
SIZE = (400, "page_size: Use a number from 1 to 1000.")
VERSION = (400, "after: Use a version: a whole number from 0.")
FORGED = (400, "This cursor is not one of ours. Start again without it.")
UNKNOWN = (400, "Unknown parameter.")
NOTHING = (400, "There is no ")
ORDER = (400, "ordering: Choose one of: ")
TEXT = (400, "Its value must be UTF-8 text without NUL.")
WORDY = (400, "Its value is longer than 500 characters.")
MANY = (400, "Give one to 20 different values, with commas.")
CROWDED = (400, "The address has more than 300 parameters.")
BAD_FILTER = (400, "")


@dataclass(frozen=True)
class Row:
    """`asks` are addresses by the answer that they get; `proved` names tests that do the rest."""

    number: int
    what: str
    asks: tuple[tuple[Answer, tuple[str, ...]], ...] = ()
    proved: tuple[str, ...] = ()
    absent: str = ""  # why there is nothing here that could take it


def each(start: str, *values: str) -> tuple[str, ...]:
    return tuple(f"{start}{value}" for value in values)


def cursors(*positions: str) -> tuple[str, ...]:
    """As a common library spells them: base64 of a position."""
    spelled = (base64.b64encode(text.encode()).decode() for text in positions)
    return tuple(f"{LIST}cursor={quote(text)}" for text in spelled)


ROWS = [
    # Numbers
    Row(
        1,
        "an integer beyond 64 bits in a list of values",
        (
            (YEAR, each(f"{LIST}year__in=", HUGE, f"2021,{HUGE}")),
            (BAD_FILTER, each(LISTED, f"id__in={HUGE}", f"type__id__in={HUGE}")),
        ),
    ),
    Row(
        2,
        "a range that ends beyond 64 bits",
        ((UNKNOWN, (f"{LIST}year__range=1,{HUGE}",)), (DAY, (f"{LIST}sort_date__lte={HUGE}",))),
    ),
    Row(
        3,
        "an integer beyond 64 bits as a reference",
        (
            (NOTHING, each(LIST, f"activity={HUGE}", f"agency={HUGE}", f"entity__in={HUGE}")),
            (BACK, (f"{DESK}action/{HUGE}/change/",)),
        ),
        ("test_bad_inputs.py::test_forms_name_what_they_cannot_take",),
    ),
    Row(
        4,
        "an integer beyond 64 bits as a value",
        (
            (YEAR, each(f"{LIST}year=", HUGE, f"-{HUGE}")),
            (VERSION, (f"{API}changes/?after={HUGE}",)),
            (OK, (f"{LISTED}id__exact={HUGE}",)),
        ),
    ),
    Row(
        5,
        "no integer in a list of integers",
        ((YEAR, each(f"{LIST}year__in=", "NaN", "1e400", "0x10", "1.5", "1_000", "%2B1")),),
    ),
    Row(6, "5,000 digits in a list of integers", ((WORDY, (f"{LIST}year__in={'9' * 5000}",)),)),
    Row(
        7,
        "numbers that are none",
        (
            (YEAR, each(f"{LIST}year=", "NaN", "Infinity", "-Infinity", "sNaN", "1e999999999")),
            (VERSION, each(f"{API}changes/?after=", "NaN", "Infinity", "1e9")),
        ),
    ),
    Row(
        8,
        "years that no calendar has",
        (
            (YEAR, each(f"{LIST}year=", "0", "-1", "10000", "99999")),
            (
                BAD_FILTER,
                each(LISTED, *(f"edited_at__year={year}" for year in ("0", "-1", "10000", "2021"))),
            ),
        ),
        ("test_filters.py::test_bad_value_is_refused_with_what_to_do",),
    ),
    Row(
        9,
        "a year beyond 64 bits",
        (
            (YEAR, each(LIST, f"year={HUGE}", f"year__ne={HUGE}")),
            (BAD_FILTER, (f"{LISTED}edited_at__year={HUGE}",)),
        ),
    ),
    Row(
        10,
        "a limit beyond 64 bits",
        ((SIZE, each(f"{LIST}page_size=", HUGE, LONG)), (UNKNOWN, (f"{LIST}limit={HUGE}",))),
    ),
    Row(
        11,
        "an offset beyond 64 bits",
        (
            (UNKNOWN, (f"{LIST}offset={HUGE}",)),
            (OK, each("/admin/queue/mine/?p=", HUGE, "-1", "0", "%D9%A1", "abc")),
        ),
    ),
    Row(
        12,
        "a page far behind the last",
        (
            (UNKNOWN, each(LIST, f"page={'9' * 9}", f"offset={HUGE}")),
            (OK, each(LISTED, f"p={HUGE}", "p=999999999")),
            (MISSING, each(SEARCH, f"page={HUGE}", "page=-1", "page=abc")),
            (MISSING, (f"/sitemap-action.xml?p={HUGE}",)),
        ),
    ),
    Row(
        13,
        "a page of no size",
        ((SIZE, each(f"{LIST}page_size=", "-1", "0", "abc", "1.5")),),
        ("test_paging.py::test_page_size_is_1_to_1000",),
    ),
    Row(
        14,
        "digits of other scripts",
        (
            (SIZE, each(f"{LIST}page_size=", "%D9%A1", "%EF%BC%91")),
            (YEAR, (f"{LIST}year=%D9%A2%D9%A0%D9%A2%D9%A1",)),
            (
                MISSING,
                (
                    f"{API}actions/kept/revisions/%D9%A1/",
                    "/actions/kept/revisions/%D9%A1/",
                    f"{API}actions/%D9%A1/",
                ),
            ),
        ),
    ),
    Row(
        15,
        "ids and numbers of revisions that cannot be",
        (
            (
                MISSING,
                tuple(
                    f"{door}{id}/"
                    for door in (f"{API}actions/", "/actions/", "/actions/kept/revisions/")
                    for id in (HUGE, LONG, "9" * 5000, "nan", "1.5")
                ),
            ),
            (MISSING, (f"{API}actions/kept/revisions/{HUGE}/", f"{API}terms/{LONG}.x/")),
            (BACK, each(f"{DESK}action/", f"{HUGE}/change/", "nan/change/", f"{LONG}/history/")),
            (MISSING, each(f"{DESK}action/", f"{HUGE}/publish/", "1.5/merge/", "_00/ask/")),
        ),
        ("test_problems.py::test_nothing_there_is_a_404_problem",),
    ),
    # Dates, times, zones
    Row(
        16,
        "instants that leave the calendar in another zone",
        (
            (
                INSTANT,
                each(f"{LIST}as_of=", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"),
            ),
            (INSTANT, (f"{LIST}updated_since=0001-01-01T00:00:00%2B14:00",)),
            (OK, (f"{LISTED}edited_at__exact=0001-01-01T00:00:00%2B14:00",)),
        ),
    ),
    Row(
        17,
        "days that no calendar has",
        (
            (
                DAY,
                each(
                    f"{LIST}sort_date__gte=",
                    *("0000-01-01", "10000-01-01", "2026-02-30", "-0001-01-01", "2021-W23-3"),
                ),
            ),
            (INSTANT, each(f"{LIST}as_of=", "0000-01-01", "2026-02-30", "20210609T00")),
            (BACK, (f"{LISTED}edited_at__exact=2026-02-30",)),
        ),
        ("test_bad_inputs.py::test_forms_name_what_they_cannot_take",),
    ),
    Row(
        18,
        "durations beyond the calendar",
        (
            (
                (400, "occurred__within: "),
                each(f"{LIST}occurred__within=", "-P999999999D", "999999999%2023:59:59"),
            ),
        ),
    ),
    Row(
        19,
        "instants from numbers",
        ((INSTANT, each(f"{LIST}as_of=", "nan", "inf", "1e20", "1623196800", "now")),),
    ),
    Row(
        20,
        "zones",
        (
            (UNKNOWN, each(LIST, "tz=../../etc/passwd", "tz=Nope/Zone")),
            (INSTANT, (f"{LIST}as_of=2021-06-09T12:00:00%5BEurope/Paris%5D",)),
        ),
    ),
    Row(
        21,
        "a plus sign that was not encoded",
        (((400, "Write %2B for +."), (f"{LIST}as_of=2021-06-09T12:00:00+01:00",)),),
    ),
    Row(
        22,
        "leap seconds, midnight at the wrong end, instants without a zone",
        (
            (
                INSTANT,
                each(
                    f"{LIST}as_of=",
                    *("2021-06-09T12:00:60Z", "2021-06-09T24:00:00Z", "2021-03-28T02:30:00"),
                ),
            ),
        ),
    ),
    Row(23, "no zone configured", proved=("test_bad_inputs.py::test_instants_are_in_utc",)),
    # Text, encodings, patterns, search
    Row(
        24,
        "NUL in a search",
        (
            (TEXT, each(LIST, "q=%00", "q=a%00b")),
            (TEXT, ("/actions/?q=a%00b",)),
            (BACK, (f"{LISTED}q=%00",)),
            (OK, (f"{SEARCH}term=%00",)),
        ),
    ),
    Row(
        25,
        "NUL in a path or a value",
        (
            (
                MISSING,
                (
                    *each(API, "actions/%00/", "terms/%00/", "jurisdictions/%00/"),
                    *each("/", "actions/%00/", "jurisdictions/%00/", "jurisdictions/C%00/"),
                    *each("/", "%00", "static/%00", "sitemap-%00.xml", "admin/queue/%00/"),
                ),
            ),
            (TEXT, each(LIST, "jurisdiction=%00", "agency=a%00", "type__in=%00")),
        ),
        ("test_strictness.py::test_value_that_is_no_text_or_too_long_is_refused",),
    ),
    Row(
        26,
        "NUL in a list of the desk",
        (
            (
                BACK,
                each(LISTED, "status__id__exact=%00", "publication=%00", "_changelist_filters=%00"),
            ),
            (BACK, (f"{DESK}action/export/?q=%00", f"{DESK}revision/?kind=%00")),
        ),
    ),
    Row(
        27,
        "what is no UTF-8",
        ((TEXT, each(f"{LIST}q=", "%ff%fe", "%ed%a0%80", "%c0%af", "%f8%88%80%80%80")),),
        ("test_problems.py::test_malformed_parameter_is_refused",),
    ),
    Row(
        28,
        "a search of a thousand words",
        (
            (WORDY, (f"{LIST}q={'a+' * 1000}",)),
            ((400, "q: Search for 20 words at most."), (f"{LIST}q={'a+' * 30}",)),
            (OK, (f"{LISTED}q={'a+' * 2000}", f"{SEARCH}term={'a+' * 2000}")),
        ),
    ),
    Row(
        29,
        "a search as long as a book",
        (
            (WORDY, (f"{LIST}q={'a' * 1_000_000}", f"/actions/?q={'a' * 1_000_000}")),
            (OK, (f"{LISTED}q={'a' * 1_000_000}",)),
        ),
        ("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    Row(
        30,
        "patterns that are none",
        (
            (UNKNOWN, each(LIST, "q__iregex=(", "title__regex=%5B")),
            (OK, each(f"{LIST}q=", "(", "%5B", "%5C1", "a%7B1,99999%7D")),
            (BAD_FILTER, each(LISTED, "title__iregex=(", "title__regex=%5B", "slug__regex=%5C1")),
        ),
    ),
    Row(
        31,
        "patterns that never end",
        (
            (UNKNOWN, (f"{LIST}q__regex=(a%2B)%2B$",)),
            (BAD_FILTER, (f"{LISTED}title__regex=(a%2B)%2B$",)),
        ),
        ("test_trouble.py::test_a_statement_that_takes_too_long_is_ended_and_explained",),
    ),
    Row(
        32,
        "wildcards of the database",
        (
            (OK, each(f"{LIST}q=", "%25", "_", "%5C", "%25%25%25")),
            (OK, each(LISTED, "q=%25", "q=_", "q=%5C", "q='")),
        ),
        ("test_bad_inputs.py::test_wildcards_are_letters",),
    ),
    Row(
        33,
        "the grammar of a search engine",
        (
            (
                OK,
                each(
                    f"{LIST}q=",
                    *("%22unbalanced", "AND+OR", "a*b", ":*", "NEAR(", "!!", "%26+%7C", "-", "OR"),
                ),
            ),
        ),
        ("test_filters.py::test_hostile_search_text_is_plain_words",),
    ),
    Row(
        34,
        "letters that turn, vanish or pile up",
        (
            (OK, each(f"{LIST}q=", "%E2%80%AE%D8%A7", "%E2%80%8B", "e" + "%CC%81" * 150)),
            (OK, each(LISTED, f"q=e{'%CC%81' * 10_000}", "q=%E2%80%AE")),
        ),
    ),
    # Paging, ordering, filters, negotiation
    Row(
        35,
        "positions that cannot be",
        (
            (
                FORGED,
                cursors(
                    "p=notadate", "p=", "p=\0", "p=1&p=2", "p=0000-01-01", "p=10000-01-01", "p=None"
                ),
            ),
        ),
        ("test_paging.py::test_forged_cursor_is_refused",),
    ),
    Row(
        36,
        "a cursor of another order",
        proved=("test_paging.py::test_cursor_belongs_to_its_question",),
    ),
    Row(
        37,
        "a position of another type",
        ((FORGED, cursors("p=zz", "p=NaN", "p=00000000-0000-0000-0000-00000000000g")),),
        ("test_paging.py::test_cursor_signed_for_something_else_is_refused",),
    ),
    Row(
        38,
        "a position where nothing stands",
        proved=("test_paging.py::test_every_row_comes_once_in_every_order",),
    ),
    Row(
        39,
        "a cursor that is none",
        (
            (
                FORGED,
                each(f"{LIST}cursor=", "!!!!", "junk", "%C3%A9", "....", "a:b:c", "%F0%9F%98%80"),
            ),
        ),
    ),
    Row(
        40, "a cursor encoded twice", ((FORGED, (f"{LIST}cursor=%253D", f"{LIST}cursor=a%253Ab")),)
    ),
    Row(
        41,
        "orders by what is hidden, or by chance",
        (
            (
                ORDER,
                each(
                    f"{LIST}ordering=",
                    *("author__password", "%3F", "internal_note", "random", "-id,-id", "note"),
                ),
            ),
        ),
    ),
    Row(
        42,
        "orders by columns that are not shown",
        ((ORDER, each(f"{LIST}ordering=", "note", "edited_by", "edited_at", "pk", "-pk")),),
        ("test_leaks.py::test_no_filter_or_search_finds_the_workbench",),
    ),
    Row(43, "an order of 100,000 columns", ((WORDY, (f"{LIST}ordering={'id,' * 100_000}",)),)),
    Row(
        44,
        "40,000 ids",
        (
            (WORDY, (f"{LIST}source__in={'a,' * 40_000}",)),
            (MANY, (f"{LIST}source__in={','.join(map(str, range(21)))}",)),
        ),
    ),
    Row(
        45,
        "filters on hidden columns",
        (
            (
                UNKNOWN,
                each(LIST, "edited_by__password__startswith=p", "citations__note__contains=x"),
            ),
            (BAD_FILTER, each(LISTED, "edited_by__password__startswith=p", "note__contains=x")),
        ),
    ),
    Row(
        46,
        "filters that go round in circles",
        (
            (UNKNOWN, (f"{LIST}source__actions__source__actions__id=1",)),
            (BAD_FILTER, (f"{LISTED}relations__target__relations__target__title=x",)),
        ),
    ),
    Row(
        47,
        "filters that are the framework's own words",
        (
            (UNKNOWN, each(LIST, "_connector=OR", "_negated=1", "nosuch=1", "type__foo=1")),
            (BACK, each(LISTED, "_connector=OR", "_negated=1", "nosuch=1")),
            (BAD_FILTER, (f"{LISTED}type__foo=1",)),
        ),
    ),
    Row(
        48,
        "parameters that nobody knows",
        (
            (
                (400, "Unknown parameter. Did you mean year?"),
                each(LIST, "yaer=2021", "year[]=2021"),
            ),
            ((400, "Unknown parameter."), ("/actions/?yaer=2021",)),
        ),
        ("test_strictness.py::test_invented_parameter_is_unknown",),
    ),
    Row(
        49,
        "a parameter twice",
        (((400, "Give it once."), each("", f"{LIST}year=1&year=2", "/actions/?year=1&year=2")),),
        ("test_strictness.py::test_repeated_parameter_is_refused",),
    ),
    Row(
        50,
        "neither yes nor no",
        (
            (NOTHING, each(LIST, "has_doubt=maybe", "type__isnull=maybe")),
            ((400, "Use true or false."), (f"{LIST}q=a&highlight=yes",)),
            ((400, "safe: Choose one of: true, false."), (f"{LIST}format=csv&safe=1",)),
        ),
    ),
    Row(
        51,
        "paths into JSON",
        (
            (
                UNKNOWN,
                each(
                    LIST,
                    f"document{'__a' * 300}=1",
                    "document__%00=1",
                    f"document__{'9' * 30}=1",
                    "%00=1",
                ),
            ),
            (BAD_FILTER, (f"{DESK}revision/?document{'__a' * 300}=1",)),
        ),
    ),
    Row(
        52,
        "JSON as a value",
        (
            (
                NOTHING,
                each(f"{LIST}type=", "NaN", "1e400", "%22%5Cu0000%22", "%22%5Cud800%22", "%7B%7D"),
            ),
            (BAD_FILTER, (f"{DESK}term/?crosswalk__contains=%22%5Cu0000%22",)),
        ),
    ),
    Row(
        53,
        "formats and languages of answers that do not exist",
        (
            (
                (400, "format: Choose one of: "),
                each(LIST, "format=xyz", "format=api", "format=../x"),
            ),
        ),
        (
            "test_problems.py::test_other_formats_are_refused",
            "test_bad_inputs.py::test_what_is_accepted_is_read_quickly",
        ),
    ),
    Row(
        54,
        "a header with thousands of parts",
        proved=("test_bad_inputs.py::test_what_is_accepted_is_read_quickly",),
    ),
    Row(
        55,
        "a query longer than servers like",
        ((WORDY, (f"{LIST}q={'a' * 5000}",)),),
        ("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    Row(
        56,
        "a thousand and more parameters",
        (
            (
                CROWDED,
                tuple(
                    f"{path}?{query}"
                    for path in (
                        f"{API}actions/",
                        "/actions/",
                        "/",
                        f"{DESK}action/",
                        "/api/schema/",
                    )
                    for query in (
                        "&".join(f"p{n}=1" for n in range(1001)),
                        "a&" * 10_001,
                        "&" * 300,
                    )
                ),
            ),
        ),
    ),
    # Methods, bodies, headers, hosts
    Row(
        57,
        "HEAD and OPTIONS",
        proved=(
            "test_problems.py::test_head_has_the_headers_of_get",
            "test_options.py::test_list_tells_all_its_filters",
        ),
    ),
    Row(
        58,
        "methods that write",
        proved=(
            "test_strictness.py::test_method_is_refused_before_its_parameters",
            "test_web.py::test_pages_are_only_read",
            "test_bad_inputs.py::test_raw_bytes_get_an_answer",
        ),
    ),
    Row(
        59,
        "methods that hide",
        ((UNKNOWN, each(LIST, "_method=DELETE", "method=POST")),),
        ("test_bad_inputs.py::test_headers_that_mean_nothing_change_nothing",),
    ),
    Row(
        60,
        "bodies and methods out of place",
        proved=("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    Row(
        61,
        "NaN in JSON",
        proved=("test_strictjson.py::test_what_cannot_be_kept_is_named",),
    ),
    *(
        Row(
            number,
            what,
            proved=(
                "test_strictjson.py::test_what_cannot_be_kept_is_named",
                "test_bad_inputs.py::test_json_in_forms_is_named",
                "test_bad_inputs.py::test_json_in_uploads_is_named",
            ),
        )
        for number, what in {
            62: "JSON nested 100,000 deep",
            63: "JSON with half a surrogate pair",
            64: "JSON with NUL",
            65: "JSON with an integer of 4,000 digits",
        }.items()
    ),
    Row(66, "a body of 30 MB", proved=("test_bad_inputs.py::test_raw_bytes_get_an_answer",)),
    Row(67, "charsets that unpack", proved=("test_bad_inputs.py::test_charsets_that_are_none",)),
    Row(
        68, "hosts that are not ours", proved=("test_bad_inputs.py::test_raw_bytes_get_an_answer",)
    ),
    Row(
        69,
        "a port that is not ours",
        proved=("test_bad_inputs.py::test_no_stranger_writes_our_links",),
    ),
    Row(
        70,
        "a proxy's headers from a stranger",
        proved=("test_bad_inputs.py::test_no_stranger_writes_our_links",),
    ),
    Row(
        71,
        "cookies, credentials and conditions that are junk",
        proved=("test_bad_inputs.py::test_headers_that_mean_nothing_change_nothing",),
    ),
    Row(
        72,
        "paths that lead elsewhere",
        (
            (
                MISSING,
                (
                    *each("/", "%0d%0aSet-Cookie:a=b", "static/..%2f..%2fmanage.py"),
                    *each(API, "actions%0d%0aSet-Cookie:a=b/", "/evil.example", "..%2f..%2fadmin/"),
                    *each("/", "actions/..%2f..%2fetc/", "jurisdictions/..%2f/", "%5cevil.example"),
                ),
            ),
        ),
        ("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    # The desk
    Row(
        73,
        "the last year in a hierarchy of dates",
        ((BAD_FILTER, each(LISTED, "edited_at__year=9999", "edited_at__year__exact=9999")),),
    ),
    Row(74, "a year of 21 digits", ((BAD_FILTER, (f"{LISTED}edited_at__year={10**20}",)),)),
    Row(
        75,
        "ticked rows that are none",
        proved=(
            "test_desk_pages.py::test_lists_take_no_bulk_actions_but_exporting_and_publishing",
        ),
    ),
    Row(
        76,
        "popups and hidden columns",
        (
            (
                BAD_FILTER,
                (
                    f"{LISTED}edited_by__password__startswith=p",
                    "/admin/auth/user/?password__startswith=p",
                    f"{LISTED}_to_field=note",
                    f"{LISTED}_to_field=edited_by__password",
                ),
            ),
            (OK, each(LISTED, "_popup=1", "_popup=%27")),
        ),
    ),
    Row(
        77,
        "searches of what is not searched",
        (
            (
                (403, ""),
                each(
                    "/admin/autocomplete/?",
                    *(
                        "",
                        "app_label=policy",
                        "app_label=x&model_name=y&field_name=z",
                        "app_label=policy&model_name=action&field_name=title",
                        "app_label=policy&model_name=action&field_name=nosuch",
                        "app_label=auth&model_name=user&field_name=password",
                        "app_label=admin&model_name=logentry&field_name=content_type",
                        "app_label=%00&model_name=%00&field_name=%00",
                    ),
                ),
            ),
        ),
    ),
    Row(
        78,
        "a login that leads elsewhere",
        proved=("test_bad_inputs.py::test_a_login_leads_nowhere_else",),
    ),
    Row(79, "a login of a megabyte", proved=("test_bad_inputs.py::test_large_logins_are_refused",)),
    Row(
        80,
        "addresses that are scripts",
        proved=("test_bad_inputs.py::test_addresses_that_are_scripts_are_refused",),
    ),
    # Files and exports
    Row(
        81,
        "bombs",
        proved=(
            "test_drafts_files.py::test_archives_that_are_none_say_why",
            "test_desk_import.py::test_a_forged_bomb_is_not_unpacked",
        ),
    ),
    Row(
        82,
        "archives that write elsewhere",
        proved=(
            "test_drafts_files.py::test_archives_that_are_none_say_why",
            "test_bad_files.py::test_links_are_followed_and_those_that_lead_nowhere_are_named",
        ),
    ),
    Row(
        83,
        "cells that are formulas",
        proved=(
            "test_streams.py::test_cells_are_written_as_they_are",
            "test_streams.py::test_cells_are_guarded_on_request",
            "test_drafts_files.py::test_no_cell_is_a_formula",
        ),
    ),
    Row(
        84,
        "tables and texts in other shapes",
        proved=(
            "test_drafts_files.py::test_tables_that_are_none_say_why",
            "test_article.py::test_what_is_no_text_is_refused",
            "test_bad_history.py::test_a_line_may_not_be_endless",
            "test_bad_inputs.py::test_uploads_of_any_bytes_are_answered",
        ),
    ),
    Row(
        85,
        "entities in XML and HTML",
        proved=("test_bad_inputs.py::test_entities_of_html_fetch_and_expand_nothing",),
    ),
    Row(
        86,
        "a file twice, or again after it was cut off",
        proved=(
            "test_bad_history.py::test_two_lines_that_changed_places",
            "test_loads_at_once.py::test_two_loads_at_once_publish_once",
            "test_start.py::test_it_serves_the_seed_from_an_empty_folder_and_again",
        ),
    ),
    Row(
        87,
        "addresses to fetch",
        absent="Nothing fetches an address: articles come as files or text.",
    ),
    Row(
        88,
        "a full disk, a database that takes nothing, an end in the middle",
        proved=(
            "test_trouble.py::test_every_door_says_that_it_cannot_be_now",
            "test_bad_files.py::test_what_the_database_alone_refuses_is_no_traceback_either",
            "test_loads_at_once.py::test_a_load_that_is_killed_leaves_nothing",
        ),
    ),
]

# An address that a socket can carry, of each ask: the soak sends them too.
HOSTILE = [path for row in ROWS for _, paths in row.asks for path in paths if len(path) < 50_000]


@dataclass(frozen=True)
class Raw:
    """Bytes as no client would send them."""

    sent: bytes
    status: int


def raw(
    status: int, line: str, *headers: str, body: bytes = b"", host: str = "good.example"
) -> Raw:
    lines = [line, *([f"Host: {host}"] if host else []), "Connection: close", *headers, "", ""]
    return Raw("\r\n".join(lines).encode("latin-1") + body, status)


INDEX = "GET /api/v1/ HTTP/1.1"
WRITE = "POST /api/v1/ HTTP/1.1"
LOGIN = "POST /admin/login/ HTTP/1.1"
FORM = "Content-Type: application/x-www-form-urlencoded"
MUCH = 30 * 2**20
RAW = {
    "no host": raw(400, INDEX, host=""),
    "no host in HTTP/1.0": raw(400, "GET /api/v1/ HTTP/1.0", host=""),
    "HTTP/1.0": raw(200, "GET /api/v1/ HTTP/1.0"),
    "HTTP/0.9": Raw(b"GET /\r\n\r\n", 400),
    "HTTP/3.0": raw(400, "GET / HTTP/3.0"),
    "TLS": Raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 20, 400),
    "NUL": Raw(b"\0" * 100 + b"\r\n\r\n", 400),
    "method in lower case": raw(405, "delete /api/v1/ HTTP/1.1"),
    "method unknown": raw(405, "FOO /api/v1/ HTTP/1.1"),
    "method of 200 letters": raw(405, f"{'A' * 200} /api/v1/ HTTP/1.1"),
    "TRACE": raw(405, "TRACE /api/v1/ HTTP/1.1"),
    "CONNECT": raw(403, "CONNECT evil.example:443 HTTP/1.1"),
    "whole server": raw(404, "OPTIONS * HTTP/1.1"),
    "space in the path": raw(400, "GET /api/v1/ x HTTP/1.1"),
    "byte in the path": raw(400, "GET /api/v1/\xff HTTP/1.1"),
    "NUL in the path": raw(400, "GET /api/v1/\0 HTTP/1.1"),
    "length -1": raw(400, WRITE, "Content-Length: -1"),
    "length abc": raw(400, WRITE, "Content-Length: abc"),
    "length of 30 digits": raw(400, WRITE, f"Content-Length: {'9' * 30}"),
    "two lengths": raw(400, WRITE, "Content-Length: 1", "Content-Length: 2", body=b"ab"),
    "length and chunks": raw(
        405, WRITE, "Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "chunks that are none": raw(405, WRITE, "Transfer-Encoding: chunked", body=b"zz\r\nab\r\n"),
    "encoding unknown": raw(400, WRITE, "Transfer-Encoding: bogus", body=b"zz"),
    "body on GET": raw(200, INDEX, "Content-Length: 2", body=b"{}"),
    "host unknown": raw(400, INDEX, host="evil.example"),
    "host unknown, page": raw(400, "GET / HTTP/1.1", host="evil.example"),
    "host unknown, static": raw(400, "GET /static/web/site.css HTTP/1.1", host="evil.example"),
    "host with a space": raw(400, INDEX, host="a b"),
    "host empty": raw(400, INDEX, "Host: ", host=""),
    "host cut off": raw(400, INDEX, host="[::1"),
    "two hosts": raw(400, INDEX, "Host: evil.example"),
    "two hosts, ours last": raw(400, INDEX, "Host: good.example", host="evil.example"),
    "NUL in the host": raw(400, INDEX, host="good.example\0"),
    "user in the host": raw(400, INDEX, host="good.example@evil.example"),
    "port 99999": raw(400, INDEX, host="good.example:99999"),
    "port 81": raw(400, "GET / HTTP/1.1", host="good.example:81"),
    "port abc": raw(400, INDEX, host="good.example:abc"),
    "port 80": raw(200, INDEX, host="good.example:80"),
    "line end in the path": raw(404, "GET /%0d%0aSet-Cookie:a=b HTTP/1.1"),
    "two slashes": raw(404, "GET //evil.example HTTP/1.1"),
    "two slashes, no last one": raw(404, "GET //evil.example/admin HTTP/1.1"),
    "up and away": raw(404, "GET /static/../../manage.py HTTP/1.1"),
    "backslash": raw(404, "GET /\\evil.example HTTP/1.1"),
    "header without colon": raw(400, INDEX, "nocolon"),
    "header with a space": raw(400, INDEX, "Bad Header : x"),
    "folded header": raw(400, INDEX, "X-A: b\r\n c"),
    "NUL in a header": raw(400, INDEX, "X-A: b\0c"),
    "byte in a header": raw(406, INDEX, "Accept: \xff"),
    "header of a megabyte": raw(431, INDEX, f"X-A: {'a' * 1_000_000}"),
    "200 headers": raw(431, INDEX, *(f"X-{n}: a" for n in range(200))),
    "12,000 cookies": raw(200, "GET /admin/login/ HTTP/1.1", f"Cookie: {'a=b; ' * 12_000}"),
    "session that is none": raw(302, "GET /admin/ HTTP/1.1", "Cookie: __Host-session=%00\xff"),
    "query of 60 kB": raw(400, f"GET {LIST}q={'a' * 60_000} HTTP/1.1"),
    "query of 300 kB": raw(414, f"GET {LIST}q={'a' * 300_000} HTTP/1.1"),
    "10,001 parameters": raw(400, f"GET {LIST}{'a&' * 10_001} HTTP/1.1"),
    "expectation": raw(200, INDEX, "Expect: 200-maybe"),
    "range": raw(200, INDEX, "Range: bytes=99999999999999999999-"),
    "packed body": raw(403, LOGIN, "Content-Encoding: gzip", "Content-Length: 3", body=b"abc"),
    "parts without a boundary": raw(
        403, LOGIN, "Content-Type: multipart/form-data", "Content-Length: 3", body=b"a=b"
    ),
    "form of 30 MB": raw(
        413, LOGIN, FORM, f"Content-Length: {MUCH}", body=b"a=" + b"x" * (MUCH - 2)
    ),
    "JSON of 30 MB": raw(413, WRITE, f"Content-Length: {MUCH}", body=b"x" * MUCH),
}
