"""Settings of the platform. Every value that differs between installations is an environment
variable; `.env.example` lists them all."""

from pathlib import Path

import environ

from vaxplatform.logs import configure_structlog, logging_settings
from vaxplatform.security import PERMISSIONS_POLICY, PUBLIC_POLICY  # noqa: F401
from vaxplatform.unfold_settings import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).resolve()
DEMO = env.bool("DEMO", default=True)
SECRET_KEY = env.str("SECRET_KEY")
# How the world reaches us, without a closing slash; SMART Health Cards name it as their issuer.
_HERE = f"http://localhost:{env.str('PORT', default='') or 8000}"
PUBLIC_URL = env.str("PUBLIC_URL", default=_HERE).rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "vaxplatform",
    "registration",
    "sites",
    "certificates",
    "public_portal",
    "response_center",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "vaxplatform.staff_config.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "csp",
    "axes",
    "pgtrigger",
    "pghistory",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "public_portal.caching.KeptPagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "vaxplatform.middleware.PersonalPagesMiddleware",
    "vaxplatform.language.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "vaxplatform.middleware.ScopedPolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "vaxplatform.history.HistoryMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "vaxplatform.middleware.DatabaseUnavailableMiddleware",
]

ROOT_URLCONF = "vaxplatform.urls"
WSGI_APPLICATION = "vaxplatform.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# ---------------------------------------------------------------- PostgreSQL and Redis
# The certificate window travels as PostgreSQL settings, so that the trigger that queues a dose
# (certificates/migrations) and Python read one figure; raw SQL without them gets 1800 and 3600.
CERTIFICATE_DELAY_SECONDS = env.int("CERTIFICATE_DELAY_SECONDS", default=1800)
CERTIFICATE_DEADLINE_SECONDS = env.int("CERTIFICATE_DEADLINE_SECONDS", default=3600)
CERTIFICATE_ISSUED_BY = env.str(
    "CERTIFICATE_ISSUED_BY", default="Ministry of Health of Viet Nam"
)  # the field "is" of the certificate, 80 characters at most

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].update(
    {
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            "options": " ".join(
                f"-c {name}={value}"
                for name, value in {
                    "lock_timeout": "3s",
                    "statement_timeout": env.str("STATEMENT_TIMEOUT", default="10s"),
                    "idle_in_transaction_session_timeout": "30s",
                    "vax.certificate_delay_seconds": CERTIFICATE_DELAY_SECONDS,
                    "vax.certificate_deadline_seconds": CERTIFICATE_DEADLINE_SECONDS,
                }.items()
            ),
        },
    }
)
REDIS_URL = env.str("REDIS_URL")
_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _MEMORY},
    # Names and codes of people: this process's memory, never a shared cache (docs/adr/0014).
    "drawings": {
        "BACKEND": _MEMORY,
        "LOCATION": "drawings",
        "TIMEOUT": 600,
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------------------------------------------------------------- people and access
AUTH_USER_MODEL = "registration.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/account/"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True

# Identifiers are encrypted and looked up by a keyed hash (vaxplatform/crypto.py).
IDENTIFIER_KEYS = env.list("IDENTIFIER_KEYS", default=[])  # "version:base64key", newest first
BLIND_INDEX_KEY = env.str("BLIND_INDEX_KEY", default="")

# ---------------------------------------------------------------- language and time
LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = sorted(p for p in (BASE_DIR / "locale").glob("*") if p.is_dir())
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = ["vaxplatform.formats"]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365

# ---------------------------------------------------------------- tasks
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 110
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 10,
    "socket_connect_timeout": 3,
    "health_check_interval": 10,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# ---------------------------------------------------------------- messages to phones
SMS_BACKEND = env.str("SMS_BACKEND", default="console")  # console | file | http
SMS_FILE = env.str("SMS_FILE", default=str(DATA_DIR / "sms.log"))
SMS_HTTP_URL = env.str("SMS_HTTP_URL", default="")
SMS_HTTP_TOKEN = env.str("SMS_HTTP_TOKEN", default="")
SMS_CODES_PER_HOUR = env.int("SMS_CODES_PER_HOUR", default=20_000)  # in the whole country
# Of these for look-ups through the portal of 2021, so that this door cannot use up the others'.
OLD_PORTAL_CODES_PER_HOUR = env.int("OLD_PORTAL_CODES_PER_HOUR", default=2_000)
# And for looking a record up without an account, or bringing a person to another phone.
RECORD_CODES_PER_HOUR = env.int("RECORD_CODES_PER_HOUR", default=4_000)
# Of all but codes: attempts in the whole country within a minute, and to one phone within a day.
SMS_PER_MINUTE = env.int("SMS_PER_MINUTE", default=6_000)
SMS_A_DAY_TO_ONE_PHONE = env.int("SMS_A_DAY_TO_ONE_PHONE", default=10)

# Notices of browsers that something is new in the health book (web push); no key: there are none.
PUSH_KEY = env.str("PUSH_KEY", default="")  # 32 bytes in base64url, for web and workers
PUSH_CONTACT = env.str("PUSH_CONTACT", default=PUBLIC_URL)  # whom a push service writes to
PUSH_SERVICES = env.list(
    "PUSH_SERVICES",
    default=[
        "fcm.googleapis.com",
        "push.services.mozilla.com",
        "notify.windows.com",
        "push.apple.com",
    ],
)  # these hosts and those below them are called, and no others

# ---------------------------------------------------------------- help
HOTLINE = env.str("HOTLINE", default="1900 9095")  # of the health ministry; empty: none is shown

# On which days after a dose people are asked how they are; empty: nobody is asked.
FOLLOW_UP_DAYS = env.list("FOLLOW_UP_DAYS", cast=int, default=[1, 3, 7, 28])

# ---------------------------------------------------------------- signing keys: workers only
SIGNING_KEYS_DIR = env.str("SIGNING_KEYS_DIR", default="")
SIGNING_PASSPHRASE = env.str("SIGNING_PASSPHRASE", default="")
# Groups of provinces that have a key of their own: north:01,02;south:79
SIGNING_KEY_GROUPS = env.str("SIGNING_KEY_GROUPS", default="")

# ---------------------------------------------------------------- files
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # collectstatic lays a zipped copy beside each text; WhiteNoise sends it to who takes gzip.
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# Which reform's units the forms offer: 2021 (63 provinces, districts, wards) or 2025 (34, wards).
PLACES_SCHEME = env.int("PLACES_SCHEME", default=2021)

# ---------------------------------------------------------------- security
CONTENT_SECURITY_POLICY = {"DIRECTIVES": PUBLIC_POLICY}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# HTTPS=1 where a proxy (or this server) speaks TLS; plain http on localhost keeps working without.
HTTPS = env.bool("HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
# Only where the proxy in front always sets (and strips) X-Forwarded-Proto.
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # 1,000 doses of JSON are under 1 MB

# ---------------------------------------------------------------- logs and metrics
LOGGING = logging_settings(debug=DEBUG, level=env.str("LOG_LEVEL", default="INFO"))
configure_structlog()
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
DJANGO_STRUCTLOG_USER_ID_FIELD = ""  # would load session and user for every page; see logs.py
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10  # debug: one line a request is enough
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")  # reading loads no user either
METRICS_ALLOWED_NETWORKS = env.list("METRICS_ALLOWED_NETWORKS", default=["127.0.0.0/8", "::1/128"])

# ---------------------------------------------------------------- API
REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "vaxplatform.api.exception_handler",
    "DEFAULT_PAGINATION_CLASS": "vaxplatform.api.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "vaxplatform",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "sites.api.schema.bound_the_list",
    ],
}

# ---------------------------------------------------------------- looking people up
# How many people a staff login, and an API client, may look up within an hour (not by QR code).
LOOKUPS_PER_HOUR = env.int("LOOKUPS_PER_HOUR", default=240)
API_LOOKUPS_PER_HOUR = env.int("API_LOOKUPS_PER_HOUR", default=2000)

# ---------------------------------------------------------------- telling the systems of sites
# How long a system may sleep and still find what happened to its site's certificates.
CERTIFICATE_CHANGES_KEPT_DAYS = env.int("CERTIFICATE_CHANGES_KEPT_DAYS", default=90)
WEBHOOKS_GIVEN_UP_AFTER_DAYS = env.int("WEBHOOKS_GIVEN_UP_AFTER_DAYS", default=7)
# 1 lets webhooks go to http and to addresses inside a network: on a programmer's machine only.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.bool("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=DEBUG)
