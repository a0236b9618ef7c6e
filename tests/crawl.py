"""All requests that anonymous clients can send, derived from the OpenAPI schema and the URLs."""

import re
from collections import Counter
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from django.test import Client
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator

from policy.models import Revision
from policy.models.revision import RECORD_KINDS
from prove import RUN_LONG_PROOFS
from tests.sentinel import DRAFT_SLUGS, SENTINEL
from tests.test_seed import PLURALS

VOLATILE_HEADERS = ("X-Request-ID", "Date", "Expires")  # these differ in each response
CSRF_INPUT = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')
VARIABLE_PART = re.compile(r"(?<=s/)[A-Za-z0-9.-]+/|=[^&]*")  # an id, a value
CITATION_FORMATS = ("txt", "bib", "json")
BAD_QUERIES = (  # errors: unknown, empty, repeated, malformed, unacceptable
    "nosuch=1",
    "agency=",
    "page_size=0",
    "cursor=eyJ",
    "as_of=never",
    "ordering=edited_at",
    f"{SENTINEL}=1",
    "agency=a&agency=b",
    "format=xml",
)
CrawledAnswer = tuple[int, dict[str, str], bytes]


class CrawlRequest(NamedTuple):
    address: str
    method: str = "GET"
    accept: str = ""

    def send(self) -> CrawledAnswer:
        headers = {"accept": self.accept} if self.accept else {}
        response = Client().generic(self.method, self.address, headers=headers)
        body = b"".join(response) if response.streaming else response.content
        body = body.replace(response.headers["X-Request-ID"].encode(), b"")
        kept = {k: v for k, v in response.headers.items() if k not in VOLATILE_HEADERS}
        return response.status_code, kept, CSRF_INPUT.sub(b"", body)


def interleaved_requests() -> list[CrawlRequest]:
    """Return all requests in rounds with one of each kind, so that a difference shows early."""
    rounds: Counter[str] = Counter()
    placed = []
    for ask in all_requests():
        kind = VARIABLE_PART.sub("", f"{ask.method}{ask.accept} {ask.address}")
        placed.append((rounds[kind], ask))
        rounds[kind] += 1
    return [ask for _, ask in sorted(placed, key=itemgetter(0))]


def all_requests() -> list[CrawlRequest]:
    asked = [*iter_schema_urls(), *iter_page_urls(), *iter_parameter_urls(), *iter_list_urls()]
    whole = [CrawlRequest(address) for address in dict.fromkeys(asked)]
    plain = [ask for ask in whole if "?" not in ask.address]
    others = [CrawlRequest(ask.address, method) for ask in plain for method in ("HEAD", "OPTIONS")]
    refused = [CrawlRequest(address, "POST") for address in ("/", "/api/v1/", "/api/v1/actions/")]
    unread = [
        CrawlRequest("/api/v1/actions/", accept="image/png"),
        CrawlRequest("/api/v1/", accept="text/csv"),
    ]
    return [*whole, *others, *refused, *unread]


def get_openapi_schema() -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def get_known_ids(kind: str) -> list[str]:
    """Return the ids of a draft, of published records (in a short run some of them) and of none."""
    rows = Revision.objects.filter(kind=kind, superseded_at=None).order_by("-id")
    last = list(rows.values_list("record", flat=True))
    return [
        DRAFT_SLUGS[kind],
        *(last if RUN_LONG_PROOFS else [*last[:4], *last[4::8]]),
        "never-was",
    ]


def iter_schema_urls() -> Iterator[str]:
    """Yield every path of the schema with every id."""
    kinds = {plural: kind for kind, plural in PLURALS.items()}
    for path, operation in get_openapi_schema()["paths"].items():
        plural = path.split("/")[3]
        known = (
            get_known_ids(kinds[plural]) if plural in kinds else ["CN", "FR", "unit.act", SENTINEL]
        )
        for id in known if "{id}" in path else [""]:
            found = path.replace("{id}", id).replace("{number}", "1")
            yield found + required_query(operation["get"].get("parameters", []))
            yield found


def required_query(parameters: list[dict[str, Any]]) -> str:
    asked = [p for p in parameters if p["in"] == "query" and p.get("required")]
    return "".join(f"?{p['name']}={p['schema']['examples'][0]}" for p in asked)


def iter_parameter_urls() -> Iterator[str]:
    """Yield every parameter with its example, its choices and a value that only drafts have."""
    for path, operation in get_openapi_schema()["paths"].items():
        if "{id}" in path:
            continue
        needed = required_query(operation["get"].get("parameters", []))
        for parameter in operation["get"].get("parameters", []):
            for value in dict.fromkeys(iter_parameter_values(parameter)):
                joined = f"{needed}&" if needed else "?"
                yield f"{path}{joined}{parameter['name']}={value}"
        yield from (f"{path}?{query}" for query in BAD_QUERIES)


def iter_parameter_values(parameter: dict[str, Any]) -> Iterator[Any]:
    shape, name = parameter["schema"], parameter["name"].partition("__")[0]
    yield from shape.get("examples", [])[:1]
    yield from shape.get("enum", [])
    told = {"jurisdiction": "FR", "status": "dropped", "stance": "promote", "activity": "custody"}
    told |= {"year": 1999, "month": "1999-01", "related_to": DRAFT_SLUGS["action"], **DRAFT_SLUGS}
    yield told.get(name, SENTINEL)


def iter_list_urls() -> Iterator[str]:
    """Yield whole lists in every format and order, and page by page."""
    for plural in PLURALS.values():
        for order in ("id", "-published_at", "published_at"):
            yield f"/api/v1/{plural}/?ordering={order}&page_size=1000"
        yield from (f"/api/v1/{plural}/?format={form}" for form in ("csv", "ndjson"))
        yield f"/api/v1/{plural}/?format=csv&labels=true&safe=true"
        yield from follow_pages(f"/api/v1/{plural}/?page_size=7")
    for order in ("date", "-date"):
        yield f"/api/v1/actions/?ordering={order}&page_size=1000"
        yield f"/api/v1/actions/?ordering={order}&format=csv"
    shaped = ("fields=id,title", "omit=title", "include=agencies,entities,sources,related")
    yield from (f"/api/v1/actions/?page_size=1000&{query}" for query in shaped)
    yield from (
        f"/api/v1/actions/{id}/?{query}" for id in get_known_ids("action") for query in shaped[2:]
    )
    yield from (f"/api/v1/actions/?q={word}&highlight=true" for word in ("mining", SENTINEL))
    yield "/api/v1/actions/?as_of=2100-01-01T00:00:00Z"
    groups = "jurisdiction agency type status stance activity attribution source year month"
    yield from (f"/api/v1/actions/aggregate/?group_by={name}" for name in groups.split())
    yield "/api/v1/actions/aggregate/?group_by=agency,source"
    yield "/api/v1/actions/aggregate/?group_by=jurisdiction&sum=persons_arrested"
    yield "/api/v1/changes/?include=document&format=ndjson"
    yield from follow_pages("/api/v1/changes/?include=document&page_size=20")
    yield from (f"/api/v1/changes/?after={number}" for number in (0, 1, 40, 10**6))


def follow_pages(address: str) -> Iterator[str]:
    """Yield the URLs of a list page by page."""
    while address:
        yield address
        address = Client().get(address).json().get("next") or ""
        address = address.removeprefix("http://testserver")


def iter_page_urls() -> Iterator[str]:
    """Yield the URLs of the site without arguments, and the page of every record."""
    yield from (f"/{path}" for path in find_plain_paths())
    yield from ("/nosuch/", "/api/nosuch/", "/admin/login/", f"/{SENTINEL}/", "/api/v1/actions")
    yield from ("/api/problems/gone/", "/api/problems/nosuch/")
    yield from (f"/sitemap-{section}.xml" for section in ("pages", *RECORD_KINDS))
    for kind, plural in PLURALS.items():
        yield from (f"/{plural}/{id}/" for id in get_known_ids(kind))
    for id in get_known_ids("action"):
        yield f"/actions/{id}/revisions/"
        yield f"/actions/{id}/revisions/1/"
        yield from (f"/actions/{id}/revisions/1/citation.{form}" for form in CITATION_FORMATS)
    yield from (f"/jurisdictions/{code}/" for code in ("CN", "SV", "FR", SENTINEL))
    yield from (f"/actions/?q={word}" for word in ("mining", SENTINEL))
    yield from (
        f"/actions/?{query}" for query in ("status=dropped", "jurisdiction=FR", "year=1999")
    )


def find_plain_paths() -> set[str]:
    found = {str(pattern.pattern) for pattern in get_resolver().url_patterns}
    site = [p for p in get_resolver().url_patterns if getattr(p, "app_name", "") == "web"]
    found |= {str(pattern.pattern) for pattern in site[0].url_patterns}
    return {path for path in found if "<" not in path and "^" not in path}
