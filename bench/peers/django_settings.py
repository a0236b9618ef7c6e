"""Settings of plain DRF and Django Ninja: what an API without sessions needs, in production."""

import os

DEBUG = False
SECRET_KEY = "not a secret: nothing is signed"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
ROOT_URLCONF = os.environ["ROOT_URLCONF"]
INSTALLED_APPS = ["django.contrib.postgres", "bench.peers.apps.Peers"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PGHOST"],
        "PORT": os.environ["PGPORT"],
        "USER": os.environ["PGUSER"],
        "NAME": os.environ["PGDATABASE"],
        "CONN_MAX_AGE": 60,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if "drf" in ROOT_URLCONF:
    INSTALLED_APPS += ["rest_framework", "django_filters"]
    REST_FRAMEWORK = {
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
        "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
        "PAGE_SIZE": 50,
        "COERCE_DECIMAL_TO_STRING": False,
    }
