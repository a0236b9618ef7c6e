"""The codebook: all vocabularies and their terms, as data and as Markdown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict

from policy.models import Term

# The question that each vocabulary answers, in the order of coding.
VOCABULARY_QUESTIONS = {
    "unit": "How may the record be counted?",
    "type": "Which act is reported? Choose the most specific type, even for a future act.",
    "status": "Which stage has it reached? Choose the least advanced stage that the words support.",
    "legal_force": "What is its legal form? Code it only if the words name it.",
    "penalty": "Which penalties does it threaten or impose? Code them only if the words name them.",
    "stance": "What does the act do to the activity?",
    "activity": "Which activities does it affect?",
    "attribution": "Who made the decision?",
    "target_role": "What is a place to which the act is directed?",
    "agency_role": "What did a public body do?",
    "entity_role": "What was the role of a company, platform, person or asset?",
    "naming": "How exactly do the words name an actor?",
    "date": "What happened on a date?",
    "precision": "How exact is a date?",
    "basis": "What is the basis of a value?",
    "figure": "What does a number count?",
    "comparator": "Is the number exact or a limit?",
    "relation": "How are two actions related?",
    "note": "What kind of remark is it?",
    "evidence": "How strong is the evidence for a record? Computed from its sources.",
    "identifier_scheme": "Which register or database does an identifier belong to?",
    "classification_scheme": "Which classification does a code belong to?",
    "source_class": "How close is a source to the act?",
    "agency_kind": "What type of public body is it?",
    "entity_kind": "What type of entity is it?",
    "jurisdiction_kind": "What type of jurisdiction is it?",
}
CROSSWALK_CODEBOOKS = {
    "dpa": "Digital Policy Alert",
    "gta": "Global Trade Alert",
    "plover": "PLOVER",
    "coronanet": "CoronaNet",
}


class CrosswalkMatch(TypedDict):
    """A code in another codebook. `match` is exact, close, broad or narrow."""

    code: str
    match: str


@dataclass(frozen=True)
class CodebookEntry:
    """A term, with its depth below its headings."""

    term: Term
    depth: int

    @property
    def matches(self) -> list[str]:
        """The closest codes in other codebooks, as text."""
        crosswalk: dict[str, CrosswalkMatch] = self.term.crosswalk
        return [
            f"{CROSSWALK_CODEBOOKS.get(name, name)}: {row['code']} ({row['match']})"
            for name, row in sorted(crosswalk.items())
        ]

    @property
    def rules(self) -> list[str]:
        """What a value of a scheme or a figure must be like, as text."""
        rules = [f"Values match {self.term.pattern}"] if self.term.pattern else []
        return rules if self.term.sum else [*rules, "Values of several records are not added up."]


@dataclass(frozen=True)
class Vocabulary:
    name: str
    question: str
    entries: list[CodebookEntry]

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()


def load_vocabularies() -> list[Vocabulary]:
    """Return every vocabulary that has terms. Takes one query."""
    rows = Term.objects.order_by("vocabulary", "position", "code")
    terms_by_vocabulary: dict[str, list[Term]] = {}
    for term in rows:
        terms_by_vocabulary.setdefault(term.vocabulary, []).append(term)
    others = terms_by_vocabulary.keys() - VOCABULARY_QUESTIONS.keys()
    order = [*VOCABULARY_QUESTIONS, *sorted(others)]
    return [
        Vocabulary(name, VOCABULARY_QUESTIONS.get(name, ""), list(iter_codebook_entries(terms)))
        for name in order
        if (terms := terms_by_vocabulary.get(name))
    ]


def iter_codebook_entries(terms: list[Term]) -> Iterator[CodebookEntry]:
    """Yield the terms of a vocabulary, each heading before the terms below it."""
    ids = {term.pk for term in terms}
    children = {id: [term for term in terms if term.parent_id == id] for id in ids}

    def under(rows: Iterable[Term], depth: int) -> Iterator[CodebookEntry]:
        for term in rows:
            yield CodebookEntry(term, depth)
            yield from under(children[term.pk], depth + 1)

    return under([term for term in terms if term.parent_id not in ids], 0)


def iter_codebook_markdown() -> Iterator[str]:
    """Yield the lines of docs/codebook.md."""
    yield "# Codebook"
    yield ""
    yield "<!-- Made by `manage.py codebook`; edit fixtures/terms.json instead. -->"
    yield ""
    yield "These are closed lists. There is no term for *unknown*: if a value is not known,"
    yield "the field is null, and `unknowns` gives the reason. A match with another codebook is"
    yield "exact, close, broad or narrow."
    for vocabulary in load_vocabularies():
        yield from ["", f"## {vocabulary.title}", "", f"{vocabulary.question} `{vocabulary.name}`"]
        for entry in vocabulary.entries:
            yield from iter_entry_markdown(entry)


def iter_entry_markdown(entry: CodebookEntry) -> Iterator[str]:
    term, indent = entry.term, "  " * entry.depth
    heading = " (a heading, for filters only)" if term.abstract else ""
    yield ""
    yield f"{indent}- **{term.label}** `{term.code}`{heading}: {term.definition}"
    if term.includes:
        yield f"{indent}  - Yes: {term.includes}"
    if term.excludes:
        yield f"{indent}  - No: {term.excludes}"
    yield from (f"{indent}  - {rule}" for rule in entry.rules)
    if entry.matches:
        yield f"{indent}  - In other codebooks: {'; '.join(entry.matches)}"
