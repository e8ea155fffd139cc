"""Django settings. Everything a deployment changes is an environment variable, listed in docs/settings.md.

Without any, an instance is complete: SQLite in the state folder, Redis on a Unix socket in the run folder.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from kombu import Queue

from labs import places
from labs.live import stream
from labsite import environment

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = environment.flag("NETQUARIUM_DEBUG")
SECRET_KEY = environment.secret_key(places.STATE / "secret.key")

# Netquarium's own.
MACHINE = stream.machine()
SESSIONS_PER_USER = environment.number("NETQUARIUM_SESSIONS_PER_USER", 5, least=1)
"""Live sessions one learner may have at a time; staff are held by SESSIONS_IN_ALL alone."""
SESSIONS_IN_ALL = environment.number("NETQUARIUM_SESSIONS_IN_ALL", 60, least=1)
SESSION_AGE_LIMIT_MINUTES = environment.number("NETQUARIUM_SESSION_AGE_LIMIT_MINUTES", 8 * 60, least=1)
"""No session lives longer than this, however often it is extended."""
WARM_HOSTS = environment.number("NETQUARIUM_WARM_HOSTS", 0)
"""Lab hosts kept started ahead of need on this machine; each holds 25 to 60 MB."""
REDIS_URL = stream.default_url()

# Who is answered.
HTTPS = environment.flag("NETQUARIUM_HTTPS")
"""Served behind a proxy that ends TLS and sets X-Forwarded-Proto."""
ALLOWED_HOSTS = [
    *environment.names("NETQUARIUM_ALLOWED_HOSTS", [socket.gethostname().lower()]),
    *("localhost", "127.0.0.1", "[::1]"),  # always: ./nq calls the API by these
]
CSRF_TRUSTED_ORIGINS = environment.names("NETQUARIUM_TRUSTED_ORIGINS", [])
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "netquarium_session"
CSRF_COOKIE_NAME = "csrftoken"
CSRF_FAILURE_VIEW = "labsite.pages.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
NINJA_NUM_PROXIES = environment.number("NETQUARIUM_PROXIES", 0)
"""Proxies in front whose X-Forwarded-For is believed; 0 throttles by the peer's own address."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "ninja",
    "labs.apps.LabsConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "labsite.headers.ContentSecurityPolicy",
    "labsite.static_files.StaticFiles",
    "labs.api.problems.ProblemMiddleware",
    "django.middleware.common.CommonMiddleware",  # refuses names that are not ours (DNS rebinding)
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
APPEND_SLASH = False
ROOT_URLCONF = "labsite.urls"
ASGI_APPLICATION = "labsite.asgi.application"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# What is kept.
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_database_url = environment.names("NETQUARIUM_DATABASE_URL", [])
DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database(_database_url[0])
    if _database_url
    else {
        "ENGINE": "django.db.backends.sqlite3",
        # A folder of its own: SQLite writes beside the database, and the web process may write nowhere else.
        "NAME": environment.folder(places.STATE / "database") / "db.sqlite3",
        # Tests use threads: a shared in-memory database would answer "table is locked" without waiting.
        "TEST": {"NAME": places.STATE / "database" / "test.sqlite3"},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    }
}

# What runs elsewhere.
CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}" if REDIS_URL.startswith("unix:") else REDIS_URL
)
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "queue_order_strategy": "round_robin",
    # Whoever sends a task learns within a second that Redis is away; a worker's own connection waits for ever.
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 3, "interval_start": 0.05, "interval_step": 0.2, "interval_max": 1}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [Queue("default"), Queue(f"machine.{MACHINE}")]
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_BEAT_SCHEDULE_FILENAME = str(places.RUN / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "expire": {"task": "labs.tasks.expire", "schedule": 15.0, "options": {"expires": 15}},
    "reap": {"task": "labs.tasks.reap", "schedule": 30.0, "options": {"expires": 30}},
}

# The built page and the documentation page's assets; index.html itself is labsite.pages.
STATIC_URL = "/static/"
FRONTEND = BASE_DIR / "frontend" / "dist"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_ROOT = FRONTEND if FRONTEND.is_dir() else None
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": (environment.names("NETQUARIUM_LOG_LEVEL", []) or ["INFO"])[0]},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "propagate": False},
        "django.request": {"level": "ERROR"},
        "celery.beat": {"level": "WARNING"},
    },
}
