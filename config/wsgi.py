"""The WSGI entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from config.memory import remembering  # noqa: E402 - what it imports needs Django to be set up

application = remembering(application)
get_resolver().url_patterns  # noqa: B018 - the views are imported now, not by the first request

# What is imported stays. Left out of collections, they are short, and come before garbage piles up.
gc.collect()
gc.freeze()
