"""Suggestions are compared with what was cited, and every case is counted where it belongs."""

import hashlib

import pytest
from django.core.management import CommandError, call_command

from policy.documents.build import build_draft
from policy.documents.evidence import coded_fields
from policy.models import Citation, Figure
from policy.sources.citations import paragraph_number_at
from policy.suggestions.evaluation import Score, evaluate_suggestions
from tests import factories as make

pytestmark = pytest.mark.django_db

# Cited are the first two sentences; nothing is said of the third.
TEXT = (
    "On 9 June 2021 Chile banned mining. Peru arrested 30 people in May 2020. "
    "Fiji fined two dealers yesterday."
)
BAN, ARRESTS = (0, 35), (36, 72)


def cite(row, where, passage, *fields):
    """These fields rest on the passage, the others on a source whose text nobody has."""
    rest = [
        {**row.citations.get().supports[0], "field": name}
        for name in coded_fields(build_draft(row))
    ]
    row.citations.all().delete()
    start, end = passage
    words = where.attached.text[start:end]
    Citation.objects.create(
        action=row,
        source=where,
        start=start,
        end=end,
        sha256=hashlib.sha256(words.encode()).hexdigest(),
        paragraph=paragraph_number_at(where.attached.text, start),
        supports=[support for support in rest if support["field"] in fields],
    )
    other = make.cite(row, make.source())
    other.supports = [support for support in rest if support["field"] not in fields]
    other.save()


@pytest.fixture
def dataset():
    where = make.source("article", text=TEXT)
    make.attach_source_text(where, TEXT)
    ban = make.action("ban", source=where, place="CL", day="2021-06-09")
    cite(ban, where, BAN, "type", "jurisdictions/CL", "dates/occurred")
    arrests = make.action(
        "arrests", source=where, type_id="type.fine", place="AR", day="2020-01-01"
    )
    Figure.objects.create(
        action=arrests,
        kind_id="figure.persons_arrested",
        value=30,
        comparator_id="comparator.exactly",
        unit="people",
    )
    cite(arrests, where, ARRESTS, "type", "jurisdictions/AR", "figures/persons_arrested")
    make.publish_all(ban, arrests)


def test_each_suggestion_is_right_wrong_or_elsewhere(dataset):
    found = evaluate_suggestions()
    assert (found.sources, len(found.sources_without_text)) == (1, 2)
    assert found.cited_count == 2
    assert dict(found.scores) == {
        # passages, right kind, right value, right, wrong, elsewhere
        "type": Score(2, 2, 1, 1, 1, 1),  # arrested is no fine
        "activity": Score(0, 0, 0, 0, 1, 0),  # nobody cited the mining
        "jurisdiction": Score(2, 2, 1, 1, 1, 1),  # Peru is not Argentina
        "date": Score(1, 1, 1, 1, 1, 0),  # no date rests on “in May 2020”; “yesterday” has no day
        "figure": Score(1, 1, 1, 1, 0, 1),
        "all": Score(2, 2, 2, 4, 4, 3),
    }


def test_the_figures_are_printed(dataset, capsys):
    call_command("evaluate_suggestions")
    said = capsys.readouterr().out
    assert "2 cited passages in 1 sources. 2 of them support a field" in said
    assert "Recall: 100.0% of the 2 passages have a suggestion of the right kind, 100.0%" in said
    assert "Precision: 1.00 wrong suggestions for each right one" in said
    assert said.count("is not attached. Its passages are left out.") == 2
    assert "Missed" not in said


def test_without_a_text_it_says_what_to_do(db):
    with pytest.raises(CommandError) as refused:
        call_command("evaluate_suggestions")
    assert str(refused.value) == ("No text of a cited source is attached. Run attach_texts first.")


def test_a_passage_without_a_suggestion_is_named(capsys):
    where = make.source("article", text=make.SOURCE_TEXT)
    make.attach_source_text(where, make.SOURCE_TEXT)
    row = make.action("ban", source=where)
    cite(row, where, (44, 50), "dates/occurred")  # “rested”
    make.publish_all(row)
    call_command("evaluate_suggestions")
    assert "Missed: article 44-50: ban (date)" in capsys.readouterr().out
