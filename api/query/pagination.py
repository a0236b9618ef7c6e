"""Keyset pagination with signed cursors, each of which is valid for one query only."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypedDict, TypeVar, overload

from django.core import signing
from django.db.models import Model, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import QueryDict
from rest_framework.request import Request

from api.http.problems import ApiProblem
from api.query import parameters, positions
from policy.models import Revision
from policy.search.query import IndexRow, IndexScan
from policy.search.version import parse_stored_version
from policy.versions import Version

CURSOR_SALT = "policy-events.cursor"
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, STREAM_BATCH_SIZE = 50, 1000, 500
PAGINATION_PARAMETERS = ("cursor", "page_size", "ordering")
ModelT = TypeVar("ModelT", bound=Model)
RowT = TypeVar("RowT")
OrderKey = list[int | str]  # the values of a row in the columns of an ordering
# From the number of a version; None: the current one.
ScanFactory = Callable[[int | None], IndexScan]


@dataclass(frozen=True)
class Ordering:
    """A total order: columns that together are unique, all in the same direction."""

    columns: tuple[str, ...]
    descending: bool = False

    def reverse(self) -> "Ordering":
        return replace(self, descending=not self.descending)

    @overload
    def fetch_rows(self, rows: IndexScan, key: OrderKey, limit: int) -> list[IndexRow]: ...
    @overload
    def fetch_rows(self, rows: QuerySet[ModelT], key: OrderKey, limit: int) -> list[ModelT]: ...
    def fetch_rows(
        self, rows: IndexScan | QuerySet[ModelT], key: OrderKey, limit: int
    ) -> list[IndexRow] | list[ModelT]:
        """Return the first rows after a key; the first of all if the key is empty."""
        if isinstance(rows, IndexScan):
            return rows.fetch_rows(self.columns, self.descending, key, limit)
        return list(self.apply(self.after(rows, key) if key else rows)[:limit])

    def apply(self, rows: QuerySet[ModelT]) -> QuerySet[ModelT]:
        sign = "-" if self.descending else ""
        return rows.order_by(*(sign + column for column in self.columns))

    def after(self, rows: QuerySet[ModelT], key: OrderKey) -> QuerySet[ModelT]:
        lookup = TupleLessThan if self.descending else TupleGreaterThan
        return rows.filter(lookup(Tuple(*self.columns), tuple(key)))

    def key(self, row: object) -> OrderKey:
        values: list[object] = [getattr(row, column) for column in self.columns]
        return [value if isinstance(value, int) else str(value) for value in values]


class CursorData(TypedDict):
    """The signed content of a cursor: key, version, direction and hash of the query."""

    k: OrderKey
    v: str
    b: bool
    q: str


@dataclass(frozen=True)
class Cursor:
    """The end of a page in a version of the dataset.

    `key` is that of the last row; with `is_backward` it is that of the first row, and the cursor
    leads to the page before. An empty key leads to the first page.
    """

    key: OrderKey
    version: Version
    is_backward: bool = False

    def to_token(self, query_hash: str) -> str:
        data: CursorData = {
            "k": self.key,
            "v": str(self.version),
            "b": self.is_backward,
            "q": query_hash,
        }
        return signing.Signer(salt=CURSOR_SALT).sign_object(data, compress=False)

    @classmethod
    def from_token(cls, token: str, query_hash: str) -> "Cursor":
        """Raise ApiProblem if this instance did not sign the token, or signed it for another
        query."""
        try:
            data: CursorData = signing.Signer(salt=CURSOR_SALT).unsign_object(token)
        except (signing.BadSignature, ValueError):
            detail = "This cursor is not valid on this instance. Start again without a cursor."
            raise ApiProblem("invalid-cursor", detail) from None
        version = Version.parse(str(data["v"]))
        if data["q"] != query_hash or version is None:
            detail = "This cursor belongs to another query. Start again without a cursor."
            raise ApiProblem("invalid-cursor", detail)
        return cls(data["k"], version, data["b"])


@dataclass
class ResultPage(Generic[RowT]):
    """A page of a list. `next` and `previous` are URLs, `size` is the largest number of rows."""

    rows: list[RowT]
    next: str | None
    previous: str | None
    version: Version
    size: int
    ordering: str


class Paginator:
    """Fetches one page of a list. `orderings` are all orderings by name; the first is the default.

    Raise ApiProblem if `page_size`, `ordering` or `cursor` in the request is not valid.
    """

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
        """A hash of what a cursor is bound to: the path, the parameters that select rows, and the
        ordering."""
        selecting = sorted(
            (name, value)
            for name, value in self.query.items()
            if name not in ("cursor", "page_size")
        )
        query = (self.request.path, self.ordering.columns, selecting)
        return hashlib.sha256(repr(query).encode()).hexdigest()[:16]

    @property
    def is_backward(self) -> bool:
        return bool(self.cursor and self.cursor.is_backward)

    @overload
    def fetch_rows(self, rows: IndexScan) -> list[IndexRow]: ...
    @overload
    def fetch_rows(self, rows: QuerySet[ModelT]) -> list[ModelT]: ...
    def fetch_rows(self, rows: IndexScan | QuerySet[ModelT]) -> list[IndexRow] | list[ModelT]:
        """Return the rows of the page and, if there are more, one more row."""
        ordering = self.ordering.reverse() if self.is_backward else self.ordering
        return ordering.fetch_rows(rows, self.cursor.key if self.cursor else [], self.size + 1)

    def require_version_of_cursor(self, known: Version) -> None:
        """Raise ApiProblem if the history does not have the version of the cursor. `known` is one
        that it has."""
        if self.cursor:
            positions.require_held(self.cursor.version, known)

    def build_page(self, rows: Sequence[RowT], version: Version) -> ResultPage[RowT]:
        """Return the page of rows that fetch_rows() returned, in the requested ordering."""
        page_rows, has_more = list(rows[: self.size]), len(rows) > self.size
        if self.is_backward:
            page_rows.reverse()
        has_origin = bool(self.cursor and self.cursor.key)  # the page that the cursor came from
        has_next, has_previous = (
            (has_origin, has_more) if self.is_backward else (has_more, has_origin)
        )
        return ResultPage(
            page_rows,
            self.build_link(page_rows, -1, version) if has_next else None,
            self.build_link(page_rows, 0, version) if has_previous else None,
            version,
            self.size,
            self.ordering_name,
        )

    def build_link(self, page_rows: Sequence[object], end: int, version: Version) -> str | None:
        """Return the URL of the page after the last row (end -1) or before the first (end 0);
        None if the page has no rows."""
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


def get_page(
    paginator: Paginator, get_rows: ScanFactory, pinned_version: Version | None
) -> ResultPage[IndexRow]:
    """Return a page of one version of the dataset: `pinned_version`, that of the cursor, or the
    current one. Following `next` then returns every row exactly once."""
    if pinned_version is not None:
        paginator.require_version_of_cursor(pinned_version)
        rows = paginator.fetch_rows(get_rows(pinned_version.number))
        return paginator.build_page(rows, pinned_version)
    rows = paginator.fetch_rows(get_rows(None))
    version = parse_stored_version(rows[0].version) if rows else Revision.objects.version()
    if paginator.cursor is None or paginator.cursor.version == version:
        return paginator.build_page(rows, version)
    paginator.require_version_of_cursor(version)
    version = paginator.cursor.version
    return paginator.build_page(paginator.fetch_rows(get_rows(version.number)), version)


def iter_batches(
    paginator: Paginator, version: Version, fetch_page: Callable[[], ResultPage[RowT]]
) -> Iterator[list[RowT]]:
    """Yield all rows of a version in batches. `fetch_page` returns the page at the cursor of the
    paginator."""
    paginator.size, paginator.cursor = STREAM_BATCH_SIZE, Cursor([], version)
    while True:
        page = fetch_page()
        yield page.rows
        if not page.next:
            return
        paginator.cursor = Cursor(paginator.ordering.key(page.rows[-1]), version)
