"""Django's settings, all derived from the environment that is parsed here, once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import sys
from pathlib import Path
from typing import Any

from django.urls import reverse_lazy

from backend.accounts.provider_settings import allauth_providers
from backend.platform import environment
from backend.platform.database_password import connections_with, password_in_secret
from contract.environment import BadSetting

try:
    ENVIRONMENT = environment.parse(os.environ)
except BadSetting as error:
    print(f"apranova backend: {error}", file=sys.stderr)
    raise SystemExit(2) from None


def _derived_key(purpose: str) -> bytes:
    """32 bytes for one purpose only, so that leaking one key opens nothing else."""
    return hmac.digest(ENVIRONMENT.secret_key.encode(), purpose.encode(), hashlib.sha256)


BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = ENVIRONMENT.secret_key
BACKUP_RECORD = ENVIRONMENT.backup_record
DOCTOR_RECORD = ENVIRONMENT.doctor_record
SHARED_DIR = ENVIRONMENT.shared_dir
SHARED_BYTES_MAX = ENVIRONMENT.shared_bytes_max
DISK_RESERVE_BYTES = ENVIRONMENT.disk_reserve_bytes
DEBUG = False
ALLOWED_HOSTS = [ENVIRONMENT.public_host, "localhost", "127.0.0.1", "[::1]"]
ROOT_URLCONF = "backend.config.urls"
ASGI_APPLICATION = "backend.config.asgi.application"
APPEND_SLASH = False  # a redirect would lose the body of a POST; a wrong address is a 404
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.headless",
    "backend.config.apps.ConfigConfig",
    "backend.accounts.apps.AccountsConfig",
    "backend.cohorts.apps.CohortsConfig",
    "backend.workspaces.apps.WorkspacesConfig",
    "backend.costs.apps.CostsConfig",
    "backend.audit.apps.AuditConfig",
    "backend.sharing.apps.SharingConfig",
    "backend.assignments.apps.AssignmentsConfig",
    "backend.shared_data.apps.SharedDataConfig",
    "backend.lti.apps.LtiConfig",
    "backend.personal_data.apps.PersonalDataConfig",
    "backend.gateway.apps.GatewayConfig",
]

MIDDLEWARE = [
    "backend.platform.middleware.RequestContextMiddleware",
    "backend.platform.middleware.SingleCookiesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "backend.platform.middleware.StaticFilesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "backend.accounts.middleware.KnownDeviceMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------
_database_password = password_in_secret(ENVIRONMENT.database_secret, region=ENVIRONMENT.aws_region)
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": ENVIRONMENT.database.name,
        "USER": ENVIRONMENT.database.user,
        "PASSWORD": ENVIRONMENT.database.password,
        "HOST": ENVIRONMENT.database.host,
        "PORT": ENVIRONMENT.database.port,
        "OPTIONS": {
            # No request waits longer for a connection. PostgreSQL on one machine allows 40 in all.
            "pool": {
                "min_size": 1,
                "max_size": 12,
                "timeout": 10,
                **({"connection_class": connections_with(_database_password)} if ENVIRONMENT.database_secret else {}),
            },
            "connect_timeout": 5,
            "application_name": "apranova-backend",
        },
    }
}
CACHES = {
    "default": {
        "BACKEND": "backend.platform.cluster_cache.RedisClusterCache"
        if ENVIRONMENT.redis_cluster
        else "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENVIRONMENT.redis_url,
        "KEY_PREFIX": "apranova",
        "OPTIONS": {
            "socket_timeout": 2,
            "socket_connect_timeout": 2,
            **({"password": ENVIRONMENT.redis_token} if ENVIRONMENT.redis_token else {}),
        },
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"

# --- cookies, CSRF, headers -----------------------------------------------------------------------
# With HTTPS, `__Host-` makes browsers refuse a cookie that a workspace's page plants.
_COOKIE_PREFIX = "__Host-" if ENVIRONMENT.is_https else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}apranova_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.is_https
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}apranova_csrf"
CSRF_COOKIE_HTTPONLY = False  # the portal reads it and sends it back as X-CSRFToken
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = ENVIRONMENT.is_https
DEVICE_COOKIE_NAME = f"{_COOKIE_PREFIX}apranova_device"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of its own
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.public_url]
CSRF_FAILURE_VIEW = "backend.platform.problems.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.is_https else None
X_FRAME_OPTIONS = "DENY"
REQUEST_BODY_BYTES_MAX = 1024 * 1024
UPLOAD_BYTES_MAX = 6 * 1024 * 1024
"""For the files of an assignment, in Base64, and for a piece of shared data."""
SAML_ANSWER_BYTES_MAX = 128 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_BYTES_MAX

# --- people ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# The second reads what was stored before; the next sign-in stores it anew.
PASSWORD_HASHERS = [
    "backend.accounts.passwords.PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = f"{ENVIRONMENT.public_url}/signin"
LOGIN_REDIRECT_URL = f"{ENVIRONMENT.public_url}/dashboard"

ALLAUTH_TRUSTED_PROXY_COUNT = 1  # the edge appends the address it saw to X-Forwarded-For; nothing before it counts
ACCOUNT_ADAPTER = "backend.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "backend.accounts.signup.InvitedSignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "backend.accounts.adapters.display_name"
ACCOUNT_EMAIL_VERIFICATION = "none"  # the invitation's link went to the address: signing up proves it
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = "strict"  # only our sign-up form, after it has seen an invitation, says "taken"
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{ENVIRONMENT.school_name}] "
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_RATE_LIMITS = {
    # A whole class works behind one address, and one student in it may be hostile: no small limit
    # counts by address alone. `backend.accounts.sign_in_limits` limits the guessing of passwords.
    "login": None,
    "login_failed": "5/300s/key",  # wrong codes of a second factor; only who knows the password gets there
    "signup": None,  # without an invitation it costs nothing
    "reset_password": "300/m/ip,5/m/key",
    "reset_password_from_key": "300/m/ip",
}
SOCIALACCOUNT_ADAPTER = "backend.accounts.school_sign_in.SchoolAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_PROVIDERS = allauth_providers(ENVIRONMENT.sign_in)
MFA_ADAPTER = "backend.accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = ENVIRONMENT.school_name
MFA_ENCRYPTION_KEY = base64.urlsafe_b64encode(_derived_key("mfa secrets"))
LTI_KEYS_ENCRYPTION_KEY = base64.urlsafe_b64encode(_derived_key("keys for the learning platform"))
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser", "app")
HEADLESS_TOKEN_STRATEGY = "allauth.headless.tokens.strategies.jwt.JWTTokenStrategy"  # noqa: S105  a class, not a secret
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_PRIVATE_KEY = _derived_key("access tokens").hex()
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True  # signing out ends the tokens at once
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{ENVIRONMENT.public_url}/account?confirm={{key}}",
    "account_reset_password": f"{ENVIRONMENT.public_url}/password/reset",
    "account_reset_password_from_key": f"{ENVIRONMENT.public_url}/password/reset/{{key}}",
    "account_signup": f"{ENVIRONMENT.public_url}/signup",
    "socialaccount_login_error": f"{ENVIRONMENT.public_url}/signin",
}

# --- mail -----------------------------------------------------------------------------------------
EMAIL_BACKEND = (
    "backend.platform.mail.CountingEmailBackend"
    if ENVIRONMENT.email.host
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = ENVIRONMENT.email.host
EMAIL_PORT = ENVIRONMENT.email.port
EMAIL_HOST_USER = ENVIRONMENT.email.user
EMAIL_HOST_PASSWORD = ENVIRONMENT.email.password
EMAIL_USE_TLS = ENVIRONMENT.email.use_tls
EMAIL_USE_SSL = ENVIRONMENT.email.use_ssl
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = ENVIRONMENT.email.sender or f"noreply@{ENVIRONMENT.public_host}"

# --- admin and static files -----------------------------------------------------------------------
STATIC_URL = "/api/static/"
STATIC_ROOT = ENVIRONMENT.static_dir or None
WHITENOISE_USE_FINDERS = not ENVIRONMENT.static_dir
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
WHITENOISE_ALLOW_ALL_ORIGINS = False
UNFOLD = {
    "SITE_TITLE": f"{ENVIRONMENT.school_name} · administration",
    "SITE_HEADER": ENVIRONMENT.school_name,
    "SITE_SUBHEADER": "ApraNova administration",
    "SITE_URL": f"{ENVIRONMENT.public_url}/dashboard",
    "SITE_SYMBOL": "school",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": True,
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": "School",
                "items": [
                    {"title": "People", "icon": "group", "link": reverse_lazy("admin:accounts_user_changelist")},
                    {
                        "title": "Invitations",
                        "icon": "mail",
                        "link": reverse_lazy("admin:accounts_invitation_changelist"),
                    },
                    {"title": "Cohorts", "icon": "groups", "link": reverse_lazy("admin:cohorts_cohort_changelist")},
                    {
                        "title": "Workspaces",
                        "icon": "terminal",
                        "link": reverse_lazy("admin:workspaces_workspace_changelist"),
                    },
                    {"title": "Audit", "icon": "history", "link": reverse_lazy("admin:audit_record_changelist")},
                ],
            }
        ],
    },
}

# --- log ------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "backend.platform.request_context.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"handlers": [], "propagate": True},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},  # 4xx are the caller's, not ours
        "django.security.csrf": {"level": "ERROR"},
        "botocore": {"level": "WARNING"},
    },
}
