"""What waits: the admin's front page. One statement a list, each within what an index finds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.urls import reverse

from policy.models import RECORDS

FIRST = 10  # rows of each list on the front page
PAGE = 100  # rows of a page of one list
MONTHS = 12

# Every record of the workbench by its kind. Conditions on it reach into each table.
NAMES = {"agency": "name", "entity": "name", "source": "title", "action": "title"}
RECORD = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, id, slug, {NAMES[kind]} AS title, edited_at, edited_by_id"
    f" FROM policy_{kind}"
    for kind in RECORDS
)
LAST_REVIEW = """
    v.id = (SELECT max(w.id) FROM policy_review w WHERE w.kind = v.kind AND w."row" = v."row")
"""
MINE = f"""
SELECT r.kind, r.id, r.title, r.edited_at AS at, '' AS said
FROM ({RECORD}) r
WHERE r.edited_by_id = %(me)s
    AND NOT EXISTS (
        SELECT FROM policy_revision p
        WHERE p.kind = r.kind AND p.record = r.slug AND p.superseded_at IS NULL
            AND (p.event = 'merge' OR p.published_at >= r.edited_at))
    AND (r.kind, r.id) NOT IN (
        SELECT v.kind, v."row" FROM policy_review v WHERE v.outcome = ''
        UNION ALL
        SELECT v.kind, v."row" FROM policy_review v
        WHERE v.outcome = 'returned' AND v.asked_by_id = %(me)s AND {LAST_REVIEW})
ORDER BY at DESC, kind, id
"""
TO_REVIEW = f"""
SELECT r.kind, r.id, r.title, v.asked_at AS at, v.remark AS said
FROM policy_review v JOIN ({RECORD}) r ON r.kind = v.kind AND r.id = v."row"
WHERE v.outcome = '' AND v.asked_by_id IS DISTINCT FROM %(me)s
    AND r.edited_by_id IS DISTINCT FROM %(me)s
    AND NOT EXISTS (
        SELECT FROM policy_acceptance a WHERE a.review_id = v.id AND a.by_id = %(me)s)
ORDER BY at, kind, id
"""
RETURNED = f"""
SELECT r.kind, r.id, r.title, v.closed_at AS at,
    (SELECT string_agg(concat_ws(': ', nullif(c.field, ''), c.text), '; ' ORDER BY c.id)
     FROM policy_comment c WHERE c.review_id = v.id) AS said
FROM policy_review v JOIN ({RECORD}) r ON r.kind = v.kind AND r.id = v."row"
WHERE v.outcome = 'returned' AND v.asked_by_id = %(me)s AND {LAST_REVIEW}
ORDER BY at, kind, id
"""
BROKEN = """
SELECT 'action' AS kind, a.id, a.title, max(a.edited_at) AS at,
    string_agg(s.slug || ' ' || c.start || '-' || c."end", ', ' ORDER BY c.id) AS said
FROM policy_brokencitation b JOIN policy_citation c ON c.id = b.citation
JOIN policy_action a ON a.id = c.action_id JOIN policy_source s ON s.id = c.source_id
GROUP BY a.id ORDER BY a.slug
"""
IDLE = """
SELECT 'source' AS kind, s.id, s.title, s.created_at AS at, '' AS said
FROM policy_source s
WHERE NOT EXISTS (SELECT FROM policy_citation c WHERE c.source_id = s.id)
ORDER BY at DESC, s.id
"""
# A document spells a reference as {"id":…,"name":…}: it is stale where that stands otherwise.
RENAMED = f"""
SELECT r.kind, r.id, r.title, p.published_at AS at,
    string_agg(DISTINCT n.kind || ' ' || n.record || ' is now “' || n.name || '”', '; ') AS said
FROM policy_renamed n
JOIN policy_facetvalue x ON x.facet = CASE n.kind
        WHEN 'jurisdiction' THEN 'jurisdiction_exactly' ELSE 'refers_to' END
    AND x.value = CASE n.kind
        WHEN 'jurisdiction' THEN n.record ELSE n.kind || '/' || n.record END
    AND x.kind IN ('agency', 'entity', 'source', 'action')
JOIN policy_facet f ON f.value_id = x.id AND f.superseded_by IS NULL AND f.revision_id <= n.version
JOIN policy_revision p ON p.id = f.revision_id
JOIN ({RECORD}) r ON r.kind = p.kind AND r.slug = p.record
WHERE strpos(p.document, '{{"id":' || to_json(n.record) || ',"name":') > 0
    AND strpos(p.document,
        '{{"id":' || to_json(n.record) || ',"name":' || to_json(n.name) || '}}') = 0
GROUP BY r.kind, r.id, r.title, p.published_at ORDER BY at, r.kind, r.id
"""
PUBLISHED = """
SELECT to_char(month, 'YYYY-MM'), count(p.published_at)
FROM generate_series(date_trunc('month', now() AT TIME ZONE 'UTC') - %s * interval '1 month',
    date_trunc('month', now() AT TIME ZONE 'UTC'), interval '1 month') month
LEFT JOIN policy_revision p ON p.kind = 'action' AND p.event IN ('publish', 'revise')
    AND p.published_at >= month AT TIME ZONE 'UTC'
    AND p.published_at < (month + interval '1 month') AT TIME ZONE 'UTC'
GROUP BY month ORDER BY month
"""


@dataclass(frozen=True)
class Work:
    """One list of the queue: whom it is for, and where its rows lead."""

    title: str
    sql: str
    permission: str
    page: str = "change"
    nothing: str = "Nothing."


WORK = {
    "mine": Work("Mine to finish", MINE, "change_action"),
    "review": Work("To review", TO_REVIEW, "publish", "publish"),
    "returned": Work("Returned to me", RETURNED, "add_review"),
    "evidence": Work("Evidence that no longer verifies", BROKEN, "view_citation"),
    "sources": Work("Sources without actions", IDLE, "view_source"),
    "names": Work("Names that changed since publication", RENAMED, "view_revision"),
}


@dataclass
class Listed:
    name: str
    work: Work
    number: int
    rows: list[dict[str, Any]]


def front(request: HttpRequest) -> dict[str, Any]:
    """The lists that somebody may see, and a picture."""
    lists = [listed(name, request, FIRST) for name in WORK if sees(request, name)]
    shows = request.user.has_perm("policy.view_revision")
    return {"queue": lists, "chart": chart() if shows else None}


def sees(request: HttpRequest, name: str) -> bool:
    return request.user.has_perm(f"policy.{WORK[name].permission}")


def listed(name: str, request: HttpRequest, limit: int, offset: int = 0) -> Listed:
    work = WORK[name]
    sql = f"SELECT *, count(*) OVER () FROM ({work.sql}) q LIMIT %(limit)s OFFSET %(offset)s"
    with connection.cursor() as cursor:
        cursor.execute(sql, {"me": request.user.pk, "limit": limit, "offset": offset})
        found = cursor.fetchall()
    rows = [
        {
            "kind": kind,
            "title": title,
            "at": at,
            "said": said,
            "address": reverse(f"admin:policy_{kind}_{work.page}", args=[id]),
        }
        for kind, id, title, at, said, _ in found
    ]
    return Listed(name, work, found[0][-1] if found else 0, rows)


def chart() -> dict[str, Any]:
    """Revisions of actions that came in each of the last months, as bars of a picture."""
    with connection.cursor() as cursor:
        cursor.execute(PUBLISHED, [MONTHS - 1])
        months = cursor.fetchall()
    most = max(number for _, number in months)
    return {"bars": list(bars(months, most)), "most": most, "total": sum(n for _, n in months)}


def bars(months: list[tuple[str, int]], most: int) -> Iterator[dict[str, Any]]:
    for place, (month, number) in enumerate(months):
        height = round(50 * number / most) if most else 0
        yield {
            "month": month,
            "name": f"{date.fromisoformat(f'{month}-01'):%b}",
            "number": number,
            "x": 30 * place,
            "middle": 30 * place + 12,
            "y": 70 - height,
            "label": 66 - height,
            "height": height,
        }
