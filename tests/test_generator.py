"""The synthetic dataset: the same for a seed, valid, and skewed as promised."""

import re
from collections import Counter, defaultdict
from statistics import mean

import orjson
import pytest
from django.core.management import call_command

from bench import generate
from policy.documents import evidence, facets
from policy.documents.build import build_draft, serialize_document, strip_envelope
from policy.documents.reference import ReferenceTrees
from policy.documents.schema import DOCUMENT_SCHEMAS
from policy.documents.shape import ValidationContext
from policy.documents.validation import validate_document
from policy.models import RECORD_MODELS, Jurisdiction, Revision, Term

FEW, MANY = 60, 3000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def many():
    """(line, document) of every revision of an action."""
    return [(line, body) for line, body, _ in generate.history(MANY) if line["kind"] == "action"]


@pytest.fixture
def loaded(db, tmp_path):
    """A generated folder, and its revisions once it was loaded."""
    generate.main([str(tmp_path), "--actions", str(FEW)])
    call_command("load_dataset", tmp_path, verbosity=0)
    return list(Revision.objects.all())


def folder(path, seed):
    generate.write(path, FEW, seed)
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    one, again, two = (folder(tmp_path / n, seed) for n, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert one == again
    assert one["revisions.ndjson"] != two["revisions.ndjson"]


def test_progress_goes_to_stderr(tmp_path, capsys):
    generate.main([str(tmp_path), "--actions", "1000"])
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(rf"\r1,000 revisions\r1,\d+ revisions in {tmp_path}\n", err)


@pytest.mark.django_db
def test_every_document_has_the_shape_of_its_kind():
    places = set(Jurisdiction.objects.values_list("code", flat=True))
    known = defaultdict(set, jurisdiction=places)
    terms = set(Term.objects.values_list("id", flat=True))
    context = ValidationContext(terms=terms, known=known, published=True)
    for line, document, _ in generate.history(FEW):
        _, problems = validate_document(DOCUMENT_SCHEMAS[line["kind"]], document, context)
        assert problems == [], line["record"]
        known[line["kind"]].add(line["record"])  # what comes later may refer to it


def test_every_value_is_backed_and_every_gap_explained(many):
    for _, document in many:
        assert list(evidence.iter_key_problems(document)) == []
        assert list(evidence.iter_evidence_gaps(document)) == []


def test_instants_and_versions_rise():
    lines = [line for line, _, _ in generate.history(FEW)]
    instants = [line["published_at"] for line in lines]
    assert sorted(set(instants)) == instants
    assert [line["version"] for line in lines] == list(range(1, len(lines) + 1))


def test_it_loads_as_it_was_written(loaded):
    assert Counter(revision.kind for revision in loaded)["action"] > FEW
    for revision in Revision.objects.filter(superseded_at=None):
        record = RECORD_MODELS[revision.kind].objects.get(slug=revision.record)
        assert serialize_document(build_draft(record)) == serialize_document(
            strip_envelope(orjson.loads(revision.document))
        )


def test_restoring_needs_no_files(loaded, api):
    fed = [(revision.pk, revision.digest) for revision, _ in generate.revisions(FEW)]
    assert fed == [(revision.pk, revision.digest) for revision in loaded]
    assert len(api("actions/", page_size=FEW + 1)["results"]) == FEW


def values(document, trees):
    return facets.compute_facets(document, trees.places, trees.terms)


@pytest.mark.django_db
def test_promised_values(many):
    trees = ReferenceTrees.load()
    last = {line["record"]: line["version"] for line, _ in many}
    holders = defaultdict(list)
    for line, document in many:
        for pair in values(document, trees):
            holders[pair].append((line, document))
    current = [document for line, document in holders[generate.COMMON]]
    assert len(current) > 0.8 * len(many)
    assert {line["record"][-7:] for line, _ in holders[generate.RARE]} == {"0000029"}
    assert {document["sort_date"][:4] for _, document in holders[generate.OLD]} == {"2009", "2010"}
    retracted = [line for line, _ in holders[generate.RETRACTED]]
    assert len(retracted) == MANY // 200
    assert all(line["version"] < last[line["record"]] for line in retracted)


def test_skew(many):
    first = [document for line, document in many if line["revision"] == 1]
    places = Counter(row["id"] for document in first for row in document["jurisdictions"])
    agencies = Counter(row["key"] for document in first for row in document["agencies"])
    assert sum(n for _, n in places.most_common(10)) > 0.4 * MANY
    assert agencies.most_common(1)[0][1] > 10 * sorted(agencies.values())[len(agencies) // 2]
    assert set(Counter(line["record"] for line, _ in many).values()) == {1, 2, 3}
    assert 0.05 < mean(document["sort_date"] is None for document in first) < 0.15
    assert 2000 < mean(len(serialize_document(document)) for document in first) < 3000
