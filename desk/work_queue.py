"""The work queue on the admin's front page. Each list is one SQL statement that uses an index."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict

from django.db import connection
from django.http import HttpRequest

from desk.base.requests import admin_url, get_user
from policy.models import RECORD_MODELS

FRONT_PAGE_ROWS = 10  # rows of each list there
QUEUE_PAGE_SIZE = 100  # rows of a page of a single list
CHART_MONTHS = 12

# All records of all kinds. PostgreSQL applies conditions on them within each table.
TITLE_COLUMNS = {"agency": "name", "entity": "name", "source": "title", "action": "title"}
ALL_RECORDS_SQL = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, id, slug, {TITLE_COLUMNS[kind]} AS title, edited_at, edited_by_id"
    f" FROM policy_{kind}"
    for kind in RECORD_MODELS
)
IS_LAST_REVIEW_SQL = """
    v.id = (SELECT max(w.id) FROM policy_review w WHERE w.kind = v.kind AND w."row" = v."row")
"""
MY_DRAFTS_SQL = f"""
SELECT r.kind, r.id, r.title, r.edited_at AS at, '' AS remark
FROM ({ALL_RECORDS_SQL}) r
WHERE r.edited_by_id = %(me)s
    AND NOT EXISTS (
        SELECT FROM policy_revision p
        WHERE p.kind = r.kind AND p.record = r.slug AND p.superseded_at IS NULL
            AND (p.event = 'merge' OR p.published_at >= r.edited_at))
    AND (r.kind, r.id) NOT IN (
        SELECT v.kind, v."row" FROM policy_review v WHERE v.outcome = ''
        UNION ALL
        SELECT v.kind, v."row" FROM policy_review v
        WHERE v.outcome = 'returned' AND v.asked_by_id = %(me)s AND {IS_LAST_REVIEW_SQL})
ORDER BY at DESC, kind, id
"""
TO_REVIEW_SQL = f"""
SELECT r.kind, r.id, r.title, v.asked_at AS at, v.remark AS remark
FROM policy_review v JOIN ({ALL_RECORDS_SQL}) r ON r.kind = v.kind AND r.id = v."row"
WHERE v.outcome = '' AND v.asked_by_id IS DISTINCT FROM %(me)s
    AND r.edited_by_id IS DISTINCT FROM %(me)s
    AND NOT EXISTS (
        SELECT FROM policy_acceptance a WHERE a.review_id = v.id AND a.by_id = %(me)s)
ORDER BY at, kind, id
"""
RETURNED_TO_ME_SQL = f"""
SELECT r.kind, r.id, r.title, v.closed_at AS at,
    (SELECT string_agg(concat_ws(': ', nullif(c.field, ''), c.text), '; ' ORDER BY c.id)
     FROM policy_comment c WHERE c.review_id = v.id) AS remark
FROM policy_review v JOIN ({ALL_RECORDS_SQL}) r ON r.kind = v.kind AND r.id = v."row"
WHERE v.outcome = 'returned' AND v.asked_by_id = %(me)s AND {IS_LAST_REVIEW_SQL}
ORDER BY at, kind, id
"""
BROKEN_CITATIONS_SQL = """
SELECT 'action' AS kind, a.id, a.title, max(a.edited_at) AS at,
    string_agg(s.slug || ' ' || c.start || '-' || c."end", ', ' ORDER BY c.id) AS remark
FROM policy_brokencitation b JOIN policy_citation c ON c.id = b.citation
JOIN policy_action a ON a.id = c.action_id JOIN policy_source s ON s.id = c.source_id
GROUP BY a.id ORDER BY a.slug
"""
UNCITED_SOURCES_SQL = """
SELECT 'source' AS kind, s.id, s.title, s.created_at AS at, '' AS remark
FROM policy_source s
WHERE NOT EXISTS (SELECT FROM policy_citation c WHERE c.source_id = s.id)
ORDER BY at DESC, s.id
"""
# A document holds a reference as {"id":…,"name":…}. It is outdated if the name is another one.
# The facet `target` also has the places around a target. Their names are not in the document.
RENAMED_REFERENCES_SQL = f"""
SELECT r.kind, r.id, r.title, p.published_at AS at,
    string_agg(DISTINCT n.kind || ' ' || n.record || ' is now “' || n.name || '”', '; ') AS remark
FROM policy_renamed n
JOIN policy_facetvalue x ON x.facet = ANY(CASE n.kind WHEN 'jurisdiction'
        THEN ARRAY['jurisdiction_exactly', 'target'] ELSE ARRAY['refers_to'] END)
    AND x.value = CASE n.kind
        WHEN 'jurisdiction' THEN n.record ELSE n.kind || '/' || n.record END
    AND x.kind IN ('agency', 'entity', 'source', 'action')
JOIN policy_facet f ON f.value_id = x.id AND f.superseded_by IS NULL AND f.revision_id <= n.version
JOIN policy_revision p ON p.id = f.revision_id
JOIN ({ALL_RECORDS_SQL}) r ON r.kind = p.kind AND r.slug = p.record
WHERE strpos(p.document, '{{"id":' || to_json(n.record) || ',"name":') > 0
    AND strpos(p.document,
        '{{"id":' || to_json(n.record) || ',"name":' || to_json(n.name) || '}}') = 0
GROUP BY r.kind, r.id, r.title, p.published_at ORDER BY at, r.kind, r.id
"""
PUBLISHED_PER_MONTH_SQL = """
SELECT to_char(month, 'YYYY-MM'), count(p.published_at)
FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC') - %s * interval '1 month',
    date_trunc('month', now() AT TIME ZONE 'UTC'), interval '1 month') month
LEFT JOIN policy_revision p ON p.kind = 'action' AND p.event IN ('publish', 'revise')
    AND p.published_at >= month AT TIME ZONE 'UTC'
    AND p.published_at < (month + interval '1 month') AT TIME ZONE 'UTC'
GROUP BY month ORDER BY month
"""


class QueueRow(TypedDict):
    """One record in a list, with a remark and the address of the page that it leads to."""

    kind: str
    title: str
    at: datetime
    remark: str
    url: str


class ChartBar(TypedDict):
    """One month of the chart, with the positions of its bar and texts in the drawing."""

    month: str  # YYYY-MM
    name: str
    number: int
    x: int
    text_x: int
    y: int
    text_y: int
    height: int


class PublicationChart(TypedDict):
    bars: list[ChartBar]
    most: int
    total: int


class FrontPage(TypedDict):
    queue: list["QueuePage"]
    chart: PublicationChart | None


@dataclass(frozen=True)
class QueueList:
    """One list of the queue: who sees it, and which page of a record its rows lead to."""

    title: str
    sql: str
    permission: str
    row_page: str = "change"
    empty_text: str = "Nothing to do."


QUEUE_LISTS = {
    "mine": QueueList("Mine to finish", MY_DRAFTS_SQL, "change_action"),
    "review": QueueList("To review", TO_REVIEW_SQL, "publish", "publish"),
    "returned": QueueList("Returned to me", RETURNED_TO_ME_SQL, "add_review"),
    "evidence": QueueList(
        "Evidence that no longer verifies", BROKEN_CITATIONS_SQL, "view_citation"
    ),
    "sources": QueueList("Sources without actions", UNCITED_SOURCES_SQL, "view_source"),
    "names": QueueList(
        "Names that changed since publication", RENAMED_REFERENCES_SQL, "view_revision"
    ),
}


@dataclass
class QueuePage:
    """Some rows of a list, and the number of all its rows."""

    name: str
    queue_list: QueueList
    total: int
    rows: list[QueueRow]


def front_page_context(request: HttpRequest) -> FrontPage:
    """Return the lists that the user may see, and the chart if the user may see revisions."""
    lists = [
        get_queue_page(name, request, FRONT_PAGE_ROWS)
        for name in QUEUE_LISTS
        if can_view_queue(request, name)
    ]
    can_view_chart = get_user(request).has_perm("policy.view_revision")
    return {"queue": lists, "chart": get_publication_chart() if can_view_chart else None}


def can_view_queue(request: HttpRequest, name: str) -> bool:
    return get_user(request).has_perm(f"policy.{QUEUE_LISTS[name].permission}")


def get_queue_page(name: str, request: HttpRequest, limit: int, offset: int = 0) -> QueuePage:
    """Return `limit` rows of a list of the queue, after the first `offset` rows."""
    queue_list = QUEUE_LISTS[name]
    sql = f"SELECT *, count(*) OVER () FROM ({queue_list.sql}) q LIMIT %(limit)s OFFSET %(offset)s"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"me": request.user.pk, "limit": limit, "offset": offset})
        result: list[tuple[str, int, str, datetime, str, int]] = cursor.fetchall()
    rows = [
        QueueRow(
            kind=kind,
            title=title,
            at=at,
            remark=remark,
            url=admin_url(kind, queue_list.row_page, pk),
        )
        for kind, pk, title, at, remark, _ in result
    ]
    return QueuePage(name, queue_list, result[0][-1] if result else 0, rows)


def get_publication_chart() -> PublicationChart:
    """Return the number of revisions of actions in each of the last months, as bars."""
    with connection.cursor() as cursor:
        cursor.execute(PUBLISHED_PER_MONTH_SQL, [CHART_MONTHS - 1])
        months: list[tuple[str, int]] = cursor.fetchall()
    most = max(number for _, number in months)
    return {
        "bars": list(iter_chart_bars(months, most)),
        "most": most,
        "total": sum(number for _, number in months),
    }


def iter_chart_bars(months: list[tuple[str, int]], most: int) -> Iterator[ChartBar]:
    for place, (month, number) in enumerate(months):
        height = round(50 * number / most) if most else 0
        yield {
            "month": month,
            "name": f"{date.fromisoformat(f'{month}-01'):%b}",
            "number": number,
            "x": 30 * place,
            "text_x": 30 * place + 12,
            "y": 70 - height,
            "text_y": 66 - height,
            "height": height,
        }
