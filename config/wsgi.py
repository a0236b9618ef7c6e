"""The WSGI entry point."""

import gc
import os

import django
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.middleware.request_id import CachedHostHandler  # noqa: E402
from config.middleware.response_cache import add_response_cache  # noqa: E402 - what it imports needs Django to be set up

application = add_response_cache(CachedHostHandler())
get_resolver().url_patterns  # noqa: B018 - the views are imported now, not by the first request

# What is imported stays. Left out of collections, they are short; a page makes more than the usual
# 700 objects, none of which waits for a collection.
gc.collect()
gc.freeze()
gc.set_threshold(10_000)
