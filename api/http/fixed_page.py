"""Validators for what depends on the software and the settings only, not on the data."""

from collections.abc import Callable

from django.http import HttpResponseBase
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page

View = Callable[..., HttpResponseBase]


def fixed_page(view: View) -> View:
    """Add an ETag made from the content to the responses of a view, and answer 304 if the client
    has this content. This does not use the database."""
    revalidate = cache_control(public=True, max_age=0, must_revalidate=True)
    decorated: View = revalidate(conditional_page(view))
    return decorated
