"""The URLs of the public pages."""

from django.contrib.sitemaps.views import index, sitemap
from django.urls import path

from api.http.fixed_page import fixed_page
from web.views import records
from web.views.actions import action_list
from web.views.codebook import codebook
from web.views.conditional import dataset_page
from web.views.home import home
from web.views.places import jurisdiction
from web.views.site import SITEMAPS, llms, robots

app_name = "web"
action_path = "actions/<slug:id>/"
revision_path = f"{action_path}revisions/<int:number>/"
urlpatterns = [
    path("", dataset_page(home), name="home"),
    path("actions/", dataset_page(action_list), name="actions"),
    path(action_path, dataset_page(records.action), name="action"),
    path(f"{action_path}revisions/", dataset_page(records.action_history), name="action-history"),
    path(revision_path, dataset_page(records.action_revision), name="action-revision"),
    *[
        path(
            f"{revision_path}citation.{form}",
            dataset_page(records.citation_file),
            {"form": form},
            name=f"cite-{form}",
        )
        for form in ("txt", "bib", "json")
    ],
    path("sources/<slug:id>/", dataset_page(records.source), name="source"),
    path("agencies/<slug:id>/", dataset_page(records.agency), name="agency"),
    path("entities/<slug:id>/", dataset_page(records.entity), name="entity"),
    path("jurisdictions/<slug:code>/", dataset_page(jurisdiction), name="jurisdiction"),
    path("codebook/", dataset_page(codebook), name="codebook"),
    path("robots.txt", fixed_page(robots), name="robots"),
    path("llms.txt", fixed_page(llms), name="llms"),
    path(
        "sitemap.xml",
        dataset_page(index),
        {"sitemaps": SITEMAPS, "sitemap_url_name": "web:part"},
        name="sitemap",
    ),
    path("sitemap-<section>.xml", dataset_page(sitemap), {"sitemaps": SITEMAPS}, name="part"),
]
