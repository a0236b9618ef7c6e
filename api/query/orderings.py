"""The orderings of the lists by name. The first of each is the default."""

from api.query.pagination import Ordering
from api.query.search import RELEVANCE_ORDERING
from policy.search.ranking import RANK_ORDER

DATE_ORDERINGS = {
    "-date": Ordering(("date", "record"), descending=True),
    "date": Ordering(("date", "record")),
    "id": Ordering(("record",)),
    "-published_at": Ordering(("revision_id",), descending=True),
    "published_at": Ordering(("revision_id",)),
    RELEVANCE_ORDERING: Ordering(RANK_ORDER, descending=True),
}
ID_ORDERINGS = {
    name: DATE_ORDERINGS[name]
    for name in ("id", "-published_at", "published_at", RELEVANCE_ORDERING)
}
REVISION_ORDERINGS = {
    "number": Ordering(("number",)),
    "-number": Ordering(("number",), descending=True),
}
