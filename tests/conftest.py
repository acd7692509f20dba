"""The product and the browser of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.chromium import running_chromium
from tests.mailbox import Mailbox, running_mailbox
from tests.openid import OpenIDProvider, openid_settings, running_openid
from tests.ports import free_port
from tests.product import Product
from tests.saml import SamlProvider, running_saml, saml_settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For two processes: the tests that share one school, in order, and those with one each."""
    for item in items:
        shares = "product" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("one school" if shares else "schools of their own"))


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """Where the mails of the shared product arrive."""
    with running_mailbox() as running:
        yield running


@dataclass(frozen=True)
class _School:
    product: Product
    openid: OpenIDProvider
    saml: SamlProvider


@pytest.fixture(scope="session")
def _school(mailbox: Mailbox) -> Iterator[_School]:
    port, saml_port = free_port(), free_port()
    running = Product({"APRANOVA_EMAIL_URL": mailbox.url, **openid_settings(port), **saml_settings(saml_port)})
    try:
        with running_openid(running.url, port) as openid, running_saml(running.url, saml_port) as saml:
            running.start()
            yield _School(running, openid, saml)
            assert running.stop() == 0
    finally:
        running.remove()


@pytest.fixture(scope="session")
def product(_school: _School) -> Product:
    """One running product for all tests that do not change its processes or settings."""
    return _school.product


@pytest.fixture(scope="session")
def openid(_school: _School) -> OpenIDProvider:
    """The school's own sign-in at the shared product."""
    return _school.openid


@pytest.fixture(scope="session")
def saml(_school: _School) -> SamlProvider:
    """The school's SAML provider. To a browser it is a different site from the portal."""
    return _school.saml


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def new_page(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """Makes pages, each in a fresh browser profile."""
    with fresh_profiles(chromium) as make:
        yield make


@contextmanager
def fresh_profiles(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A function that makes pages, each in a profile of its own; all are closed at the end."""
    contexts: list[BrowserContext] = []

    def make(**options: object) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()
