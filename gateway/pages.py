"""The pages that Envoy shows by itself, when nothing behind it answers."""

from __future__ import annotations

from html import escape
from string import Template

# The same card and colors as contract/door_page.py (a test compares them). The gateway's image holds no
# other package of ours, so it cannot import them.
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

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="$refresh_s">
<title>$title · ApraNova</title>
<style>
$style</style>
</head>
<body><main>
<h1>$title</h1>
<p>$text</p>
<p>This page tries again by itself.</p>
$action</main></body>
</html>
""")


def page_workspace_silent(public_url: str) -> str:
    """The backend let the request through, the task does not answer: just stopped, just starting, or broken."""
    # %REQ(x-workspace)% is filled in by Envoy with what authorization said, never with what a browser sent.
    door = f"{_safe(public_url.rstrip('/'))}/workspace/%REQ(x-workspace)%/"
    return _page(
        title="Your workspace is not answering",
        text="It may be starting, or it was put to sleep. Your files are safe.",
        action=f'<p class="actions"><a class="button" href="{door}">Open it again</a></p>\n',
    )


def page_platform_silent(public_url: str) -> str:
    """The portal or the backend does not answer: the platform itself is starting or restarting."""
    return _page(
        title="ApraNova is starting",
        text="The platform will be back in a moment. Running workspaces keep running.",
        action=f'<p class="actions"><a class="button" href="{_safe(public_url.rstrip("/"))}/">Go to the start page</a></p>\n',
    )


def page_too_many() -> str:
    return _page(title="One moment", text="Many requests came in a short time. Wait a few seconds.", action="")


def _page(*, title: str, text: str, action: str) -> str:
    return _PAGE.substitute(title=title, text=text, action=action, style=STYLE.replace("%", "%%"), refresh_s="3")


def _safe(text: str) -> str:
    """Escaped for HTML and for Envoy's format strings, in which a per cent sign begins a command."""
    return escape(text).replace("%", "%%")
