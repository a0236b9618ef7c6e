"""The collections of the API: the kinds of object that it serves, with their plural names."""

from policy.models.revision import PLURAL_BY_KIND

COLLECTION_BY_KIND = {
    **{kind: PLURAL_BY_KIND[kind] for kind in ("action", "agency", "entity", "source")},
    "jurisdiction": "jurisdictions",
    "term": "terms",
    "change": "changes",
}
KIND_BY_COLLECTION = {collection: kind for kind, collection in COLLECTION_BY_KIND.items()}
