"""A catalogue of 88 kinds of bad input: the URLs to request, and the expected answers.

URLs under /admin/ are requested by a superuser, all others by an anonymous client. Raw requests are
at the end of this module. Inputs of forms and commands are in test_bad_inputs.py.
"""

import base64
from dataclasses import dataclass
from urllib.parse import quote

BEYOND_64_BITS = str(2**63)
LONG_NUMBER = "9" * 400
API_ROOT, ADMIN_ROOT = "/api/v1/", "/admin/policy/"
ACTION_LIST, ADMIN_ACTION_LIST = f"{API_ROOT}actions/?", f"{ADMIN_ROOT}action/?"
AUTOCOMPLETE = "/admin/autocomplete/?app_label=policy&model_name=relation&field_name=target&"
ACTION_AGGREGATE = f"{API_ROOT}actions/aggregate/?"
ExpectedAnswer = tuple[int, str]
# the status, and a part of the message
OK_ANSWER: ExpectedAnswer = (200, "")
NOT_FOUND: ExpectedAnswer = (404, "")
REDIRECT: ExpectedAnswer = (302, "")  # to the list, or to a page that says what is wrong
BAD_YEAR = (400, "Use a year from 1 to 9999.")
BAD_DAY = (400, ": Use 2021, 2021-06, 2021-06-09, ")
BAD_INSTANT = (400, "Use a date (2026-11-22) or an instant (2026-11-22T09:30:00Z).")
IN_THE_FUTURE = (400, "Use a time that is not in the future.")
BAD_PAGE_SIZE = (400, "page_size: Use a number from 1 to 1000.")
BAD_VERSION = (
    400,
    "after: Use a version as `meta.version` states it, for example 46.73d53380. To begin, use 0.",
)
BAD_CURSOR = (400, "This cursor is not valid on this instance. Start again without a cursor.")
UNKNOWN_PARAMETER = (400, "Unknown parameter.")
NO_SUCH_RECORD = (400, "There is no ")
BAD_ORDERING = (400, "ordering: Choose one of: ")
NO_TEXT = (400, "The value must be UTF-8 text without NUL characters.")
TOO_LONG = (400, "The value is longer than 500 characters.")
TOO_MANY_VALUES = (400, "Enter 1 to 20 different values, separated by commas.")
TOO_MANY_PARAMETERS = (400, "The URL has more than 300 parameters. Send fewer.")
BAD_FILTER = (400, "")


@dataclass(frozen=True)
class BadInput:
    """`expected_answers` pairs an answer with its URLs; `proved_by` names further tests."""

    number: int
    what: str
    expected_answers: tuple[tuple[ExpectedAnswer, tuple[str, ...]], ...] = ()
    proved_by: tuple[str, ...] = ()
    not_applicable: str = ""  # why no part of the project takes such an input


def join_each(start: str, *values: str) -> tuple[str, ...]:
    return tuple(f"{start}{value}" for value in values)


def cursor_urls(*positions: str) -> tuple[str, ...]:
    """URLs with cursors as a common library encodes them: the base64 of a position."""
    spelled = (base64.b64encode(text.encode()).decode() for text in positions)
    return tuple(f"{ACTION_LIST}cursor={quote(text)}" for text in spelled)


BAD_INPUTS = [
    # Numbers
    BadInput(
        1,
        "an integer beyond 64 bits in a list of values",
        (
            (
                BAD_YEAR,
                join_each(f"{ACTION_LIST}year__in=", BEYOND_64_BITS, f"2021,{BEYOND_64_BITS}"),
            ),
            (
                BAD_FILTER,
                join_each(
                    ADMIN_ACTION_LIST, f"id__in={BEYOND_64_BITS}", f"type__id__in={BEYOND_64_BITS}"
                ),
            ),
        ),
    ),
    BadInput(
        2,
        "a range that ends beyond 64 bits",
        (
            (UNKNOWN_PARAMETER, (f"{ACTION_LIST}year__range=1,{BEYOND_64_BITS}",)),
            (BAD_DAY, (f"{ACTION_LIST}sort_date__lte={BEYOND_64_BITS}",)),
        ),
    ),
    BadInput(
        3,
        "an integer beyond 64 bits as a reference",
        (
            (
                NO_SUCH_RECORD,
                join_each(
                    ACTION_LIST,
                    f"activity={BEYOND_64_BITS}",
                    f"agency={BEYOND_64_BITS}",
                    f"entity__in={BEYOND_64_BITS}",
                ),
            ),
            (REDIRECT, (f"{ADMIN_ROOT}action/{BEYOND_64_BITS}/change/",)),
        ),
        ("test_bad_inputs.py::test_forms_name_what_they_cannot_take",),
    ),
    BadInput(
        4,
        "an integer beyond 64 bits as a value",
        (
            (BAD_YEAR, join_each(f"{ACTION_LIST}year=", BEYOND_64_BITS, f"-{BEYOND_64_BITS}")),
            (BAD_VERSION, (f"{API_ROOT}changes/?after={BEYOND_64_BITS}",)),
            (OK_ANSWER, (f"{ADMIN_ACTION_LIST}id__exact={BEYOND_64_BITS}",)),
        ),
    ),
    BadInput(
        5,
        "no integer in a list of integers",
        (
            (
                BAD_YEAR,
                join_each(
                    f"{ACTION_LIST}year__in=", "NaN", "1e400", "0x10", "1.5", "1_000", "%2B1"
                ),
            ),
        ),
    ),
    BadInput(
        6,
        "5,000 digits in a list of integers",
        ((TOO_LONG, (f"{ACTION_LIST}year__in={'9' * 5000}",)),),
    ),
    BadInput(
        7,
        "numbers that are none",
        (
            (
                BAD_YEAR,
                join_each(
                    f"{ACTION_LIST}year=", "NaN", "Infinity", "-Infinity", "sNaN", "1e999999999"
                ),
            ),
            (BAD_VERSION, join_each(f"{API_ROOT}changes/?after=", "NaN", "Infinity", "1e9")),
        ),
    ),
    BadInput(
        8,
        "years that no calendar has",
        (
            (BAD_YEAR, join_each(f"{ACTION_LIST}year=", "0", "-1", "10000", "99999")),
            (
                BAD_FILTER,
                join_each(
                    ADMIN_ACTION_LIST,
                    *(f"edited_at__year={year}" for year in ("0", "-1", "10000", "2021")),
                ),
            ),
        ),
        ("test_filters.py::test_bad_value_is_refused_with_what_to_do",),
    ),
    BadInput(
        9,
        "a year beyond 64 bits",
        (
            (
                BAD_YEAR,
                join_each(ACTION_LIST, f"year={BEYOND_64_BITS}", f"year__ne={BEYOND_64_BITS}"),
            ),
            (BAD_FILTER, (f"{ADMIN_ACTION_LIST}edited_at__year={BEYOND_64_BITS}",)),
        ),
    ),
    BadInput(
        10,
        "a limit beyond 64 bits",
        (
            (BAD_PAGE_SIZE, join_each(f"{ACTION_LIST}page_size=", BEYOND_64_BITS, LONG_NUMBER)),
            (UNKNOWN_PARAMETER, (f"{ACTION_LIST}limit={BEYOND_64_BITS}",)),
        ),
    ),
    BadInput(
        11,
        "an offset beyond 64 bits",
        (
            (UNKNOWN_PARAMETER, (f"{ACTION_LIST}offset={BEYOND_64_BITS}",)),
            (
                OK_ANSWER,
                join_each("/admin/queue/mine/?p=", BEYOND_64_BITS, "-1", "0", "%D9%A1", "abc"),
            ),
        ),
    ),
    BadInput(
        12,
        "a page far behind the last",
        (
            (
                UNKNOWN_PARAMETER,
                join_each(ACTION_LIST, f"page={'9' * 9}", f"offset={BEYOND_64_BITS}"),
            ),
            (OK_ANSWER, join_each(ADMIN_ACTION_LIST, f"p={BEYOND_64_BITS}", "p=999999999")),
            (NOT_FOUND, join_each(AUTOCOMPLETE, f"page={BEYOND_64_BITS}", "page=-1", "page=abc")),
            (NOT_FOUND, (f"/sitemap-action.xml?p={BEYOND_64_BITS}",)),
        ),
    ),
    BadInput(
        13,
        "a page of no size",
        ((BAD_PAGE_SIZE, join_each(f"{ACTION_LIST}page_size=", "-1", "0", "abc", "1.5")),),
        ("test_paging.py::test_page_size_is_1_to_1000",),
    ),
    BadInput(
        14,
        "digits of other scripts",
        (
            (BAD_PAGE_SIZE, join_each(f"{ACTION_LIST}page_size=", "%D9%A1", "%EF%BC%91")),
            (BAD_YEAR, (f"{ACTION_LIST}year=%D9%A2%D9%A0%D9%A2%D9%A1",)),
            (
                NOT_FOUND,
                (
                    f"{API_ROOT}actions/kept/revisions/%D9%A1/",
                    "/actions/kept/revisions/%D9%A1/",
                    f"{API_ROOT}actions/%D9%A1/",
                ),
            ),
        ),
    ),
    BadInput(
        15,
        "ids and numbers of revisions that cannot be",
        (
            (
                NOT_FOUND,
                tuple(
                    f"{prefix}{id}/"
                    for prefix in (f"{API_ROOT}actions/", "/actions/", "/actions/kept/revisions/")
                    for id in (BEYOND_64_BITS, LONG_NUMBER, "9" * 5000, "nan", "1.5")
                ),
            ),
            (
                NOT_FOUND,
                (
                    f"{API_ROOT}actions/kept/revisions/{BEYOND_64_BITS}/",
                    f"{API_ROOT}terms/{LONG_NUMBER}.x/",
                ),
            ),
            (
                REDIRECT,
                join_each(
                    f"{ADMIN_ROOT}action/",
                    f"{BEYOND_64_BITS}/change/",
                    "nan/change/",
                    f"{LONG_NUMBER}/history/",
                ),
            ),
            (
                NOT_FOUND,
                join_each(
                    f"{ADMIN_ROOT}action/", f"{BEYOND_64_BITS}/publish/", "1.5/merge/", "_00/ask/"
                ),
            ),
        ),
        ("test_problems.py::test_nothing_there_is_a_404_problem",),
    ),
    # Dates, times, zones
    BadInput(
        16,
        "instants that leave the calendar in another zone",
        (
            (
                BAD_INSTANT,
                join_each(
                    f"{ACTION_LIST}as_of=",
                    "0001-01-01T00:00:00%2B14:00",
                    "9999-12-31T23:59:59-14:00",
                ),
            ),
            (BAD_INSTANT, (f"{ACTION_LIST}updated_since=0001-01-01T00:00:00%2B14:00",)),
            (OK_ANSWER, (f"{ADMIN_ACTION_LIST}edited_at__exact=0001-01-01T00:00:00%2B14:00",)),
        ),
    ),
    BadInput(
        17,
        "days that no calendar has",
        (
            (
                BAD_DAY,
                join_each(
                    f"{ACTION_LIST}sort_date__gte=",
                    *("0000-01-01", "10000-01-01", "2026-02-30", "-0001-01-01", "2021-W23-3"),
                ),
            ),
            (
                BAD_INSTANT,
                join_each(f"{ACTION_LIST}as_of=", "0000-01-01", "2026-02-30", "20210609T00"),
            ),
            (REDIRECT, (f"{ADMIN_ACTION_LIST}edited_at__exact=2026-02-30",)),
        ),
        ("test_bad_inputs.py::test_forms_name_what_they_cannot_take",),
    ),
    BadInput(
        18,
        "durations beyond the calendar",
        (
            (
                (400, "occurred__within: "),
                join_each(
                    f"{ACTION_LIST}occurred__within=", "-P999999999D", "999999999%2023:59:59"
                ),
            ),
        ),
    ),
    BadInput(
        19,
        "instants from numbers",
        (
            (
                BAD_INSTANT,
                join_each(f"{ACTION_LIST}as_of=", "nan", "inf", "1e20", "1623196800", "now"),
            ),
        ),
    ),
    BadInput(
        20,
        "zones",
        (
            (UNKNOWN_PARAMETER, join_each(ACTION_LIST, "tz=../../etc/passwd", "tz=Nope/Zone")),
            (BAD_INSTANT, (f"{ACTION_LIST}as_of=2021-06-09T12:00:00%5BEurope/Paris%5D",)),
        ),
    ),
    BadInput(
        21,
        "a plus sign that was not encoded",
        (((400, "Write + as %2B."), (f"{ACTION_LIST}as_of=2021-06-09T12:00:00+01:00",)),),
    ),
    BadInput(
        22,
        "leap seconds, midnight at the wrong end, instants without a zone",
        (
            (
                BAD_INSTANT,
                join_each(
                    f"{ACTION_LIST}as_of=",
                    *("2021-06-09T12:00:60Z", "2021-06-09T24:00:00Z", "2021-03-28T02:30:00"),
                ),
            ),
        ),
    ),
    BadInput(23, "no zone configured", proved_by=("test_bad_inputs.py::test_instants_are_in_utc",)),
    # Text, encodings, patterns, search
    BadInput(
        24,
        "NUL in a search",
        (
            (NO_TEXT, join_each(ACTION_LIST, "q=%00", "q=a%00b")),
            (NO_TEXT, ("/actions/?q=a%00b",)),
            (REDIRECT, (f"{ADMIN_ACTION_LIST}q=%00",)),
            (OK_ANSWER, (f"{AUTOCOMPLETE}term=%00",)),
        ),
    ),
    BadInput(
        25,
        "NUL in a path or a value",
        (
            (
                NOT_FOUND,
                (
                    *join_each(API_ROOT, "actions/%00/", "terms/%00/", "jurisdictions/%00/"),
                    *join_each("/", "actions/%00/", "jurisdictions/%00/", "jurisdictions/C%00/"),
                    *join_each("/", "%00", "static/%00", "sitemap-%00.xml", "admin/queue/%00/"),
                ),
            ),
            (NO_TEXT, join_each(ACTION_LIST, "jurisdiction=%00", "agency=a%00", "type__in=%00")),
        ),
        ("test_strictness.py::test_value_that_is_no_text_or_too_long_is_refused",),
    ),
    BadInput(
        26,
        "NUL in a list of the desk",
        (
            (
                REDIRECT,
                join_each(
                    ADMIN_ACTION_LIST,
                    "status__id__exact=%00",
                    "publication=%00",
                    "_changelist_filters=%00",
                ),
            ),
            (REDIRECT, (f"{ADMIN_ROOT}action/export/?q=%00", f"{ADMIN_ROOT}revision/?kind=%00")),
        ),
    ),
    BadInput(
        27,
        "what is no UTF-8",
        (
            (
                NO_TEXT,
                join_each(f"{ACTION_LIST}q=", "%ff%fe", "%ed%a0%80", "%c0%af", "%f8%88%80%80%80"),
            ),
        ),
        ("test_problems.py::test_malformed_parameter_is_refused",),
    ),
    BadInput(
        28,
        "a search of a thousand words",
        (
            (TOO_LONG, (f"{ACTION_LIST}q={'a+' * 1000}",)),
            ((400, "q: Search for at most 20 words."), (f"{ACTION_LIST}q={'a+' * 30}",)),
            (
                OK_ANSWER,
                (f"{ADMIN_ACTION_LIST}q={'a+' * 2000}", f"{AUTOCOMPLETE}term={'a+' * 2000}"),
            ),
        ),
    ),
    BadInput(
        29,
        "a search as long as a book",
        (
            (TOO_LONG, (f"{ACTION_LIST}q={'a' * 1_000_000}", f"/actions/?q={'a' * 1_000_000}")),
            (OK_ANSWER, (f"{ADMIN_ACTION_LIST}q={'a' * 1_000_000}",)),
        ),
        ("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    BadInput(
        30,
        "patterns that are none",
        (
            (UNKNOWN_PARAMETER, join_each(ACTION_LIST, "q__iregex=(", "title__regex=%5B")),
            (OK_ANSWER, join_each(f"{ACTION_LIST}q=", "(", "%5B", "%5C1", "a%7B1,99999%7D")),
            (
                BAD_FILTER,
                join_each(
                    ADMIN_ACTION_LIST, "title__iregex=(", "title__regex=%5B", "slug__regex=%5C1"
                ),
            ),
        ),
    ),
    BadInput(
        31,
        "patterns that never end",
        (
            (UNKNOWN_PARAMETER, (f"{ACTION_LIST}q__regex=(a%2B)%2B$",)),
            (BAD_FILTER, (f"{ADMIN_ACTION_LIST}title__regex=(a%2B)%2B$",)),
        ),
        ("test_database_errors.py::test_a_statement_that_takes_too_long_is_ended_and_explained",),
    ),
    BadInput(
        32,
        "wildcards of the database",
        (
            (OK_ANSWER, join_each(f"{ACTION_LIST}q=", "%25", "_", "%5C", "%25%25%25")),
            (OK_ANSWER, join_each(ADMIN_ACTION_LIST, "q=%25", "q=_", "q=%5C", "q='")),
        ),
        ("test_bad_inputs.py::test_wildcards_are_letters",),
    ),
    BadInput(
        33,
        "the grammar of a search engine",
        (
            (
                OK_ANSWER,
                join_each(
                    f"{ACTION_LIST}q=",
                    *("%22unbalanced", "AND+OR", "a*b", ":*", "NEAR(", "!!", "%26+%7C", "-", "OR"),
                ),
            ),
        ),
        ("test_filters.py::test_hostile_search_text_is_plain_words",),
    ),
    BadInput(
        34,
        "letters that turn, vanish or pile up",
        (
            (
                OK_ANSWER,
                join_each(f"{ACTION_LIST}q=", "%E2%80%AE%D8%A7", "%E2%80%8B", "e" + "%CC%81" * 150),
            ),
            (OK_ANSWER, join_each(ADMIN_ACTION_LIST, f"q=e{'%CC%81' * 10_000}", "q=%E2%80%AE")),
        ),
    ),
    # Paging, ordering, filters, negotiation
    BadInput(
        35,
        "positions that cannot be",
        (
            (
                BAD_CURSOR,
                cursor_urls(
                    "p=notadate", "p=", "p=\0", "p=1&p=2", "p=0000-01-01", "p=10000-01-01", "p=None"
                ),
            ),
        ),
        ("test_paging.py::test_forged_cursor_is_refused",),
    ),
    BadInput(
        36,
        "a cursor of another order",
        proved_by=("test_paging.py::test_cursor_belongs_to_its_question",),
    ),
    BadInput(
        37,
        "a position of another type",
        ((BAD_CURSOR, cursor_urls("p=zz", "p=NaN", "p=00000000-0000-0000-0000-00000000000g")),),
        ("test_paging.py::test_cursor_signed_for_something_else_is_refused",),
    ),
    BadInput(
        38,
        "a position where nothing stands",
        proved_by=("test_paging.py::test_every_row_comes_once_in_every_order",),
    ),
    BadInput(
        39,
        "a cursor that is none",
        (
            (
                BAD_CURSOR,
                join_each(
                    f"{ACTION_LIST}cursor=",
                    "!!!!",
                    "junk",
                    "%C3%A9",
                    "....",
                    "a:b:c",
                    "%F0%9F%98%80",
                ),
            ),
        ),
    ),
    BadInput(
        40,
        "a cursor encoded twice",
        ((BAD_CURSOR, (f"{ACTION_LIST}cursor=%253D", f"{ACTION_LIST}cursor=a%253Ab")),),
    ),
    BadInput(
        41,
        "orders by what is hidden, or by chance",
        (
            (
                BAD_ORDERING,
                join_each(
                    f"{ACTION_LIST}ordering=",
                    *("author__password", "%3F", "internal_note", "random", "-id,-id", "note"),
                ),
            ),
        ),
    ),
    BadInput(
        42,
        "orders by columns that are not shown",
        (
            (
                BAD_ORDERING,
                join_each(f"{ACTION_LIST}ordering=", "note", "edited_by", "edited_at", "pk", "-pk"),
            ),
        ),
        ("test_leaks.py::test_no_filter_or_search_finds_the_workbench",),
    ),
    BadInput(
        43,
        "an order of 100,000 columns",
        ((TOO_LONG, (f"{ACTION_LIST}ordering={'id,' * 100_000}",)),),
    ),
    BadInput(
        44,
        "40,000 ids",
        (
            (TOO_LONG, (f"{ACTION_LIST}source__in={'a,' * 40_000}",)),
            (TOO_MANY_VALUES, (f"{ACTION_LIST}source__in={','.join(map(str, range(21)))}",)),
        ),
    ),
    BadInput(
        45,
        "filters on hidden columns",
        (
            (
                UNKNOWN_PARAMETER,
                join_each(
                    ACTION_LIST, "edited_by__password__startswith=p", "citations__note__contains=x"
                ),
            ),
            (
                BAD_FILTER,
                join_each(
                    ADMIN_ACTION_LIST, "edited_by__password__startswith=p", "note__contains=x"
                ),
            ),
        ),
    ),
    BadInput(
        46,
        "filters that go round in circles",
        (
            (UNKNOWN_PARAMETER, (f"{ACTION_LIST}source__actions__source__actions__id=1",)),
            (BAD_FILTER, (f"{ADMIN_ACTION_LIST}relations__target__relations__target__title=x",)),
        ),
    ),
    BadInput(
        47,
        "filters that are the framework's own words",
        (
            (
                UNKNOWN_PARAMETER,
                join_each(ACTION_LIST, "_connector=OR", "_negated=1", "nosuch=1", "type__foo=1"),
            ),
            (REDIRECT, join_each(ADMIN_ACTION_LIST, "_connector=OR", "_negated=1", "nosuch=1")),
            (BAD_FILTER, (f"{ADMIN_ACTION_LIST}type__foo=1",)),
        ),
    ),
    BadInput(
        48,
        "parameters that nobody knows",
        (
            (
                (400, "Unknown parameter. Did you mean year?"),
                join_each(ACTION_LIST, "yaer=2021", "year[]=2021"),
            ),
            ((400, "Unknown parameter."), ("/actions/?yaer=2021",)),
        ),
        ("test_strictness.py::test_invented_parameter_is_unknown",),
    ),
    BadInput(
        49,
        "a parameter twice",
        (
            (
                (400, "Specify this parameter only once."),
                join_each("", f"{ACTION_LIST}year=1&year=2", "/actions/?year=1&year=2"),
            ),
        ),
        ("test_strictness.py::test_repeated_parameter_is_refused",),
    ),
    BadInput(
        50,
        "neither yes nor no",
        (
            (NO_SUCH_RECORD, join_each(ACTION_LIST, "has_doubt=maybe", "type__isnull=maybe")),
            ((400, "Use true or false."), (f"{ACTION_LIST}q=a&highlight=yes",)),
            ((400, "safe: Use true or false."), (f"{ACTION_LIST}format=csv&safe=1",)),
        ),
    ),
    BadInput(
        51,
        "paths into JSON",
        (
            (
                UNKNOWN_PARAMETER,
                join_each(
                    ACTION_LIST,
                    f"document{'__a' * 300}=1",
                    "document__%00=1",
                    f"document__{'9' * 30}=1",
                    "%00=1",
                ),
            ),
            (BAD_FILTER, (f"{ADMIN_ROOT}revision/?document{'__a' * 300}=1",)),
        ),
    ),
    BadInput(
        52,
        "JSON as a value",
        (
            (
                NO_SUCH_RECORD,
                join_each(
                    f"{ACTION_LIST}type=",
                    "NaN",
                    "1e400",
                    "%22%5Cu0000%22",
                    "%22%5Cud800%22",
                    "%7B%7D",
                ),
            ),
            (BAD_FILTER, (f"{ADMIN_ROOT}term/?crosswalk__contains=%22%5Cu0000%22",)),
        ),
    ),
    BadInput(
        53,
        "formats and languages of answers that do not exist",
        (
            (
                (400, "format: Choose one of: "),
                join_each(ACTION_LIST, "format=xyz", "format=api", "format=../x"),
            ),
        ),
        (
            "test_problems.py::test_other_formats_are_refused",
            "test_bad_inputs.py::test_what_is_accepted_is_read_quickly",
        ),
    ),
    BadInput(
        54,
        "a header with thousands of parts",
        proved_by=("test_bad_inputs.py::test_what_is_accepted_is_read_quickly",),
    ),
    BadInput(
        55,
        "a query longer than servers like",
        ((TOO_LONG, (f"{ACTION_LIST}q={'a' * 5000}",)),),
        ("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    BadInput(
        56,
        "a thousand and more parameters",
        (
            (
                TOO_MANY_PARAMETERS,
                tuple(
                    f"{path}?{query}"
                    for path in (
                        f"{API_ROOT}actions/",
                        "/actions/",
                        "/",
                        f"{ADMIN_ROOT}action/",
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
    BadInput(
        57,
        "HEAD and OPTIONS",
        proved_by=(
            "test_problems.py::test_head_has_the_headers_of_get",
            "test_options.py::test_list_tells_all_its_filters",
        ),
    ),
    BadInput(
        58,
        "methods that write",
        proved_by=(
            "test_strictness.py::test_method_is_refused_before_its_parameters",
            "test_web.py::test_pages_are_only_read",
            "test_bad_inputs.py::test_raw_bytes_get_an_answer",
        ),
    ),
    BadInput(
        59,
        "methods that hide",
        ((UNKNOWN_PARAMETER, join_each(ACTION_LIST, "_method=DELETE", "method=POST")),),
        ("test_bad_inputs.py::test_headers_that_mean_nothing_change_nothing",),
    ),
    BadInput(
        60,
        "bodies and methods out of place",
        proved_by=("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    BadInput(
        61,
        "NaN in JSON",
        proved_by=("test_strictjson.py::test_what_cannot_be_kept_is_named",),
    ),
    *(
        BadInput(
            number,
            what,
            proved_by=(
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
    BadInput(
        66, "a body of 30 MB", proved_by=("test_bad_inputs.py::test_raw_bytes_get_an_answer",)
    ),
    BadInput(
        67, "charsets that unpack", proved_by=("test_bad_inputs.py::test_charsets_that_are_none",)
    ),
    BadInput(
        68,
        "hosts that are not ours",
        proved_by=("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    BadInput(
        69,
        "a port that is not ours",
        proved_by=("test_bad_inputs.py::test_no_stranger_writes_our_links",),
    ),
    BadInput(
        70,
        "a proxy's headers from a stranger",
        proved_by=("test_bad_inputs.py::test_no_stranger_writes_our_links",),
    ),
    BadInput(
        71,
        "cookies, credentials and conditions that are junk",
        proved_by=("test_bad_inputs.py::test_headers_that_mean_nothing_change_nothing",),
    ),
    BadInput(
        72,
        "paths that lead elsewhere",
        (
            (
                NOT_FOUND,
                (
                    *join_each("/", "%0d%0aSet-Cookie:a=b", "static/..%2f..%2fmanage.py"),
                    *join_each(
                        API_ROOT,
                        "actions%0d%0aSet-Cookie:a=b/",
                        "/evil.example",
                        "..%2f..%2fadmin/",
                    ),
                    *join_each(
                        "/", "actions/..%2f..%2fetc/", "jurisdictions/..%2f/", "%5cevil.example"
                    ),
                ),
            ),
        ),
        ("test_bad_inputs.py::test_raw_bytes_get_an_answer",),
    ),
    # The desk
    BadInput(
        73,
        "the last year in a hierarchy of dates",
        (
            (
                BAD_FILTER,
                join_each(ADMIN_ACTION_LIST, "edited_at__year=9999", "edited_at__year__exact=9999"),
            ),
        ),
    ),
    BadInput(
        74,
        "a year of 21 digits",
        ((BAD_FILTER, (f"{ADMIN_ACTION_LIST}edited_at__year={10**20}",)),),
    ),
    BadInput(
        75,
        "ticked rows that are none",
        proved_by=(
            "test_desk_pages.py::test_lists_take_no_bulk_actions_but_exporting_and_publishing",
        ),
    ),
    BadInput(
        76,
        "popups and hidden columns",
        (
            (
                BAD_FILTER,
                (
                    f"{ADMIN_ACTION_LIST}edited_by__password__startswith=p",
                    "/admin/auth/user/?password__startswith=p",
                    f"{ADMIN_ACTION_LIST}_to_field=note",
                    f"{ADMIN_ACTION_LIST}_to_field=edited_by__password",
                ),
            ),
            (OK_ANSWER, join_each(ADMIN_ACTION_LIST, "_popup=1", "_popup=%27")),
        ),
    ),
    BadInput(
        77,
        "searches of what is not searched",
        (
            (
                (403, ""),
                join_each(
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
    BadInput(
        78,
        "a login that leads elsewhere",
        proved_by=("test_bad_inputs.py::test_a_login_leads_nowhere_else",),
    ),
    BadInput(
        79,
        "a login of a megabyte",
        proved_by=("test_bad_inputs.py::test_large_logins_are_refused",),
    ),
    BadInput(
        80,
        "addresses that are scripts",
        proved_by=("test_bad_inputs.py::test_addresses_that_are_scripts_are_refused",),
    ),
    # Files and exports
    BadInput(
        81,
        "bombs",
        proved_by=(
            "test_drafts_files.py::test_archives_that_are_none_say_why",
            "test_desk_import.py::test_a_forged_bomb_is_not_unpacked",
        ),
    ),
    BadInput(
        82,
        "archives that write elsewhere",
        proved_by=(
            "test_drafts_files.py::test_archives_that_are_none_say_why",
            "test_bad_files.py::test_links_are_followed_and_those_that_lead_nowhere_are_named",
        ),
    ),
    BadInput(
        83,
        "cells that are formulas",
        proved_by=(
            "test_streams.py::test_cells_are_written_as_they_are",
            "test_streams.py::test_cells_are_guarded_on_request",
            "test_drafts_files.py::test_no_cell_is_a_formula",
        ),
    ),
    BadInput(
        84,
        "tables and texts in other shapes",
        proved_by=(
            "test_drafts_files.py::test_tables_that_are_none_say_why",
            "test_article.py::test_what_is_no_text_is_refused",
            "test_bad_history.py::test_a_line_may_not_be_endless",
            "test_bad_inputs.py::test_uploads_of_any_bytes_are_answered",
        ),
    ),
    BadInput(
        85,
        "entities in XML and HTML",
        proved_by=("test_bad_inputs.py::test_entities_of_html_fetch_and_expand_nothing",),
    ),
    BadInput(
        86,
        "a file twice, or again after it was cut off",
        proved_by=(
            "test_bad_history.py::test_two_lines_that_changed_places",
            "test_loads_at_once.py::test_two_loads_at_once_publish_once",
            "test_start.py::test_it_serves_the_seed_from_an_empty_folder_and_again",
        ),
    ),
    BadInput(
        87,
        "addresses to fetch",
        not_applicable="Nothing fetches an address: articles come as files or text.",
    ),
    BadInput(
        88,
        "a full disk, a database that takes nothing, an end in the middle",
        proved_by=(
            "test_database_errors.py::test_every_page_says_that_the_database_is_unavailable",
            "test_bad_files.py::test_what_the_database_alone_refuses_is_no_traceback_either",
            "test_loads_at_once.py::test_a_load_that_is_killed_leaves_nothing",
        ),
    ),
]

# An address that a socket can carry, of each ask: the soak sends them too.
BAD_INPUT_URLS = [
    path
    for row in BAD_INPUTS
    for _, paths in row.expected_answers
    for path in paths
    if len(path) < 50_000
]


@dataclass(frozen=True)
class RawRequest:
    """The bytes of a request that no ordinary client sends, and the expected status."""

    sent: bytes
    status: int


def raw_request(
    status: int, line: str, *headers: str, body: bytes = b"", host: str = "good.example"
) -> RawRequest:
    lines = [line, *([f"Host: {host}"] if host else []), "Connection: close", *headers, "", ""]
    return RawRequest("\r\n".join(lines).encode("latin-1") + body, status)


GET_INDEX = "GET /api/v1/ HTTP/1.1"
POST_INDEX = "POST /api/v1/ HTTP/1.1"
POST_LOGIN = "POST /admin/login/ HTTP/1.1"
FORM_CONTENT_TYPE = "Content-Type: application/x-www-form-urlencoded"
LARGE_BODY_BYTES = 30 * 2**20
RAW_REQUESTS = {
    "no host": raw_request(400, GET_INDEX, host=""),
    "no host in HTTP/1.0": raw_request(400, "GET /api/v1/ HTTP/1.0", host=""),
    "HTTP/1.0": raw_request(200, "GET /api/v1/ HTTP/1.0"),
    "HTTP/0.9": RawRequest(b"GET /\r\n\r\n", 400),
    "HTTP/3.0": raw_request(400, "GET / HTTP/3.0"),
    "TLS": RawRequest(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 20, 400),
    "NUL": RawRequest(b"\0" * 100 + b"\r\n\r\n", 400),
    "method in lower case": raw_request(405, "delete /api/v1/ HTTP/1.1"),
    "method unknown": raw_request(405, "FOO /api/v1/ HTTP/1.1"),
    "method of 200 letters": raw_request(405, f"{'A' * 200} /api/v1/ HTTP/1.1"),
    "TRACE": raw_request(405, "TRACE /api/v1/ HTTP/1.1"),
    "CONNECT": raw_request(403, "CONNECT evil.example:443 HTTP/1.1"),
    "whole server": raw_request(404, "OPTIONS * HTTP/1.1"),
    "space in the path": raw_request(400, "GET /api/v1/ x HTTP/1.1"),
    "byte in the path": raw_request(400, "GET /api/v1/\xff HTTP/1.1"),
    "NUL in the path": raw_request(400, "GET /api/v1/\0 HTTP/1.1"),
    "length -1": raw_request(400, POST_INDEX, "Content-Length: -1"),
    "length abc": raw_request(400, POST_INDEX, "Content-Length: abc"),
    "length of 30 digits": raw_request(400, POST_INDEX, f"Content-Length: {'9' * 30}"),
    "two lengths": raw_request(
        400, POST_INDEX, "Content-Length: 1", "Content-Length: 2", body=b"ab"
    ),
    "length and chunks": raw_request(
        405, POST_INDEX, "Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    ),
    "chunks that are none": raw_request(
        405, POST_INDEX, "Transfer-Encoding: chunked", body=b"zz\r\nab\r\n"
    ),
    "encoding unknown": raw_request(400, POST_INDEX, "Transfer-Encoding: bogus", body=b"zz"),
    "body on GET": raw_request(200, GET_INDEX, "Content-Length: 2", body=b"{}"),
    "host unknown": raw_request(400, GET_INDEX, host="evil.example"),
    "host unknown, page": raw_request(400, "GET / HTTP/1.1", host="evil.example"),
    "host unknown, static": raw_request(
        400, "GET /static/web/site.css HTTP/1.1", host="evil.example"
    ),
    "host with a space": raw_request(400, GET_INDEX, host="a b"),
    "host empty": raw_request(400, GET_INDEX, "Host: ", host=""),
    "host cut off": raw_request(400, GET_INDEX, host="[::1"),
    "two hosts": raw_request(400, GET_INDEX, "Host: evil.example"),
    "two hosts, ours last": raw_request(400, GET_INDEX, "Host: good.example", host="evil.example"),
    "NUL in the host": raw_request(400, GET_INDEX, host="good.example\0"),
    "user in the host": raw_request(400, GET_INDEX, host="good.example@evil.example"),
    "port 99999": raw_request(400, GET_INDEX, host="good.example:99999"),
    "port 81": raw_request(400, "GET / HTTP/1.1", host="good.example:81"),
    "port abc": raw_request(400, GET_INDEX, host="good.example:abc"),
    "port 80": raw_request(200, GET_INDEX, host="good.example:80"),
    "line end in the path": raw_request(404, "GET /%0d%0aSet-Cookie:a=b HTTP/1.1"),
    "two slashes": raw_request(404, "GET //evil.example HTTP/1.1"),
    "two slashes, no last one": raw_request(404, "GET //evil.example/admin HTTP/1.1"),
    "up and away": raw_request(404, "GET /static/../../manage.py HTTP/1.1"),
    "backslash": raw_request(404, "GET /\\evil.example HTTP/1.1"),
    "header without colon": raw_request(400, GET_INDEX, "nocolon"),
    "header with a space": raw_request(400, GET_INDEX, "Bad Header : x"),
    "folded header": raw_request(400, GET_INDEX, "X-A: b\r\n c"),
    "NUL in a header": raw_request(400, GET_INDEX, "X-A: b\0c"),
    "byte in a header": raw_request(406, GET_INDEX, "Accept: \xff"),
    "header of a megabyte": raw_request(431, GET_INDEX, f"X-A: {'a' * 1_000_000}"),
    "200 headers": raw_request(431, GET_INDEX, *(f"X-{n}: a" for n in range(200))),
    "12,000 cookies": raw_request(200, "GET /admin/login/ HTTP/1.1", f"Cookie: {'a=b; ' * 12_000}"),
    "session that is none": raw_request(
        302, "GET /admin/ HTTP/1.1", "Cookie: __Host-session=%00\xff"
    ),
    "query of 60 kB": raw_request(400, f"GET {ACTION_LIST}q={'a' * 60_000} HTTP/1.1"),
    "query of 300 kB": raw_request(414, f"GET {ACTION_LIST}q={'a' * 300_000} HTTP/1.1"),
    "10,001 parameters": raw_request(400, f"GET {ACTION_LIST}{'a&' * 10_001} HTTP/1.1"),
    "expectation": raw_request(200, GET_INDEX, "Expect: 200-maybe"),
    "range": raw_request(200, GET_INDEX, "Range: bytes=99999999999999999999-"),
    "packed body": raw_request(
        403, POST_LOGIN, "Content-Encoding: gzip", "Content-Length: 3", body=b"abc"
    ),
    "parts without a boundary": raw_request(
        403, POST_LOGIN, "Content-Type: multipart/form-data", "Content-Length: 3", body=b"a=b"
    ),
    "form of 30 MB": raw_request(
        413,
        POST_LOGIN,
        FORM_CONTENT_TYPE,
        f"Content-Length: {LARGE_BODY_BYTES}",
        body=b"a=" + b"x" * (LARGE_BODY_BYTES - 2),
    ),
    "JSON of 30 MB": raw_request(
        413, POST_INDEX, f"Content-Length: {LARGE_BODY_BYTES}", body=b"x" * LARGE_BODY_BYTES
    ),
}
