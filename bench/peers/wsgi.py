"""Serves plain DRF or Django Ninja: ROOT_URLCONF says which."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
