"""Settings (设置): one flat file; every value an operator may set goes through `setting(...)`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jiedao.ground.db import patience
from jiedao.ground.db.home import CHECKOUT, home, secret
from jiedao.ground.db.roles import django_database
from jiedao.kit import clamd, vault
from jiedao.kit.ports import virus_scan

BASE_DIR = CHECKOUT
PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Setting:
    """One documented setting; docs/settings.md lists them all."""

    name: str
    default: Any
    what: str


DECLARED: list[Setting] = []


def setting(name: str, default: Any, what: str) -> Any:
    """The value from the environment, in the type of its default; declared once, with its explanation."""
    DECLARED.append(Setting(name, default, what))
    given = os.environ.get(name)
    if given is None or given == "":
        return default
    if isinstance(default, bool):
        return given.lower() in {"1", "true", "yes", "on"}
    if isinstance(default, int):
        return int(given)
    if isinstance(default, list):
        return given.replace(",", " ").split()
    return given


# Where things lie
JIEDAO_HOME = home()
setting("JIEDAO_HOME", "var", "Data folder: the embedded server, uploaded files, secrets, logs.")
MEDIA_ROOT = Path(setting("MEDIA_ROOT", str(JIEDAO_HOME / "files"), "Folder of uploaded files."))
SEALS_ROOT = setting(
    "SEALS_ROOT",
    "",
    "Folder to which seals are carried out, best a mount where no owner of the database writes; "
    "empty: `seals` in JIEDAO_HOME.",
)
FILES_STORE = setting(
    "FILES_STORE",
    "disk",
    "Where uploaded files lie: `disk` (MEDIA_ROOT) or `s3`. `jiedao files move` carries them over.",
)
S3_ENDPOINT = setting("S3_ENDPOINT", "", "Address of an S3 of your own (https://s3.example.gov.cn); empty: Amazon's.")
S3_BUCKET = setting("S3_BUCKET", "", "Bucket of the files. It need not be, and should not be, public.")
S3_REGION = setting("S3_REGION", "", "Region of the bucket, where the service asks for one.")
S3_PREFIX = setting("S3_PREFIX", "", "Folder within the bucket, if it holds other things too.")
S3_ACCESS_KEY = setting("S3_ACCESS_KEY", "", "Key id for the bucket; empty: as boto3 finds it (role of the machine).")
S3_SECRET_KEY = setting("S3_SECRET_KEY", "", "Secret that belongs to S3_ACCESS_KEY.")
MASTER_KEY_FILE = Path(
    setting(
        "MASTER_KEY_FILE",
        str(JIEDAO_HOME / "keys" / "master.key"),
        "File with the master key under which every subject's key is kept. Back it up apart from the database.",
    )
)
vault.use(MASTER_KEY_FILE)

# Who is served, and where
DEBUG = setting("DEBUG", False, "Django's debug pages. Never in production: they show data.")
SECRET_KEY = setting("SECRET_KEY", "", "Key of sessions and forms; made in the data folder when empty.")
SECRET_KEY = SECRET_KEY or secret("secret_key")
HTTPS = setting("HTTPS", False, "The site is served by https alone: secure cookies, HSTS, redirect.")
PROXY_ENDS_TLS = setting(
    "PROXY_ENDS_TLS",
    False,
    "A proxy ends TLS and says so in X-Forwarded-Proto, in place of whatever a client wrote there. "
    "Only if nobody reaches this server past that proxy: the header is believed from whoever sends it.",
)
ALLOWED_HOSTS = setting(
    "ALLOWED_HOSTS",
    ["localhost", ".localhost", "127.0.0.1", "[::1]"],
    "Host names answered. Add the address by which phones on your network reach this machine.",
)
CSRF_TRUSTED_ORIGINS = setting(
    "CSRF_TRUSTED_ORIGINS", [], "Origins (https://name) allowed to send forms behind a proxy."
)
DEFAULT_DISTRICT = setting(
    "DEFAULT_DISTRICT", "", "District (label or code) of any host that names none; empty: a list of districts."
)
LIVE_URL = setting("LIVE_URL", "", "Origin of the live server; empty: /live/ of the same site.")
CALL_GATEWAY = setting(
    "CALL_GATEWAY", "", "Where rooms for video and voice begin, such as https://meet.example.cn; empty: no calls."
)
BODY_CAMERA_GATEWAY = setting(
    "BODY_CAMERA_GATEWAY",
    "",
    "Where a GB/T 28181 gateway gives the stream of a body camera, with {device} for its number: an HLS list "
    "(https://video.example.cn/live/{device}.m3u8) or a WHEP address for WebRTC (https://video.example.cn/whep/{device}); "
    "the gateway lets the pages' origin ask it (CORS) and exposes its Location header; empty: no body cameras.",
)
SERVER_PORT = setting("PORT", 8000, "Port of the pages; the live server takes the next one.")

# Telling people outside
SITE_URL = setting(
    "SITE_URL",
    "",
    "Address of the pages as people outside open them, with {district} where its label stands "
    "(https://{district}.example.gov.cn); notices by mail and chat link there. Empty: they carry no link.",
)
MAIL_URL = setting(
    "MAIL_URL",
    "",
    "Mail server for notices as apprise writes it: mailtos://user:password@smtp.example.gov.cn:465?from=jiedao@example.gov.cn "
    "(mailto:// without TLS). Empty: no notice goes by mail.",
)
setting(
    "OUTBOUND_HOSTS",
    "",
    "Hosts this installation may call, as host:port, parted by spaces; `host:port=network` for a private address. "
    "Chat robots need qyapi.weixin.qq.com:443 (WeCom), oapi.dingtalk.com:443 (DingTalk), open.feishu.cn:443 (Feishu).",
)

ANTIVIRUS = setting("ANTIVIRUS", "", "clamd for every upload, as host:port; while it is silent they wait unseen.")
virus_scan.scanner = clamd.scanner(ANTIVIRUS)

# Maps
BASEMAP_URL = setting(
    "BASEMAP_URL",
    "",
    "Ground of the maps: an address with {z}, {x}, {y}, or the path of a raster PMTiles file; empty: lines alone. Tiles "
    "are fetched and kept by this server; name their host in OUTBOUND_HOSTS.",
)
BASEMAP_SYSTEM = setting("BASEMAP_SYSTEM", "wgs84", "Coordinate system of that ground: wgs84, cgcs2000 or gcj02.")
BASEMAP_MAX_ZOOM = setting("BASEMAP_MAX_ZOOM", 18, "The nearest zoom that ground has.")
BASEMAP_CREDIT = setting("BASEMAP_CREDIT", "", "What the licence of that ground wants written on the map.")
BASEMAP_CACHE_MB = setting("BASEMAP_CACHE_MB", 2000, "Disk that its tiles may take.")

# Backups and watching
BACKUP_ROOT = setting(
    "BACKUP_ROOT", "", "Folder of the backups, best a mount of another machine; empty: `backups` in JIEDAO_HOME."
)
BACKUP_KEEP_DAYS = setting("BACKUP_KEEP_DAYS", 14, "Days a backup is kept; the three newest always are.")
setting(
    "BACKUP_DATABASE_URL",
    "",
    "DSN of a role with BYPASSRLS on a PostgreSQL of yours, to copy every row; needless with the embedded server.",
)
setting(
    "WAL_ARCHIVE",
    False,
    "The embedded server keeps its log, so that `jiedao restore` reaches any moment with `--at`; takes effect at its next start.",
)
SEALS_ALSO = setting("SEALS_ALSO", [], "Further folders to which each seal is carried out, parted by spaces.")
ALARM_URLS = setting(
    "ALARM_URLS",
    [],
    "Who hears alarms, as apprise writes it, parted by spaces: mailtos://…, wecombot://…, dingtalk://…, feishu://…; their "
    "hosts stand in OUTBOUND_HOSTS. Empty: the log and the operator's page alone.",
)
WATCH_URL = setting(
    "WATCH_URL", "", "Where `jiedao watch` finds the pages of this machine; empty: http://127.0.0.1 and PORT."
)
WATCH_LIVE_URL = setting(
    "WATCH_LIVE_URL", "", "Where `jiedao watch` finds the live pages; empty: the port after that of the pages."
)
LOG_FORMAT = setting("LOG_FORMAT", "line", "line, or json: one object a line, for a log collector.")
METRICS = setting(
    "METRICS", False, "Answers /metrics in Prometheus' form, to this machine and METRICS_FROM; never through the proxy."
)
METRICS_FROM = setting("METRICS_FROM", [], "Addresses besides this machine's own that may read /metrics.")
TRACES_URL = setting(
    "TRACES_URL",
    "",
    "OpenTelemetry collector for traces (OTLP over HTTP), such as http://127.0.0.1:4318/v1/traces; name its host and "
    "port in OUTBOUND_HOSTS. Empty: no traces.",
)

# The database
DATABASE_URL = setting(
    "DATABASE_URL", "", "DSN of the owner on a PostgreSQL 15 to 18 of yours; empty: the embedded server."
)
setting("DATABASE_NAME", "jiedao", "Name of the database on the embedded server.")
setting("DATABASE_ROLE_URL", "", "DSN of this process's own role, where the owner's must not lie on the machine.")
JIEDAO_ROLE = setting("JIEDAO_ROLE", "web", "Database role of this process: web, live, worker or owner.")
DATABASE_POOL = setting(
    "DATABASE_POOL", 0, "Connections each process keeps open (`serve` and `live` take 8); 0: one per thread."
)
DATABASE_PATIENCE = setting(
    "DATABASE_PATIENCE", 4, "Seconds one request waits for the database in all; then it answers 503, to be sent again."
)
patience.use(DATABASE_PATIENCE)
DATABASES = {"default": django_database(JIEDAO_ROLE, DATABASE_POOL, DATABASE_PATIENCE)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# One schema per district
TENANT_MODEL = "districts.District"
TENANT_DOMAIN_MODEL = "districts.Host"
TENANT_LIMIT_SET_CALLS = True
SHOW_PUBLIC_IF_NO_TENANT_FOUND = True
SHARED_APPS = [
    "django_tenants",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "jiedao.ground.districts",
    "procrastinate.contrib.django",
]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "jiedao.ground.terms",
    "jiedao.ground.people",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "jiedao.ground.journal",
    "jiedao.ground.places",
    "jiedao.ground.duties",
    "jiedao.record",
    "jiedao.lines.processes",
    "jiedao.lines.views",
    "jiedao.lines.admission",
    "jiedao.lines.rights",
    "jiedao.lines.lists",
    "jiedao.lines.wall",
    "jiedao.lines.replies",
    "jiedao.lines.papers",
    "jiedao.lines.subjects",
    "jiedao.lines.patrol",
    "jiedao.lines.scores",
    "jiedao.lines.exports",
    "jiedao.doors.notify",
]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS

# Requests
ROOT_URLCONF = "jiedao.urls"
WSGI_APPLICATION = "jiedao.wsgi.application"
ASGI_APPLICATION = "jiedao.asgi.application"
MIDDLEWARE = [
    "jiedao.doors.api.gate.ApiMiddleware",  # answers /api/ by itself; nothing below runs for it
    "jiedao.doors.web.middleware.DistrictMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "jiedao.doors.web.packed.PackedMiddleware",
    "jiedao.doors.web.middleware.HeaderMiddleware",
    "jiedao.doors.web.middleware.PreferenceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "jiedao.doors.web.middleware.IdleMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "jiedao.doors.web.signin.SecondProofMiddleware",
    "jiedao.doors.web.middleware.FaultMiddleware",
    "jiedao.doors.web.take.TakeMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "doors" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "jiedao.doors.web.frame.frame",
                "jiedao.doors.web.take.offered",
            ],
            "libraries": {
                "jiedao_ui": "jiedao.doors.web.templatetags.jiedao_ui",
                "jiedao_desks": "jiedao.doors.web.templatetags.jiedao_desks",
                "resident_tags": "jiedao.doors.web.templatetags.resident_tags",
                "jiedao_patrol": "jiedao.doors.web.templatetags.jiedao_patrol",
                "jiedao_scripts": "jiedao.doors.web.templatetags.jiedao_scripts",
                "jiedao_organisation": "jiedao.doors.web.templatetags.jiedao_organisation",
            },
        },
    }
]
# A10: a body of 2 MB, an upload of 20 MB
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 18  # nine are taken (A10); a form with some more is refused in words

# Signing in
AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_REDIRECT_URL = "/desk/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_ADAPTER = "jiedao.doors.web.signin.Accounts"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_NOTIFICATIONS = False
# Guesses are counted in the database (ground/people/guesses.py): allauth's own counts live in one process's memory
# and would lock out an office behind one address.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
TRUSTED_PROXIES = setting(
    "TRUSTED_PROXIES", [], "Addresses of your reverse proxies; only from them X-Forwarded-For is believed."
)
MFA_ADAPTER = "jiedao.doors.web.signin.Proofs"
MFA_FORMS = {
    "activate_totp": "jiedao.doors.web.signin.SetUpForm",
    "authenticate": "jiedao.doors.web.signin.CodeForm",
    "reauthenticate": "jiedao.doors.web.signin.CodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Browsers call localhost trustworthy without https; the library knows only its bare name.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_TOTP_ISSUER = "Jiedao"
PASSWORD_PROFILE = setting(
    "PASSWORD_PROFILE", "asvs", "asvs: long, without end; djb3: kinds of characters, a new one every 90 days."
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "jiedao.doors.web.passwords.ProfileValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
OIDC_SERVER = setting(
    "OIDC_SERVER", "", "Identity provider of your staff (OpenID Connect): its issuer; OUTBOUND_HOSTS must name it too."
)
OIDC_CLIENT_ID = setting("OIDC_CLIENT_ID", "", "Client id at the identity provider.")
OIDC_CLIENT_SECRET = setting("OIDC_CLIENT_SECRET", "", "Client secret at the identity provider.")
OIDC_NAME = setting("OIDC_NAME", "统一身份认证", "What the sign-in page calls the identity provider.")
OIDC_CLAIM = setting("OIDC_CLAIM", "preferred_username", "Claim that names the account at the first sign-in.")
SOCIALACCOUNT_ADAPTER = "jiedao.doors.web.sso.Sso"
_OIDC = {
    "provider_id": "staff",
    "name": OIDC_NAME,
    "client_id": OIDC_CLIENT_ID,
    "secret": OIDC_CLIENT_SECRET,
    "settings": {"server_url": OIDC_SERVER},
}
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [_OIDC] if OIDC_SERVER else []}}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600  # G20: absolute; the idle limit of 30 minutes is the web door's
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"

# Headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
# Without it a request that the proxy took by https looks like http, and is sent to https for ever.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_ENDS_TLS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["security.W002"]  # HeaderMiddleware sends X-Frame-Options with the other headers

# Languages and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # words and working time are Asia/Shanghai: kit.clock.SHANGHAI

# Files
STATIC_URL = "/static/"
STATIC_ROOT = JIEDAO_HOME / "static"
STATICFILES_DIRS = [path for path in [PACKAGE / "doors" / "web" / "static"] if path.is_dir()]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 60

# Jobs
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_IMPORT_PATHS = ["jiedao.doors.web.exporting"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "jiedao.doors.watch.logs.Line"}, "json": {"()": "jiedao.doors.watch.logs.Json"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json" if LOG_FORMAT == "json" else "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"procrastinate": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
