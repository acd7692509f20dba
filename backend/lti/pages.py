"""Pages that a person sees while the learning platform opens ApraNova, perhaps in a frame of it.

A frame of another site gets no cookies of ours, and browsers end those that are left. So nobody
signs in there: the page in the frame has a button that does so in a new tab.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from html import escape

from django.http import HttpResponse

from contract.door_page import STYLE
from contract.sign_in import Lti

MORE_STYLE = """\
fieldset{border:0;margin:1rem 0 0;padding:0}
legend{padding:0;font-weight:600}
label{display:flex;gap:.6rem;align-items:baseline;padding:.4rem 0;overflow-wrap:anywhere}
h1,p{overflow-wrap:anywhere}
"""
_STYLE = STYLE + MORE_STYLE
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_SUBMIT = "document.forms[0].submit()"


def sentences(title: str, paragraphs: Iterable[str], platform: Lti | None, *, status: int = 200) -> HttpResponse:
    text = "".join(f"<p>{escape(it)}</p>\n" for it in paragraphs)
    return _page(title, text, platform, status=status)


def open_in_new_tab(address: str, fields: Mapping[str, str], platform: Lti) -> HttpResponse:
    """The platform's request once more, in a tab of its own."""
    body = (
        "<p>ApraNova opens in a new tab: browsers do not let a page sign you in inside another site's page.</p>\n"
        f'<form method="post" action="{escape(address)}" target="_blank" class="actions">{_hidden(fields)}'
        '<button class="button">Open ApraNova</button></form>\n'
        f"<p>If it does not open, reload this page in {escape(platform.name)} and press the button soon after.</p>\n"
    )
    return _page("Open ApraNova", body, platform, form_targets=("'self'", *platform.origins))


def choice(address: str, ticket: str, options: Mapping[str, str], platform: Lti) -> HttpResponse:
    """What of ApraNova a course links to: the value and the words of each."""
    rows = "".join(
        f'<label><input type="radio" name="chosen" value="{escape(value)}"{" checked" if number == 0 else ""}>'
        f"<span>{escape(words)}</span></label>\n"
        for number, (value, words) in enumerate(options.items())
    )
    body = (
        f'<form method="post" action="{escape(address)}">{_hidden({"ticket": ticket})}'
        f"<fieldset><legend>What should the link open?</legend>\n{rows}</fieldset>\n"
        '<p class="actions"><button class="button">Add to the course</button></p></form>\n'
    )
    return _page("Link to ApraNova", body, platform, form_targets=("'self'", *platform.origins))


def send_back(address: str, fields: Mapping[str, str], platform: Lti) -> HttpResponse:
    """The answer to the platform. The browser sends it by itself, or by the button."""
    nonce = secrets.token_urlsafe(16)
    body = (
        f'<form method="post" action="{escape(address)}">{_hidden(fields)}'
        f'<p class="actions"><button class="button">Back to {escape(platform.name)}</button></p></form>\n'
        f'<script nonce="{nonce}">{_SUBMIT}</script>\n'
    )
    return _page("Adding the link", body, platform, form_targets=platform.origins, nonce=nonce)


def _hidden(fields: Mapping[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(text)}">' for name, text in fields.items()
    )


def _page(
    title: str,
    body: str,
    platform: Lti | None,
    *,
    status: int = 200,
    form_targets: Iterable[str] = ("'none'",),
    nonce: str = "",
) -> HttpResponse:
    response = HttpResponse(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="robots" content="noindex">\n<title>{escape(title)} · ApraNova</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body><main>\n<h1>{escape(title)}</h1>\n{body}</main></body>\n</html>\n",
        status=status,
    )
    frames = " ".join(platform.origins) if platform else "'none'"
    scripts = f"script-src 'nonce-{nonce}'; " if nonce else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; {scripts}style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        f"form-action {' '.join(form_targets)}; frame-ancestors {frames}"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.xframe_options_exempt = True  # type: ignore[attr-defined]  frame-ancestors says who may
    return response
