"""The WSGI application that servers run."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_wsgi_application()

# These imports need Django to be set up.
from config import stalled_clients  # noqa: E402
from config.middleware.response_cache import add_response_cache  # noqa: E402

application = add_response_cache(django_application)
get_resolver().url_patterns  # noqa: B018 (import the views now, not in the first request)
stalled_clients.start_watching()
