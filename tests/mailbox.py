"""A mail server that keeps what it is given, for the product's mails in end-to-end tests."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

from tests.waiting import until


class Mailbox(socketserver.ThreadingTCPServer):
    """SMTP (RFC 5321) on loopback, as far as one client needs it."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self._mails: list[tuple[str, EmailMessage]] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def keep(self, to: str, mail: bytes) -> None:
        made: Any = email.message_from_bytes(mail, policy=email.policy.default)
        self._mails.append((to, made))

    def text_to(self, address: str, *, within_s: float = 40) -> str:
        """The newest mail to the address, waited for."""

        def found() -> list[EmailMessage]:
            return [mail for to, mail in self._mails if to == address]

        until(lambda: bool(found()), f"no mail came to {address}", within_s=within_s, every_s=0.2)
        return str(found()[-1].get_content())


class _Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say("220 mailbox")
        recipients: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb = line.partition(" ")[0].upper()
            if verb == "RCPT":
                recipients.append(line.partition("<")[2].partition(">")[0])
            elif verb == "DATA":
                self._say("354 go on")
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                for recipient in recipients:
                    self.server.keep(recipient, mail.replace(b"\r\n..", b"\r\n."))
                recipients = []
            elif verb == "QUIT":
                self._say("221 bye")
                return
            self._say("250 ok")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        threading.Thread(target=mailbox.serve_forever, daemon=True).start()
        yield mailbox
        mailbox.shutdown()
