"""A student's Django project in one file, with the settings that `startproject` writes."""

import sys
from pathlib import Path

import django
from django.conf import settings

BASE = Path(__file__).parent
settings.configure(
    SECRET_KEY="a student's",
    DEBUG=True,
    ALLOWED_HOSTS=[],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "django.contrib.messages", "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE / "db.sqlite3"}},
    STATIC_URL="static/",
)  # fmt: skip
django.setup()

from django.contrib import admin  # noqa: E402
from django.urls import path  # noqa: E402

urlpatterns = [path("admin/", admin.site.urls)]

if __name__ == "__main__":
    from django.contrib.auth.models import User
    from django.core.management import call_command, execute_from_command_line

    call_command("migrate", verbosity=0)
    if not User.objects.exists():
        User.objects.create_superuser("ada", password="a-long-password")
    execute_from_command_line([sys.argv[0], "runserver", "--noreload", sys.argv[1]])
