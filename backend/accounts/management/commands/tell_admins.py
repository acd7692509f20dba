"""`tell_admins SUBJECT`: send a text, read from standard input, to every admin by e-mail.

It fails if nobody could be told. One bad address keeps the text from nobody else, and is no reason
to send it to the others once more.
"""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.accounts.models import User
from backend.accounts.roles import Role


class Command(BaseCommand):
    help = "Send the text on standard input to all admins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject")

    def handle(self, *_args: Any, subject: str, **_options: Any) -> None:
        admins = User.objects.filter(role=Role.ADMIN, is_active=True).values_list("email", flat=True)
        if not admins:
            raise CommandError("there is no admin yet")
        school = settings.ENVIRONMENT.school_name
        text = sys.stdin.read()
        refusals = []
        for email in admins:  # one by one, so that none sees the others' addresses
            try:
                send_mail(subject=f"{school}: {subject}", message=text, from_email=None, recipient_list=[email])
            except OSError as problem:  # an error of SMTP is one, too
                refusals.append(f"{email}: {problem}")
        if refusals:
            self.stderr.write("\n".join(refusals))
        if len(refusals) == len(admins):
            raise CommandError(f"no admin could be told. {refusals[-1]}")
