from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.routers import SimpleRouter

from api import views
from api.docs import DocsView

router = SimpleRouter()
router.register("actions", views.Actions, "action")
router.register("agencies", views.Agencies, "agency")
router.register("entities", views.Entities, "entity")
router.register("sources", views.Sources, "source")
router.register("changes", views.Changes, "change")
router.register("jurisdictions", views.Jurisdictions, "jurisdiction")
router.register("terms", views.Terms, "term")

v1 = [path("", views.Index.as_view(), name="index"), *router.urls]

urlpatterns = [
    path("v1/", include((v1, "v1"))),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    re_path("", views.nothing_here),
]
