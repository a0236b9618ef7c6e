"""The WSGI application that servers run."""

import gc
import os

import django
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

# These imports need Django to be set up.
from config.middleware.request_id import CachedHostHandler  # noqa: E402
from config.middleware.response_cache import add_response_cache  # noqa: E402

application = add_response_cache(CachedHostHandler())
get_resolver().url_patterns  # noqa: B018 (import the views now, not in the first request)

# Imported objects live as long as the process. Frozen, they are not scanned again. A page creates
# more objects than the default threshold of 700, and none of them needs the collector.
gc.collect()
gc.freeze()
gc.set_threshold(10_000)
