"""The HTML of the pages between portal and workspace: one card, no script, no other file."""

from __future__ import annotations

import functools
from html import escape

from contract.door import Link, Page, Progress

STYLE = """\
:root{color-scheme:light dark;--ground:#f6f5f1;--card:#fff;--line:#e2e0d9;--text:#1c1b22;--soft:#5b5966;--accent:#4b3fc6;--on-accent:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#121217;--card:#1b1b22;--line:#32323e;--text:#ececf2;--soft:#a9a8b8;--accent:#a9a2ff;--on-accent:#16132e}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:29rem;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
h1{margin:0 0 .5rem;font-size:1.375rem;line-height:1.25;letter-spacing:-.01em}
p{margin:.5rem 0;color:var(--soft)}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;margin-top:1.5rem}
.button{display:inline-block;padding:.6rem 1.1rem;border:0;border-radius:9px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
"""

STEPS_STYLE = """\
ol{list-style:none;margin:1.25rem 0 0;padding:0}
li{display:flex;gap:.75rem;align-items:baseline;padding:.3rem 0}
li span{flex:1}
li time{color:var(--soft);font-variant-numeric:tabular-nums}
li::before{content:"✓";color:var(--accent);font-weight:700;width:1rem;text-align:center}
li.now{font-weight:600}
li.now::before{content:"";width:.6rem;height:.6rem;margin:0 .2rem;border-radius:50%;background:var(--accent);animation:pulse 1s ease-in-out infinite alternate}
@keyframes pulse{to{opacity:.25}}
@media (prefers-reduced-motion:reduce){li.now::before{animation:none}}
"""

_WHOLE_STYLE = STYLE + STEPS_STYLE


def content_security_policy(form_targets: str = "'none'") -> str:
    """`form_targets`: where a form may lead, redirects included (Chrome checks those, too)."""
    return (
        f"default-src 'none'; style-src 'sha256-{_style_hash()}'; base-uri 'none'; "
        f"form-action {form_targets}; frame-ancestors 'none'"
    )


@functools.cache
def _style_hash() -> str:
    import base64  # only here: an agent renders a page too, and hashlib would cost it OpenSSL's memory
    import hashlib

    return base64.b64encode(hashlib.sha256(_WHOLE_STYLE.encode()).digest()).decode()


def render(page: Page, *, now: float, dashboard: str = "", csrf_token: str = "") -> str:
    """The whole page. Only Django's door has a `csrf_token`; the manager's checks `Origin`."""
    refresh = ""
    if page.refresh is not None:
        content = f"{page.refresh.after_s:g};url={escape(page.refresh.path)}"
        refresh = f'<meta http-equiv="refresh" content="{content}">\n'
    text = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in page.paragraphs)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="robots" content="noindex">\n{refresh}'
        f"<title>{escape(page.title)} · ApraNova</title>\n<style>{_WHOLE_STYLE}</style>\n</head>\n"
        f"<body><main>\n<h1>{escape(page.title)}</h1>\n{text}{_steps(page.progress, now)}"
        f"{_actions(page, dashboard, csrf_token)}</main></body>\n</html>\n"
    )


def _steps(progress: Progress | None, now: float) -> str:
    """Each step with the seconds since the first one, and what the page waits for."""
    if progress is None:
        return ""
    begun = progress.steps[0].at if progress.steps else now
    rows = "".join(
        f"<li><span>{escape(step.text)}</span><time>{max(0.0, step.at - begun):.1f} s</time></li>\n"
        for step in progress.steps
    )
    waiting = f"<span>{escape(progress.waiting_for)}</span>"
    return f'<ol>\n{rows}<li class="now">{waiting}<time>{max(0.0, now - begun):.0f} s</time></li>\n</ol>\n'


def _actions(page: Page, dashboard: str, csrf_token: str) -> str:
    link = page.link or Link(dashboard, "Go to the dashboard")
    address, text = escape(link.address), escape(link.text)
    if page.button is None:
        return f'<p class="actions"><a class="button" href="{address}">{text}</a></p>\n'
    token = ""
    if csrf_token:
        token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{escape(csrf_token)}">'
    return (
        f'<form method="post" action="{escape(page.button.address)}" class="actions">{token}'
        f'<button class="button">{escape(page.button.text)}</button>'
        f'<a href="{address}">{text}</a></form>\n'
    )
