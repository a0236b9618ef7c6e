"""Keyset paging: signed cursors, bound to the question that they continue."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core import signing
from django.db.models import QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import QueryDict
from rest_framework.request import Request

from api.http.problems import ApiProblem
from api.query import parameters
from policy.models import Revision
from policy.search.query import IndexScan

CURSOR_SALT = "policy-events.cursor"
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, STREAM_BATCH_SIZE = 50, 1000, 500
PAGINATION_PARAMETERS = ("cursor", "page_size", "ordering")
RowQuerySet = QuerySet[Any]
RowsFactory = Callable[[int | None], RowQuerySet] | Callable[[int | None], IndexScan]


@dataclass(frozen=True)
class Ordering:
    """A total order: columns that together tell all rows apart, all in one direction."""

    columns: tuple[str, ...]
    descending: bool = False

    def reverse(self) -> "Ordering":
        return replace(self, descending=not self.descending)

    def fetch_rows(self, rows: RowQuerySet | IndexScan, key: list[Any], limit: int) -> list[Any]:
        """The first rows, or the first behind a key."""
        if isinstance(rows, IndexScan):
            return rows.fetch_rows(self.columns, self.descending, key, limit)
        return list(self.apply(self.after(rows, key) if key else rows)[:limit])

    def apply(self, rows: RowQuerySet) -> RowQuerySet:
        sign = "-" if self.descending else ""
        return rows.order_by(*(sign + column for column in self.columns))

    def after(self, rows: RowQuerySet, key: list[Any]) -> RowQuerySet:
        lookup = TupleLessThan if self.descending else TupleGreaterThan
        return rows.filter(lookup(Tuple(*self.columns), tuple(key)))

    def key(self, row: Any) -> list[Any]:
        values = (getattr(row, column) for column in self.columns)
        return [value if isinstance(value, int) else str(value) for value in values]


@dataclass(frozen=True)
class Cursor:
    """Where a page ended, in which version of the dataset. `back` leads to the page before; an
    empty key, to the first."""

    key: list[Any]
    version: int | None
    is_backward: bool = False

    def to_token(self, query_hash: str) -> str:
        return signing.Signer(salt=CURSOR_SALT).sign_object(
            {"k": self.key, "v": self.version, "b": self.is_backward, "q": query_hash}, compress=False
        )

    @classmethod
    def from_token(cls, token: str, query_hash: str) -> "Cursor":
        try:
            data = signing.Signer(salt=CURSOR_SALT).unsign_object(token)
        except (signing.BadSignature, ValueError):
            raise ApiProblem(
                "invalid-cursor", "This cursor is not one of ours. Start again without it."
            ) from None
        if data["q"] != query_hash:
            raise ApiProblem(
                "invalid-cursor", "This cursor belongs to another query. Start again without it."
            )
        return cls(data["k"], data["v"], data["b"])


@dataclass
class ResultPage:
    rows: list[Any]
    next: str | None
    previous: str | None
    version: int
    size: int
    ordering: str


class Paginator:
    """Cuts one page out of a list. `orderings` names every order; the first is the default."""

    def __init__(self, request: Request, orderings: dict[str, Ordering]) -> None:
        self.request, self.query = request, request.query_params
        self.size = parse_page_size(self.query)
        self.ordering_name = self.query.get("ordering", next(iter(orderings)))
        if self.ordering_name not in orderings:
            raise parameters.invalid_value_problem(
                [parameters.parameter_error("ordering", f"Choose one of: {', '.join(orderings)}.")]
            )
        self.ordering = orderings[self.ordering_name]
        token = self.query.get("cursor")
        self.cursor = Cursor.from_token(token, self.query_hash) if token else None

    @property
    def query_hash(self) -> str:
        """What a cursor is bound to: the address, what in it chooses rows, and their order."""
        parameters_used = sorted((k, v) for k, v in self.query.items() if k not in ("cursor", "page_size"))
        question = (self.request.path, self.ordering.columns, parameters_used)
        return hashlib.sha256(repr(question).encode()).hexdigest()[:16]

    @property
    def is_backward(self) -> bool:
        return bool(self.cursor and self.cursor.is_backward)

    def fetch_rows(self, rows: RowQuerySet | IndexScan) -> list[Any]:
        """One row more than the page holds, so that the last page is known."""
        ordering = self.ordering.reverse() if self.is_backward else self.ordering
        return ordering.fetch_rows(rows, self.cursor.key if self.cursor else [], self.size + 1)

    def build_page(self, rows: list[Any], version: int) -> ResultPage:
        """The page that was cut, in the order that was asked for."""
        page_rows, more = rows[: self.size], len(rows) > self.size
        if self.is_backward:
            page_rows.reverse()
        follows_another_page = bool(self.cursor and self.cursor.key)  # from a page on the other side
        return ResultPage(
            page_rows,
            self.build_link(page_rows, -1, version) if (follows_another_page if self.is_backward else more) else None,
            self.build_link(page_rows, 0, version) if (more if self.is_backward else follows_another_page) else None,
            version,
            self.size,
            self.ordering_name,
        )

    def build_link(self, page_rows: list[Any], end: int, version: int) -> str | None:
        """What lies beyond one end of a page: behind its last row, or before its first."""
        if not page_rows:
            return None
        cursor = Cursor(self.ordering.key(page_rows[end]), version, is_backward=end == 0)
        query = {**self.query.dict(), "cursor": cursor.to_token(self.query_hash)}
        return self.request.build_absolute_uri(
            f"{self.request.path}?{parameters.encode_query(query.items())}"
        )


def parse_page_size(query: QueryDict) -> int:
    value = query.get("page_size", str(DEFAULT_PAGE_SIZE))
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:5]) <= MAX_PAGE_SIZE):
        raise parameters.invalid_value_problem(
            [parameters.parameter_error("page_size", f"Use a number from 1 to {MAX_PAGE_SIZE}.")]
        )
    return int(value)


def get_page(paginator: Paginator, get_rows: RowsFactory, pinned_version: int | None) -> ResultPage:
    """A page of one version of the dataset: pages that follow show no row twice and miss none."""
    if pinned_version is not None:
        return paginator.build_page(paginator.fetch_rows(get_rows(pinned_version)), pinned_version)
    if current := get_current_page(paginator, get_rows):
        return current[1]
    return get_page_at_cursor_version(paginator, get_rows, [], Revision.objects.version())


def get_current_page(paginator: Paginator, get_rows: RowsFactory) -> tuple[Any, ResultPage] | None:
    """A row that stands, and the page; None where nothing stands that was asked for."""
    rows = paginator.fetch_rows(get_rows(None))
    if not rows:
        return None
    return rows[0], get_page_at_cursor_version(paginator, get_rows, rows, rows[0].version)


def get_page_at_cursor_version(
    paginator: Paginator, get_rows: RowsFactory, rows: list[Any], version: int
) -> ResultPage:
    """The page that these rows are, which stand now. Goes back in history only when the cursor's
    version has passed."""
    cursor_version = paginator.cursor.version if paginator.cursor else None
    if cursor_version in (None, version):
        return paginator.build_page(rows, version)
    return paginator.build_page(paginator.fetch_rows(get_rows(cursor_version)), cursor_version or 0)


def iter_batches(
    paginator: Paginator, get_rows: RowsFactory, version: int, pinned_version: int | None
) -> Iterator[list[Any]]:
    """All rows of one version, page by page, whatever is published meanwhile."""
    paginator.size, paginator.cursor = STREAM_BATCH_SIZE, Cursor([], version)
    while True:
        page = get_page(paginator, get_rows, pinned_version)
        yield page.rows
        if not page.next:
            return
        paginator.cursor = Cursor(paginator.ordering.key(page.rows[-1]), version)
