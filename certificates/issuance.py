"""One order at a certificate authority, by certbot's library: account, proof, certificate."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from acme import challenges, crypto_util, errors, messages
from acme.client import ClientNetwork, ClientV2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.jwa import ES256
from josepy.jwk import JWKEC

from certificates.publishing import OwnNameServer, Publishing
from certificates.refusals import in_words
from certificates.settings import Authority
from certificates.store import Store

ORDER_WITHIN = dt.timedelta(seconds=180)
REQUEST_WITHIN_S = 30


@dataclass(frozen=True)
class Issued:
    chain: str
    key: str = field(repr=False)


def obtain(authority: Authority, hosts: tuple[str, ...], *, store: Store, publishing: Publishing) -> Issued:
    """A new certificate with a new key, for all hosts. Raises NotIssued."""
    asked = _RetryAfter()
    try:
        session = _sign_in(authority, store, asked)
        key = _pem(ec.generate_private_key(ec.SECP256R1()))
        order = session.client.new_order(
            crypto_util.make_csr(key, domains=list(hosts)), profile=authority.profile or None
        )
        return Issued(_prove_and_finalize(session, order, publishing), key.decode())
    except Exception as problem:  # the library has its own and lets others through: refusals.py
        own_zone = isinstance(publishing, OwnNameServer)
        raise in_words(problem, directory=authority.directory, own_zone=own_zone, retry_after=asked.latest) from problem


def find_suggested_renewal(authority: Authority, chain: bytes, *, store: Store) -> dt.datetime | None:
    """When the authority wants the certificate renewed (RFC 9773); None if it has no opinion. It
    matters when it must revoke many: the usual time would be too late."""
    with suppress(Exception):  # to renew at the usual time is right whatever went wrong
        suggested, _ = _connect(authority, store).client.renewal_time(chain)
        return suggested
    return None


@dataclass(frozen=True)
class _Session:
    client: ClientV2
    account_key: JWKEC


def _prove_and_finalize(session: _Session, order: messages.OrderResource, publishing: Publishing) -> str:
    client, key = session.client, session.account_key
    authorizations: Any = order.authorizations  # the library's types speak of the field's decoder
    pending = [_dns_challenge(each) for each in authorizations if each.body.status != messages.STATUS_VALID]
    published: list[tuple[str, str]] = []
    try:
        for host, challenge in pending:
            record = challenge.chall.validation_domain_name(host), challenge.chall.validation(key)
            published.append(record)
            publishing.publish(*record)
        if pending:
            publishing.settle()
        for _, challenge in pending:
            client.answer_challenge(challenge, challenge.chall.response(key))
        deadline = dt.datetime.now() + ORDER_WITHIN  # noqa: DTZ005 (the library compares with local time)
        return client.poll_and_finalize(order, deadline).fullchain_pem
    finally:
        for name, value in published:
            publishing.withdraw(name, value)


def _dns_challenge(authorization: messages.AuthorizationResource) -> tuple[str, messages.ChallengeBody]:
    offered: Any = authorization.body.challenges
    for challenge in offered:
        if isinstance(challenge.chall, challenges.DNS01):
            return authorization.body.identifier.value, challenge
    raise errors.ClientError("it offers no proof by DNS (dns-01), which a wildcard certificate needs")


def _sign_in(authority: Authority, store: Store, asked: _RetryAfter) -> _Session:
    """To the account of our key, which is made at the first time."""
    session = _connect(authority, store)
    client, key = session.client, session.account_key
    client.net.session.hooks["response"].append(asked.note)
    binding = None
    if authority.eab_key_id:
        binding = messages.ExternalAccountBinding.from_data(
            key.public_key(), authority.eab_key_id, authority.eab_hmac_key, client.directory
        )
    registration = messages.NewRegistration.from_data(terms_of_service_agreed=True, external_account_binding=binding)
    try:
        client.new_account(registration)
    except errors.ConflictError as existing:
        client.net.account = messages.RegistrationResource(body=messages.Registration(), uri=existing.location)
    return session


def _connect(authority: Authority, store: Store) -> _Session:
    key = JWKEC(key=serialization.load_pem_private_key(_account_key(authority, store), password=None))
    net = ClientNetwork(key, alg=ES256, user_agent="ApraNova", timeout=REQUEST_WITHIN_S)
    if authority.directory_ca is not None:
        net.verify_ssl = str(authority.directory_ca)  # pyright: ignore[reportAttributeAccessIssue] (requests takes a path)
    return _Session(ClientV2(ClientV2.get_directory(authority.directory, net), net), key)


def _account_key(authority: Authority, store: Store) -> bytes:
    pem = store.find_account_key(authority.directory)
    if pem is None:
        pem = _pem(ec.generate_private_key(ec.SECP256R1()))
        store.keep_account_key(authority.directory, pem)
    return pem


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class _RetryAfter:
    """What the authority's last refusal asked for; the library drops it."""

    latest: dt.timedelta | None = None

    def note(self, response: requests.Response, *_args: object, **_options: object) -> None:
        if response.status_code in (429, 503) and "Retry-After" in response.headers:
            until = ClientV2.retry_after(response, 0)
            self.latest = until - dt.datetime.now()  # noqa: DTZ005 (the library answers in local time)
