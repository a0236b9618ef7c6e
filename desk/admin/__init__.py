"""The curators' door: one module for each sort of page."""

from django.contrib import admin

from desk.admin import actions, history, people, records, reference, sources

__all__ = ["actions", "history", "people", "records", "reference", "sources"]

admin.site.site_title = admin.site.site_header = admin.site.index_title = "Policy Events"
