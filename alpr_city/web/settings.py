"""Django's settings for the console: signed-in people, strict headers, nothing from elsewhere."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from csp.constants import NONE, SELF

from alpr_city.config import CityConfig
from alpr_city.errors import ConfigError
from alpr_city.web.apps import ROOMS

YEAR_S = 365 * 24 * 3600
MOST_BYTES = 2 << 20
"""Of one request; pages with larger uploads stream a file, which is not counted here."""


def console(config: CityConfig, *, serving: bool) -> dict[str, Any]:
    """All but the database. `serving`: this process answers browsers and needs the city's secret.

    Raises:
        ConfigError: The secret is missing or too short.
    """
    origin = f"https://{config.web.host}"
    return {
        "CITY": config,
        "DEBUG": False,
        "SECRET_KEY": _secret(config, serving),
        "ALLOWED_HOSTS": [config.web.host],
        "CSRF_TRUSTED_ORIGINS": [origin, f"{origin}:{config.web.port}"],
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "axes",
            "csp",
            "django_otp",
            "django_otp.plugins.otp_totp",
            "django_otp_webauthn",
            "alpr_city.reads",
            "alpr_city.web",
            *(f"alpr_city.{room}" for room in ROOMS),
        ],
        "MIDDLEWARE": [
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "csp.middleware.CSPMiddleware",
            "alpr_city.web.headers.Headers",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django_otp.middleware.OTPMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "alpr_city.people.sessions.SessionLimits",
            "alpr_city.door.views.DoorErrors",
            "axes.middleware.AxesMiddleware",
        ],
        "ROOT_URLCONF": "alpr_city.web.urls",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "alpr_city.web.context.page",
                    ]
                },
            }
        ],
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "STATIC_URL": "/static/",
        "WHITENOISE_USE_FINDERS": True,
        # People.
        "AUTH_USER_MODEL": "people.Person",
        "AUTHENTICATION_BACKENDS": [
            "axes.backends.AxesStandaloneBackend",
            "django.contrib.auth.backends.ModelBackend",
        ],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.Argon2PasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 15},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
            {"NAME": "alpr_city.people.blocklist.Guessed"},
            {
                "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
                "OPTIONS": {"user_attributes": ("username", "name")},
            },
        ],
        "AXES_FAILURE_LIMIT": 5,
        "AXES_COOLOFF_TIME": timedelta(minutes=15),
        "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
        "AXES_LOCKOUT_PARAMETERS": ["username", "ip_address"],
        "AXES_LOCKOUT_CALLABLE": "alpr_city.people.views.locked",
        "AXES_DISABLE_ACCESS_LOG": True,
        "AXES_VERBOSE": False,
        "OTP_WEBAUTHN_RP_ID": config.web.host,
        "OTP_WEBAUTHN_RP_NAME": f"{config.city.name} plate readers",
        "OTP_WEBAUTHN_ALLOWED_ORIGINS": [origin, f"{origin}:{config.web.port}"],
        "OTP_WEBAUTHN_ALLOW_PASSWORDLESS_LOGIN": False,
        "OTP_TOTP_ISSUER": f"{config.city.name} plate readers",
        # Sessions; their length is judged in `people.sessions`.
        "SESSION_COOKIE_NAME": "__Host-session",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 12 * 3600,
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Strict",
        "CSRF_FAILURE_VIEW": "alpr_city.web.views.no_csrf",
        # Headers.
        "SECURE_HSTS_SECONDS": YEAR_S,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "SECURE_HSTS_PRELOAD": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "CONTENT_SECURITY_POLICY": {
            "DIRECTIVES": {
                "default-src": [NONE],
                "script-src": [SELF],
                "connect-src": [SELF],
                "style-src": [SELF],
                "img-src": [SELF, "data:"],
                "form-action": [SELF],
                "base-uri": [NONE],
                "frame-ancestors": [NONE],
            }
        },
        "DATA_UPLOAD_MAX_MEMORY_SIZE": MOST_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 500,
        "DATA_UPLOAD_MAX_NUMBER_FILES": 2,
        "LOGGING_CONFIG": None,
    }


def _secret(config: CityConfig, serving: bool) -> str:
    file = config.files.secret
    try:
        secret = file.read_text().strip()
    except FileNotFoundError as error:
        if serving:
            raise ConfigError([f"{file}: is not there. Fix: run `alpr-city init`"]) from error
        return secrets.token_urlsafe(64)  # signs nothing that another process reads
    except OSError as error:
        if serving:
            raise ConfigError([f"{file}: cannot be read ({error.strerror})"]) from error
        return secrets.token_urlsafe(64)
    if len(secret) < 50:
        raise ConfigError([f"{file}: is too short. Fix: remove it and run `alpr-city init`"])
    return secret
