"""nginx, Apache and Caddy in front of a school, by the words of docs/guides/one-server.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.ports import free_port, listens
from tests.product import SOURCE
from tests.waiting import until

DOMAIN = "learn.school.test"
WORKSPACES = f"ws-{DOMAIN}"
PROGRAMS = {"nginx": "nginx", "Apache": "apache2", "Caddy": "caddy"}
"""What the guide calls a web server → its program."""
_GUIDE = SOURCE / "docs/guides/one-server.md"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"  # an ordinary user of Debian has no sbin
_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    {snippet}
}}
"""
_APACHE = """\
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ErrorLog {folder}/log
ServerName {domain}
Listen 127.0.0.1:{port}
{modules}
{snippet}
"""
_APACHE_ALWAYS = ("mpm_event", "authz_core", "socache_shmcb", "reqtimeout")
"""Modules that Debian has switched on already."""
_CADDY = """\
{{
    admin off
    auto_https off
    skip_install_trust
}}
{snippet}
"""


def program(name: str) -> str | None:
    return shutil.which(PROGRAMS[name], path=_PATH)


def snippet(name: str) -> str:
    """As printed. The text before a block names its program."""
    blocks = re.findall(rf"\n\n{name}\b[^\n]*?:\n\n```\n(.+?)\n```", _GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 1, f"the guide has {len(blocks)} snippets for {name}"
    found: str = blocks[0]
    return found


def _modules() -> list[str]:
    (line,) = re.findall(r"`a2enmod ([^`]+)`", _GUIDE.read_text("utf-8"))
    return [*_APACHE_ALWAYS, *line.split()]


@contextmanager
def running_web_server(
    name: str, text: str, folder: Path, *, school_port: int, certificate: tuple[Path, Path]
) -> Iterator[int]:
    """Run it with this snippet, in which only names, files and ports are other. Its port."""
    port = free_port()
    chain, key = certificate
    for printed, ours in (
        ("ws-learn.school.example", WORKSPACES),
        ("learn.school.example", DOMAIN),
        ("127.0.0.1:8080", f"127.0.0.1:{school_port}"),
        ("/etc/ssl/school/fullchain.pem", str(chain)),
        ("/etc/ssl/school/privkey.pem", str(key)),
        ("[::]:443", f"[::1]:{port}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("*:443>", f"127.0.0.1:{port}>"),
    ):
        text = text.replace(printed, ours)
    command = _commands(name, text, folder, port, certificate)
    environment = {**os.environ, "PATH": _PATH, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    log = folder / "output"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        until(lambda: listens(port) or process.poll() is not None, lambda: log.read_text(), within_s=20)
        assert process.poll() is None, f"{name} ended:\n{log.read_text()}"
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _commands(name: str, text: str, folder: Path, port: int, certificate: tuple[Path, Path]) -> list[str]:
    file = folder / "settings"
    started = str(program(name))
    match name:
        case "nginx":
            file.write_text(_NGINX.format(folder=folder, snippet=text))
            return [started, "-e", "stderr", "-p", str(folder), "-c", str(file)]
        case "Apache":
            lines = [f"LoadModule {each}_module /usr/lib/apache2/modules/mod_{each}.so" for each in _modules()]
            file.write_text(
                _APACHE.format(folder=folder, domain=DOMAIN, port=port, modules="\n".join(lines), snippet=text)
            )
            return [started, "-f", str(file), "-DFOREGROUND"]
        case _:
            head, _, body = text.partition("{\n")
            hosts = ", ".join(f"https://{host.strip()}:{port}" for host in head.split(","))
            chain, key = certificate
            file.write_text(_CADDY.format(snippet=f"{hosts} {{\n    bind 127.0.0.1\n    tls {chain} {key}\n{body}"))
            return [started, "run", "--config", str(file), "--adapter", "caddyfile"]
