"""The URLs of the API, below /api/."""

from django.urls import include, path, re_path
from rest_framework.routers import SimpleRouter

from api.http.fixed_page import fixed_page
from api.openapi.docs_view import DocsView
from api.openapi.schema_view import SchemaView
from api.views import changes, index, record_kinds, reference

router = SimpleRouter()
router.register("actions", record_kinds.Actions, "action")
router.register("agencies", record_kinds.Agencies, "agency")
router.register("entities", record_kinds.Entities, "entity")
router.register("sources", record_kinds.Sources, "source")
router.register("changes", changes.Changes, "change")
router.register("jurisdictions", reference.Jurisdictions, "jurisdiction")
router.register("terms", reference.Terms, "term")

v1 = [
    path("", index.Index.as_view(), name="index"),
    path("head/", index.Head.as_view(), name="head"),
    *router.urls,
]

urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("schema/", fixed_page(SchemaView.as_view()), name="schema"),
    path("docs/", fixed_page(DocsView.as_view()), name="docs"),
    re_path("", index.api_not_found),
]
