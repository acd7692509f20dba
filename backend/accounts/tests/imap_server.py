"""An IMAP server (RFC 3501) on loopback, as far as a reader needs it that changes nothing."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PASSWORD = "secret"
_FETCH = re.compile(rb"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)")
_SEARCH = re.compile(rb"UID SEARCH UID (\d+):(\d+)")


class ImapServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: dict[int, bytes] = {}
        self.uid_next = 1
        self.uid_validity = 1
        self.fetched: list[int] = []
        self.lists = True
        self.refused: list[bytes] = []
        """Orders that it does not know; others would change something."""

    @property
    def url(self) -> str:
        return f"imap://school:{PASSWORD}@127.0.0.1:{self.server_address[1]}"

    def add(self, mail: bytes) -> int:
        uid, self.uid_next = self.uid_next, self.uid_next + 1
        self.mails[uid] = mail
        return uid


class _Conversation(socketserver.StreamRequestHandler):
    server: ImapServer

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline().strip():
            tag, _, order = line.partition(b" ")
            done = self._answer(order)
            self._say(tag + b" " + done)
            if order == b"LOGOUT":
                return

    def _answer(self, order: bytes) -> bytes:
        server = self.server
        if order == b"CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1")
        elif order.startswith(b"LOGIN"):
            if order != f'LOGIN school "{PASSWORD}"'.encode():
                return b"NO [AUTHENTICATIONFAILED] wrong password"
        elif order.startswith(b"EXAMINE"):
            if order != b'EXAMINE "INBOX"':
                return b"NO no such folder"
            self._say(b"* %d EXISTS" % len(server.mails))
            self._say(b"* OK [UIDVALIDITY %d] numbers" % server.uid_validity)
            self._say(b"* OK [UIDNEXT %d] next" % server.uid_next)
        elif asked := _SEARCH.fullmatch(order):
            if not self.server.lists:
                return b"NO [SERVERBUG] try later"
            first, last = map(int, asked.groups())
            self._say(b"* SEARCH " + b" ".join(b"%d" % it for it in server.mails if first <= it <= last))
        elif asked := _FETCH.fullmatch(order):
            uid, most = map(int, asked.groups())
            server.fetched.append(uid)
            mail = server.mails[uid][:most]
            self._say(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (uid, len(mail), mail))
        elif order == b"LOGOUT":
            self._say(b"* BYE")
        else:
            server.refused.append(order)
            return b"BAD unknown"
        return b"OK done"

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


@contextmanager
def running_imap_server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()
