from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend.platform.environment import parse
from contract.environment import BadSetting

SOURCE = Path(__file__).resolve().parents[3]
GOOD = {
    "DATABASE_URL": "postgresql://apranova@%2Frun%2Fpg/apranova",
    "REDIS_URL": "unix:///run/redis.sock?db=0",
    "APRANOVA_MANAGER_ENDPOINT": "http://127.0.0.1:4000",
    "APRANOVA_SECRET_KEY": "x" * 32,
    "APRANOVA_IDENTITY_PRIVATE_KEY": "A" * 43,
}


def test_a_good_environment_is_understood():
    environment = parse({**GOOD, "APRANOVA_PUBLIC_URL": "https://school.example/", "APRANOVA_ISOLATION": "none"})
    assert environment.public_url == "https://school.example"
    assert environment.is_https
    assert not environment.isolated
    assert environment.database.host == "/run/pg"
    assert environment.database.name == "apranova"


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DATABASE_URL", "mysql://x/y", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql:///?host=/run", "names no database"),
        ("APRANOVA_SECRET_KEY", "short", "shorter than 32"),
        ("APRANOVA_IDENTITY_PRIVATE_KEY", "short", "32 bytes"),
        ("APRANOVA_ISOLATION", "chroot", "one of bubblewrap, none, ecs"),
        ("APRANOVA_EMAIL_URL", "imap://mail", "APRANOVA_EMAIL_URL"),
        ("APRANOVA_EMAIL_URL", "smtps://mail?tls=true", "exclude each other"),
        ("APRANOVA_EMAIL_BOUNCES", "imaps://imap.school.example", "must be empty or imaps://user:password@host"),
        ("APRANOVA_EMAIL_BOUNCES", "pop3://me:p@mail", "must be empty or imaps://user:password@host/folder"),
        ("APRANOVA_EMAIL_BOUNCES", "imaps://me:p@mail:x", "APRANOVA_EMAIL_BOUNCES is not a URL"),
        ("APRANOVA_EMAIL_BOUNCES", "imaps://me:p%0d%0aA@mail", "ASCII characters only"),
        ("APRANOVA_EMAIL_BOUNCES", "imaps://me:p@mail?tls=true", "exclude each other"),
    ],
)
def test_a_bad_value_is_named(name, value, says):
    with pytest.raises(BadSetting, match=says):
        parse({**GOOD, name: value})


@pytest.mark.parametrize(("name", "scheme"), [("APRANOVA_EMAIL_URL", "smtp"), ("APRANOVA_EMAIL_BOUNCES", "imaps")])
@pytest.mark.parametrize("password", ["horse/battery", "horse#battery", "horse?battery", "horse\u2105battery"])
def test_a_password_with_odd_characters_is_not_shown(name, scheme, password):
    with pytest.raises(BadSetting, match="is not a URL: in user and password write / as %2F") as refused:
        parse({**GOOD, name: f"{scheme}://me:{password}@mail.example"})
    assert "horse" not in str(refused.value)


def test_mail_settings_come_from_one_url():
    email = parse({**GOOD, "APRANOVA_EMAIL_URL": "smtp://me:p%40ss@mail.example?tls=true"}).email
    assert (email.host, email.port, email.user, email.password, email.use_tls) == (
        "mail.example",
        587,
        "me",
        "p@ss",
        True,
    )


def test_the_mailbox_for_mail_that_comes_back_is_one_url():
    def bounces(url):
        return parse({**GOOD, "APRANOVA_EMAIL_BOUNCES": url}).bounces

    assert (bounces(""), bounces("none:")) == (None, None)
    box = bounces("imaps://learn%40school.example:p%40ss@imap.school.example/Came%20back")
    assert box.address == "learn@school.example at imap.school.example:993/Came back"
    assert (box.password, box.use_ssl, box.use_tls) == ("p@ss", True, False)
    assert "p@ss" not in repr(box)
    plain = bounces("imap://me:p@mail?tls=true")
    assert (plain.port, plain.folder, plain.use_ssl, plain.use_tls) == (143, "INBOX", False, True)


def test_a_process_with_a_bad_environment_says_one_line_and_exits_with_2():
    done = subprocess.run(
        [sys.executable, "-m", "backend.manage", "check"],
        cwd=SOURCE,
        env={"PATH": os.environ["PATH"], **GOOD, "DATABASE_URL": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.strip().startswith("apranova backend: DATABASE_URL is not set")
    assert "\n" not in done.stderr.strip()


def test_secrets_do_not_show_in_a_log_line():
    shown = repr(
        parse({**GOOD, "APRANOVA_SECRET_KEY": "very-secret-" * 4, "DATABASE_URL": "postgresql://u:hidden@h/db"})
    )
    assert "very-secret" not in shown
    assert "hidden" not in shown
