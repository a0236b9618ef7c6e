"""The URLs of the public pages."""

from django.contrib.sitemaps.views import index, sitemap
from django.urls import path

from web.views import records
from web.views.actions import action_list
from web.views.codebook import codebook
from web.views.home import home
from web.views.places import jurisdiction
from web.views.site import SITEMAPS, llms, robots

app_name = "web"
action_path = "actions/<slug:id>/"
revision_path = f"{action_path}revisions/<int:number>/"
urlpatterns = [
    path("", home, name="home"),
    path("actions/", action_list, name="actions"),
    path(action_path, records.action, name="action"),
    path(f"{action_path}revisions/", records.action_history, name="action-history"),
    path(revision_path, records.action_revision, name="action-revision"),
    *[
        path(
            f"{revision_path}citation.{form}",
            records.citation_file,
            {"form": form},
            name=f"cite-{form}",
        )
        for form in ("txt", "bib", "json")
    ],
    path("sources/<slug:id>/", records.source, name="source"),
    path("agencies/<slug:id>/", records.agency, name="agency"),
    path("entities/<slug:id>/", records.entity, name="entity"),
    path("jurisdictions/<slug:code>/", jurisdiction, name="jurisdiction"),
    path("codebook/", codebook, name="codebook"),
    path("robots.txt", robots, name="robots"),
    path("llms.txt", llms, name="llms"),
    path(
        "sitemap.xml", index, {"sitemaps": SITEMAPS, "sitemap_url_name": "web:part"}, name="sitemap"
    ),
    path("sitemap-<section>.xml", sitemap, {"sitemaps": SITEMAPS}, name="part"),
]
