"""Superset's configuration, the same for every student; the claim sets the rest (process.py).

Superset reads the upper-case names of this module, which `create_app` is given.
"""

from __future__ import annotations

import json
import logging
import secrets

from flask_appbuilder.const import AUTH_REMOTE_USER

# The names that are not set here keep Superset's own values.
from superset.config import *  # noqa: F403
from superset.config import THEME_DARK as _DARK
from superset.config import THEME_DEFAULT as _LIGHT

from images.superset import places
from images.superset.inside.identity import SecurityManager
from images.superset.inside.limits import QUERY_TIME_MAX_S, timed

_STATIC_PREFIX = json.loads(places.BUILT.read_text())["static_prefix"] if places.BUILT.exists() else ""

SECRET_KEY = secrets.token_urlsafe(48)
"""Never used: each student's own takes its place before the first request."""
GUEST_TOKEN_JWT_SECRET = secrets.token_urlsafe(48)
GLOBAL_ASYNC_QUERIES_JWT_SECRET = secrets.token_urlsafe(48)

# --- signing in: the gateway's identity token on each request and nothing else (identity.py) ---
AUTH_TYPE = AUTH_REMOTE_USER
AUTH_USER_REGISTRATION = False
CUSTOM_SECURITY_MANAGER = SecurityManager
RATELIMIT_ENABLED = False
AUTH_RATE_LIMITED = False
SUPERSET_SECURITY_VIEW_MENU = False
"""Users, roles and groups: there is only the student."""
FAB_UPDATE_PERMS = False
"""They are in the template; comparing them costs a second at each start."""
SESSION_COOKIE_NAME = "superset_session"
WTF_CSRF_TIME_LIMIT = None
"""The token lives as long as its session: a tab that was open for a week still saves."""

# --- what the browser gets ---
STATIC_ASSETS_PREFIX = _STATIC_PREFIX
ENABLE_PROXY_FIX = True
PROXY_FIX_CONFIG = {"x_for": 0, "x_proto": 1, "x_host": 0, "x_port": 0, "x_prefix": 0}
"""The gateway keeps the host's name in Host; anything else that a browser sends is not believed."""
ENABLE_CORS = False
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "frame-ancestors": ["'self'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
    "referrer_policy": "same-origin",
}
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
_SPINNER = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 50" role="img" aria-label="Loading">'
    '<circle cx="25" cy="25" r="20" fill="none" stroke="#2893B3" stroke-width="4" stroke-linecap="round"'
    ' stroke-dasharray="80 46"><animateTransform attributeName="transform" type="rotate" from="0 25 25" to="360 25 25"'
    ' dur="0.9s" repeatCount="indefinite"/></circle></svg>'
)
"""Superset looks for its own in a folder that its package does not have."""
# As long as there is a light and a dark theme, Superset follows the system's appearance.
THEME_DEFAULT = {**_LIGHT, "token": {**_LIGHT["token"], "brandSpinnerSvg": _SPINNER}}
THEME_DARK = {**_DARK, "token": {**_DARK["token"], "brandSpinnerSvg": _SPINNER}}
WELCOME_PAGE_LAST_TAB = "all"
DECKGL_BASE_TILES = [["tile:///map", "Land and regions"]]
"""Maps of points show ours whatever they name (install.py): no other may be asked."""

# --- queries ---
SQLLAB_TIMEOUT = QUERY_TIME_MAX_S
SQLLAB_DEFAULT_DBID = 1
"""The sample: the first that the template makes."""
SUPERSET_WEBSERVER_TIMEOUT = QUERY_TIME_MAX_S
SQL_MAX_ROW = 50_000
DISPLAY_MAX_ROW = 10_000
SQLLAB_PAYLOAD_MAX_MB = 40
DB_CONNECTION_MUTATOR = timed
PREVENT_UNSAFE_DB_CONNECTIONS = False
"""SQLite and DuckDB files: unsafe where people share a server; this is one student's sandbox."""
CACHE_DEFAULT_TIMEOUT = 30 * 24 * 3600
"""Results of queries in SQL Lab are kept this long (process.py limits their number)."""
FEATURE_FLAGS = {"ALERT_REPORTS": False, "EMBEDDED_SUPERSET": False, "THUMBNAILS": False}
CELERY_CONFIG = None

# --- nothing leaves, nothing is logged twice ---
LOG_LEVEL = logging.ERROR
"""Superset warns of every mistake in a student's SQL, with forty lines of its own source."""
LOG_FORMAT = "superset: %(levelname)s %(name)s: %(message)s"
BUG_REPORT_URL = None
DOCUMENTATION_URL = None
DATASET_IMPORT_ALLOWED_DATA_URLS: list[str] = []
SQLALCHEMY_TRACK_MODIFICATIONS = False
