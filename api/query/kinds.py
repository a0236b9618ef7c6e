"""The plural names of the kinds of object, as they appear in the paths of the API."""

PLURAL_BY_KIND = {
    "action": "actions",
    "agency": "agencies",
    "entity": "entities",
    "source": "sources",
    "jurisdiction": "jurisdictions",
    "term": "terms",
    "change": "changes",
}
SINGULAR_BY_PLURAL = {plural: kind for kind, plural in PLURAL_BY_KIND.items()}
