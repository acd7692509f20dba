"""Tickets and access records in Redis: what lets a browser into one workspace, and how that ends.

    {gateway}:ticket:<digest>   Access, 60 s, gone at the first use
    {gateway}:access:<digest>   Access, 12 h after the last use
    {gateway}:session:<digest>  the keys above that came from one portal session
    {gateway}:user:<id>         the keys above that belong to one person
    {gateway}:visits:<id>       those of them that let the person into what is others'
    {gateway}:share:<id>        the keys above that came from one share, or one visit to help

The word in braces keeps them on one shard of a cluster. Redis holds digests (SHA-256) of tickets,
tokens and session keys: reading it opens nothing. Trading, reading and revoking are scripts,
because a sign-out between two commands must not leave an access behind.
"""

from __future__ import annotations

import enum
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any

import redis
import redis.asyncio

from backend.gateway.site import Place

TICKET_TTL_S = 60
OF_A_VISIT = "visit."
"""How tickets and cookies of a visit to help begin, so that a refusal can say that it has ended. It
proves nothing."""
ACCESS_TTL_S = 12 * 3600
REVOKED_CHANNEL = "gateway:revoked"
"""Messages are digests of tokens; every process of the backend drops them from its cache."""

_SECRET_BYTES = 32

# Where a key is listed, so that a sign-out, a deactivation or the end of a share finds it.
_INDEXES = """
local function indexes(access)
  local found = {}
  if access.session ~= '' then table.insert(found, '{gateway}:session:' .. access.session) end
  if access.user_id ~= '' then table.insert(found, '{gateway}:user:' .. access.user_id) end
  if (access.share or '') ~= '' then
    table.insert(found, '{gateway}:share:' .. access.share)
    if access.user_id ~= '' then table.insert(found, '{gateway}:visits:' .. access.user_id) end
  end
  return found
end
"""

_TRADE = (
    _INDEXES
    + """
local text = redis.call('GETDEL', KEYS[1])
if not text then return nil end
local access = cjson.decode(text)
if access.workspace_id ~= ARGV[1] or (access.port or 0) ~= tonumber(ARGV[4]) then return nil end
if ARGV[3] == '' or access.browser ~= ARGV[3] then return 'other browser' end
redis.call('SET', KEYS[2], text, 'EX', ARGV[2])
for _, index in ipairs(indexes(access)) do
  redis.call('SREM', index, KEYS[1])
  redis.call('SADD', index, KEYS[2])
  redis.call('EXPIRE', index, ARGV[2])
end
return 'entered'
"""
)

_READ = (
    _INDEXES
    + """
local text = redis.call('GETEX', KEYS[1], 'EX', ARGV[1])
if not text then return nil end
local access = cjson.decode(text)
for _, index in ipairs(indexes(access)) do redis.call('EXPIRE', index, ARGV[1]) end
return text
"""
)

# In one step with the look at the cookie: a sign-out in between would leave the ticket behind.
_FRAME = (
    _INDEXES
    + """
local text = redis.call('GET', KEYS[1])
if not text then return nil end
local access = cjson.decode(text)
if access.workspace_id ~= ARGV[1] or (access.port or 0) ~= 0 then return nil end
if (access.share or '') ~= '' and (access.launch or '') == '' then return nil end
access.port = tonumber(ARGV[2])
access.browser = ARGV[3]
redis.call('SET', KEYS[2], cjson.encode(access), 'EX', ARGV[4])
for _, index in ipairs(indexes(access)) do
  redis.call('SADD', index, KEYS[2])
  redis.call('EXPIRE', index, ARGV[5])
end
return 'given'
"""
)

_REVOKE = """
local keys = redis.call('SMEMBERS', KEYS[1])
local ended = {}
for _, key in ipairs(keys) do
  local text = redis.call('GET', key)
  if text then table.insert(ended, text) end
  redis.call('DEL', key)
  local digest = string.match(key, '^{gateway}:access:(.*)$')
  if digest then redis.call('PUBLISH', ARGV[1], digest) end
end
redis.call('DEL', KEYS[1])
return ended
"""


@dataclass(frozen=True, slots=True)
class Access:
    """One browser's right to one workspace, or to what one port of it serves."""

    workspace_id: str
    user_id: str
    session: str
    """Digest of the portal session's key that it came from."""
    browser: str = ""
    """Digest of the nonce of the browser that asked for the ticket."""
    port: int = 0
    """0: the workspace's application."""
    share: str = ""
    """The share by which somebody else visits a port, or the visit by which an instructor is in the
    application; empty: the owner."""
    ends_at: float = 0.0
    """When that ends; 0: never."""
    launch: str = ""
    """A visit to help is for one launch of the workspace: the digest of its secret."""

    @property
    def place(self) -> Place:
        return Place(self.workspace_id, self.port)


class Refused(enum.Enum):
    USED_UP = enum.auto()
    """The ticket is unknown, used, expired or for another place."""
    OTHER_BROWSER = enum.auto()
    """Another browser asked for the ticket, which is now used up as well."""


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


class AccessBook:
    """The portal's side: gives tickets and revokes access. Blocking; raises `redis.RedisError`."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._revoke = client.register_script(_REVOKE)

    def mint_ticket(
        self,
        place: Place,
        *,
        user_id: str,
        session_key: str,
        browser: str,
        share: str = "",
        ends_at: float = 0.0,
        launch: str = "",
    ) -> str:
        """A ticket for the browser that holds the nonce with the digest `browser`.

        The caller has checked that the person may enter. A visitor who is not signed in has neither
        `user_id` nor `session_key`.
        """
        ticket = (OF_A_VISIT if launch else "") + secrets.token_urlsafe(_SECRET_BYTES)
        session = digest(session_key) if session_key else ""
        access = Access(place.workspace_id, user_id, session, browser, place.port, share, ends_at, launch)
        key = f"{{gateway}}:ticket:{digest(ticket)}"
        with self._client.pipeline(transaction=True) as commands:
            commands.set(key, _text(access), ex=TICKET_TTL_S)
            for index in _indexes(access):
                commands.sadd(index, key)
                commands.expire(index, ACCESS_TTL_S)
            commands.execute()
        return ticket

    def revoke_session(self, session_key: str) -> list[Access]:
        """Sign-out: end all access that this session opened, in every tab. Returns what ended."""
        return self._revoke_all(f"session:{digest(session_key)}")

    def revoke_user(self, user_id: str) -> list[Access]:
        """Deactivated, deleted or with a new password: ends everything of this person."""
        return self._revoke_all(f"user:{user_id}")

    def revoke_visits(self, user_id: str) -> list[Access]:
        """Ends what this person visits at others. Who still may, enters again."""
        return self._revoke_all(f"visits:{user_id}")

    def revoke_share(self, share_id: str) -> list[Access]:
        """Ends all visits by this share, or this visit to help."""
        return self._revoke_all(f"share:{share_id}")

    def _revoke_all(self, index: str) -> list[Access]:
        ended: Any = self._revoke(keys=[f"{{gateway}}:{index}"], args=[REVOKED_CHANNEL])
        return [Access(**json.loads(text)) for text in ended]


def _text(access: Access) -> str:
    """An owner's, without what visits have: the release from before there were any reads it too,
    during an upgrade and after a rollback."""
    fields = asdict(access)
    if not access.share:
        del fields["share"], fields["ends_at"]
    if not access.launch:
        del fields["launch"]
    return json.dumps(fields)


def _indexes(access: Access) -> list[str]:
    """As in `_INDEXES`."""
    names = {"session": access.session, "user": access.user_id, "share": access.share}
    if access.share:
        names["visits"] = access.user_id
    return [f"{{gateway}}:{name}:{value}" for name, value in names.items() if value]


class AccessReader:
    """The workspace host's side: trades a ticket for a token, and looks tokens up."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        self._trade = client.register_script(_TRADE)
        self._frame = client.register_script(_FRAME)
        self._read = client.register_script(_READ)

    async def trade_ticket(self, ticket: str, place: Place, *, nonce: str) -> str | Refused:
        """The cookie's token. Every try uses up the ticket. `nonce`: the browser's, empty: none."""
        browser = digest(nonce) if nonce else ""  # anyone can ask for a ticket for the digest of ""
        token = (OF_A_VISIT if ticket.startswith(OF_A_VISIT) else "") + secrets.token_urlsafe(_SECRET_BYTES)
        keys = [f"{{gateway}}:ticket:{digest(ticket)}", f"{{gateway}}:access:{digest(token)}"]
        match await self._trade(keys=keys, args=[place.workspace_id, ACCESS_TTL_S, browser, place.port]):
            case b"entered" | "entered":
                return token
            case b"other browser" | "other browser":
                return Refused.OTHER_BROWSER
            case _:
                return Refused.USED_UP

    async def ticket_for_frame(self, token: str, place: Place, *, browser: str) -> str | None:
        """A ticket for a port, by the cookie that opens its workspace's editor; None: it is no such
        cookie. One of a visit to help passes its visit, end and launch on. `browser`: the digest of
        the nonce on the port's host."""
        ticket = (OF_A_VISIT if token.startswith(OF_A_VISIT) else "") + secrets.token_urlsafe(_SECRET_BYTES)
        keys = [f"{{gateway}}:access:{digest(token)}", f"{{gateway}}:ticket:{digest(ticket)}"]
        args = [place.workspace_id, place.port, browser, TICKET_TTL_S, ACCESS_TTL_S]
        return ticket if await self._frame(keys=keys, args=args) else None

    async def find(self, token_digest: str) -> Access | None:
        """The access record, which lives 12 h from now on."""
        text = await self._read(keys=[f"{{gateway}}:access:{token_digest}"], args=[ACCESS_TTL_S])
        return Access(**json.loads(text)) if text else None
