"""The curators' door: one module for each sort of page."""

from desk.accounts import admin as accounts
from desk.admin import actions, history, records, reference, sources

__all__ = ["accounts", "actions", "history", "records", "reference", "sources"]
