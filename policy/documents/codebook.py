"""The codebook: every vocabulary with its terms, as data and as a document."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from policy.models import Term

# In the order in which a coder meets them: what a vocabulary answers.
VOCABULARY_QUESTIONS = {
    "unit": "How may the record be counted?",
    "type": "Which act is reported? The most specific one, even if it still lies ahead.",
    "status": "How far has it come? The least advanced stage that the words support.",
    "legal_force": "What legal form has it? Needs words that name it.",
    "penalty": "What does it threaten or bring? Needs words that name it.",
    "stance": "What does the act do to the activity?",
    "activity": "What does it bear on?",
    "attribution": "Whose decision is it?",
    "agency_role": "What did a public body do?",
    "entity_role": "What part had a company, platform, person or asset?",
    "naming": "How far do the words name an actor?",
    "date": "What does a date tell of?",
    "precision": "How exact is a date?",
    "basis": "What does a value rest on?",
    "figure": "What does a number count?",
    "comparator": "How is the number bounded?",
    "relation": "What has one action to do with another?",
    "note": "What kind of remark is it?",
    "evidence": "How well is a record evidenced? Computed from its sources.",
    "source_class": "How close does a source stand to what it tells?",
    "agency_kind": "What sort of public body is it?",
    "entity_kind": "What sort of thing is it?",
    "jurisdiction_kind": "What sort of place is it?",
}
CROSSWALK_CODEBOOKS = {
    "dpa": "Digital Policy Alert",
    "gta": "Global Trade Alert",
    "plover": "PLOVER",
    "coronanet": "CoronaNet",
}


@dataclass(frozen=True)
class CodebookEntry:
    """A term with its depth under its headings and its match in other codebooks."""

    term: Term
    depth: int

    @property
    def matches(self) -> list[str]:
        return [
            f"{CROSSWALK_CODEBOOKS.get(name, name)}: {row['code']} ({row['match']})"
            for name, row in sorted(self.term.crosswalk.items())
        ]


@dataclass(frozen=True)
class Vocabulary:
    name: str
    question: str
    entries: list[CodebookEntry]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


def load_vocabularies() -> list[Vocabulary]:
    """Every vocabulary that has terms, read in one query."""
    rows = Term.objects.order_by("vocabulary", "position", "code")
    found = {name: list(terms) for name, terms in groupby(rows, lambda term: term.vocabulary)}
    order = [*VOCABULARY_QUESTIONS, *sorted(set(found) - set(VOCABULARY_QUESTIONS))]
    return [
        Vocabulary(
            name, VOCABULARY_QUESTIONS.get(name, ""), list(iter_codebook_entries(found[name]))
        )
        for name in order
        if name in found
    ]


def iter_codebook_entries(terms: list[Term]) -> Iterator[CodebookEntry]:
    """Each heading before what is under it."""
    ids = {term.pk for term in terms}
    children = {id: [term for term in terms if term.parent_id == id] for id in ids}

    def under(rows: Iterable[Term], depth: int) -> Iterator[CodebookEntry]:
        for term in rows:
            yield CodebookEntry(term, depth)
            yield from under(children[term.pk], depth + 1)

    return under([term for term in terms if term.parent_id not in ids], 0)


def iter_codebook_markdown() -> Iterator[str]:
    """docs/codebook.md, line by line."""
    yield "# Codebook"
    yield ""
    yield "<!-- Made by `manage.py codebook`; edit fixtures/terms.json instead. -->"
    yield ""
    yield "Closed lists. There is no term for *unknown*: a field that is not known is null, and"
    yield "`unknowns` says why. Matches with other codebooks are exact, close, broad or narrow."
    for vocabulary in load_vocabularies():
        yield from ["", f"## {vocabulary.title}", "", f"{vocabulary.question} `{vocabulary.name}`"]
        for entry in vocabulary.entries:
            yield from iter_entry_markdown(entry)


def iter_entry_markdown(entry: CodebookEntry) -> Iterator[str]:
    term, indent = entry.term, "  " * entry.depth
    heading = " (a heading: for filters only)" if term.abstract else ""
    yield ""
    yield f"{indent}- **{term.label}** `{term.code}`{heading}: {term.definition}"
    if term.includes:
        yield f"{indent}  - Yes: {term.includes}"
    if term.excludes:
        yield f"{indent}  - No: {term.excludes}"
    if entry.matches:
        yield f"{indent}  - Elsewhere: {'; '.join(entry.matches)}"
