"""The curators' door: one module for each sort of page."""

from desk.admin import actions, history, people, records, reference, sources

__all__ = ["actions", "history", "people", "records", "reference", "sources"]
