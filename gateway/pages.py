"""The pages that Envoy shows when nothing behind it answers: the door's, as format strings."""

from __future__ import annotations

from http import HTTPStatus

from contract.door import Link, Page, Refresh, path_of
from contract.door_page import render

_WORKSPACE = "WORKSPACE"


def page_workspace_silent(public_url: str) -> str:
    """The backend let the request through, but the task does not answer."""
    door = public_url.rstrip("/") + path_of(_WORKSPACE)
    page = _page(
        "Your workspace is not answering",
        "It may be starting, or it was put to sleep. Your files are safe.",
        Link(door, "Open it again"),
    )
    # Envoy fills it in from the authorization, never from a browser's header.
    return page.replace(_WORKSPACE, "%REQ(x-workspace)%")


def page_platform_silent(public_url: str) -> str:
    """The portal or the backend does not answer: the platform itself is starting or restarting."""
    return _page(
        "ApraNova is starting",
        "The platform will be back in a moment. Running workspaces keep running.",
        Link(f"{public_url.rstrip('/')}/", "Go to the start page"),
    )


def page_too_many() -> str:
    return _page("One moment", "Many requests came in a short time. Wait a few seconds.", Link("", "Try again"))


def page_too_many_cookies() -> str:
    """Envoy has not read the request, so the page is the same for every host."""
    page = Page(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "Your browser sent too many cookies",
        (
            "A page that you opened has stored more cookies than a request may carry.",
            "They are deleted now, here and in all workspaces. Your files are safe.",
            "Open the page again. You may have to sign in again.",
        ),
        link=Link("", "Open the page again"),
    )
    return render(page, now=0.0).replace("%", "%%")


def _page(title: str, text: str, link: Link) -> str:
    """In Envoy's format strings a percent sign begins a command."""
    paragraphs = (text, "This page tries again by itself.")
    again = Refresh(after_s=3.0, path="")
    page = Page(HTTPStatus.SERVICE_UNAVAILABLE, title, paragraphs, link=link, refresh=again)
    return render(page, now=0.0).replace("%", "%%")
