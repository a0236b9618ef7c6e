"""What words suggest: names, dates, figures and acts, each where it stands."""

from datetime import date
from decimal import Decimal

import pytest

from policy.models import Term
from policy.suggestions import DescribedBody, Gazetteer, KnownName, find_suggestions, load_gazetteer
from policy.suggestions.bodies import find_bodies
from policy.suggestions.dates import find_dates
from policy.suggestions.figures import Quantity, find_figures
from policy.suggestions.lexicon import SERIES_CODE, load_lexicon
from policy.suggestions.names import find_names
from policy.suggestions.triggers import find_action_types, find_activities
from tests import factories as make

THURSDAY = (date(2021, 6, 10), date(2021, 6, 10))
AUTUMN = (date(2021, 9, 1), date(2021, 12, 21))


def named(text: str, known: Gazetteer) -> list[tuple[str, str, str]]:
    return [(row.kind, row.value, text[row.start : row.end]) for row in find_names(text, known)]


# Names


@pytest.fixture(scope="module")
def known(shared: None) -> Gazetteer:
    make.agency(
        "mint",
        name="Mint of China",
        native_name="中国造币",
        aliases=["Old Mint", "OMC"],
    )
    make.entity("penny", name="Penny", type_id="entity_kind.asset")
    make.entity("apple", name="Apple")
    return load_gazetteer()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Mint of China said", [("agency", "mint", "Mint of China")]),
        ("the Old\nMint", [("agency", "mint", "Old\nMint")]),
        ("an old mint", []),
        ("The OMC, not omc.", [("agency", "mint", "OMC")]),
        ("The Chinese Mint", [("agency", "mint", "Chinese Mint")]),
        ("据中国造币称", [("agency", "mint", "中国造币")]),
        ("an apple for a penny", [("entity", "penny", "penny")]),
        ("Apple’s plan", [("entity", "apple", "Apple")]),
        ("Applet", []),
    ],
)
def test_agencies_and_entities_are_known_by_every_name(known, text, found):
    assert [row for row in named(text, known) if row[0] != "jurisdiction"] == found


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("China’s rules", ["CN"]),
        ("Salvadoran law", ["SV"]),
        ("青海省 and 中国", ["CN-QH", "CN"]),
        ("Inner Mongolia", ["CN-NM"]),
        ("United States of America", ["US"]),
        ("the U.S. and the EU", ["US", "EU"]),
        ("a Central American country", []),
        ("PRC AND CAN", ["CN"]),  # three capitals of ISO name no country: they are words
        ("Reading a bar chart", []),
        ("Reading, in Britain", ["GB-RDG", "GB"]),
        ("Georgia", ["GE"]),  # the country before its namesake
        ("Central and Western", []),
        ("turkey and chad", []),
        ("In Chad. Republic", ["TD"]),
    ],
)
def test_places_are_known_by_name_and_people(known, text, codes):
    assert [row[1] for row in named(text, known) if row[0] == "jurisdiction"] == codes


def test_offsets_count_code_points(known):
    assert named("\U0001f600 é中国 x", known) == [("jurisdiction", "CN", "中国")]
    assert find_names("\U0001f600 é中国", known)[0].start == 3


def test_two_of_one_name_are_not_told_apart():
    twins = Gazetteer([KnownName("Board", "agency", slug, slug) for slug in ("a", "b")])
    assert named("The Board", twins) == []


def test_the_longer_name_wins():
    both = Gazetteer(
        [KnownName("Bank", "agency", "a", "a"), KnownName("Bank of Fiji", "agency", "b", "b")]
    )
    assert named("Bank of Fiji", both) == [("agency", "b", "Bank of Fiji")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Chilean police and local courts", ["Chilean police", "local courts"]),
        ("Why the Ministry slept", ["Ministry"]),
        ("Of authorities", ["authorities"]),
        ("the Chilean Stock and Coin Commission", ["Chilean Stock and Coin Commission"]),
        ("the policed town", []),
    ],
)  # fmt: skip
def test_bodies_are_seen_that_are_only_described(text, words):
    assert [row.value for row in find_bodies(text, [])] == [DescribedBody(word) for word in words]


# Dates


def dated(text: str, published=THURSDAY) -> list[tuple[str, str | None, str | None, str]]:
    return [
        (
            text[row.start : row.end],
            row.value.earliest and row.value.earliest.isoformat(),
            row.value.latest and row.value.latest.isoformat(),
            row.value.precision,
        )
        for row in find_dates(text, published)
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("on Wednesday", ("2021-06-09", "2021-06-09", "day")),
        ("on Thursday", ("2021-06-10", "2021-06-10", "day")),
        ("on Friday", ("2021-06-04", "2021-06-04", "day")),
        ("last Thursday", ("2021-06-03", "2021-06-03", "day")),
        ("next Monday", ("2021-06-14", "2021-06-14", "day")),
        ("yesterday", ("2021-06-09", "2021-06-09", "day")),
        ("last week", ("2021-05-31", "2021-06-06", "week")),
        ("this week", ("2021-06-07", "2021-06-13", "week")),
        ("last month", ("2021-05-01", "2021-05-31", "month")),
        ("last year", ("2020-01-01", "2020-12-31", "year")),
        ("21 May", ("2021-05-21", "2021-05-21", "day")),
        ("May 21, 2019", ("2019-05-21", "2019-05-21", "day")),
        ("on the 3rd of July", ("2020-07-03", "2020-07-03", "day")),
        ("2021-05-21", ("2021-05-21", "2021-05-21", "day")),
        ("in May", ("2021-05-01", "2021-05-31", "month")),
        ("in August", ("2020-08-01", "2020-08-31", "month")),
        ("in May last year", ("2020-05-01", "2020-05-31", "month")),
        ("last June", ("2020-06-01", "2020-06-30", "month")),
        ("February 2020", ("2020-02-01", "2020-02-29", "month")),
        ("early March", ("2021-03-01", "2021-03-10", "part_of_month")),
        ("in mid-April", ("2021-04-11", "2021-04-20", "part_of_month")),
        ("At the end of February", ("2021-02-21", "2021-02-28", "part_of_month")),
        ("in 2019", ("2019-01-01", "2019-12-31", "year")),
        ("the second quarter of 2020", ("2020-04-01", "2020-06-30", "range")),
        ("H2 2020", ("2020-07-01", "2020-12-31", "range")),
        ("earlier this month", ("2021-06-01", "2021-06-10", "range")),
        ("later this year", ("2021-06-10", "2021-12-31", "range")),
        ("three days ago", ("2021-06-07", "2021-06-07", "day")),
        ("two weeks ago", ("2021-05-24", "2021-05-30", "week")),
        ("over the past two weeks", ("2021-05-27", "2021-06-10", "range")),
        ("In recent weeks", (None, "2021-06-10", "before")),
        ("recently", (None, "2021-06-10", "before")),
        ("upcoming", ("2021-06-10", None, "after")),
        ("currently", ("2021-06-10", "2021-06-10", "day")),
        ("this Friday", ("2021-06-11", "2021-06-11", "day")),
        ("late in May", ("2021-05-21", "2021-05-31", "part_of_month")),
        ("from 2019", ("2019-01-01", "2019-12-31", "year")),
        ("the week of 19 May", ("2021-05-17", "2021-05-23", "week")),
        ("between 1 and 5 May", ("2021-05-01", "2021-05-05", "range")),
        ("between May and July 2020", ("2020-05-01", "2020-07-31", "range")),
        ("between Monday and Wednesday", ("2021-06-07", "2021-06-09", "range")),
        ("from 28 December to January 5, 2021", ("2020-12-28", "2021-01-05", "range")),
        ("24–26 May", ("2021-05-24", "2021-05-26", "range")),
        ("28 May–3 June", ("2021-05-28", "2021-06-03", "range")),
        ("Dec. 28-5 January 2021", ("2020-12-28", "2021-01-05", "range")),
        ("May 1-June 3", ("2021-05-01", "2021-06-03", "range")),
        ("2021年5月21日", ("2021-05-21", "2021-05-21", "day")),
        ("5月21日", ("2021-05-21", "2021-05-21", "day")),
        ("5月底", ("2021-05-21", "2021-05-31", "part_of_month")),
        ("上周", ("2021-05-31", "2021-06-06", "week")),
        ("去年", ("2020-01-01", "2020-12-31", "year")),
        ("近日", (None, "2021-06-10", "before")),
    ],
)
def test_dates_resolve_against_the_publication(text, span):
    assert dated(text) == [(text, *span)]


@pytest.mark.parametrize(
    "text",
    [
        "It may rain",
        "May I?",
        "a march",
        "31 June",
        "31 February 2020",
        "the Sun",
        "Q5 2020",
        "2021",
    ],
)
def test_words_that_are_no_dates(text):
    assert dated(text) == []


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("The rule will apply from Friday", "2021-06-11"),
        ("It takes effect on 1 September", "2021-09-01"),
        ("They may be closed from April 1, by law", "2022-04-01"),
    ],
)
def test_what_lies_ahead_is_resolved_forward(text, day):
    assert [row[1:] for row in dated(text)] == [(day, day, "day")]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("It will be closed from 1 to 5 March.", ("2022-03-01", "2022-03-05", "range")),
        ("It was closed from 1 to 5 July.", ("2020-07-01", "2020-07-05", "range")),
    ],
)
def test_words_before_a_range_say_whether_it_lies_ahead(text, span):
    assert [row[1:] for row in dated(text)] == [span]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the week of May 2021", "of May 2021"),
        ("between 5 and 1 May", "1 May"),
        ("from 5 May to 60 people", "5 May"),
        ("order 2021-05-21 May 2021", "21 May 2021"),
        ("24-May 2021", "May 2021"),
    ],
)
def test_a_date_is_found_in_words_that_are_no_longer_date(text, words):
    assert [row[0] for row in dated(text)] == [words]


def test_relative_time_inherits_the_sources_width():
    assert dated("on Monday", AUTUMN) == [("on Monday", "2021-08-30", "2021-12-20", "range")]
    assert dated("in May this year", AUTUMN)[0][1:] == ("2021-05-01", "2021-05-31", "month")
    assert dated("recently", AUTUMN)[0][1:] == (None, "2021-12-21", "before")
    assert dated("upcoming", AUTUMN)[0][1:] == ("2021-09-01", None, "after")


def test_an_open_end_stays_open():
    assert dated("last month", (None, date(2021, 6, 10)))[0][1:] == (None, "2021-05-31", "before")
    assert dated("recently", (date(2021, 6, 10), None)) == []


def test_intervals_overlap_and_are_open_on_the_same_side():
    (week,) = find_dates("last week", THURSDAY)
    (lately,) = find_dates("recently", THURSDAY)
    days = (date(2021, 6, 6), date(2021, 6, 20))
    assert week.value.overlaps(*days)
    assert not week.value.overlaps(date(2021, 6, 7), None)
    assert lately.value.overlaps(None, date(2021, 1, 1))
    assert not lately.value.overlaps(*days)


def test_without_a_publication_date_only_absolute_dates_are_found():
    text = "Yesterday, on 3 May 2020 and in 2019, last week"
    assert [row[0] for row in dated(text, (None, None))] == ["on 3 May 2020", "in 2019"]


def test_a_date_says_how_it_was_found_and_of_what():
    stated, derived, told, seen = find_dates(
        "In 2019. On Monday. It reported on Tuesday. Now.", THURSDAY
    )
    assert (stated.value.basis, stated.why) == ("stated", "“In 2019”")
    assert (derived.value.basis, derived.why) == (
        "derived",
        "“On Monday” in a source dated 10 June 2021",
    )
    assert (told.value.hint, seen.value.hint) == ("reported", "observed")


# Figures


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("arresting more than 1,100 people", ("1100", "more_than", "people", "persons_arrested")),
        ("Prosecutors charged 12 dealers.", ("12", "exactly", "dealers", "persons_charged")),
        ("about twenty traders were warned", ("20", "about", "traders", "persons_warned")),
        ("at least 3 gangs", ("3", "at_least", "gangs", "groups_dismantled")),
        ("3 cities and towns", ("3", "exactly", "cities and towns", "areas_covered")),
        ("They closed up to 26 mining farms", ("26", "at_most", "farms", "sites_closed")),
        ("fewer than 5 accounts banned", ("5", "less_than", "accounts", "accounts_banned")),
        ("seized 400 machines", ("400", "exactly", "machines", "devices_seized")),
        ("a plant of 95 MW", ("95", "exactly", "MW", "capacity_mw")),
        ("within fifteen days", ("15", "exactly", "days", "deadline_days")),
        ("froze $2.5 million", ("2500000", "exactly", "USD", "money_seized")),
        ("fined nearly 800,000 euros", ("800000", "less_than", "EUR", "fine_amount")),
        ("It costs 5 dollars", ("5", "exactly", "USD", "")),
        ("fell 30 per cent", ("30", "exactly", "per cent", "")),
        ("抓获超过1100名", ("1100", "more_than", "名", "persons_arrested")),
    ],
)  # fmt: skip
def test_figures_have_a_comparator_a_unit_and_a_kind(text, found):
    value, *rest = found
    (row,) = find_figures(text, set())
    assert row.value == Quantity(Decimal(value), *rest)


@pytest.mark.parametrize(
    "text", ["in 2021 alone", "COVID-19 people", "two by two", "1,1111 people", "v1.2.3 days"]
)
def test_numbers_without_a_thing_counted_are_none(text):
    assert find_figures(text, set()) == []


def test_a_date_keeps_its_numbers():
    text = "Two days ago 3 people were arrested"
    found = find_suggestions(text, Gazetteer([]), THURSDAY)
    assert [(row.kind, text[row.start : row.end]) for row in found] == [
        ("date", "Two days ago"),
        ("figure", "3 people"),
        ("type", "arrested"),
    ]


@pytest.mark.parametrize("text", ["9" * 100_000, "1," * 50_000, "\n" * 100_000, "ban " * 25_000])
def test_hostile_texts_are_read_to_their_end(text):
    """Would take minutes, were a pattern to start again at each character."""
    assert len(find_suggestions(text, Gazetteer([]), THURSDAY)) == text.count("ban")


# Triggers


def test_every_type_of_the_codebook_has_words_and_no_other(shared):
    types = Term.objects.filter(vocabulary="type", abstract=False)
    assert set(load_lexicon("types")) == {*types.values_list("code", flat=True), SERIES_CODE}
    activities = Term.objects.filter(vocabulary="activity", abstract=False)
    assert set(load_lexicon("activities")) == set(activities.values_list("code", flat=True))


def test_the_codebooks_own_examples_are_recognised(shared):
    """Each type's example of what it covers suggests the type."""
    examples = Term.objects.filter(vocabulary="type", abstract=False).values_list(
        "code", "includes"
    )
    missed = {
        code: text
        for code, text in examples
        if code not in {row.value for row in find_action_types(text)}
    }
    assert missed == {}


def test_activities_have_words_of_their_own():
    text = "Crypto mining farms launder money; see 虚拟货币"
    assert [(row.value, text[row.start : row.end]) for row in find_activities(text)] == [
        ("crypto", "Crypto"),
        ("mining", "mining farms"),
        ("laundering", "launder"),
        ("crypto", "虚拟货币"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A ministry lifts its ban", [("repeal", "lifts its ban")]),
        ("several accounts banned", [("restrict_access", "accounts banned")]),
        ("The bank", []),
        ("a ban.\n\nAccounts", [("regulate", "ban")]),
        ("警方抓获", [("arrest", "抓获")]),
        ("a campaign", [(SERIES_CODE, "campaign")]),
    ],
)
def test_the_longest_words_tell_the_act(text, found):
    assert [(row.value, text[row.start : row.end]) for row in find_action_types(text)] == found
