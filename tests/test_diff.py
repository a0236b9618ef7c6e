"""Two revisions of a record, field by field."""

import json

import pytest

from policy.documents.build import strip_envelope
from policy.documents.diff import diff_documents
from policy.models import Action, Revision
from tests import folders

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def story(shared):
    """ban: published, revised. twin: published, merged. raid: published, withdrawn, published."""
    folders.make_full_history()
    Action.objects.update(title="Never reviewed")


TITLE = {
    "field": "title",
    "before": "Ban",
    "after": "A wider ban\n“with” quotes, 中文 and \\ ",
}


def test_differences_are_told_by_field(api, story):
    expected = {"id": "ban", "from": 1, "to": 2, "changes": [TITLE]}
    assert api("actions/ban/diff/", {"from": 1, "to": 2}) == expected


def test_backwards_before_and_after_change_places(api, story):
    turned = {"field": "title", "before": TITLE["after"], "after": TITLE["before"]}
    expected = {"id": "ban", "from": 2, "to": 1, "changes": [turned]}
    assert api("actions/ban/diff/", {"from": 2, "to": 1}) == expected


def test_a_revision_does_not_differ_from_itself(api, story):
    assert api("actions/ban/diff/", {"from": 2, "to": 2})["changes"] == []


def test_left_out_they_are_the_newest_and_the_one_before(api, story):
    whole = api("actions/ban/diff/", {"from": 1, "to": 2})
    for query in ({}, {"from": 1}, {"to": 2}):
        assert api("actions/ban/diff/", query) == whole


def test_tombstones_between_are_passed_over(api, story):
    found = api("actions/raid/diff/")
    assert (found["from"], found["to"]) == (1, 3)
    first, last = (
        json.loads(r.document) for r in Revision.objects.of_record("action", "raid")[::2]
    )
    assert (
        found["changes"]
        == [vars(d) for d in diff_documents(strip_envelope(first), strip_envelope(last))]
        != []
    )


@pytest.mark.parametrize(
    ("path", "query", "detail"),
    [
        ("raid", {"from": 2}, "from: Revision 2 is a withdrawal: it has no content."),
        ("twin", {"from": 1, "to": 2}, "to: Revision 2 is a merge: it has no content."),
        ("ban", {"to": 3}, "to: There is no revision 3."),
        ("ban", {"from": 0}, "from: Use the number of a revision: a whole number from 1."),
        ("ban", {"from": "1.5"}, "from: Use the number of a revision: a whole number from 1."),
        ("ban", {"to": "9" * 10}, "to: Use the number of a revision: a whole number from 1."),
        ("ban", {"form": 1}, "form: Unknown parameter. Did you mean from?"),
    ],
)
def test_revisions_without_content_are_refused(api, story, path, query, detail):
    assert api(f"actions/{path}/diff/", query, status=400)["detail"] == detail


def test_refusal_names_the_revisions_that_can_be_compared(api, story):
    problem = api("actions/raid/diff/", {"from": 2, "to": 9}, status=400)
    assert [(fault["parameter"], fault["allowed"]) for fault in problem["errors"]] == [
        ("from", ["1", "3"]),
        ("to", ["1", "3"]),
    ]


def test_a_first_revision_has_nothing_before_it(api, story):
    problem = api("agencies/ministry/diff/", status=404)
    assert problem["detail"] == "Revision 1 is the first one: there is no earlier one to compare."
    assert api("actions/twin/diff/", {"to": 1}, status=404)["status"] == 404


def test_what_was_never_published_has_no_differences(api, story):
    assert api("actions/never/diff/", status=404)["detail"] == "There is no action never."
