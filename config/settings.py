"""The settings of all environments. .env.example describes the environment variables."""

import tomllib
from pathlib import Path

from config import environment
from config.postgres import embedded_server
from config.postgres.database_url import parse_database_url

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(environment.get_str("DATA_DIR") or BASE_DIR / ".data").absolute()

DEBUG = environment.get_bool("DEBUG", default=True)
environment.require_settings(DEBUG, ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL"])
SECRET_KEY = environment.get_secret_key(DEBUG, DATA_DIR)
SECRET_KEY_FALLBACKS = environment.get_list("SECRET_KEY_FALLBACKS")
DESK = environment.get_bool("DESK", default=True)
ALLOWED_HOSTS, HOST_PORTS = environment.get_hosts_and_ports("ALLOWED_HOSTS", DEBUG)

# The dataset
with (BASE_DIR / "pyproject.toml").open("rb") as file:
    SOFTWARE_VERSION: str = tomllib.load(file)["project"]["version"]
DATASET_TITLE = environment.get_str("DATASET_TITLE", "Policy Events")
DATASET_LICENCE = environment.get_str("DATASET_LICENCE", "CC-BY-4.0")
CONTACT = environment.get_str("CONTACT", "")
SELF_REVIEW = environment.get_bool("SELF_REVIEW", default=False)
REVIEWS = environment.get_int("REVIEWS", default=1)

INSTALLED_APPS = [
    "config",
    "web",
    "api",
    "desk",
    "policy",
    "desk.apps.DeskSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "config.middleware.request_id.RequestIdMiddleware",
    "config.middleware.client_address.ClientAddressMiddleware",
    "config.middleware.security_headers.SecurityHeadersMiddleware",
    "config.middleware.request_limits.RequestLimitsMiddleware",
    "config.middleware.database_errors.DatabaseErrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.static_files.WholeFilesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "config.middleware.rate_limit.RateLimitMiddleware",
    "config.middleware.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "desk.accounts.session_timeout.SessionTimeoutMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
ADMIN_PREFIX = "/admin/"
WSGI_APPLICATION = "config.wsgi.application"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": CONTEXT_PROCESSORS,
        },
    },
]

# Without the desk, a process has no sign-in and writes nothing, so it does not need these.
DESK_ONLY = (
    "desk",
    "desk.apps.DeskSiteConfig",
    "desk.accounts.session_timeout.SessionTimeoutMiddleware",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)
if not DESK:
    for names in (INSTALLED_APPS, MIDDLEWARE, CONTEXT_PROCESSORS):
        names[:] = [name for name in names if name not in DESK_ONLY]
    SILENCED_SYSTEM_CHECKS = ["security.W003"]  # CSRF protection: there are no forms


def get_database_settings() -> dict[str, object]:
    """Return the database of DATABASE_URL, or the embedded one in DATA_DIR."""
    url = environment.get_str("DATABASE_URL")
    if not url:
        return {
            "ENGINE": "config.postgres",
            "NAME": embedded_server.DATABASE,
            "EMBEDDED": DATA_DIR,
        }
    return parse_database_url(url)


DATABASES = {"default": {**get_database_settings(), "CONN_HEALTH_CHECKS": True}}
# Seconds that a request may wait for one statement, and for a lock.
READER_TIMEOUT, READER_LOCK_TIMEOUT = environment.get_int("READER_TIMEOUT", default=5), 1
DESK_TIMEOUT, DESK_LOCK_TIMEOUT = environment.get_int("DESK_TIMEOUT", default=30), 5
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
# New passwords use the first. A password of another one is hashed again at the next sign-in.
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}"
    for name in ("Argon2PasswordHasher", "PBKDF2PasswordHasher")
]
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# The form of an action with many citations has many fields.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# An uploaded article of up to 5 MB is sent again in the confirmation form, in base64: a third more.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20

MAX_UPLOAD_BYTES = 20 * 2**20  # of one file
MAX_REQUEST_BYTES = MAX_UPLOAD_BYTES + 2**20  # of a file and its form

# Cookies and transport: strict in production, where HTTPS is used. Browsers accept a cookie whose
# name begins with __Host- only over HTTPS, and only from this host itself.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
if not DEBUG:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SESSION_COOKIE_AGE = 30 * 60  # of inactivity; see desk/accounts/session_timeout.py
SECURE_SSL_REDIRECT = environment.get_bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
BEHIND_PROXY = environment.get_bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "throttle": {  # one key per client: RATE_LIMIT must not forget a client because of others
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "throttle",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
RATE_LIMIT = environment.get_str("RATE_LIMIT", "")
MEMORY = environment.get_int("MEMORY", default=16, least=0)
MAX_EXPORTS = environment.get_int("MAX_EXPORTS", default=2)
SEND_TIMEOUT = environment.get_int("SEND_TIMEOUT", default=60)
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_URLS_REGEX = r"^/api/"
CORS_EXPOSE_HEADERS = [
    "Content-Disposition",
    "Dataset-Version",
    "Deprecation",
    "ETag",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Repr-Digest",
    "Retry-After",
    "Row-Count",
    "Sunset",
    "X-Request-ID",
]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["api.http.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.http.renderers.FormatNegotiation",
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_METADATA_CLASS": "api.openapi.options.ListMetadata",
    "DEFAULT_SCHEMA_CLASS": "api.openapi.schema.AutoSchema",
    "EXCEPTION_HANDLER": "api.http.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": f"{DATASET_TITLE} API",
    "VERSION": SOFTWARE_VERSION,
    "DESCRIPTION": (
        "Policy events: what public authorities did, coded from articles. Each value cites a "
        "passage of an article that a program can verify. The API is read-only and needs no key. "
        "Start at `/api/v1/`. `/api/v1/terms/` defines every code. "
        "An unknown parameter is an error."
    ),
    "SORT_OPERATION_PARAMETERS": False,
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayRequestDuration": True},
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "LICENSE": {
        "name": "BSD-3-Clause (code); dataset CC BY 4.0",
        "identifier": "BSD-3-Clause",
    },
    "POSTPROCESSING_HOOKS": ["api.openapi.postprocessing.postprocess_schema"],
    "TAGS": [
        {"name": "index", "description": "A description of the dataset."},
        {"name": "head", "description": "The version of the dataset."},
        {
            "name": "actions",
            "description": "What public authorities and their partners did.",
        },
        {"name": "agencies", "description": "Public bodies."},
        {"name": "entities", "description": "Companies, platforms, persons and assets."},
        {
            "name": "sources",
            "description": "The coded articles and documents.",
        },
        {"name": "jurisdictions", "description": "Territories, with ISO 3166 codes."},
        {"name": "terms", "description": "The terms of the controlled vocabularies."},
        {"name": "changes", "description": "All publications, in the order of their versions."},
    ],
    "SERVERS": [{"url": "/", "description": "This instance"}],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "filters": {"request_id": {"()": "config.middleware.request_id.RequestIdFilter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "loggers": {
        "policy_events": {"handlers": ["console"], "level": "INFO"},
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
