"""`first_admin`: create the account that nobody can be invited by. Prints a link; repeatable."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.addresses import fold
from backend.accounts.models import User
from backend.accounts.roles import Role
from backend.accounts.services import create_user


class Command(BaseCommand):
    help = "Create an admin of this address, unless there is one, and print a link with which to set the password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *_args: Any, email: str, **_options: Any) -> None:
        try:
            email = fold(email)
        except ValueError:
            raise CommandError(f"an e-mail address is expected, not {email!r}") from None
        user = User.objects.filter(email=email).first()
        if user is not None and user.role != Role.ADMIN:
            raise CommandError(f"{email} is a {user.role} already; an admin changes that in the administration")
        if user is not None and user.has_usable_password():
            self.stdout.write(f"{email} is an admin already and has a password")
            return
        user = user or create_user(email, name="", password=None, role=Role.ADMIN, acting_user=None)
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        self.stdout.write(f"{email} is an admin. Set a password within {hours} hours, once:")
        self.stdout.write(settings.HEADLESS_FRONTEND_URLS["account_reset_password_from_key"].format(key=key))
