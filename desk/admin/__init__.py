"""The admin's pages, one module for each group of models."""

from desk.accounts import admin as accounts
from desk.admin import actions, history, records, reference, sources

__all__ = ["accounts", "actions", "history", "records", "reference", "sources"]
